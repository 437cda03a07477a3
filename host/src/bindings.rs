//! The contract's types, generated from `wit/`.
//!
//! The types alone: the generated calls compare the types of a whole interface in every instance, and a component of
//! another type has to be refused once, when it is loaded. See [`crate::load::world`].

#![allow(
    missing_docs,
    dead_code,
    clippy::all,
    reason = "generated; `wit/` documents every item that is re-exported"
)]

wasmtime::component::bindgen!({
    path: "wit",
    inline: "
        package auth:connector-host;
        world exports {
            export auth:connector/sms@0.1.0;
            export auth:connector/sms-operations@0.1.0;
            export auth:connector/sms-receipts@0.1.0;
        }
    ",
    world: "auth:connector-host/exports",
    additional_derives: [PartialEq, Eq, Hash],
});

pub use exports::auth::connector::{sms, sms_operations, sms_receipts};
