//! Decisions of host administrators about the origins that a config asks for.

use crate::service::store::audit::Action;
use crate::service::store::registry;

/// The origins that were confirmed for a plugin. Another plugin in its place gets none of them.
pub fn confirmed_for<'a>(connector: &'a registry::Connector, plugin: &str) -> &'a [String] {
    match connector.plugin == plugin {
        true => &connector.confirmed,
        false => &[],
    }
}

/// The origins that a change confirms or withdraws. An origin that the config no longer asks for is neither.
pub fn decisions(
    before: Option<&registry::Connector>,
    next: &registry::Connector,
) -> Vec<(Action, String)> {
    let earlier = before.map_or(&[][..], |before| confirmed_for(before, &next.plugin));
    let asked = next.wanted.iter();
    asked
        .filter_map(|origin| {
            let action = match (earlier.contains(origin), next.confirmed.contains(origin)) {
                (false, true) => Action::ConnectorConfirm,
                (true, false) => Action::ConnectorWithdraw,
                (true, true) | (false, false) => return None,
            };
            Some((action, origin.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirmed_origin_holds_for_its_plugin_alone() {
        let row = registry::Connector {
            confirmed: vec!["https://a.example".to_owned()],
            ..crate::service::test_app::connector("c_1")
        };
        assert_eq!(confirmed_for(&row, &row.plugin), row.confirmed);
        assert!(confirmed_for(&row, "another").is_empty());
    }
}
