//! `webhook` and `events`: the addresses for platforms' messages and for this program's events.

use super::common::{actor, open, open_of, show};
use crate::cli::{Events, NamedOf, Scope, Webhook, WebhookPut};
use crate::exit::{Code, Stop};
use crate::service::admin::{events, webhooks};
use serde_json::{Value, json};

/// Runs a command.
pub async fn run(command: Webhook) -> Result<Code, Stop> {
    match command {
        Webhook::Put(args) => put(args).await,
        Webhook::List(scope) => {
            let app = open_of(&scope).await?;
            show(&scope.at, &webhooks::list(&app, &scope.tenant))
        }
        Webhook::Show(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            show(&scope.at, &webhooks::get(&app, &scope.tenant, &name)?)
        }
        Webhook::Figures(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            show(&scope.at, &webhooks::figures(&app, &scope.tenant, &name)?)
        }
        Webhook::AddSecret(args) => {
            let NamedOf { scope, name } = args.named;
            let secret = args.secret_from_env.as_deref();
            let secret = secret
                .map(|name| variable("--secret-from-env", name))
                .transpose()?;
            let app = open(&scope.at).await?;
            let shown = webhooks::add_secret(&app, &actor(), &scope.tenant, &name, secret).await?;
            show(&scope.at, &shown)
        }
        Webhook::DropOldSecrets(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            let shown = webhooks::drop_old_secrets(&app, &actor(), &scope.tenant, &name).await?;
            show(&scope.at, &shown)
        }
        Webhook::Remove(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            webhooks::remove(&app, &actor(), &scope.tenant, &name).await?;
            show(&scope.at, &json!({"removed": name}))
        }
    }
}

/// `events`
pub async fn event(command: Events) -> Result<Code, Stop> {
    match command {
        Events::Put(args) => {
            let url = match (args.url, &args.url_from_env) {
                (None, Some(name)) => variable("--url-from-env", name)?,
                (url, _) => url.unwrap_or_default(),
            };
            let app = open(&args.scope.at).await?;
            let set = events::put(&app, &actor(), &args.scope.tenant, &url).await?;
            show(&args.scope.at, &set)
        }
        Events::Show(Scope { at, tenant }) => {
            let app = open(&at).await?;
            show(&at, &events::get(&app, &tenant)?)
        }
        Events::Remove(Scope { at, tenant }) => {
            let app = open(&at).await?;
            events::remove(&app, &actor(), &tenant).await?;
            show(&at, &json!({"removed": tenant}))
        }
    }
}

async fn put(args: WebhookPut) -> Result<Code, Stop> {
    let NamedOf { scope, name } = args.named;
    let mut body = settings(&args.set)?;
    if let Some(platform) = args.platform {
        set(&mut body, "platform", platform.into())?;
    }
    let secrets = args.secret_from_env.iter();
    let secrets = secrets.map(|name| variable("--secret-from-env", name));
    let secrets: Vec<String> = secrets.collect::<Result<_, _>>()?;
    if !secrets.is_empty() {
        set(&mut body, "secrets", secrets.into())?;
    }
    let app = open(&scope.at).await?;
    let shown = webhooks::put(&app, &actor(), &scope.tenant, &name, body).await?;
    show(&scope.at, &shown)
}

fn variable(option: &str, name: &str) -> Result<String, Stop> {
    std::env::var(name).map_err(|_| {
        Stop::usage(format!(
            "the environment variable of {option} is not set, or is not text"
        ))
    })
}

/// `NAME=VALUE` as members of an object; a dot separates levels. Types of the platform may contain dots, so only the
/// first dot counts.
fn settings(given: &[String]) -> Result<Value, Stop> {
    let mut body = json!({});
    for text in given {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Stop::usage("--set takes NAME=VALUE, such as usage=SignIn"))?;
        let value = match (name, value) {
            (_, "") => Value::Null,
            ("answer_within_ms" | "window_s", number) => number
                .parse::<u32>()
                .map_or_else(|_| number.into(), Value::from),
            (_, text) => text.into(),
        };
        set(&mut body, name, value)?;
    }
    Ok(body)
}

fn set(body: &mut Value, name: &str, value: Value) -> Result<(), Stop> {
    let object = body.as_object_mut();
    let Some(object) = object else {
        return Err(Stop::usage("a setting with a dot has members of its own"));
    };
    match name.split_once('.') {
        Some((first, rest)) => {
            let inner = object.entry(first.to_owned()).or_insert_with(|| json!({}));
            let Some(inner) = inner.as_object_mut() else {
                return Err(Stop::usage("a setting with a dot has members of its own"));
            };
            inner.insert(rest.to_owned(), value);
        }
        None => {
            object.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_with_a_dot_is_a_member() {
        let given = [
            "usage=SignIn",
            "window_s=60",
            "ip_from=",
            "fields.to=/phone",
            "usages.user.human.phone.code.added=Generic",
        ]
        .map(str::to_owned);
        assert_eq!(
            settings(&given).unwrap(),
            json!({"usage": "SignIn", "window_s": 60, "ip_from": null, "fields": {"to": "/phone"},
                "usages": {"user.human.phone.code.added": "Generic"}})
        );
        assert!(settings(&["usage".to_owned()]).is_err());
        assert!(settings(&["usage=a".to_owned(), "usage.b=c".to_owned()]).is_err());
    }
}
