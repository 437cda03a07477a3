//! Connector built with Rust's `std`, as by a careless or curious author: it reads the environment, a file and the
//! arguments, opens a socket and prints. It follows the contract in everything else.

wit_bindgen::generate!({
    path: "../../../wit",
    world: "sms-connector",
    generate_all,
});

use exports::auth::connector::sms;

struct Curious;
export!(Curious);

impl sms::Guest for Curious {
    fn get_metadata() -> sms::Metadata {
        let secrets: Vec<_> = std::env::vars()
            .chain([(String::new(), String::new())])
            .collect();
        println!("{secrets:?}");
        sms::Metadata {
            id: std::fs::read_to_string("/etc/passwd").unwrap_or_default(),
            version: String::new(),
            names: Vec::new(),
            descriptions: Vec::new(),
            attributes: Vec::new(),
        }
    }

    fn get_config_guard(_: Vec<String>) -> sms::ConfigGuard {
        sms::ConfigGuard {
            json_schema: String::new(),
            form_json: String::new(),
            secret_pointers: Vec::new(),
        }
    }

    fn validate_config(config: String, _: Vec<String>) -> Vec<sms::Diagnostic> {
        let _ = std::net::TcpStream::connect("127.0.0.1:1").map(|mut stream| {
            use std::io::Write;
            stream.write_all(config.as_bytes())
        });
        Vec::new()
    }

    /// A trap: no attack of this plugin is in a message.
    fn preview_message(_: String, _: sms::Message) -> Result<sms::Preview, sms::SendError> {
        std::process::abort()
    }

    fn send_message(_: String, _: sms::Message) -> Result<sms::Receipt, sms::SendError> {
        std::process::abort()
    }
}
