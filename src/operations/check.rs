//! Checks with the service, without sending, whether a config would work.
//!
//! | subject | asked with | fails when |
//! |---|---|---|
//! | `credentials` | `SmsPackagesStatistics` | the service does not accept the key, the secret or the token |
//! | `application`, `balance` | `SmsPackagesStatistics` | the application is not the account's; unexpired packages hold nothing |
//! | `signature` | `DescribeSmsSignList` | no signature has this text, or none that has it may be used |
//! | `/templates/…/templateCode` | `DescribeSmsTemplateList` | unknown, not approved, of the other route, or with other variables than `params` |
//! | `/region` | `SmsPackagesStatistics` | the service is not there |
//!
//! An `international` block has subjects of its own, JSON Pointers into it. Messages abroad are billed by destination,
//! so `balance` is about the mainland's packages.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use connector_kit::contract::{Attributes, Check, Failure, FailureKind, Verdict, attribute};
use connector_kit::http::Client;
use connector_kit::text::Language;

use super::findings::{self, Finding};
use super::query::{NOT_GRANTED, Query, Session};
use super::templates::{Listing, international};
use super::wire::{self, Package, PackagesBody, Signature, SignaturesBody};
use crate::codes::REGION;
use crate::config::{Account, Config, Route, Template};

/// What the service answers about an application that this key cannot use.
const APPLICATION_CODES: [&str; 3] = [
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
    "UnauthorizedOperation.SdkAppIdIsDisabled",
    "InvalidParameterValue.SdkAppIdNotExist",
];

/// Asks the service, without sending, whether a config would work.
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
        session: Session::new(client, config),
        language,
        checks: Vec::new(),
        first_failure: None,
    };
    checker.run();
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
    /// Why the first query about an account failed.
    first_failure: Option<Failure>,
}

/// The names of the checks of an account.
struct Subjects {
    credentials: &'static str,
    application: &'static str,
    signature: &'static str,
    region: &'static str,
}

const HOME: Subjects = Subjects {
    credentials: "credentials",
    application: "application",
    signature: "signature",
    region: "/region",
};

const ABROAD: Subjects = Subjects {
    credentials: "/international/accessKeyId",
    application: "/international/sdkAppId",
    signature: "/international/signName",
    region: "/international/region",
};

/// What is left in unexpired packages, if there are any.
type Packages = Option<u64>;

/// The state of a signature, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Approved,
    Waits,
    Refused,
}

impl Standing {
    fn of(signature: &Signature) -> Self {
        match signature.status_code {
            0 => Self::Approved,
            1 | 2 => Self::Waits,
            _ => Self::Refused,
        }
    }
}

impl<'c> Checker<'c, '_, '_> {
    fn run(&mut self) {
        let config = self.config;
        let home = config.account(Route::Mainland);
        let abroad = config.account(Route::International);
        let mainland = serves(config, Route::Mainland);
        let others = serves(config, Route::International);
        let apart = others && !same_access(home, abroad);

        let blocked = (mainland || !apart) && self.account(home, &HOME, true, mainland);
        let mut listing = Listing::new(home, blocked);
        let mut other = None;
        if apart || others && abroad.sdk_app_id != home.sdk_app_id {
            let blocked = self.account(abroad, &ABROAD, apart, false);
            if apart {
                other = Some(Listing::new(abroad, blocked));
            }
        }

        if mainland && let Some(name) = home.sign_name {
            self.signature(&listing, HOME.signature, name, Route::Mainland);
        }
        // Inherited, it is the mainland's, and whether that does abroad only a message shows.
        if others
            && let Some(name) = abroad.sign_name
            && home.sign_name != Some(name)
        {
            let listing = other.as_ref().unwrap_or(&listing);
            self.signature(listing, ABROAD.signature, name, Route::International);
        }

        for template in &config.templates {
            if let Some(id) = id(template, Route::Mainland) {
                listing.want(id, Route::Mainland);
            }
            if let Some(id) = id(template, Route::International) {
                let listing = other.as_mut().unwrap_or(&mut listing);
                listing.want(id, Route::International);
            }
        }
        listing.look_up(&mut self.session);
        if let Some(other) = &mut other {
            other.look_up(&mut self.session);
        }
        self.templates(&listing, other.as_ref().unwrap_or(&listing));
    }

