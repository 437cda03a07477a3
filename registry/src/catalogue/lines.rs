//! Catalogue entry as text, a line per fact.

use super::Entry;

/// The entry as lines of text.
pub fn of(entry: &Entry) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, listed) in entry.versions.iter().enumerate() {
        let facts = &listed.facts;
        let version = facts.version.as_deref().unwrap_or_default();
        let mut field = |label: &str, text: String| lines.push(format!("  {label:<12} {text}"));
        if index > 0 {
            field(
                "before that",
                format!("{version} {}", optional(facts.reference.as_ref())),
            );
            continue;
        }
        field("install", optional(facts.reference.as_ref()));
        if let Some(text) = &facts.description {
            field("does", text.clone());
        }
        field("publisher", optional(facts.publisher.as_ref()));
        let signer = facts.signer.as_ref().map(|signer| signer.key.clone());
        field("signed by", optional(signer.as_ref()));
        field("licence", optional(facts.license.as_ref()));
        field("size", format!("{} bytes", facts.size));
        for import in &facts.authority {
            field("can", format!("{} ({})", import.words, import.import));
        }
        for origin in &facts.origins {
            field("asks for", origin.clone());
        }
        for pointer in &facts.config_origins {
            field("asks for", format!("the origin at {pointer} of its config"));
        }
        for (limit, most) in &facts.limits {
            field("asks for", format!("{limit} {most}"));
        }
        if let Some(sbom) = &facts.sbom {
            let licenses: Vec<String> = sbom
                .licenses
                .iter()
                .map(|(name, count)| format!("{count} {name}"))
                .collect();
            field(
                "linked",
                format!("{} components: {}", sbom.components, licenses.join(", ")),
            );
        }
        if let Some(built) = &facts.provenance {
            field("built by", built.builder.clone());
            field("source", optional(built.source.as_ref()));
            field("revision", optional(built.revision.as_ref()));
        }
        for finding in &listed.findings {
            field("then", finding.to_string());
        }
        for change in &listed.changes {
            field("changed", change.to_string());
        }
        lines.insert(0, format!("{} {version}", entry.id));
    }
    lines.push(String::new());
    lines
}

fn optional(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "not named".to_owned())
}
