//! Settings of a client that the simulator accepts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::types::{Account, Catalogue, Credential, Status, TemplateKind, TemplateRoute};

/// The region that clients usually choose, used if the catalogue has it.
const USUAL_REGION: &str = "ap-guangzhou";

/// Settings of a client.
#[derive(Debug, Serialize)]
pub struct Example<'a> {
    secret_id: &'a str,
    secret_key: &'a str,
    region: &'a str,
    app: &'a str,
    signature: &'a str,
    /// A template of one code for each route.
    templates: BTreeMap<&'static str, &'a str>,
}

impl Catalogue {
    /// Client settings for the first account with a usable key, application and signature.
    pub(crate) fn example(&self) -> Option<Example<'_>> {
        let usual = self.regions.iter().find(|region| *region == USUAL_REGION);
        let region = usual.or(self.regions.first())?;
        self.accounts.iter().find_map(|account| of(account, region))
    }
}

fn of<'a>(account: &'a Account, region: &'a str) -> Option<Example<'a>> {
    if account.arrears {
        return None;
    }
    let key = account.credentials.iter().find(is_usable)?;
    let mut apps = account.apps.iter();
    let app = apps.find(|app| !app.disabled && app.balance != Some(0))?;
    let mut signatures = account.signatures.iter();
    let signature = signatures.find(|one| one.status == Status::Approved && !one.international)?;
    let routes = [
        ("mainland", TemplateRoute::Mainland),
        ("international", TemplateRoute::International),
    ];
    let template = |(name, route)| Some((name, template(account, route)?));
    Some(Example {
        secret_id: &key.secret_id,
        secret_key: &key.secret_key,
        region,
        app: &app.id,
        signature: &signature.name,
        templates: routes.into_iter().filter_map(template).collect(),
    })
}

/// Returns true for an enabled key from the documentation that needs no token and works from every address.
fn is_usable(key: &&Credential) -> bool {
    let is_restricted = key.disabled || !key.ip_allow.is_empty() || !key.ip_block.is_empty();
    let is_plain = key.token.is_none() && key.secret_id.starts_with("AKID") && !is_restricted;
    is_plain && key.allows("SendSms") && key.secret_key.ends_with("EXAMPLE")
}

/// A template of one code.
fn template(account: &Account, route: TemplateRoute) -> Option<&str> {
    let mut all = account.templates.iter();
    let found = all.find(|template| {
        template.kind == TemplateKind::Otp
            && template.status == Status::Approved
            && [route, TemplateRoute::Both].contains(&template.route)
            && template.variables() == Ok(1)
    })?;
    Some(&found.id)
}
