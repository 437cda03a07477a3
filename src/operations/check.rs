//! Whether a config would work, as the service says.
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

use alloc::vec::Vec;

use super::ask::{Miss, NOT_GRANTED, Question, Session};
use super::templates::{Listing, international};
use super::wire::{self, Action, integer, text};
use super::words::{self, Finding};
use crate::config::{self, Account, Config, Template};
use crate::connector::{Host, invalid_config, read};
use crate::contract::{Attributes, Check, Failure, FailureKind, Verdict, attribute};
use crate::json::Json;
use crate::language::Language;
use crate::phone::Route;
use crate::text::{decimal, join};

/// What the service answers about an application that this key cannot use.
const APPLICATION_CODES: [&str; 3] = [
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
    "UnauthorizedOperation.SdkAppIdIsDisabled",
    "InvalidParameterValue.SdkAppIdNotExist",
];

/// Asks the service, without sending, whether a config would work.
///
/// # Errors
/// [`Failure`] when the config cannot work by itself, with every finding, or when the service answered nothing at all.
pub fn check_config(
    config: &str,
    language: Language,
    timeout_ms: Option<u32>,
    host: &mut dyn Host,
) -> Result<Vec<Check>, Failure> {
    let document = config::parse(config).map_err(|finding| invalid_config(&[finding], language))?;
    let config = read(Config::read(&document), language)?;
    let mut checker = Checker {
        document: &document,
        config: &config,
        session: Session::new(host, &config, timeout_ms),
        language,
        checks: Vec::new(),
        silence: None,
    };
    checker.run();
    match checker.silence {
        Some(miss) if !checker.session.answered => Err(*miss),
        _ => Ok(checker.checks),
    }
}

struct Checker<'c, 'h> {
    document: &'c Json<'c>,
    config: &'c Config<'c>,
    session: Session<'h>,
    language: Language,
    checks: Vec<Check>,
    /// Why the first look-up of an account failed.
    silence: Option<Miss>,
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

impl<'c> Checker<'c, '_> {
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

