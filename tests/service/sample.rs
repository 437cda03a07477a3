//! The sample sign-in, as requested by a browser. `tests/browser-inbox` opens it in one.

use super::running::{Answer, Folder, Process, config, http, set_up};
use crate::support::auth_host;
use std::process::Command;
use std::time::{Duration, Instant};
use tencent_sms_simulator::{Fault, Simulator};

struct Sample {
    _process: Process,
    simulator: Simulator,
    address: String,
    _folder: Folder,
}

impl Sample {
    fn start() -> Self {
        let simulator = Simulator::builder().start_blocking().unwrap();
        let folder = Folder::new();
        let url = simulator.url();
        let (key, _) = set_up(&folder.0, &[("sim", &config(&url))], &url);
        let mut command = Command::new(auth_host());
        let local = "127.0.0.1:0";
        command
            .args([
                "serve", "--listen", local, "--admin", local, "--sample", local, "--data",
            ])
            .arg(folder.0.join("data"));
        let process = Process::run(&mut command, &[("AUTH_HOST_SAMPLE_KEY", &key)]);
        let begun = Instant::now();
        let address = loop {
            let text = process.output.lock().unwrap().clone();
            let line = text
                .lines()
                .find_map(|line| line.split_once("sample sign-in at http://"));
            if let Some((_, address)) = line {
                break address.to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{text}");
            std::thread::sleep(Duration::from_millis(10));
        };
        Self {
            _process: process,
            simulator,
            address,
            _folder: folder,
        }
    }
}

/// A browser: a cookie, and the token of the current page.
struct Browser<'a> {
    sample: &'a Sample,
    cookie: String,
    page: String,
    language: &'static str,
}

impl<'a> Browser<'a> {
    fn of(sample: &'a Sample, language: &'static str) -> Self {
        Self {
            sample,
            cookie: String::new(),
            page: String::new(),
            language,
        }
    }

    /// One request, without following redirects.
    fn ask(&mut self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let cookie = self.cookie.clone();
        let mut headers = vec![("Cookie", &*cookie), ("Accept-Language", self.language)];
        headers.extend(more);
        let answer = http(&self.sample.address, method, path, &headers, body).unwrap();
        let set = answer
            .head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "));
        if let Some(set) = set {
            // With `strict`, a link from another site would sign the person out.
            assert!(set.contains("; httponly; samesite=lax;"), "{set}");
            self.cookie = set.split(';').next().unwrap().to_owned();
        }
        answer
    }

    /// Opens a page, following redirects.
    fn open(&mut self, path: &str) -> &str {
        let answer = self.ask("GET", path, &[], "");
        self.follow(answer)
    }

    /// Sends the page's form.
    fn submit(&mut self, path: &str, fields: &str) -> &str {
        let origin = format!("http://{}", self.sample.address);
        let body = format!("token={}&{fields}", self.token());
        let answer = self.ask("POST", path, &[("Origin", &origin)], &body);
        self.follow(answer)
    }

    fn follow(&mut self, answer: Answer) -> &str {
        if answer.status == 303 {
            let path = answer
                .head
                .lines()
                .find_map(|line| line.strip_prefix("location: "));
            return self.open(path.unwrap());
        }
        assert!(matches!(answer.status, 200 | 422), "{}", answer.text);
        self.page = answer.text;
        &self.page
    }

    fn token(&self) -> &str {
        let (_, rest) = self.page.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap()
    }

    fn code(&self) -> String {
        let messages = self.sample.simulator.messages();
        messages.last().unwrap().params[0].clone()
    }
}

/// The provider accepts no second message to a number within thirty seconds.
pub fn refused_by_the_provider() -> Fault {
    Fault::Code {
        code: "LimitExceeded.PhoneNumberThirtySecondLimit".to_owned(),
        message: None,
    }
}

const NUMBER: &str = "country=CN&number=138+0013+8000";

fn register(browser: &mut Browser<'_>) {
    browser.open("/register");
    let page = browser.submit("/start", &format!("purpose=register&{NUMBER}"));
    assert!(page.contains("autocomplete=\"one-time-code\""), "{page}");
    let code = browser.code();
    let page = browser.submit("/code", &format!("code={code}"));
    assert!(page.contains("autocomplete=\"new-password\""), "{page}");
    let page = browser.submit("/password", "password=correct+horse");
    assert!(page.contains("Signed in as +8613800138000"), "{page}");
}

#[test]
fn person_registers_signs_in_and_resets_a_password() {
    let sample = Sample::start();
    let mut browser = Browser::of(&sample, "en");
    register(&mut browser);
    let before = browser.cookie.clone();
    assert!(browser.submit("/sign-out", "").contains("current-password"));
    assert_ne!(browser.cookie, before);
    let wrong = browser.submit("/sign-in", &format!("{NUMBER}&password=battery+staple"));
    assert!(wrong.contains("Number or password is not right."));
    let page = browser.submit("/sign-in", &format!("{NUMBER}&password=correct+horse"));
    assert!(page.contains("Signed in as"), "{page}");
    browser.submit("/sign-out", "");
    sample.simulator.advance(Duration::from_secs(31));
    browser.open("/forgot-password");
    browser.submit("/start", &format!("purpose=forgot-password&{NUMBER}"));
    let code = browser.code();
    browser.submit("/code", &format!("code={code}"));
    let short = browser.submit("/password", "password=short");
    assert!(
        short.contains("role=\"alert\">At least 8 characters"),
        "{short}"
    );
    assert!(
        browser
            .submit("/password", "password=battery+staple")
            .contains("password is changed")
    );
    browser.submit("/sign-out", "");
    let page = browser.submit("/sign-in", &format!("{NUMBER}&password=battery+staple"));
    assert!(page.contains("Signed in as"), "{page}");
}

