//! Checks a config at the service, without sending.
//!
//! | subject | action | fails when |
//! |---|---|---|
//! | `credentials` | `SmsPackagesStatistics` | the service does not accept the key, the secret or the token |
//! | `application`, `balance` | `SmsPackagesStatistics` | the application is not the account's; unexpired packages hold nothing |
//! | `signature` | `DescribeSmsSignList` | no signature has this text, or none that has it may be used |
//! | `/templates/…/templateCode` | `DescribeSmsTemplateList` | unknown, not approved, of the other route, or with other variables than `params` |
//! | `/region` | `SmsPackagesStatistics` | the service is not available there |
//!
//! An `international` block has subjects of its own, JSON Pointers into it. International messages are billed by
//! destination, so `balance` is about the mainland's packages.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use connector_kit::contract::{Attributes, Check, Failure, FailureKind, Verdict, attribute};
use connector_kit::http::Client;
use connector_kit::text::Language;
use serde_json::json;

use super::findings::{self, Finding};
use super::packages;
use super::query::{NOT_GRANTED, Session};
use super::templates::{Listing, international};
use super::wire::{self, Action, Signature};
use crate::api::EXPIRED;
use crate::config::Route::{International, Mainland};
use crate::config::{Account, Config, Route, Template};

/// The service's codes about an application that the key cannot use.
const APPLICATION_CODES: [&str; 3] = [
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
    "UnauthorizedOperation.SdkAppIdIsDisabled",
    "InvalidParameterValue.SdkAppIdNotExist",
];

/// Checks at the service, without sending, whether a config would work.
///
/// # Errors
/// [`Failure`] when the service answered nothing at all.
pub fn check(
    config: &Config<'_>,
    language: Language,
    client: &mut Client<'_>,
) -> Result<Vec<Check>, Failure> {
    let mut checker = Checker {
        config,
        session: Session::new(client, config, ""),
        language,
        checks: Vec::new(),
        first_failure: None,
    };
    let (mut mainland, mut international) = checker.accounts();
    checker.signatures(&mainland, international.as_ref().unwrap_or(&mainland));
    checker.look_up_templates(&mut mainland, &mut international);
    checker.templates(&mainland, international.as_ref().unwrap_or(&mainland));
    match checker.first_failure {
        Some(failure) if !checker.session.has_answer => Err(failure),
        _ => Ok(checker.checks),
    }
}

struct Checker<'c, 's, 't> {
    config: &'c Config<'c>,
    session: Session<'s, 't>,
    language: Language,
    checks: Vec<Check>,
    /// The failure of the first query about an account that failed.
    first_failure: Option<Failure>,
}

/// The subject of a check of the mainland's account, or of the international one's.
fn subject(route: Route, mainland: &'static str, international: &'static str) -> &'static str {
    match route {
        Mainland => mainland,
        International => international,
    }
}

impl<'c> Checker<'c, '_, '_> {
    /// True if international messages go through another account or endpoint of the service than the mainland's.
    fn has_own_access(&self) -> bool {
        let [mainland, international] = Route::ALL.map(|route| self.config.account(route));
        self.config.serves(International) && !is_same_access(mainland, international)
    }

    /// Checks the accounts. Returns the listing of the mainland's templates, and one of the international ones where
    /// they have an access of their own.
    fn accounts(&mut self) -> (Listing<'c>, Option<Listing<'c>>) {
        let config = self.config;
        let [mainland, international] = Route::ALL.map(|route| config.account(route));
        let has_own_access = self.has_own_access();
        let is_checked = config.serves(Mainland) || !has_own_access;
        let is_blocked = is_checked && self.account(Mainland);
        let mut own_listing = None;
        let has_own_application = international.sdk_app_id != mainland.sdk_app_id;
        if has_own_access || config.serves(International) && has_own_application {
            let is_blocked = self.account(International);
            own_listing = has_own_access.then(|| Listing::new(international, is_blocked));
        }
        (Listing::new(mainland, is_blocked), own_listing)
    }

