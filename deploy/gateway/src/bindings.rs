//! Bindings that wit-bindgen generates. The lints are off because the code is generated.
#![allow(missing_docs, unexpected_cfgs, unsafe_code, unsafe_op_in_unsafe_fn)]
#![allow(clippy::all, clippy::restriction, reason = "generated code")]

wit_bindgen::generate!({
    path: ["../../wit", "wit"],
    world: "auth:gateway/gateway",
    generate_all,
});

use crate::Gateway;
export!(Gateway with_types_in self);
