//! The fields that make an account, at the top level and in the `international` block.

use alloc::borrow::Cow;

use super::Account;
use super::form::{
    APP_ID, EXTEND_CODE, OBJECT, REGION, SECRET_ID, SECRET_KEY, SENDER_ID, SIGN_NAME, TOKEN,
};
use super::reader::{Place, Reader, Value};
use crate::fields::{INTERNATIONAL_KEYS, REGIONS};
use crate::findings::Rule;
use crate::json::Json;
use crate::redact::Secret;
use crate::text::decimal;

impl Reader {
    pub(super) fn secret_id<'a>(&mut self, place: Place, value: Value<'a>) -> Option<Secret<'a>> {
        self.required(place, value, &SECRET_ID).map(Secret::new)
    }

    pub(super) fn secret_key<'a>(&mut self, place: Place, value: Value<'a>) -> Option<Secret<'a>> {
        self.required(place, value, &SECRET_KEY).map(Secret::new)
    }

    pub(super) fn token<'a>(&mut self, place: Place, value: Value<'a>) -> Option<Secret<'a>> {
        self.optional(place, value, &TOKEN).map(Secret::new)
    }

    /// The text of a signature. Operators paste its ID instead, which the service refuses.
    #[inline(never)]
    pub(super) fn sign_name<'a>(&mut self, place: Place, value: Value<'a>) -> Option<&'a str> {
        let name = self.required(place, value, &SIGN_NAME)?;
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            self.warning(place, Rule::SignatureId);
        }
        Some(name)
    }

    #[inline(never)]
    pub(super) fn app_id<'a>(&mut self, place: Place, value: Value<'a>) -> Option<Cow<'a, str>> {
        match value {
            Some(Json::Integer(number)) => Some(decimal(*number).into()),
            value => self.required(place, value, &APP_ID).map(Cow::Borrowed),
        }
    }

    #[inline(never)]
    pub(super) fn region<'a>(&mut self, place: Place, value: Value<'a>) -> Option<&'a str> {
        let region = self.required(place, value, &REGION)?;
        if !REGIONS.contains(&region) {
            self.warning(place, Rule::UnlistedRegion);
        }
        Some(region)
    }

    #[inline(never)]
    pub(super) fn extend_code<'a>(&mut self, value: Value<'a>) -> Option<Cow<'a, str>> {
        let place = Place::top("extendCode");
        match value? {
            Json::Integer(number) => {
                let code = decimal(*number);
                if !(EXTEND_CODE.valid)(&code) {
                    return self.reject(place, Rule::Malformed(EXTEND_CODE.expected));
                }
                Some(code.into())
            }
            value => self
                .optional(place, Some(value), &EXTEND_CODE)
                .map(Cow::Borrowed),
        }
    }

    /// What the block names in place of the top level's. A blank value names nothing.
    #[inline(never)]
    pub(super) fn international<'a>(
        &mut self,
        value: Value<'a>,
        top: Option<&Account<'a>>,
    ) -> Option<Account<'a>> {
        const BLOCK: Place<'static> = Place::top("international");
        let place = |key| BLOCK.key(key);
        let Json::Object(members) = value? else {
            return self.reject(BLOCK, Rule::WrongType(OBJECT));
        };
        let [
            app_id,
            sign_name,
            sender_id,
            region,
            endpoint,
            secret_id,
            secret_key,
            token,
        ] = self.members(&BLOCK, members, &INTERNATIONAL_KEYS, 0);
        let app_id = self.named(place("sdkAppId"), app_id);
        let sign_name = self.named(place("signName"), sign_name);
        let region = self.named(place("region"), region);
        let secret_id = self.named(place("accessKeyId"), secret_id);
        let secret_key = self.named(place("accessKeySecret"), secret_key);
        let token = self.named(place("sessionToken"), token);
        let sdk_app_id = app_id.map(|value| self.app_id(place("sdkAppId"), Some(value)));
        let sign_name = sign_name.map(|value| self.sign_name(place("signName"), Some(value)));
        let sender_id = self.optional(place("senderId"), sender_id, &SENDER_ID);
        let region = region.map(|value| self.region(place("region"), Some(value)));
        let endpoint = self.endpoint(place("endpoint"), endpoint);
        // Credentials come together or not at all: half of one key and half of another sign nothing.
        let own = secret_id.is_some() || secret_key.is_some() || token.is_some();
        let credentials = own.then(|| {
            (
                self.secret_id(place("accessKeyId"), secret_id),
                self.secret_key(place("accessKeySecret"), secret_key),
                self.token(place("sessionToken"), token),
            )
        });
        let top = top?;
        let (secret_id, secret_key, session_token) = match credentials {
            Some((secret_id, secret_key, token)) => (secret_id?, secret_key?, token),
            None => (top.secret_id, top.secret_key, top.session_token),
        };
        Some(Account {
            secret_id,
            secret_key,
            session_token,
            sdk_app_id: sdk_app_id.unwrap_or_else(|| Some(top.sdk_app_id.clone()))?,
            sign_name: sign_name.flatten().or(top.sign_name),
            sender_id,
            extend_code: None,
            region: region.unwrap_or(Some(top.region))?,
            endpoint: endpoint.unwrap_or_else(|| top.endpoint.clone()),
        })
    }

    /// The value, unless it names nothing: blank, or still the example in angle brackets.
    #[inline(never)]
    fn named<'a>(&mut self, place: Place, value: Value<'a>) -> Value<'a> {
        let value = value.filter(|value| !value.is_blank())?;
        if value.is_placeholder() {
            self.warning(place, Rule::Placeholder);
            return None;
        }
        Some(value)
    }
}
