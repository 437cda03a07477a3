//! Components made from text, and servers that misbehave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]
#![allow(dead_code, reason = "each test file uses a part of these")]

use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The connector of `plugin.wat`, wrapped for the contract in `wit/`.
pub fn plugin() -> Vec<u8> {
    component(include_str!("plugin.wat"))
}

/// The same connector, asking over `https`.
pub fn secure_plugin() -> Vec<u8> {
    let text = include_str!("plugin.wat");
    let http = "(call $set-scheme (local.get $req) (i32.const 1) (i32.const 0)";
    assert!(text.contains(http));
    component(&text.replace(
        http,
        "(call $set-scheme (local.get $req) (i32.const 1) (i32.const 1)",
    ))
}

/// The same connector, with `sms-receipts` and without `sms-operations`.
pub fn plugin_with_receipts() -> Vec<u8> {
    let text = include_str!("plugin.wat").trim_end();
    let core = text.strip_suffix(')').expect("a module ends so");
    // Memory for a body of 64 KiB.
    let memory = r#"(memory (export "memory") 2)"#;
    assert!(core.contains(memory));
    let core = core.replace(memory, r#"(memory (export "memory") 8)"#);
    let core = format!("{core}{})", include_str!("receipts.wat"));
    component_of(&core, "export auth:connector/sms-receipts@0.1.0;")
}

/// Wraps a core module for the world `sms-connector`.
pub fn component(core: &str) -> Vec<u8> {
    component_of(core, "")
}

/// Wraps a core module for the world `sms-connector` with these items as well.
fn component_of(core: &str, more: &str) -> Vec<u8> {
    let mut module = wat::parse_str(core).expect("the text is a module");
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    resolve.push_dir(&wit).expect("the contract parses");
    let world = format!(
        "package auth:tests; world plugin {{ include auth:connector/sms-connector@0.1.0; {more} }}"
    );
    let package = resolve
        .push_str("tests.wit", &world)
        .expect("the world parses");
    let world = resolve
        .select_world(&[package], Some("plugin"))
        .expect("the world exists");
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        StringEncoding::UTF8,
        false,
    )
    .expect("the world can be embedded");
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    encoder.module(&module).expect("it fits the world");
    encoder.encode().expect("it becomes a component")
}

/// A server on loopback that answers every connection with these bytes once it has read something, and then
/// closes it. Returns `127.0.0.1:port`.
pub async fn server(answer: &'static [u8]) -> String {
    serve(move |mut stream| async move {
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(answer).await;
    })
    .await
}

/// A server on loopback that runs `treat` on each connection.
pub async fn serve<F, Fut>(treat: F) -> String
where
    F: Fn(tokio::net::TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream));
        }
    });
    address
}

/// A small whole answer.
pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
