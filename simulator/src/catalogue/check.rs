//! Checks the values of a catalogue: reports each mistake and each doubtful value, with its place and a remedy.
//!
//! A mistake is a value that can have no effect, or a different one than it states; a test that relies on it would pass
//! or fail for the wrong reason. A warning is about a value that may be intended. Places are paths such as
//! `accounts[0].templates[2].text`.

use std::collections::HashSet;
use std::fmt;

use super::types::{Account, App, Catalogue, Credential, Signature, Status, Template};
use crate::action::Action;
use crate::countries;
use crate::phone::Number;

/// A place of a catalogue that is wrong, or that does less than it seems to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `line 12, column 5`, or a path such as `accounts[0].apps[1].id`.
    pub place: String,
    /// The error, and the expected value.
    pub problem: String,
    /// The remedy.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.place, self.problem, self.remedy)
    }
}

/// Findings about a catalogue.
#[derive(Default)]
pub struct Findings {
    /// Errors that prevent its use.
    pub mistakes: Vec<Finding>,
    /// Values that may be intended.
    pub warnings: Vec<Finding>,
}

impl Findings {
    fn mistake(&mut self, place: impl Into<String>, problem: &str, remedy: &str) {
        self.mistakes.push(finding(place.into(), problem, remedy));
    }

    fn warning(&mut self, place: impl Into<String>, problem: &str, remedy: &str) {
        self.warnings.push(finding(place.into(), problem, remedy));
    }
}

fn finding(place: String, problem: &str, remedy: &str) -> Finding {
    Finding {
        place,
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
    }
}

impl Catalogue {
    /// Values that may be intended, and that do less than they seem to.
    pub fn warnings(&self) -> Vec<Finding> {
        check(self).warnings
    }
}

/// Checks the whole catalogue.
pub fn check(catalogue: &Catalogue) -> Findings {
    let mut found = Findings::default();
    if catalogue.accounts.is_empty() {
        let remedy = "Add one with a credential and an app";
        found.mistake("accounts", "there is no account", remedy);
    }
    let (mut names, mut keys, mut apps) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (at, account) in catalogue.accounts.iter().enumerate() {
        let place = format!("accounts[{at}]");
        if !names.insert(account.name.as_str()) {
            let remedy = "Give each account its own: apps belong to a name";
            let place = format!("{place}.name");
            found.mistake(place, "another account has this name", remedy);
        }
        for (at, key) in account.credentials.iter().enumerate() {
            let place = format!("{place}.credentials[{at}]");
            credential(&mut found, &place, key);
            if !keys.insert(key.secret_id.as_str()) {
                let remedy = "Give each credential its own";
                let place = format!("{place}.secret_id");
                found.mistake(place, "this SecretId appears twice", remedy);
            }
        }
        for (at, one) in account.apps.iter().enumerate() {
            let place = format!("{place}.apps[{at}]");
            app(&mut found, &place, one);
            if !apps.insert(one.id.as_str()) {
                let remedy = "One account owns an app, once";
                found.mistake(format!("{place}.id"), "this app appears twice", remedy);
            }
        }
        signatures(&mut found, &place, account);
        templates(&mut found, &place, account);
    }
    common(&mut found, catalogue);
    found
}

/// Rules that all accounts share.
fn common(found: &mut Findings, catalogue: &Catalogue) {
    for name in catalogue.requests_per_second.keys() {
        if Action::from_name(name).is_none() {
            let remedy = format!("Write one of {}", Action::ALL.map(Action::name).join(", "));
            let place = format!("requests_per_second.{}", name.escape_debug());
            // It may be copied from a table of the real service's limits.
            found.warning(place, "no action of the simulator has this name", &remedy);
        }
    }
    if catalogue.regions.is_empty() {
        let problem = "there is no region, so that every request is refused";
        found.mistake("regions", problem, "Leave the key out, or list regions");
    }
    if catalogue.sensitive_words.iter().any(String::is_empty) {
        let problem = "an empty word is in every text";
        found.mistake("sensitive_words", problem, "Remove it");
    }
    let place = "unreachable_countries";
    countries_of(found, place, &catalogue.unreachable_countries);
}

fn credential(found: &mut Findings, place: &str, key: &Credential) {
    if key.secret_id.is_empty() || key.secret_key.is_empty() {
        found.mistake(place, "secret_id or secret_key is empty", "Fill in both");
    }
    let id = format!("{place}.secret_id");
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"/,".contains(&byte);
    if !key.secret_id.bytes().all(fits) {
        let problem = "no `Authorization` header can name this SecretId";
        found.mistake(id, problem, "Write it in letters and digits");
    } else if !key.secret_id.starts_with("AKID") {
        let problem = "it does not begin with AKID: its requests get AuthFailure.InvalidSecretId";
        found.warning(id, problem, "Let it begin so, unless that is meant");
    }
    if key.expires_at.is_some() && key.token.is_none() {
        let problem = "only temporary keys expire, and this one has no token";
        let place = format!("{place}.expires_at");
        found.mistake(place, problem, "Add `token`, or remove `expires_at`");
    }
    for (at, rule) in key.allow.iter().enumerate() {
        allowed(found, format!("{place}.allow[{at}]"), rule);
    }
}