    /// Checks credentials, application and balance by one query. Returns whether nothing more can be learned of the
    /// account.
    fn account(
        &mut self,
        account: &Account<'_>,
        subjects: &Subjects,
        check_key: bool,
        check_balance: bool,
    ) -> bool {
        let packages = self.packages(account);
        let failure = packages.as_ref().err();
        let code = failure.and_then(|failure| failure.provider_code.as_deref());
        let code = code.unwrap_or_default();
        let kind = failure.map(|failure| failure.kind);
        let refused = kind == Some(FailureKind::Authentication);
        let elsewhere = failure.is_some_and(|failure| failure.message == REGION.hint);
        let unanswered = failure.map(unanswered);
        let credentials = match unanswered {
            _ if code == "AuthFailure.SignatureExpire" => &findings::CLOCK,
            _ if refused => &findings::WRONG_CREDENTIALS,
            Some(unanswered) if !is_past_the_signature(code) => unanswered,
            _ => &findings::CREDENTIALS,
        };
        let application = match unanswered {
            None => &findings::APPLICATION,
            _ if APPLICATION_CODES.contains(&code) => &findings::WRONG_APPLICATION,
            _ if refused || elsewhere => &findings::SKIPPED,
            Some(unanswered) => unanswered,
        };
        let left = packages.as_ref().ok().copied().flatten();
        let balance = match &packages {
            Ok(None) => &findings::NO_PACKAGE,
            Ok(Some(0)) => &findings::USED_UP,
            Ok(Some(_)) => &findings::BALANCE,
            Err(_) if kind == Some(FailureKind::Quota) => &findings::USED_UP,
            Err(_) if application.verdict == Verdict::Fail => &findings::SKIPPED,
            Err(_) => application,
        };
        for (subject, wanted, finding) in [
            (subjects.credentials, check_key, credentials),
            (subjects.region, elsewhere, &findings::REGION),
            (subjects.application, true, application),
        ] {
            if wanted {
                self.add_about(subject, finding, failure, wire::PACKAGES);
            }
        }
        if check_balance && packages.is_ok() {
            let left = left.unwrap_or_default().to_string();
            let attributes = alloc::vec![attribute("balance", &left)];
            self.add("balance", balance, &[&left], attributes);
        } else if check_balance {
            self.add_about("balance", balance, failure, wire::PACKAGES);
        }
        match packages {
            Ok(_) => false,
            Err(failure) => {
                let blocked = refused || elsewhere || failure.provider_code.is_none();
                self.first_failure.get_or_insert(failure);
                blocked
            }
        }
    }

    fn packages(&mut self, account: &Account<'_>) -> Result<Packages, Failure> {
        let query = Query {
            account,
            action: wire::PACKAGES,
            national: "",
        };
        let mut packages: Packages = None;
        let mut offset = 0;
        loop {
            let page = self.session.ask(query, |now| {
                PackagesBody::new(&account.sdk_app_id, offset, now)
            })?;
            let count = page.entries.len() as u64;
            let is_valid = |package: &&Package| package.package_expired_time > page.now;
            for package in page.entries.iter().filter(is_valid) {
                let left = package.package_amount.saturating_sub(package.current_usage);
                packages = Some(packages.unwrap_or_default().saturating_add(left));
            }
            offset += count;
            if count < wire::PACKAGES_PAGE {
                return Ok(packages);
            }
        }
    }

    fn signature(&mut self, listing: &Listing<'_>, subject: &str, name: &str, route: Route) {
        let standing = if listing.blocked {
            None
        } else {
            Some(self.standing(listing.account, name, route))
        };
        let finding = match &standing {
            None => &findings::SKIPPED,
            Some(Ok(Some(Standing::Approved))) => &findings::APPROVED,
            Some(Ok(Some(Standing::Waits))) => &findings::WAITS,
            Some(Ok(Some(Standing::Refused))) => &findings::REFUSED,
            Some(Ok(None)) => &findings::NO_SIGNATURE,
            Some(Err(failure)) => unanswered(failure),
        };
        let failure = standing
            .as_ref()
            .and_then(|standing| standing.as_ref().err());
        self.add_about(subject, finding, failure, wire::SIGNATURES);
    }