/// Nothing is sent to a number without an account, and the pages are the same.
#[test]
fn nobody_learns_which_numbers_have_an_account() {
    let sample = Sample::start();
    let mut browser = Browser::of(&sample, "en");
    for (path, purpose) in [
        ("/sign-in-code", "sign-in"),
        ("/forgot-password", "forgot-password"),
    ] {
        browser.open(path);
        let page = browser.submit(
            "/start",
            &format!("purpose={purpose}&country=GB&number=07700900123"),
        );
        assert!(
            page.contains("a code is on its way to +447700900123"),
            "{page}"
        );
        let page = browser.submit("/code", "code=123456");
        assert!(page.contains("That code is not right."), "{page}");
    }
    assert_eq!(sample.simulator.messages().len(), 0);
}

/// Pages and times do not show a stranger the provider's response to the message of a known number.
#[test]
fn answer_is_as_late_and_the_same_without_an_account() {
    let sample = Sample::start();
    let late = Fault::Delay { ms: 400 };
    sample.simulator.queue_fault(late.clone());
    register(&mut Browser::of(&sample, "en"));
    sample.simulator.advance(Duration::from_secs(31));
    let numbers = [
        ("country=CN&number=13800138000", "+8613800138000"),
        ("country=CN&number=13800138001", "+8613800138001"),
    ];
    for (fault, is_late) in [
        (late, true),
        (refused_by_the_provider(), false),
        (Fault::AcceptThenClose, false),
    ] {
        sample.simulator.queue_fault(fault.clone());
        let pages = numbers.map(|(fields, shown)| {
            let mut browser = Browser::of(&sample, "en");
            browser.open("/sign-in-code");
            let begun = Instant::now();
            let page = browser.submit("/start", &format!("purpose=sign-in&{fields}"));
            let page = page.replace(shown, "NUMBER");
            if is_late {
                let took = begun.elapsed();
                assert!(took > Duration::from_millis(350), "{shown}: {took:?}");
            }
            let early = browser.submit("/resend", "").to_owned();
            assert!(early.contains("Wait a moment"), "{early}");
            let (token, _) = page.split_once("data-seconds").unwrap();
            token.replace(browser.token(), "TOKEN")
        });
        let [known, unknown] = pages;
        assert!(
            known.contains("a code is on its way to NUMBER"),
            "{fault:?}: {known}"
        );
        let of_session = |page: &str| page.split("name=\"token\"").next().unwrap().to_owned();
        assert_eq!(of_session(&known), of_session(&unknown), "{fault:?}");
        sample.simulator.advance(Duration::from_secs(31));
    }
    assert_eq!(sample.simulator.messages().last().unwrap().to, numbers[0].1);
}

#[test]
fn guesses_end_for_every_number() {
    let sample = Sample::start();
    register(&mut Browser::of(&sample, "en"));
    for number in ["13800138000", "13800138001"] {
        let mut browser = Browser::of(&sample, "en");
        browser.open("/sign-in");
        let mut guess = |password: &str| {
            let fields = format!("country=CN&number={number}&password={password}");
            browser.submit("/sign-in", &fields).to_owned()
        };
        for _ in 0..5 {
            let page = guess("battery+staple");
            assert!(page.contains("Number or password is not right."), "{page}");
        }
        let page = guess("correct+horse");
        assert!(page.contains("Too many passwords were tried."), "{page}");
    }
}

/// The reason for a password reset may be that somebody else is signed in.
#[test]
fn reset_password_ends_other_sessions() {
    let sample = Sample::start();
    let mut thief = Browser::of(&sample, "en");
    register(&mut thief);
    sample.simulator.advance(Duration::from_secs(31));
    let mut owner = Browser::of(&sample, "en");
    owner.open("/forgot-password");
    owner.submit("/start", &format!("purpose=forgot-password&{NUMBER}"));
    let code = owner.code();
    owner.submit("/code", &format!("code={code}"));
    assert!(thief.open("/account").contains("Signed in as"));
    let page = owner.submit("/password", "password=battery+staple");
    assert!(page.contains("Signed in as"), "{page}");
    assert!(thief.open("/account").contains("current-password"));
    assert!(owner.open("/account").contains("Signed in as"));
}