/// One rule of a key's policy.
fn allowed(found: &mut Findings, place: String, rule: &str) {
    let (service, name) = rule.split_once(':').unwrap_or(("", rule));
    let is_nearly = |action: &Action| action.name().eq_ignore_ascii_case(name);
    if rule == "*" || service == "sms" && (name == "*" || Action::from_name(name).is_some()) {
        return;
    }
    let is_mistake = service.is_empty()
        || service.eq_ignore_ascii_case("sms")
            && (service != "sms" || name.contains('*') || Action::ALL.iter().any(is_nearly));
    let problem = "it allows nothing: no action of the simulator is called so";
    if is_mistake {
        let remedy = "Write sms:SendSms or another action in this spelling, sms:* or *";
        found.mistake(place, problem, remedy);
    } else {
        found.warning(place, problem, "Leave it, if a real policy is copied here");
    }
}

fn app(found: &mut Findings, place: &str, app: &App) {
    if !is_digits(&app.id) {
        let remedy = "Write an id such as 1400006666";
        found.mistake(format!("{place}.id"), "expected digits", remedy);
    }
    for (key, list) in [("opt_out", &app.opt_out), ("allow_list", &app.allow_list)] {
        for (at, number) in list.iter().enumerate() {
            if !Number::parse(number).is_ok_and(|read| read.e164() == *number) {
                let problem = "no recipient is written so, and it never matches";
                let remedy = "Write + and the calling code, such as +8613800138000";
                found.mistake(format!("{place}.{key}[{at}]"), problem, remedy);
            }
        }
    }
    let place = format!("{place}.blocked_countries");
    countries_of(found, &place, &app.blocked_countries);
}

fn signatures(found: &mut Findings, place: &str, account: &Account) {
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    for (
        at,
        Signature {
            id,
            name,
            international,
            status,
            ..
        },
    ) in account.signatures.iter().enumerate()
    {
        let place = format!("{place}.signatures[{at}]");
        if !ids.insert(id) {
            let remedy = "Give each signature of an account its own";
            found.mistake(format!("{place}.id"), "this id appears twice", remedy);
        }
        // A rejected signature may be listed beside its replacement.
        if *status == Status::Approved && !names.insert((name, international)) {
            let remedy = "Keep one of those that are for the same numbers";
            found.mistake(format!("{place}.name"), "this name appears twice", remedy);
        }
    }
}

fn templates(found: &mut Findings, place: &str, account: &Account) {
    let mut ids = HashSet::new();
    for (at, template) in account.templates.iter().enumerate() {
        let place = format!("{place}.templates[{at}]");
        if !ids.insert(template.id.as_str()) {
            let remedy = "Give each template of an account its own id";
            found.mistake(format!("{place}.id"), "this template appears twice", remedy);
        }
        template_itself(found, &place, template);
    }
}

fn template_itself(found: &mut Findings, place: &str, template: &Template) {
    if !is_digits(&template.id) {
        let remedy = "Write an id such as 1110000";
        found.mistake(format!("{place}.id"), "expected digits", remedy);
    }
    let text = format!("{place}.text");
    let remedy = "Number the variables {1}, {2}, … in order, with text between them";
    if let Err(problem) = template.variables() {
        found.mistake(text, problem, remedy);
    } else if template.has_other_braces() {
        found.warning(
            text,
            "braces without a number are text, and no variable",
            remedy,
        );
    }
}

fn countries_of(found: &mut Findings, place: &str, list: &[String]) {
    for (at, code) in list.iter().enumerate() {
        if !countries::has(code) {
            let problem = "no country has this code, and it never matches";
            let remedy = "Write an ISO 3166-1 code of two capitals, such as US";
            found.mistake(format!("{place}[{at}]"), problem, remedy);
        }
    }
}

