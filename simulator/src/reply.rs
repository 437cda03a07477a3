//! Responses of the service: HTTP 200, `Content-Type: application/json` and nothing more, whatever happened.

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use serde::Serialize;

use crate::actions::send_sms::SendStatus;
use crate::request::Refusal;

/// The payload of a response, before serialisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Payload {
    /// `Response.Error`.
    Error {
        /// The error.
        #[serde(rename = "Error")]
        error: ErrorBody,
    },
    /// The response of an action other than `SendSms`.
    Data(serde_json::Value),
    /// One status per number.
    Statuses {
        /// The statuses; `None` only by a fault.
        #[serde(rename = "SendStatusSet", skip_serializing_if = "Option::is_none")]
        statuses: Option<Vec<SendStatus>>,
    },
}

/// A response before faults alter it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The payload.
    pub payload: Payload,
    /// `RequestId`.
    pub request_id: String,
}

impl Answer {
    /// The body as bytes.
    pub fn to_json(&self) -> String {
        self.payload.to_json(&self.request_id)
    }
}

/// `Response.Error`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorBody {
    /// The code.
    pub code: String,
    /// The message, in the requested language if that text is known.
    pub message: String,
}

impl Payload {
    /// The response to a refused request.
    pub fn refused(refusal: &Refusal, chinese: bool) -> Self {
        let own_words = refusal.message == refusal.code.message;
        let message = match refusal.code.message_zh {
            Some(zh) if chinese && own_words => zh.to_owned(),
            _ => refusal.message.clone(),
        };
        Self::Error {
            error: ErrorBody {
                code: refusal.code.name.to_owned(),
                message,
            },
        }
    }

    /// The first code that is not `Ok`, else `Ok`.
    pub fn verdict(&self) -> &str {
        match self {
            Self::Error { error } => &error.code,
            Self::Data(_) => "Ok",
            Self::Statuses { statuses } => statuses
                .iter()
                .flatten()
                .map(|status| status.code.as_ref())
                .find(|code| *code != "Ok")
                .unwrap_or("Ok"),
        }
    }

    /// The body, `{"Response":{…,"RequestId":"…"}}`.
    pub fn to_json(&self, request_id: &str) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Envelope<'a> {
            response: Inner<'a>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            #[serde(flatten)]
            payload: &'a Payload,
            #[serde(rename = "RequestId")]
            request_id: &'a str,
        }
        let envelope = Envelope {
            response: Inner {
                payload: self,
                request_id,
            },
        };
        // Strings and integers only: serialisation cannot fail.
        serde_json::to_string(&envelope).unwrap_or_default()
    }
}

/// A 200 with JSON, under exactly the content type that the service uses.
pub fn json(text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text.into_bytes()));
    let value = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn an_error_has_the_published_shape() {
        let payload = Payload::refused(&Refusal::new(&codes::SIGNATURE_FAILURE), false);
        assert_eq!(
            payload.to_json("ed93f3cb-f35e-473f-b9f3-0d451b8b79c6"),
            r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"The provided credentials could not be validated. Please check your signature is correct."},"RequestId":"ed93f3cb-f35e-473f-b9f3-0d451b8b79c6"}}"#
        );
    }

    #[test]
    fn a_failed_status_has_the_published_shape() {
        let status = SendStatus::failed(
            &codes::TEMPLATE_PARAM_SET_NOT_MATCH_APPROVED_TEMPLATE,
            "+8618501234444",
            "",
            "",
        );
        let payload = Payload::Statuses {
            statuses: Some(vec![status]),
        };
        assert_eq!(
            payload.to_json("4e394811-9ebd-4d66-98ee-730b21c4a681"),
            r#"{"Response":{"SendStatusSet":[{"SerialNo":"","PhoneNumber":"+8618501234444","Fee":0,"SessionContext":"","Code":"FailedOperation.TemplateParamSetNotMatchApprovedTemplate","Message":"request content does not match the template content","IsoCode":""}],"RequestId":"4e394811-9ebd-4d66-98ee-730b21c4a681"}}"#
        );
        assert_eq!(
            payload.verdict(),
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        );
    }

    #[test]
    fn known_chinese_texts_are_used_when_asked_for() {
        let refusal = Refusal::new(&codes::SIGNATURE_FAILURE);
        let Payload::Error { error } = Payload::refused(&refusal, true) else {
            panic!()
        };
        assert_eq!(
            error.message,
            "请求签名验证失败，请检查您的签名计算是否正确。"
        );
        let Payload::Error { error } =
            Payload::refused(&Refusal::new(&codes::SIGNATURE_EXPIRE), true)
        else {
            panic!()
        };
        assert_eq!(
            error.message,
            "The signature is expired, please request again."
        );
    }
}
