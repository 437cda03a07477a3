//! Attacks through the receipts of a provider's callback. They have no recipient and may make no request.

use crate::bindings::exports::auth::connector::sms::Failure;
use crate::bindings::exports::auth::connector::sms_receipts::{
    Acknowledgement, Callback, CallbackContent, CallbackRefusal, CallbackRefusalKind, Conversion,
    DeliveryReceipt, Guest, ReceiptState,
};
use crate::{Hostile, answers, attacks};
use crate::scene::Scene;
use alloc::string::{String, ToString};
use alloc::{vec, vec::Vec};

impl Guest for Hostile {
    fn read_callback(config: String, callback: Callback) -> Result<CallbackContent, CallbackRefusal> {
        let scene = Scene::read(&config, &answers::nobody()).attack.to_string();
        let body = String::from_utf8_lossy(&callback.body).into_owned();
        match scene.as_str() {
            "receipt-flood" => Ok(content(vec![receipt("m"); 100_000], "ok")),
            "receipt-crowd" => Ok(content(vec![receipt("m"); 1_001], "ok")),
            "receipt-of-nothing" => Ok(content(vec![receipt("m"), receipt("")], "ok")),
            "receipt-echo" => {
                let mut all = config;
                all.push_str(&body);
                for (_, value) in &callback.headers {
                    all.push_str(value);
                }
                let mut echo = receipt("m");
                echo.attributes = vec![(all.clone(), all.clone())];
                Ok(content(vec![echo], &all))
            }
            "refusal-echo" => Err(refusal(config + &body)),
            // Any attack on a send: its result is the refusal.
            _ => match attacks::run(&Scene::read(&config, &answers::nobody())) {
                Ok(accepted) => Ok(content(vec![receipt(&accepted.message_id)], "ok")),
                Err(error) => Err(refusal(answers::of(error).message)),
            },
        }
    }

    fn report_conversion(config: String, _: Conversion, _: Option<u32>) -> Result<(), Failure> {
        attacks::run(&Scene::read(&config, &answers::nobody()))
            .map(drop)
            .map_err(answers::of)
    }
}

fn receipt(message_id: &str) -> DeliveryReceipt {
    DeliveryReceipt {
        message_id: message_id.into(),
        correlation_id: None,
        state: ReceiptState::Delivered,
        attributes: Vec::new(),
    }
}

fn content(receipts: Vec<DeliveryReceipt>, body: &str) -> CallbackContent {
    CallbackContent {
        receipts,
        acknowledgement: Acknowledgement {
            status: 200,
            content_type: "text/plain".into(),
            body: body.into(),
        },
    }
}

fn refusal(message: String) -> CallbackRefusal {
    CallbackRefusal {
        kind: CallbackRefusalKind::Malformed,
        message,
        attributes: Vec::new(),
    }
}
