//! `inspect`: shows a component's permissions, identity and config schema.

use crate::clean::clean;
use crate::cli::Inspect;
use crate::exit::{Code, DONE, Stop};
use crate::output::Page;
use crate::{host, json, text};
use auth_connector_host::{
    CacheUse, ConfigGuard, Description, LocalizedText, Metadata, Plugin, Provenance, authority,
};
use serde_json::{Map, Value, json};

/// Runs the command.
pub async fn run(args: &Inspect) -> Result<Code, Stop> {
    let (plugin, package) = load(args)?;
    let locales = &args.common.locales;
    let metadata = plugin.metadata().await?;
    let guard = plugin.get_config_guard(locales).await?;
    let mut page = Page::default();
    if args.common.json {
        json::show(
            &mut page,
            &document(&plugin, package.as_ref(), &metadata, &guard),
        );
    } else {
        show(
            &mut page,
            &plugin,
            package.as_ref(),
            &metadata,
            &guard,
            locales,
        );
    }
    page.write()?;
    Ok(DONE)
}

/// Returns the plugin, which reaches nothing here, and the facts from its package.
fn load(args: &Inspect) -> Result<(Plugin, Option<Provenance>), Stop> {
    let Some(package) = host::package(&args.common)? else {
        return Ok((host::load_offline(&args.common)?, None));
    };
    let host = host::grant(host::builder(&args.common)?, &args.grants.allow)?.build()?;
    let options = &args.common.package;
    let grants = host::grants(options, host.options().egress.clone(), &args.grants)?;
    let provenance = host.examine(&package, &grants)?;
    let plugin = host.load_package(package, &host::nothing(options))?;
    Ok((plugin, Some(provenance)))
}

fn document(
    plugin: &Plugin,
    package: Option<&Provenance>,
    metadata: &Metadata,
    guard: &ConfigGuard,
) -> Value {
    let description = plugin.description();
    json!({
        "sha256": description.sha256, "size": description.size,
        "contract": description.contract, "operations": description.has_operations,
        "receipts": description.has_receipts,
        "imports": description.imports, "exports": description.exports,
        "metadata": {
            "id": metadata.id, "version": metadata.version, "names": texts(&metadata.names),
            "descriptions": texts(&metadata.descriptions), "attributes": json::attributes(&metadata.attributes),
        },
        "guard": {
            "json_schema": parsed(&guard.json_schema),
            "form": parsed(&guard.form_json),
            "secret_pointers": guard.secret_pointers,
        },
        "load": json::load(plugin),
        "package": package.map(json::package),
    })
}

fn show(
    page: &mut Page,
    plugin: &Plugin,
    package: Option<&Provenance>,
    metadata: &Metadata,
    guard: &ConfigGuard,
    locales: &[String],
) {
    let description = plugin.description();
    let title = format!(
        "{} ({} {})",
        metadata.name(locales),
        metadata.id,
        metadata.version
    );
    page.line(clean(&title));
    page.line(format_args!("  {}", clean(metadata.description(locales))));
    text::attributes(page, &metadata.attributes, &[]);
    page.line("");
    show_file(page, description, plugin);
    if let Some(package) = package {
        show_package(page, package);
    }
    page.line("\nauthority: everything it can ask its host for");
    for import in &description.imports {
        page.line(format_args!("  {:<40}{}", clean(import), authority(import)));
    }
    page.line("  no files, no environment, no sockets, no output, no randomness; the host decides which origins");
    page.line("\nexports");
    for export in &description.exports {
        page.line(format_args!("  {}", clean(export)));
    }
    page.line("\nconfig (* required)");
    let form = parsed(&guard.form_json);
    for field in form.as_array().into_iter().flatten() {
        show_field(page, field);
    }
    page.line("\nsecrets: stored encrypted, never shown again");
    for pointer in &guard.secret_pointers {
        page.line(format_args!("  {}", clean(pointer)));
    }
}

fn show_file(page: &mut Page, description: &Description, plugin: &Plugin) {
    let load = plugin.load_timings();
    let how = if load.cache == CacheUse::Hit {
        "taken from the cache"
    } else {
        "compiled"
    };
    text::field(page, "sha256", &description.sha256);
    text::field(
        page,
        "size",
        &format!(
            "{} ({} bytes)",
            text::kilobytes(description.size),
            description.size
        ),
    );
    text::field(page, "contract", description.contract);
    let optional = [
        ("sms-operations", description.has_operations),
        ("sms-receipts", description.has_receipts),
    ];
    let offered: Vec<&str> = optional
        .iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| *name)
        .collect();
    let offered = if offered.is_empty() {
        "none".to_owned()
    } else {
        offered.join(", ")
    };
    text::field(page, "optional", &offered);
    text::field(
        page,
        "load",
        &format!("{how} in {}", text::span(load.read + load.compile)),
    );
}

fn show_package(page: &mut Page, package: &Provenance) {
    let manifest = &package.manifest;
    page.line("\npackage");
    text::field(
        page,
        "plugin",
        &format!("{} {}", manifest.id, manifest.version),
    );
    match &package.signer {
        Some(signer) => {
            text::field(page, "signed by", &signer.key.to_string());
            text::field(page, "signer's comment", &signer.trusted_comment);
        }
        None => text::field(page, "signed by", "nobody who is trusted"),
    }
    for (label, value) in [
        ("name", &manifest.name),
        ("description", &manifest.description),
        ("license", &manifest.license),
        ("homepage", &manifest.homepage),
    ] {
        text::optional(page, label, value.as_deref());
    }
    for (key, value) in &manifest.annotations {
        text::field(page, &clean(key), value);
    }
    page.line("\nwhat it asks for, and what it would be given");
    for line in package.decision.to_string().lines() {
        page.line(format_args!("  {line}"));
    }
    for pointer in &manifest.config_origins {
        page.line(format_args!(
            "  asks for the origin that a config names at {}: not given before somebody allows it",
            clean(pointer)
        ));
    }
    if !package.decision.is_complete() {
        page.line("  as it stands it would be refused: grant the rest by --allow ORIGIN, or load it with less by --accept-less");
    }
}

fn show_field(page: &mut Page, field: &Value) {
    let mark = if field["required"] == true { '*' } else { ' ' };
    let secret = if field["isConfidential"] == true {
        ", secret"
    } else {
        ""
    };
    let (key, label) = (shown(&field["key"]), shown(&field["label"]));
    page.line(format_args!(
        "  {mark} {key:<22}{label} ({}{secret})",
        shown(&field["type"])
    ));
}

/// Texts by language; of a language that occurs twice, the first counts.
fn texts(texts: &[LocalizedText]) -> Value {
    let mut object = Map::new();
    for text in texts {
        object
            .entry(text.language.clone())
            .or_insert_with(|| json!(text.text));
    }
    Value::Object(object)
}

fn shown(value: &Value) -> String {
    clean(value.as_str().unwrap_or("-"))
}

/// JSON text as JSON, or as a string if it is not valid JSON.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
