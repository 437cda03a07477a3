//! Effects of a fault on a decided response.

use std::borrow::Cow;

use crate::codes::{self, Place};
use crate::fault::Fault;
use crate::reply::{Answer, ErrorBody, Payload};

/// A recipient that was not requested; from the block reserved for fiction.
const FOREIGN_NUMBER: &str = "+14155550199";

/// An undocumented code.
pub const UNKNOWN_CODE: &str = "FailedOperation.SimulatorInventedThis";

/// Changes the payload as the fault requires. Faults of bytes and connections do not change it.
pub fn payload(answer: &mut Answer, fault: &Fault) {
    match (fault, &mut answer.payload) {
        (Fault::AcceptThenCode { code }, _) => refuse(answer, code, None),
        (
            Fault::EmptySet,
            Payload::Statuses {
                statuses: Some(set),
            },
        ) => set.clear(),
        (Fault::MissingSet, Payload::Statuses { statuses }) => *statuses = None,
        (
            Fault::ShortSet,
            Payload::Statuses {
                statuses: Some(set),
            },
        ) => {
            set.pop();
        }
        (
            Fault::ForeignSet,
            Payload::Statuses {
                statuses: Some(set),
            },
        ) => {
            for status in set {
                FOREIGN_NUMBER.clone_into(&mut status.phone_number);
            }
        }
        (
            Fault::UnknownCode,
            Payload::Statuses {
                statuses: Some(set),
            },
        ) => {
            for status in set {
                status.code = Cow::Borrowed(UNKNOWN_CODE);
                "a code of the future".clone_into(&mut status.message);
            }
        }
        _ => {}
    }
}

/// Turns a response into a refusal with a code, in the place where the service puts that code: for the whole request,
/// or for each number if the response has numbers.
pub fn refuse(answer: &mut Answer, code: &str, message: Option<&str>) {
    let known = codes::find(code);
    let message = message
        .or(known.map(|c| c.message))
        .unwrap_or("injected by a fault")
        .to_owned();
    let place = known.map_or(Place::Number, |code| code.place);
    match &mut answer.payload {
        Payload::Statuses {
            statuses: Some(set),
        } if place != Place::Response => {
            for status in set {
                status.code = Cow::Owned(code.to_owned());
                status.message.clone_from(&message);
                if place == Place::Message {
                    status.iso_code.clear();
                }
                status.serial_no.clear();
                status.fee = 0;
            }
        }
        other => {
            *other = Payload::Error {
                error: ErrorBody {
                    code: code.to_owned(),
                    message,
                },
            }
        }
    }
}

/// The error page of a broken proxy.
pub fn html(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|s| s.canonical_reason())
        .unwrap_or("Error");
    format!(
        "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>{status} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
}
