//! Bindings that wit-bindgen generates from `wit/`. The lints are off because the code is generated.
#![allow(missing_docs, unexpected_cfgs, unsafe_code, unsafe_op_in_unsafe_fn)]
#![allow(clippy::all, clippy::restriction, reason = "generated code")]

/// Generates one world. `$with` names the records for which [`crate::records`] has types of its own.
macro_rules! generate {
    ($world:literal, $($with:tt)*) => {
        wit_bindgen::generate!({
            path: "wit",
            world: $world,
            generate_all,
            pub_export_macro: true,
            default_bindings_module: "connector_kit::bindings",
            additional_derives: [PartialEq, Eq],
            // It holds a resource, which has no equality.
            additional_derives_ignore: ["stream-error"],
            with: {
                "auth:connector/sms@0.1.0/message": crate::records::Message,
                "auth:connector/sms@0.1.0/preview": crate::records::Preview,
                $($with)*
            },
        });
    };
}

#[cfg(not(feature = "operations"))]
generate!("sms-connector",);

#[cfg(all(feature = "operations", not(feature = "receipts")))]
generate!(
    "sms-connector-with-operations",
    "auth:connector/sms-operations@0.1.0/delivery-query": crate::records::DeliveryQuery,
);

#[cfg(feature = "receipts")]
generate!(
    "sms-connector-with-receipts",
    "auth:connector/sms-operations@0.1.0/delivery-query": crate::records::DeliveryQuery,
    "auth:connector/sms-receipts@0.1.0/callback": crate::records::Callback,
    "auth:connector/sms-receipts@0.1.0/conversion": crate::records::Conversion,
);
