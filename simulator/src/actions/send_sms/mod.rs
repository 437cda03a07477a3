//! `SendSms`: from checked parameters to one status per number.
//!
//! | steps | decide | answer |
//! |---|---|---|
//! | 16, [`access`] | may this caller use this application at all | `Response.Error` |
//! | 17, [`content`] | is the message as a whole allowed | the same status for each number |
//! | 18 to 22, [`recipient`] | may this number get it now | a status for this number |
//! | 23, [`accept`] | accept: bill, number, put into the inbox | `Ok` |

mod accept;
pub mod access;
pub mod content;
pub mod recipient;
mod status;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{text, texts};
use crate::admitted::Admitted;
use crate::catalogue::{Account, App, Catalogue, Template};
use crate::codes::{Code, Layer};
use crate::inbox::Message;
use crate::magic;
use crate::phone::Number;
use crate::request::Refusal;
use crate::segments::Route;
use crate::world::World;
use accept::{accept, remember_refusals};
pub use status::SendStatus;

/// The parameters, typed.
#[derive(Clone, Default)]
pub struct SendSms {
    /// `PhoneNumberSet`.
    pub numbers: Vec<String>,
    /// `SmsSdkAppId`.
    pub app_id: String,
    /// `TemplateId`.
    pub template_id: String,
    /// `SignName`, empty when absent.
    pub sign: String,
    /// `TemplateParamSet`, empty when absent.
    pub params: Vec<String>,
    /// `ExtendCode`, empty when absent.
    pub extend_code: String,
    /// `SessionContext`, empty when absent.
    pub session_context: String,
    /// `SenderId`, empty when absent.
    pub sender_id: String,
}

impl SendSms {
    /// Reads parameters whose names and types were checked.
    pub fn from_parameters(parameters: &Map<String, Value>) -> Self {
        let text = |name| text(parameters, name).to_owned();
        let list = |name| texts(parameters, name);
        Self {
            numbers: list("PhoneNumberSet"),
            app_id: text("SmsSdkAppId"),
            template_id: text("TemplateId"),
            sign: text("SignName"),
            params: list("TemplateParamSet"),
            extend_code: text("ExtendCode"),
            session_context: text("SessionContext"),
            sender_id: text("SenderId"),
        }
    }
}

/// What a send that the access layer let through came to.
pub struct Sent {
    /// One entry per distinct number, in the order of the request.
    pub statuses: Vec<SendStatus>,
    /// The messages that were accepted.
    pub accepted: Vec<Message>,
    /// Why something was refused, for the console and the journal.
    pub detail: Vec<String>,
}

/// Everything about a send that its rules look at.
pub struct Context<'c> {
    /// Rules common to all accounts.
    pub catalogue: &'c Catalogue,
    /// The account that owns the application.
    pub account: &'c Account,
    /// The application.
    pub app: &'c App,
    /// The parameters.
    pub request: &'c SendSms,
    /// Now, in Unix milliseconds.
    pub now_ms: i64,
}

/// A message that may be sent as far as its content goes.
pub struct Content<'c> {
    /// The template.
    pub template: &'c Template,
    /// The text as a phone shows it.
    pub text: String,
}

/// A number of the request, as given and as understood.
pub struct Recipient {
    /// As given.
    pub given: String,
    /// As understood; `None` when it was not.
    pub number: Option<Number>,
}

impl Recipient {
    /// The form used in answers and for comparing.
    pub fn shown(&self) -> String {
        self.number
            .as_ref()
            .map_or_else(|| self.given.clone(), Number::e164)
    }

    /// The country; of a number that was not understood "DEF", by inference.
    fn iso_code(&self) -> &'static str {
        self.number.as_ref().map_or("DEF", Number::iso_code)
    }
}