    /// The best standing among the signatures with this text, since several may have it.
    fn standing(
        &mut self,
        account: &Account<'_>,
        name: &str,
        route: Route,
    ) -> Result<Option<Standing>, Failure> {
        let query = Query {
            account,
            action: wire::SIGNATURES,
            national: "",
        };
        let mut best: Option<Standing> = None;
        let mut offset = 0;
        loop {
            let page = self.session.ask(query, |_| SignaturesBody {
                international: international(route),
                limit: wire::SIGNATURES_PAGE,
                offset,
            })?;
            let has_name = |signature: &&Signature| signature.sign_name == name;
            let standings = page.entries.iter().filter(has_name).map(Standing::of);
            best = best.into_iter().chain(standings).min();
            let count = page.entries.len() as u64;
            offset += count;
            if best == Some(Standing::Approved) || count < wire::SIGNATURES_PAGE {
                return Ok(best);
            }
        }
    }

    fn templates(&mut self, home: &Listing<'_>, abroad: &Listing<'_>) {
        for template in &self.config.templates {
            let place = format!("/templates/{}/templateCode", template.index);
            if !template.is_by_route {
                // It is enough that it serves some numbers.
                let listings = [(Route::Mainland, home), (Route::International, abroad)];
                self.template(&place, template, None, &listings);
                continue;
            }
            for (route, listing) in [(Route::Mainland, home), (Route::International, abroad)] {
                if template.code(route).is_some() {
                    let place = format!("{place}/{}", route.as_str());
                    self.template(&place, template, Some(route), &[(route, listing)]);
                }
            }
        }
    }

    /// One code of one template, in the listings that may know it.
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
                    let finding = found.finding(route, declared);
                    let (has, declares) = (found.variables.to_string(), declared.to_string());
                    return self.add(place, finding, &[&has, &declares], Attributes::new());
                }
                _ if listing.asked(id, *of) => {}
                _ => unknown = unknown.or(Some(&listing.failure)),
            }
        }
        let finding = match unknown {
            None => &findings::NO_TEMPLATE,
            Some(None) => &findings::SKIPPED,
            Some(Some(failure)) => unanswered(failure),
        };
        let failure = unknown.and_then(Option::as_ref);
        self.add_about(place, finding, failure, wire::TEMPLATES);
    }

    fn add(&mut self, subject: &str, finding: &Finding, values: &[&str], attributes: Attributes) {
        self.checks.push(Check {
            subject: subject.into(),
            verdict: finding.verdict,
            message: finding.text.fill(self.language, values),
            attributes,
        });
    }

    /// Adds a finding, with the service's code where it follows from one, and the permission that would help.
    fn add_about(
        &mut self,
        subject: &str,
        finding: &Finding,
        failure: Option<&Failure>,
        action: &str,
    ) {
        let permission = format!("sms:{action}");
        let mut attributes = Attributes::new();
        if let Some(failure) = failure
            && finding.verdict != Verdict::Pass
        {
            if let Some(code) = &failure.provider_code {
                attributes.push(attribute("provider-code", code));
                if permission_finding(code).is_some() {
                    attributes.push(attribute("permission", &permission));
                }
            }
            if let Some(id) = &failure.request_id {
                attributes.push(attribute("request-id", id));
            }
        }
        self.add(subject, finding, &[&permission], attributes);
    }
}

/// The finding about something that a failed query left open.
fn unanswered(failure: &Failure) -> &'static Finding {
    match &failure.provider_code {
        None => &findings::SILENT,
        Some(code) => permission_finding(code).unwrap_or(&findings::REJECTED),
    }
}

/// The finding where the account or the key is not allowed to ask.
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

fn serves(config: &Config<'_>, route: Route) -> bool {
    let mut templates = config.templates.iter();
    templates.any(|template| template.code(route).is_some())
}

/// Whether both reach the same account of the service by the same entrance: then one look-up serves both.
fn same_access(one: &Account<'_>, other: &Account<'_>) -> bool {
    // Tokens go with the other two.
    one.secret_id.reveal() == other.secret_id.reveal()
        && one.secret_key.reveal() == other.secret_key.reveal()
        && one.region == other.region
        && one.endpoint == other.endpoint
}

/// Whether the service gives this refusal only to requests whose signature it verified.
fn is_past_the_signature(code: &str) -> bool {
    code == NOT_GRANTED
        || [
            "UnauthorizedOperation",
            "UnsupportedRegion",
            "FailedOperation",
            "InvalidParameterValue",
        ]
        .iter()
        .any(|family| code.starts_with(family))
}

#[cfg(test)]
mod tests;