    /// Checks credentials, application and balance by one query. Returns true if further queries of the account would
    /// add nothing.
    fn account(&mut self, route: Route) -> bool {
        let credentials = subject(route, "credentials", "/international/accessKeyId");
        let application = subject(route, "application", "/international/sdkAppId");
        let region = subject(route, "/region", "/international/region");
        let has_credentials = route == Mainland || self.has_own_access();
        let has_balance = route == Mainland && self.config.serves(route);
        let failure = match packages::left(&mut self.session, self.config.account(route)) {
            Ok(left) => {
                if has_credentials {
                    self.add(credentials, &findings::CREDENTIALS, &[]);
                }
                self.add(application, &findings::APPLICATION, &[]);
                if has_balance {
                    self.balance(left);
                }
                return false;
            }
            Err(failure) => failure,
        };
        let code = failure.provider_code.as_deref();
        let is_key_refused = failure.kind == FailureKind::Authentication;
        // The second code has this kind only where its words name the region.
        let is_region_refused = failure.kind == FailureKind::InvalidConfig
            && matches!(code, Some("UnsupportedRegion" | "InvalidParameterValue"));
        let is_blocked = is_key_refused || is_region_refused || code.is_none();
        let [of_key, of_application, of_balance] =
            conclusions(&failure, is_key_refused, is_region_refused);
        for (subject, is_checked, finding) in [
            (credentials, has_credentials, of_key),
            (region, is_region_refused, &findings::REGION),
            (application, true, of_application),
            ("balance", has_balance, of_balance),
        ] {
            if is_checked {
                self.add_failed(subject, finding, &failure, wire::PACKAGES);
            }
        }
        self.first_failure.get_or_insert(failure);
        is_blocked
    }

    fn balance(&mut self, left: Option<u64>) {
        let finding = match left {
            None => &findings::NO_PACKAGE,
            Some(0) => &findings::USED_UP,
            Some(_) => &findings::BALANCE,
        };
        let left = left.unwrap_or_default().to_string();
        let check = self.add("balance", finding, &[&left]);
        check.attributes.push(attribute("balance", &left));
    }

    fn signatures(&mut self, mainland: &Listing<'_>, international: &Listing<'_>) {
        let [name, own_name] = Route::ALL.map(|route| self.config.account(route).sign_name);
        if self.config.serves(Mainland) {
            self.signature(mainland, name, Mainland);
        }
        // Inherited, it is the mainland's, and only a message shows whether that serves international numbers.
        if self.config.serves(International) && own_name != name {
            self.signature(international, own_name, International);
        }
    }

    fn look_up_templates(
        &mut self,
        mainland: &mut Listing<'c>,
        international: &mut Option<Listing<'c>>,
    ) {
        for template in &self.config.templates {
            mainland.want(id(template, Mainland), Mainland);
            let listing = international.as_mut().unwrap_or(mainland);
            listing.want(id(template, International), International);
        }
        for listing in [mainland].into_iter().chain(international) {
            listing.look_up(&mut self.session);
        }
    }

    fn signature(&mut self, listing: &Listing<'_>, name: Option<&str>, route: Route) {
        let standing = match name {
            None => return,
            Some(_) if listing.is_blocked => Ok(&findings::SKIPPED),
            Some(name) => self.standing(listing.account, name, route),
        };
        let subject = subject(route, "signature", "/international/signName");
        self.conclude(subject, standing.as_ref().copied(), wire::SIGNATURES);
    }