/// Steps 16 to 23.
///
/// # Errors
///
/// The access layer's refusal, step 16.
pub fn run(
    admitted: &Admitted<'_>,
    catalogue: &Catalogue,
    now_ms: i64,
    world: &mut World,
) -> Result<Sent, Refusal> {
    let request = SendSms::from_parameters(&admitted.parameters);
    let (account, app) = access::check(admitted, catalogue, &request)?;
    let recipients = distinct(&request.numbers);
    if let Some(code) = recipients_magic(&recipients) {
        return Err(Refusal::new(code).explain("the number is a magic one"));
    }
    let context = Context {
        catalogue,
        account,
        app,
        request: &request,
        now_ms,
    };

    let content = match content::check(&context, &recipients, world) {
        Ok(content) => content,
        Err(breach) => {
            let statuses = recipients
                .iter()
                .map(|r| SendStatus::failed(breach.code, &r.shown(), &request.session_context, ""))
                .collect::<Vec<_>>();
            remember_refusals(&context, &statuses, world);
            return Ok(Sent {
                statuses,
                accepted: Vec::new(),
                detail: breach.detail,
            });
        }
    };

    let mut sent = Sent {
        statuses: Vec::new(),
        accepted: Vec::new(),
        detail: Vec::new(),
    };
    for recipient in &recipients {
        match recipient::check(&context, recipient, &content, world) {
            Ok(number) => {
                let message = accept(&context, number, &content, world);
                sent.statuses.push(SendStatus {
                    serial_no: message.serial_no.clone(),
                    phone_number: message.to.clone(),
                    fee: message.segments,
                    session_context: request.session_context.clone(),
                    code: Cow::Borrowed("Ok"),
                    message: "send success".to_owned(),
                    iso_code: message.iso_code.clone(),
                });
                sent.accepted.push(message);
            }
            Err(breach) => {
                let (number, iso) = (recipient.shown(), recipient.iso_code());
                let context = &request.session_context;
                sent.statuses
                    .push(SendStatus::failed(breach.code, &number, context, iso));
                sent.detail.extend(breach.detail);
            }
        }
    }
    if sent.statuses.len() > sent.accepted.len() {
        sent.detail
            .extend(content::describe(content.template, &request.params));
    }
    remember_refusals(&context, &sent.statuses, world);
    Ok(sent)
}

/// A failure for each number of a request that nobody looked at closer, as the service writes it.
pub fn failed(parameters: &Map<String, Value>, code: &'static Code) -> Vec<SendStatus> {
    let request = SendSms::from_parameters(parameters);
    let failed = |recipient: &Recipient| {
        let context = &request.session_context;
        SendStatus::failed(code, &recipient.shown(), context, recipient.iso_code())
    };
    distinct(&request.numbers).iter().map(failed).collect()
}

/// A rule that a message breaks.
#[derive(Debug)]
pub struct Breach {
    /// What the service answers.
    pub code: &'static Code,
    /// Which rule, for the developer.
    pub detail: Vec<String>,
}

impl Breach {
    /// A breach and the rule it breaks.
    pub fn new(code: &'static Code, rule: impl Into<String>) -> Self {
        Self {
            code,
            detail: vec![rule.into()],
        }
    }
}

/// The code of a magic number that refuses the request as a whole.
fn recipients_magic(recipients: &[Recipient]) -> Option<&'static Code> {
    let codes = recipients.iter().filter_map(|r| magic::code(&r.shown()));
    codes.into_iter().find(|code| code.layer != Layer::Backend)
}

/// Of identical numbers one is sent to (documented); the answer has one entry for them (inference).
fn distinct(numbers: &[String]) -> Vec<Recipient> {
    let mut recipients: Vec<Recipient> = Vec::new();
    for given in numbers {
        let recipient = Recipient {
            given: given.clone(),
            number: Number::parse(given).ok(),
        };
        if !recipients.iter().any(|r| r.shown() == recipient.shown()) {
            recipients.push(recipient);
        }
    }
    recipients
}

/// Whose length rule and whose daily caps apply.
pub fn route_of(number: &Number) -> Route {
    if number.is_mainland() {
        Route::Mainland
    } else {
        Route::International
    }
}
