//! Any bytes as a delivery callback.

use connector_kit::connector::read_callback;
use connector_kit::contract::{Callback, CallbackRefusalKind};
use serde_json::Value;
use tencent_sms_connector::TencentSms;

/// See the parent module.
pub fn callback(data: &[u8]) {
    let callback = Callback {
        body: data.to_vec(),
        ..Callback::default()
    };
    let content = match read_callback::<TencentSms>(super::CONFIG, &callback) {
        Ok(content) => content,
        Err(refusal) => {
            use CallbackRefusalKind::{Malformed, TooLarge};
            assert!([Malformed, TooLarge].contains(&refusal.kind));
            assert!(!refusal.message.is_empty() && refusal.message.len() < 200);
            return;
        }
    };
    assert!(content.receipts.len() <= 1_000);
    // A number too large for a float is JSON, and serde_json has nowhere to put it.
    let Ok(Value::Array(entries)) = serde_json::from_slice(data) else {
        return;
    };
    let mut entries = entries.iter();
    for receipt in &content.receipts {
        // In their order, each with an entry of its own.
        let named = |entry: &&Value| entry["sid"].as_str() == Some(&receipt.message_id);
        let entry = entries
            .find(named)
            .expect("an entry with this serial number");
        let mobile = entry["mobile"].as_str().unwrap_or_default();
        let shown = format!("{:?} {:?}", receipt.correlation_id, receipt.attributes);
        assert!(mobile.len() < 5 || !shown.contains(mobile), "{shown}");
    }
}
