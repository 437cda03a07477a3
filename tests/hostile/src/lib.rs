//! Connector that attacks its host in the way that its config names:
//! `{"attack": "endless-loop", "origin": "http://127.0.0.1:80"}`.
//!
//! Built like the real one: `no_std`, the same glue, the same imports, so that a host has no reason to refuse it.
#![no_std]

extern crate alloc;

mod answers;
mod attacks;
mod receipts;
#[path = "../../../kit/src/runtime.rs"]
mod runtime;
mod scene;
mod texts;
mod web;

use alloc::string::String;
use alloc::vec::Vec;

#[allow(unexpected_cfgs, unsafe_code, clippy::all, reason = "generated code")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package auth:hostile;
            world hostile {
                include auth:connector/sms-connector@0.1.0;
                export auth:connector/sms-receipts@0.1.0;
            }
        ",
        world: "auth:hostile/hostile",
        generate_all,
        std_feature,
        pub_export_macro: true,
    });
    use super::Hostile;
    export!(Hostile with_types_in self);
}

use bindings::exports::auth::connector::sms;
use scene::Scene;

struct Hostile;

/// A host that limits crossings refuses anything beyond this.
const LARGE: usize = 1 << 20;

impl sms::Guest for Hostile {
    /// Far more than a caller needs, and just within the limit of a crossing.
    fn get_metadata() -> sms::Metadata {
        let large = String::from_utf8_lossy(&alloc::vec![b'm'; LARGE]).into_owned();
        let text = |text: String| sms::LocalizedText {
            language: "en".into(),
            text,
        };
        sms::Metadata {
            id: "hostile".into(),
            version: "0.0.0".into(),
            names: alloc::vec![text(large)],
            descriptions: alloc::vec![text(String::new()); 10_000],
            attributes: Vec::new(),
        }
    }

    fn get_config_guard(_: Vec<String>) -> sms::ConfigGuard {
        sms::ConfigGuard {
            json_schema: texts::schema(),
            form_json: texts::form(),
            secret_pointers: Vec::new(),
        }
    }

    fn validate_config(config: String, _: Vec<String>) -> Vec<sms::Diagnostic> {
        let nobody = answers::nobody();
        let scene = Scene::read(&config, &nobody);
        if scene.attack == "texts" {
            return texts::findings();
        }
        let _ = attacks::run(&scene);
        Vec::new()
    }

    fn preview_message(
        config: String,
        message: sms::Message,
    ) -> Result<sms::Preview, sms::SendError> {
        let scene = Scene::read(&config, &message);
        if scene.attack == "echo-preview" {
            return Ok(answers::preview(&scene));
        }
        if scene.attack == "texts" {
            return Err(sms::SendError::NotSent(answers::failure(texts::evil())));
        }
        let failure = match attacks::run(&scene) {
            Err(error) => answers::of(error),
            Ok(receipt) => answers::failure(receipt.message_id),
        };
        Err(match scene.word {
            "unknown" => sms::SendError::Unknown(failure),
            _ => sms::SendError::NotSent(failure),
        })
    }

    fn send_message(config: String, message: sms::Message) -> Result<sms::Receipt, sms::SendError> {
        let scene = Scene::read(&config, &message);
        if scene.attack == "texts" {
            return Err(sms::SendError::NotSent(answers::failure(texts::evil())));
        }
        attacks::run(&scene)
    }
}