    /// The best finding about the signatures with this text, since several may have it.
    fn standing(
        &mut self,
        account: &Account<'_>,
        name: &str,
        route: Route,
    ) -> Result<&'static Finding, Failure> {
        // From the best state to the worst.
        let rank = |status: &i64| match *status {
            0..3 => *status,
            _ => 3,
        };
        let mut best: Option<i64> = None;
        let mut offset = 0;
        loop {
            let international = international(route);
            let body = |_| json!({"International": international, "Limit": wire::SIGNATURES_PAGE, "Offset": offset});
            let page = self.session.ask(account, wire::SIGNATURES, body)?;
            let has_name = |signature: &&Signature| signature.sign_name == name;
            let named = page.entries.iter().filter(has_name);
            let states = named.map(|signature| signature.status_code);
            best = best.into_iter().chain(states).min_by_key(rank);
            let count = page.entries.len() as u64;
            offset += count;
            if best == Some(0) || count < wire::SIGNATURES_PAGE {
                return Ok(best.map_or(&findings::NO_SIGNATURE, findings::review));
            }
        }
    }

    fn templates(&mut self, mainland: &Listing<'_>, international: &Listing<'_>) {
        let listings = [(Mainland, mainland), (International, international)];
        for template in &self.config.templates {
            let place = format!("/templates/{}/templateCode", template.index);
            if !template.is_by_route {
                // It is enough that it serves some numbers.
                self.template(&place, template, None, &listings);
                continue;
            }
            for (route, listing) in listings {
                if template.code(route).is_some() {
                    let place = format!("{place}/{}", route.as_str());
                    self.template(&place, template, Some(route), &[(route, listing)]);
                }
            }
        }
    }

    /// One code of one template, in the listings that may contain it.
    fn template(
        &mut self,
        place: &str,
        template: &Template<'_>,
        route: Option<Route>,
        listings: &[(Route, &Listing<'_>)],
    ) {
        let declared = template.params().len();
        let mut unknown = None;
        for (of, listing) in listings {
            let Some(id) = id(template, *of) else {
                continue;
            };
            match listing.found(id) {
                Some(found) if route.is_some() || found.serves(*of) => {
                    let has = wire::variables(&found.template_content).to_string();
                    let declares = declared.to_string();
                    let finding = found.finding(route, declared);
                    self.add(place, finding, &[&has, &declares]);
                    return;
                }
                _ if listing.asked(id, *of) => {}
                _ => unknown = unknown.or(Some(&listing.failure)),
            }
        }
        let found = match unknown {
            None => Ok(&findings::NO_TEMPLATE),
            Some(None) => Ok(&findings::SKIPPED),
            Some(Some(failure)) => Err(failure),
        };
        self.conclude(place, found, wire::TEMPLATES);
    }

    /// Adds a finding with its values.
    fn add(&mut self, subject: &str, finding: &Finding, values: &[&str]) -> &mut Check {
        self.checks.push_mut(Check {
            subject: subject.into(),
            verdict: finding.verdict,
            message: finding.text.fill(self.language, values),
            attributes: Attributes::new(),
        })
    }

    /// Adds the finding of a query, or its failure.
    fn conclude(&mut self, subject: &str, found: Result<&Finding, &Failure>, action: Action) {
        match found {
            Ok(finding) => {
                self.add(subject, finding, &[]);
            }
            Err(failure) => self.add_failed(subject, unanswered(failure), failure, action),
        }
    }

    /// Adds the finding about a failed query, with the service's code and the permission that would help.
    fn add_failed(&mut self, subject: &str, finding: &Finding, failure: &Failure, action: Action) {
        let permission = format!("sms:{}", action.name);
        let check = self.add(subject, finding, &[&permission]);
        if finding.verdict == Verdict::Pass {
            return;
        }
        let code = failure.provider_code.as_deref();
        let would_help = code.and_then(permission_finding).map(|_| &*permission);
        for (key, value) in [
            ("provider-code", code),
            ("permission", would_help),
            ("request-id", failure.request_id.as_deref()),
        ] {
            check
                .attributes
                .extend(value.map(|value| attribute(key, value)));
        }
    }
}

/// The findings about key, application and balance after a failed query.
fn conclusions(
    failure: &Failure,
    is_key_refused: bool,
    is_region_refused: bool,
) -> [&'static Finding; 3] {
    let code = failure.provider_code.as_deref().unwrap_or_default();
    let of_key = match code {
        EXPIRED => &findings::CLOCK,
        _ if is_key_refused => &findings::WRONG_CREDENTIALS,
        code if is_past_the_signature(code) => &findings::CREDENTIALS,
        _ => unanswered(failure),
    };
    let of_application = match code {
        code if APPLICATION_CODES.contains(&code) => &findings::WRONG_APPLICATION,
        _ if is_key_refused || is_region_refused => &findings::SKIPPED,
        _ => unanswered(failure),
    };
    let of_balance = match of_application.verdict {
        _ if failure.kind == FailureKind::Quota => &findings::USED_UP,
        Verdict::Fail => &findings::SKIPPED,
        _ => of_application,
    };
    [of_key, of_application, of_balance]
}

/// The finding about something that a failed query left open.
fn unanswered(failure: &Failure) -> &'static Finding {
    match &failure.provider_code {
        None => &findings::SILENT,
        Some(code) => permission_finding(code).unwrap_or(&findings::REJECTED),
    }
}

/// The finding if the account or the key may not make the query.
fn permission_finding(code: &str) -> Option<&'static Finding> {
    match code {
        NOT_GRANTED | "UnauthorizedOperation" => Some(&findings::NOT_GRANTED),
        "FailedOperation.ProhibitSubAccountUse" => Some(&findings::SUB_ACCOUNT),
        "FailedOperation.NotEnterpriseCertification" => Some(&findings::PERSONAL),
        _ => None,
    }
}

fn id(template: &Template<'_>, route: Route) -> Option<u64> {
    template.code(route)?.parse().ok()
}

/// True if both reach the same account of the service by the same endpoint: then one look-up serves both.
fn is_same_access(one: &Account<'_>, other: &Account<'_>) -> bool {
    // Tokens go with the other two.
    let [one_key, other_key] = [one, other].map(|account| &account.credentials);
    one_key.secret_id.reveal() == other_key.secret_id.reveal()
        && one_key.secret_key.reveal() == other_key.secret_key.reveal()
        && one.region == other.region
        && one.endpoint == other.endpoint
}

/// True if the service gives this refusal only to requests whose signature it verified.
fn is_past_the_signature(code: &str) -> bool {
    let families = [
        NOT_GRANTED,
        "UnauthorizedOperation",
        "UnsupportedRegion",
        "FailedOperation",
        "InvalidParameterValue",
    ];
    families.iter().any(|family| code.starts_with(family))
}

#[cfg(test)]
mod tests;
