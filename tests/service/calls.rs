//! Recent requests to a webhook, and a trial of it, in the console.

use super::running::{Running, http};
use super::visitor::Visitor;
use super::webhooks::platforms::PLATFORMS;
use serde_json::json;

const PLACE: &str = "/console/t/default/webhooks";
const TO: &str = "+8613800138000";

/// Secret to enter for platforms that make their own; the others get one from the console.
fn secret(platform: &str) -> &'static str {
    match platform {
        "zitadel" | "authgear" => "Zt7QpR2sT4uV6wX8yZ0aB1cD3eF5gH7jK9mN",
        "clerk" => "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
        _ => "",
    }
}

fn make(visitor: &mut Visitor, name: &str, platform: &str) {
    let fields = [
        ("do", "add"),
        ("name", name),
        ("platform", platform),
        ("secret", secret(platform)),
    ];
    let made = visitor.post(PLACE, &fields);
    assert!(
        [200, 303].contains(&made.status),
        "{platform}: {}",
        made.text
    );
    visitor.get(PLACE);
}

/// A trial runs the proof of origin, the adapter and the response of each platform, and sends one message.
#[test]
fn trial_of_every_platform_sends_one_message() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    ada.get(PLACE);
    let platforms = PLATFORMS.into_iter().chain(["twilio-verify"]);
    for (nth, platform) in platforms.enumerate() {
        make(&mut ada, platform, platform);
        let to = format!("+86138001380{nth:02}");
        let fields = [
            ("do", "try"),
            ("name", platform),
            ("to", to.as_str()),
            ("sure", "on"),
        ];
        let tried = ada.post(PLACE, &fields);
        assert_eq!(tried.status, 200, "{platform}: {}", tried.text);
        let messages = host.simulator.messages();
        assert_eq!(messages.len(), nth + 1, "{platform}: {}", tried.text);
        assert_eq!(messages[nth].to, to);
        let (_, answer) = tried.text.split_once("<dl class=\"facts trial\">").unwrap();
        let status = if platform == "twilio-verify" {
            "<b>201</b>"
        } else {
            "<b>200</b>"
        };
        assert!(answer.contains(status), "{platform}: {answer}");
        if platform != "twilio-verify" {
            assert!(answer.contains(&messages[nth].params[0]), "{platform}");
        }
        // The list has the call, with a link to the message.
        assert!(
            tried
                .text
                .contains("<span class=\"tag accepted\">sent</span>"),
            "{platform}"
        );
        assert!(
            tried.text.contains("/console/t/default/messages/m_"),
            "{platform}"
        );
        ada.post(PLACE, &[("do", "remove"), ("name", platform)]);
        ada.get(PLACE);
    }
}

#[test]
fn trial_asks_first_and_names_a_wrong_number() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    ada.get(PLACE);
    make(&mut ada, "back-end", "better-auth");
    let unsure = ada.post(PLACE, &[("do", "try"), ("name", "back-end"), ("to", TO)]);
    assert_eq!(unsure.status, 400);
    ada.get(PLACE);
    let fields = |to| {
        [
            ("do", "try"),
            ("name", "back-end"),
            ("to", to),
            ("sure", "on"),
        ]
    };
    let wrong = ada.post(PLACE, &fields("12"));
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text.contains("too few or too many digits"),
        "{}",
        wrong.text
    );
    ada.get("/console/language?to=zh-CN");
    ada.get(PLACE);
    let wrong = ada.post(PLACE, &fields("12"));
    assert!(
        wrong.text.contains("号码位数与其国家/地区不符"),
        "{}",
        wrong.text
    );
    let taken = [("do", "add"), ("name", "back-end"), ("platform", "logto")];
    assert!(ada.post(PLACE, &taken).text.contains("已有同名的 Webhook"));
    assert!(host.simulator.messages().is_empty());
    let audit = host.command(&["audit"], "").unwrap().to_string();
    assert!(
        !audit.contains("webhook.trial"),
        "nothing was tried: {audit}"
    );
}

/// Repeated requests of a stranger are one line, which shows neither number nor secret.
#[test]
fn refused_calls_are_listed_with_their_reason() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    ada.get(PLACE);
    let made = ada.post(
        PLACE,
        &[
            ("do", "add"),
            ("name", "back-end"),
            ("platform", "better-auth"),
        ],
    );
    let shown: Vec<&str> = made.text.split("<code class=\"secret\">").skip(1).collect();
    let text = |nth: usize| shown[nth].split('<').next().unwrap().to_owned();
    let (path, secret) = (text(0), text(1));
    let body = json!({"phoneNumber": TO, "code": "918273"}).to_string();
    let post = |secret: &str, body: &str| {
        let bearer = format!("Bearer {secret}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        http(&host.process.api, "POST", &path, &headers, body)
            .unwrap()
            .status
    };
    assert_eq!(post(&secret, &body), 200);
    for _ in 0..30 {
        assert_eq!(post("of somebody else", &body), 401);
    }
    assert_eq!(post(&secret, "{}"), 400);
    let page = ada.get(PLACE).text;
    for part in [
        "body not understood",
        "At “/code” this was expected: a code.",
        "proof of origin missing or wrong",
        "30 times",
        "<span class=\"tag accepted\">sent</span>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (_, table) = page.split_once("<table class=\"calls\">").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    assert_eq!(table.matches("<tr><td>").count(), 3, "{table}");
    for hidden in ["13800138000", "918273", "of somebody else", secret.as_str()] {
        assert!(!page.contains(hidden), "{hidden}");
    }
}
