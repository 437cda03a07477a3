//! `import`: connectors of other products.

use super::common::{actor, open, show};
use super::numbers::read_list;
use crate::cli::{Import, ImportLogto};
use crate::exit::{Code, Stop};
use crate::service::admin::connectors;
use serde_json::Value;

/// `import`
pub async fn import(command: Import) -> Result<Code, Stop> {
    let Import::Logto(args) = command;
    let ImportLogto {
        scope,
        file,
        plugin,
        name,
    } = args;
    let text = read_list(&file)?;
    let document: Value =
        serde_json::from_str(&text).map_err(|error| Stop::not_json("the file", &error))?;
    let app = open(&scope.at).await?;
    let opened = connectors::open_plugin(&app, &scope.tenant, &plugin, None).await?;
    let (_, metadata) = connectors::describe(&opened, &[]).await?;
    let put = connectors::Put {
        tenant: &scope.tenant,
        name: &name,
        plugin: Some(&plugin),
        config: logto_config(document, &metadata.id).map_err(Stop::usage)?,
        locales: &[],
    };
    let shown = connectors::put(&app, &actor(), put).await?;
    show(&scope.at, &shown)
}

/// Returns the config from an export: the document itself, or the member `config` of the connector with this
/// identifier, alone or in a list of all. A dump of Logto's database has it as JSON in a text.
fn logto_config(document: Value, id: &str) -> Result<Value, String> {
    let object = match document {
        Value::Array(list) => return logto_config(only(list, id)?, id),
        Value::Object(object) => object,
        _ => return Err(no_config()),
    };
    if let Some(found) = object.get("connectorId")
        && found != id
    {
        return Err(format!(
            "the file is of another connector than {id}. Name its own plugin by --plugin"
        ));
    }
    match object.get("config") {
        Some(config @ Value::Object(_)) => Ok(config.clone()),
        Some(Value::String(text)) => serde_json::from_str(text)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(no_config),
        None if !object.contains_key("connectorId") => Ok(Value::Object(object)),
        _ => Err(no_config()),
    }
}

/// Returns the one entry of a list that is of this connector.
fn only(list: Vec<Value>, id: &str) -> Result<Value, String> {
    let is_it = |entry: &Value| entry.get("connectorId").is_some_and(|found| found == id);
    let mut found = list.into_iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(entry), None) => Ok(entry),
        (None, _) => Err(format!(
            "no connector of the list has \"connectorId\": \"{id}\". Export the one that sends by this plugin"
        )),
        (Some(_), Some(_)) => Err(format!(
            "more than one connector of the list has \"connectorId\": \"{id}\". Leave one in the file"
        )),
    }
}

fn no_config() -> String {
    "the file has no config of a connector: it takes the JSON of the connector's form, or the connector as Logto's API \
     shows it, with a member `config`"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn logto_config_is_found_in_each_export() {
        let config = json!({"accessKeyId": "a"});
        let (own, other) = ("tencent", "smtp");
        let of = |id: &str| json!({"connectorId": id, "config": config});
        for document in [
            config.clone(),
            json!({"config": config}),
            of(own),
            json!([of(own)]),
            json!([of(other), of(own)]),
            json!({"connectorId": own, "config": config.to_string()}),
        ] {
            assert_eq!(
                logto_config(document.clone(), own),
                Ok(config.clone()),
                "{document}"
            );
        }
        for (document, said) in [
            (json!({"connectorId": own}), "no config"),
            (json!({"config": 1}), "no config"),
            (json!({"config": "{"}), "no config"),
            (json!({"config": "1"}), "no config"),
            (json!("a"), "no config"),
            (of(other), "another connector than tencent"),
            (
                json!({"connectorId": 1, "config": config}),
                "another connector",
            ),
            (json!([]), "no connector of the list"),
            (json!([config]), "no connector of the list"),
            (json!([of(other)]), "no connector of the list"),
            (json!([of(own), of(own)]), "more than one"),
        ] {
            let refused = logto_config(document.clone(), own).unwrap_err();
            assert!(refused.contains(said), "{document}: {refused}");
        }
    }
}
