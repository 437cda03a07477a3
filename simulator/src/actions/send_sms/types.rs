//! Input and results of the rules of `SendSms`.

use serde_json::{Map, Value};

use super::status::SendStatus;

use crate::actions::{text, texts};
use crate::catalogue::{Account, App, Catalogue, Template};
use crate::codes::Code;
use crate::phone::Number;
use crate::segments::Route;

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

/// The data of a send that its rules read.
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

/// A message whose content may be sent.
pub struct Content<'c> {
    /// The template.
    pub template: &'c Template,
    /// The text as a phone shows it.
    pub text: String,
}

/// A number of the request, as given and as parsed.
pub struct Recipient {
    /// As given.
    pub given: String,
    /// As parsed; `None` if that failed.
    pub number: Option<Number>,
}

impl Recipient {
    /// The form used in responses and for comparing.
    pub fn shown(&self) -> String {
        self.number
            .as_ref()
            .map_or_else(|| self.given.clone(), Number::e164)
    }

    /// The status of this number in a request that was refused with a code. The country of a number that could not be
    /// parsed is "DEF", by inference.
    pub fn failed(&self, code: &'static Code, request: &SendSms) -> SendStatus {
        let iso_code = self.number.as_ref().map_or("DEF", Number::iso_code);
        SendStatus::failed(code, &self.shown(), &request.session_context, iso_code)
    }
}

/// A refusal that stands in the status of a number; [`Refusal`](crate::request::Refusal) is one of the whole request.
#[derive(Debug)]
pub struct NumberRefusal {
    /// The code that the service returns.
    pub code: &'static Code,
    /// The rule, for the developer.
    pub detail: Vec<String>,
}

impl NumberRefusal {
    /// A refusal and the rule that the message breaks.
    pub fn new(code: &'static Code, rule: impl Into<String>) -> Self {
        Self {
            code,
            detail: vec![rule.into()],
        }
    }
}

/// The route of a number, which selects the length rule and the daily caps.
pub fn route_of(number: &Number) -> Route {
    if number.is_mainland() {
        Route::Mainland
    } else {
        Route::International
    }
}