fn is_digits(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places of the findings in a catalogue with one wrong value.
    fn places(yaml: &str) -> (Vec<String>, Vec<String>) {
        let found = check(&serde_saphyr::from_str(yaml).unwrap());
        let of = |findings: Vec<Finding>| findings.into_iter().map(|one| one.place).collect();
        (of(found.mistakes), of(found.warnings))
    }

    const ACCOUNT: &str = "accounts: [{name: a}]\n";

    fn account(more: &str) -> String {
        format!("accounts: [{{name: a, {more}}}]")
    }

    fn key(more: &str) -> String {
        account(&format!(
            "credentials: [{{secret_id: AKIDa, secret_key: b, {more}}}]"
        ))
    }

    fn text(text: &str) -> String {
        let fields = "id: 1, route: both, kind: otp, text";
        account(&format!("templates: [{{{fields}: '{text}'}}]"))
    }

    #[test]
    fn built_in_catalogue_has_no_finding() {
        let (mistakes, warnings) = places(Catalogue::BUILT_IN);
        assert!(mistakes.is_empty() && warnings.is_empty());
    }

    #[test]
    fn value_without_its_effect_is_mistake_at_its_path() {
        let app = |more: &str| account(&format!("apps: [{{id: 1, {more}}}]"));
        let two = |key: &str, one: &str| account(&format!("{key}: [{{{one}}}, {{{one}}}]"));
        for (yaml, place) in [
            ("accounts: []".to_owned(), "accounts"),
            (
                "accounts: [{name: a}, {name: a}]".to_owned(),
                "accounts[1].name",
            ),
            (account("apps: [{id: x1}]"), "accounts[0].apps[0].id"),
            (two("apps", "id: 1"), "accounts[0].apps[1].id"),
            (
                "accounts: [{name: a, apps: [{id: 1}]}, {name: b, apps: [{id: 1}]}]".to_owned(),
                "accounts[1].apps[0].id",
            ),
            (
                two("credentials", "secret_id: AKIDa, secret_key: b"),
                "accounts[0].credentials[1].secret_id",
            ),
            (
                account("credentials: [{secret_id: AKID/x, secret_key: b}]"),
                "accounts[0].credentials[0].secret_id",
            ),
            (
                account("credentials: [{secret_id: AKIDx, secret_key: ''}]"),
                "accounts[0].credentials[0]",
            ),
            (
                key("expires_at: 5"),
                "accounts[0].credentials[0].expires_at",
            ),
            (
                key("allow: [SendSms]"),
                "accounts[0].credentials[0].allow[0]",
            ),
            (
                key("allow: ['*', 'sms:SendSMS']"),
                "accounts[0].credentials[0].allow[1]",
            ),
            (
                key("allow: ['SMS:SendSms']"),
                "accounts[0].credentials[0].allow[0]",
            ),
            (
                key("allow: ['sms:Send*']"),
                "accounts[0].credentials[0].allow[0]",
            ),
            (
                app("opt_out: ['13800138000']"),
                "accounts[0].apps[0].opt_out[0]",
            ),
            (
                app("allow_list: ['+8613800138000', '+86013800138000']"),
                "accounts[0].apps[0].allow_list[1]",
            ),
            (
                app("blocked_countries: [us]"),
                "accounts[0].apps[0].blocked_countries[0]",
            ),
            (
                account("signatures: [{id: 1, name: a}, {id: 1, name: b}]"),
                "accounts[0].signatures[1].id",
            ),
            (
                account("signatures: [{id: 1, name: a}, {id: 2, name: a}]"),
                "accounts[0].signatures[1].name",
            ),
            (
                two("templates", "id: 1, route: both, kind: otp, text: x"),
                "accounts[0].templates[1].id",
            ),
            (text("x{2}"), "accounts[0].templates[0].text"),
            (text("code {1"), "accounts[0].templates[0].text"),
            (format!("{ACCOUNT}regions: []"), "regions"),
            (format!("{ACCOUNT}sensitive_words: ['']"), "sensitive_words"),
            (
                format!("{ACCOUNT}unreachable_countries: [CN, Atlantis]"),
                "unreachable_countries[1]",
            ),
        ] {
            assert_eq!(places(&yaml), (vec![place.to_owned()], vec![]), "{yaml}");
        }
    }

    #[test]
    fn refused_signature_stands_beside_the_one_that_replaced_it() {
        let yaml = account("signatures: [{id: 1, name: a, status: rejected}, {id: 2, name: a}]");
        assert_eq!(places(&yaml), (vec![], vec![]));
    }

    #[test]
    fn value_that_may_be_meant_is_warning() {
        for (yaml, place) in [
            (
                account("credentials: [{secret_id: x, secret_key: b}]"),
                "accounts[0].credentials[0].secret_id",
            ),
            (
                key("allow: ['sms:AddSmsTemplate']"),
                "accounts[0].credentials[0].allow[0]",
            ),
            (
                key("allow: ['cvm:DescribeInstances']"),
                "accounts[0].credentials[0].allow[0]",
            ),
            (text("{1} {code}"), "accounts[0].templates[0].text"),
            (
                format!("{ACCOUNT}requests_per_second: {{AddSmsTemplate: 20}}"),
                "requests_per_second.AddSmsTemplate",
            ),
        ] {
            assert_eq!(places(&yaml), (vec![], vec![place.to_owned()]), "{yaml}");
        }
    }

    #[test]
    fn all_mistakes_are_found_at_once() {
        let yaml = account("apps: [{id: x, opt_out: [me, you], blocked_countries: [XX]}]");
        assert_eq!(places(&yaml).0.len(), 4);
    }

    #[test]
    fn name_for_both_kinds_of_numbers_passes() {
        let yaml = account("signatures: [{id: 1, name: a}, {id: 2, name: a, international: true}]");
        assert_eq!(places(&yaml), (vec![], vec![]));
    }
}
