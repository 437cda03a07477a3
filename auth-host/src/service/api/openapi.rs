//! The OpenAPI 3.1 document, made from the handlers and their types.

use super::answer::Shown;
use super::{messages, verifications};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "auth-host",
        description = "Verification codes by SMS, through connectors in a sandbox."
    ),
    paths(
        verifications::start,
        verifications::check,
        verifications::resend,
        verifications::read,
        verifications::cancel,
        messages::send,
        messages::read,
        messages::verified
    ),
    modifiers(&Key)
)]
struct Document;

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", scheme);
    }
}

/// The document.
pub async fn document() -> Shown<utoipa::openapi::OpenApi> {
    Shown(Document::openapi())
}