/// A request of another tab ends after the sign-out.
#[test]
fn signing_out_outlives_a_slow_request() {
    let sample = Sample::start();
    let mut browser = Browser::of(&sample, "en");
    register(&mut browser);
    browser.open("/register");
    let mut tab = Browser::of(&sample, "en");
    (tab.cookie, tab.page) = (browser.cookie.clone(), browser.page.clone());
    let before = tab.cookie.clone();
    sample.simulator.queue_fault(Fault::Delay { ms: 800 });
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| {
            let origin = format!("http://{}", sample.address);
            let fields = "purpose=register&country=CN&number=13800138002";
            let body = format!("token={}&{fields}", tab.token());
            tab.ask("POST", "/start", &[("Origin", &origin)], &body)
        });
        std::thread::sleep(Duration::from_millis(300));
        browser.submit("/sign-out", "");
        let answer = slow.join().unwrap();
        assert!(!answer.head.contains("set-cookie"), "{}", answer.head);
    });
    tab.cookie = before;
    assert!(tab.open("/account").contains("current-password"));
}

#[test]
fn errors_are_words_in_the_persons_language() {
    let sample = Sample::start();
    let mut browser = Browser::of(&sample, "de-AT,en;q=0.5");
    browser.open("/register");
    let page = browser.submit("/start", "purpose=register&country=CN&number=12");
    assert!(page.contains("Prüfen Sie die Nummer."), "{page}");
    browser.submit("/start", &format!("purpose=register&{NUMBER}"));
    assert!(
        browser
            .submit("/code", "code=000000x")
            .contains("Der Code ist nicht richtig.")
    );
    let early = browser.submit("/resend", "").to_owned();
    assert!(early.contains("Warten Sie einen Moment"), "{early}");
    // The page counts down the wait that the API returned.
    let (_, seconds) = early.split_once("data-seconds=\"").unwrap();
    let seconds: u32 = seconds.split('"').next().unwrap().parse().unwrap();
    assert!((50..=60).contains(&seconds), "{seconds}");
    sample.simulator.queue_fault(refused_by_the_provider());
    browser.open("/register");
    let page = browser.submit("/start", &format!("purpose=register&{NUMBER}"));
    assert!(
        page.contains("Es wurden zu viele Nachrichten angefordert."),
        "{page}"
    );
    browser.open("/language/zh-TW?to=/register");
    assert!(browser.page.contains("<html lang=\"zh-TW\">"));
}

#[test]
fn forged_forms_are_refused() {
    let sample = Sample::start();
    let mut browser = Browser::of(&sample, "en");
    browser.open("/register");
    let body = format!("token={}&purpose=register&{NUMBER}", browser.token());
    let own = format!("http://{}", sample.address);
    for headers in [
        &[("Origin", "http://evil.example")][..],
        &[("Origin", "null")],
        &[("Origin", &*own), ("Sec-Fetch-Site", "same-site")],
        &[],
    ] {
        assert_eq!(
            browser.ask("POST", "/start", headers, &body).status,
            403,
            "{headers:?}"
        );
    }
    // Another session's token, and no token.
    let mut other = Browser::of(&sample, "en");
    other.open("/register");
    for token in [other.token(), ""] {
        let body = format!("token={token}&purpose=register&{NUMBER}");
        let answer = browser.ask("POST", "/start", &[("Origin", &own)], &body);
        assert!(
            answer.head.contains("location: /sign-in"),
            "{}",
            answer.head
        );
    }
    let foreign = http(
        &sample.address,
        "GET",
        "/register",
        &[("Host", "evil.example")],
        "",
    )
    .unwrap();
    assert_ne!(foreign.status, 200);
    // A step that was not reached.
    for path in ["/password", "/account", "/code"] {
        let answer = browser.ask("GET", path, &[], "");
        assert!(
            answer.head.contains("location: /sign-in"),
            "{path}: {}",
            answer.head
        );
    }
    assert_eq!(sample.simulator.messages().len(), 0);
}

#[test]
fn every_page_has_the_strict_policy() {
    let sample = Sample::start();
    for path in [
        "/",
        "/register",
        "/sign-in",
        "/sample.js",
        "/sample.css",
        "/nowhere",
    ] {
        let answer = http(&sample.address, "GET", path, &[], "").unwrap();
        let policy =
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self';";
        assert!(answer.head.contains(policy), "{path}: {}", answer.head);
        assert!(!answer.head.contains("unsafe"), "{path}");
    }
}

#[test]
fn sample_starts_only_on_loopback_with_key() {
    let folder = Folder::new();
    let refused = |address: &str, environment: &[(&str, &str)]| {
        let output = Command::new(auth_host())
            .args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .args(["--sample", address, "--data"])
            .arg(folder.0.join("data"))
            .env_remove("AUTH_HOST_SAMPLE_KEY")
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let error = refused("127.0.0.1:0", &[]);
    assert!(error.contains("auth-host key add sample"), "{error}");
    let key = ("AUTH_HOST_SAMPLE_KEY", "k_1.x");
    let error = refused("0.0.0.0:0", &[key]);
    assert!(error.contains("Use a loopback address"), "{error}");
    let tls = [
        key,
        ("AUTH_HOST_TLS_CERTIFICATE", "c"),
        ("AUTH_HOST_TLS_KEY", "k"),
    ];
    let error = refused("127.0.0.1:0", &tls);
    assert!(error.contains("--sample calls the API"), "{error}");
}
