//! Component that the host library's own tests load.

use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The connector of `host/tests/support/plugin.wat`, wrapped for the contract in `wit/`.
pub fn component() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let core = root.join("host/tests/support/plugin.wat");
    let mut module = wat::parse_file(core).unwrap();
    let mut resolve = Resolve::default();
    resolve.push_dir(root.join("wit")).unwrap();
    let text = "package auth:tests; world plugin { include auth:connector/sms-connector@0.1.0; }";
    let package = resolve.push_str("tests.wit", text).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    let encoding = StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false).unwrap();
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).unwrap();
    encoder.encode().unwrap()
}