    /// Credentials, application and balance, by one look-up. Whether nothing more can be learned of the account.
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
        let elsewhere = code == "UnsupportedRegion";
        let untold = failure.map(untold);
        let credentials = match untold {
            _ if code == "AuthFailure.SignatureExpire" => &words::CLOCK,
            _ if refused => &words::WRONG_CREDENTIALS,
            Some(untold) if !is_past_the_signature(code) => untold,
            _ => &words::CREDENTIALS,
        };
        let application = match untold {
            None => &words::APPLICATION,
            _ if APPLICATION_CODES.contains(&code) => &words::WRONG_APPLICATION,
            _ if refused || elsewhere => &words::SKIPPED,
            Some(untold) => untold,
        };
        let left = packages.as_ref().ok().copied().flatten();
        let balance = match &packages {
            Ok(None) => &words::NO_PACKAGE,
            Ok(Some(0)) => &words::USED_UP,
            Ok(Some(_)) => &words::BALANCE,
            Err(_) if kind == Some(FailureKind::Quota) => &words::USED_UP,
            Err(_) if application.verdict == Verdict::Fail => &words::SKIPPED,
            Err(_) => application,
        };
        for (subject, wanted, finding) in [
            (subjects.credentials, check_key, credentials),
            (subjects.region, elsewhere, &words::REGION),
            (subjects.application, true, application),
        ] {
            if wanted {
                self.say(subject, finding, failure, &wire::PACKAGES);
            }
        }
        if check_balance && packages.is_ok() {
            let left = decimal(left.unwrap_or_default());
            let attributes = alloc::vec![attribute("balance", &left)];
            self.add("balance", balance, &[&left], attributes);
        } else if check_balance {
            self.say("balance", balance, failure, &wire::PACKAGES);
        }
        match packages {
            Ok(_) => false,
            Err(failure) => {
                let blocked = refused || elsewhere || failure.provider_code.is_none();
                self.silence.get_or_insert(failure);
                blocked
            }
        }
    }

    fn packages(&mut self, account: &Account<'_>) -> Result<Packages, Miss> {
        let mut packages: Packages = None;
        let mut offset = 0;
        loop {
            let question = Question {
                account,
                action: &wire::PACKAGES,
                national: "",
                body: &|now| wire::packages(&account.sdk_app_id, offset, now),
            };
            let page = self.session.ask(&question, &mut |package, now| {
                let amount = integer(package, "PackageAmount")?;
                let left = amount.saturating_sub(integer(package, "CurrentUsage")?);
                if integer(package, "PackageExpiredTime")? > now {
                    packages = Some(packages.unwrap_or_default().saturating_add(left));
                }
                Some(())
            })?;
            offset += page.count;
            if page.count < wire::PACKAGES_PAGE {
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
            None => &words::SKIPPED,
            Some(Ok(Some(0))) => &words::APPROVED,
            Some(Ok(Some(1 | 2))) => &words::WAITS,
            Some(Ok(Some(_))) => &words::REFUSED,
            Some(Ok(None)) => &words::NO_SIGNATURE,
            Some(Err(failure)) => untold(failure),
        };
        let failure = standing
            .as_ref()
            .and_then(|standing| standing.as_ref().err());
        self.say(subject, finding, failure, &wire::SIGNATURES);
    }

    /// The best standing among the signatures with this text, since several may have it: 0 usable, 1 and 2 waiting.
    fn standing(
        &mut self,
        account: &Account<'_>,
        name: &str,
        route: Route,
    ) -> Result<Option<u64>, Miss> {
        let mut best: Option<u64> = None;
        let mut offset = 0;
        loop {
            let question = Question {
                account,
                action: &wire::SIGNATURES,
                national: "",
                body: &|_| wire::signatures(international(route), offset),
            };
            let page = self.session.ask(&question, &mut |entry, _| {
                if text(entry, "SignName") == name {
                    // -1 is no whole number to the reader, and worse than any.
                    let standing = integer(entry, "StatusCode").unwrap_or(u64::MAX);
                    best = Some(best.unwrap_or(u64::MAX).min(standing));
                }
                Some(())
            })?;
            offset += page.count;
            if best == Some(0) || page.count < wire::SIGNATURES_PAGE {
                return Ok(best);
            }
        }
    }

    fn templates(&mut self, home: &Listing<'_>, abroad: &Listing<'_>) {
        let config = self.config;
        let listed = self.document.get("templates").and_then(Json::as_array);
        let listed = listed.unwrap_or_default();
        for ((index, template), entry) in (0..).zip(&config.templates).zip(listed) {
            let place = join(&["/templates/", &decimal(index), "/templateCode"]);
            let one_for_all = !matches!(entry.get("templateCode"), Some(Json::Object(_)));
            if one_for_all {
                // It is enough that it serves some numbers.
                let listings = [(Route::Mainland, home), (Route::International, abroad)];
                self.template(&place, template, None, &listings);
                continue;
            }
            for (route, listing) in [(Route::Mainland, home), (Route::International, abroad)] {
                if template.code(route).is_some() {
                    let place = join(&[&place, "/", route.as_str()]);
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
        let declared = template.params.as_ref().map_or(1, Vec::len) as u64;
        let mut unknown = None;
        for (of, listing) in listings {
            let Some(id) = id(template, *of) else {
                continue;
            };
            match listing.found(id) {
                Some(found) if route.is_some() || found.serves(*of) => {
                    let finding = found.judge(route, declared);
                    let (has, declares) = (decimal(found.variables), decimal(declared));
                    return self.add(place, finding, &[&has, &declares], Attributes::new());
                }
                _ if listing.asked(id, *of) => {}
                _ => unknown = unknown.or(Some(&listing.miss)),
            }
        }
        let finding = match unknown {
            None => &words::NO_TEMPLATE,
            Some(None) => &words::SKIPPED,
            Some(Some(failure)) => untold(failure),
        };
        let failure = unknown.and_then(Option::as_ref);
        self.say(place, finding, failure, &wire::TEMPLATES);
    }

    fn add(&mut self, subject: &str, finding: &Finding, values: &[&str], attributes: Attributes) {
        self.checks.push(Check {
            subject: subject.into(),
            verdict: finding.verdict,
            message: finding.fill(self.language, values),
            attributes,
        });
    }

    /// A finding, with the service's code where that is what it follows from, and the permission that would help.
    fn say(&mut self, subject: &str, finding: &Finding, failure: Option<&Miss>, action: &Action) {
        let permission = join(&["sms:", action.name]);
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

/// What is said of something that a failed look-up left open.
fn untold(failure: &Miss) -> &'static Finding {
    match &failure.provider_code {
        None => &words::SILENT,
        Some(code) => permission_finding(code).unwrap_or(&words::REJECTED),
    }
}

/// What is said where the account or the key is not allowed to look it up.
fn permission_finding(code: &str) -> Option<&'static Finding> {
    match code {
        NOT_GRANTED | "UnauthorizedOperation" => Some(&words::NOT_GRANTED),
        "FailedOperation.ProhibitSubAccountUse" => Some(&words::SUB_ACCOUNT),
        "FailedOperation.NotEnterpriseCertification" => Some(&words::PERSONAL),
        _ => None,
    }
}

fn id(template: &Template<'_>, route: Route) -> Option<u64> {
    wire::number(template.code(route)?)
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
