use super::*;
use crate::service::ids;
use crate::service::store::StoreError;
use crate::service::test_app::{TestApp, add_message};

/// The figures of the published rule: country 24 h max(20, 0.3 of the largest day, 0.3 of the codes used in 24 h);
/// 1 h max(3, 0.2 of a sixth of the largest day, 0.2 of those of the hour); network 24 h max(10, 0.3), 1 h
/// max(5, 0.2 of a sixth).
#[test]
fn capacity_follows_the_published_formula() {
    for (is_network, hours, largest, day, hour, capacity_is) in [
        (false, 24, 0.0, 0.0, 0.0, 20.0),
        (false, 24, 100.0, 10.0, 0.0, 30.0),
        (false, 24, 10.0, 100.0, 0.0, 30.0),
        (false, 1, 0.0, 0.0, 0.0, 3.0),
        (false, 1, 300.0, 0.0, 0.0, 10.0),
        (false, 1, 0.0, 0.0, 50.0, 10.0),
        (true, 24, 0.0, 0.0, 0.0, 10.0),
        (true, 24, 0.0, 100.0, 0.0, 30.0),
        (true, 1, 0.0, 0.0, 0.0, 5.0),
        (true, 1, 0.0, 300.0, 0.0, 10.0),
    ] {
        let found = capacity(is_network, hours, largest, day, hour);
        assert!(
            (found - capacity_is).abs() < 1e-9,
            "{is_network} {hours} {found}"
        );
    }
}

#[test]
fn codes_used_are_summed_by_day_and_hour() {
    let now = 100 * 24 + 5;
    let counts = [
        (now - 48, 9), // The day before yesterday.
        (now - 24, 4), // Yesterday, and no longer within 24 hours.
        (now - 23, 7),
        (now - 1, 2),
        (now, 1),
    ];
    let used = |largest, day, hour| Used { largest, day, hour };
    assert_eq!(Used::of(&counts, now), used(11.0, 10.0, 1.0));
    assert_eq!(Used::of(&[], now), used(0.0, 0.0, 0.0));
    assert_eq!(Used::of(&counts[..1], now), used(9.0, 0.0, 0.0));
}

/// A number waits until the message leaves the period that makes it one too many.
#[test]
fn number_waits_until_message_leaves_period() {
    let times = [950, 900, 200];
    for (period, most, wait) in [
        (100, 1, Some(50)),
        (100, 2, None), // Sent 100 ago: no longer within the period.
        (101, 2, Some(1)),
        (1000, 3, Some(200)),
        (1000, 4, None),
        (1000, 0, Some(1000)),
    ] {
        assert_eq!(wait_ms(&times, 1000, period, most), wait, "{period} {most}");
    }
    assert_eq!(wait_ms(&[], 1000, 1000, 1), None);
}

/// Hours 80, 90 and 100 of a clock that shows a quarter past 100.
#[test]
fn day_waits_until_enough_hours_are_a_day_old() {
    let now = 100 * HOUR_MS + HOUR_MS / 4;
    let counts = [(80, 3), (90, 2), (100, 1)];
    let hours = |hours: f64| (hours * HOUR_MS as f64) as i64;
    for (most, wait) in [
        (6, hours(3.75)), // Hour 80 leaves at 104.
        (4, hours(3.75)),
        (3, hours(13.75)), // Hour 90 leaves at 114.
        (2, hours(13.75)),
        (1, hours(23.75)),
        (0, hours(23.75)), // Never below.
    ] {
        assert_eq!(until_below(&counts, now, most), wait, "{most}");
    }
}

/// A decision by the rules of these settings, at these times after the first, in seconds.
async fn decided(settings: TenantSettings, times: &'static [i64]) -> Vec<Option<Refusal>> {
    let host = TestApp::new().await;
    let written = host.app.store.write(move |db| {
        let number = Number::parse("+8613800138000", None).unwrap();
        let now = ids::now_ms();
        let decide_at = |seconds: &i64| {
            let at = now + seconds * 1000;
            let asked = Asked {
                tenant: "default",
                settings: &settings,
                number: &number,
                number_hash: b"n",
                network: None,
                is_checked: true,
            };
            let decision = decide(db, at, &asked)?;
            if decision.is_none() {
                add_message(db, "default", b"n", at)?;
            }
            Ok::<_, StoreError>(decision)
        };
        times.iter().map(decide_at).collect::<Result<Vec<_>>>()
    });
    written.await.unwrap()
}

fn refused(reason: Reason, seconds: i64) -> Option<Refusal> {
    Some(refusal(reason, Some(seconds * 1000)))
}

/// A caller that waits as long as it was told is not refused again by a limit that was reached before.
#[tokio::test]
async fn limit_that_lasts_longest_is_the_one_that_is_told() {
    let settings = |segments_a_day| TenantSettings {
        number_in_ten_minutes: 2,
        number_a_day: 3,
        segments_a_day,
        ..TenantSettings::default()
    };
    let told = decided(settings(1000), &[0, 10, 20, 610, 611]).await;
    let expected = [
        None,
        None,
        refused(Reason::NumberInTenMinutes, 580),
        None,
        refused(Reason::NumberADay, 86_400 - 611),
    ];
    assert_eq!(told, expected);
    let told = decided(settings(2), &[0, 10, 20]).await;
    let Some(Refusal { reason, .. }) = told[2] else {
        panic!("{told:?}");
    };
    assert_eq!(reason, Reason::SegmentsADay);
}

/// Refused messages count as well, so the bucket is full: three an hour, twenty a day.
#[tokio::test]
async fn unverified_rule_tells_when_it_takes_another() {
    let settings = TenantSettings {
        unverified: Unverified::Enforce,
        number_in_ten_minutes: 100,
        number_a_day: 100,
        ..TenantSettings::default()
    };
    let told = decided(settings, &[0, 0, 0, 0, 1199, 2399, 2400]).await;
    let again = refused(Reason::Unverified, 1200);
    assert_eq!(told, [None, None, None, again, again, None, again]);
}

#[test]
fn network_is_a_prefix_of_the_address() {
    for (address, found) in [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ] {
        assert_eq!(network(address.parse().unwrap()), found);
    }
}
