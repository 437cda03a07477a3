//! The actions of the service that are simulated, each with the schema of its parameters.

pub mod send_sms;

use crate::gateway::parameters::{Kind, Parameter};

/// One action of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send messages.
    SendSms,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::SendSms];

    /// The action that `X-TC-Action` names, if it is simulated. Case matters.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// What `X-TC-Action` holds.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendSms => "SendSms",
        }
    }

    /// Its parameters.
    pub fn schema(self) -> &'static [Parameter] {
        match self {
            Self::SendSms => {
                const {
                    &[
                        Parameter::required("PhoneNumberSet", Kind::TextArray),
                        Parameter::required("SmsSdkAppId", Kind::Text),
                        Parameter::required("TemplateId", Kind::Text),
                        Parameter::optional("SignName", Kind::Text),
                        Parameter::optional("TemplateParamSet", Kind::TextArray),
                        Parameter::optional("ExtendCode", Kind::Text),
                        Parameter::optional("SessionContext", Kind::Text),
                        Parameter::optional("SenderId", Kind::Text),
                    ]
                }
            }
        }
    }
}
