//! The balance and the signatures of an account.

use super::*;

#[test]
fn balance_is_the_rest_of_unexpired_packages() {
    for (set, expected, balance) in [
        (Vec::new(), Verdict::CannotVerify, "0"),
        (
            alloc::vec![package(100, 0, NOW)],
            Verdict::CannotVerify,
            "0",
        ),
        (alloc::vec![package(100, 100, NOW + 1)], Verdict::Fail, "0"),
        (alloc::vec![package(100, 120, NOW + 1)], Verdict::Fail, "0"),
        (alloc::vec![package(100, 99, NOW + 1)], Verdict::Pass, "1"),
        (
            alloc::vec![
                package(100, 100, NOW + 1),
                package(10, 3, NOW + 9),
                package(5, 0, NOW - 1)
            ],
            Verdict::Pass,
            "7",
        ),
    ] {
        let shown = format!("{set:?}");
        let checks = checks(
            &config(),
            with("SmsPackagesStatistics", move |_| packages(&set)),
        );
        let check = of(&checks, "balance");
        assert_eq!(check.verdict, expected, "{shown}");
        assert_eq!(value(check, "balance"), Some(balance));
    }
    let unpaid = "UnauthorizedOperation.ServiceSuspendDueToArrears";
    let checks = checks(
        &config(),
        with("SmsPackagesStatistics", move |_| refusal(unpaid)),
    );
    assert_eq!(verdict(&checks, "balance"), Verdict::Fail);
}

#[test]
fn packages_and_signatures_are_read_by_page() {
    let mut service = Service::new(|asked: &Asked| {
        let offset = asked.body["Offset"].as_u64().unwrap_or_default();
        let page = |size: u64, total: u64| total.saturating_sub(offset).min(size);
        match asked.action.as_str() {
            "SmsPackagesStatistics" => {
                let count = page(200, 201);
                packages(
                    &(0..count)
                        .map(|_| package(2, 1, NOW + 1))
                        .collect::<Vec<_>>(),
                )
            }
            "DescribeSmsSignList" => {
                let mut set: Vec<_> = (0..page(50, 60)).map(|_| signature("other", 0)).collect();
                if offset == 50 {
                    set[9] = signature(NAME, 0);
                }
                signatures(&set)
            }
            _ => all_is_well(asked),
        }
    });
    let checks = run(&config(), &mut service);
    assert_eq!(value(of(&checks, "balance"), "balance"), Some("201"));
    assert_eq!(verdict(&checks, "signature"), Verdict::Pass);
    let offsets: Vec<_> = service.asked[..4]
        .iter()
        .map(|asked| asked.body["Offset"].as_u64().unwrap())
        .collect();
    assert_eq!(offsets, [0, 200, 0, 50]);
}

#[test]
fn best_signature_with_the_text_counts() {
    for (statuses, expected) in [
        (&[0][..], Verdict::Pass),
        (&[1], Verdict::Fail),
        (&[2], Verdict::Fail),
        (&[-1], Verdict::Fail),
        (&[-1, 0], Verdict::Pass),
        (&[0, -1], Verdict::Pass),
        (&[1, -1], Verdict::Fail),
        (&[], Verdict::Fail),
    ] {
        let set: Vec<_> = statuses
            .iter()
            .map(|status| signature(NAME, *status))
            .collect();
        let checks = checks(
            &config(),
            with("DescribeSmsSignList", move |_| signatures(&set)),
        );
        assert_eq!(verdict(&checks, "signature"), expected, "{statuses:?}");
    }
    let words = |set: &[Value]| {
        let set = set.to_vec();
        let checks = checks(
            &config(),
            with("DescribeSmsSignList", move |_| signatures(&set)),
        );
        of(&checks, "signature").message.clone()
    };
    let waits = words(&[signature(NAME, -1), signature(NAME, 1)]);
    assert!(waits.contains("review"), "{waits}");
    assert_ne!(waits, words(&[signature(NAME, -1)]));
    assert_ne!(words(&[]), words(&[signature(NAME, -1)]));
}
