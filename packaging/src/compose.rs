//! Composition of the gateway with a connector into one component, as `wac plug` makes it.

use crate::{Result, interfaces};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};

/// The package of the contract. An import of it that stays open is one that no engine provides.
const CONTRACT: &str = "auth:connector/";

/// The component that exports what `socket` exports, with `connector` behind its imports.
///
/// # Errors
///
/// When one of them is not a component, or the connector lacks an interface that the socket imports.
pub fn compose(socket: &[u8], connector: &[u8]) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let mut add = |name: &str, bytes: &[u8]| {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut());
        let package = package.map_err(|error| format!("{name} is not a component: {error}."))?;
        graph
            .register_package(package)
            .map_err(|error| format!("{name} cannot be composed: {error}."))
    };
    let connector = add("connector", connector)?;
    let socket = add("gateway", socket)?;
    plug(&mut graph, vec![connector], socket)
        .map_err(|error| format!("gateway and connector do not fit: {error}."))?;
    let bytes = graph
        .encode(EncodeOptions::default())
        .map_err(|error| format!("the composition cannot be encoded: {error}."))?;
    let imports = interfaces::read(&bytes)?.imports;
    match imports.iter().find(|name| name.starts_with(CONTRACT)) {
        None => Ok(bytes),
        Some(open) => Err(format!(
            "the connector does not export {open}, which the gateway calls. Build the connector with that interface."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty component: eight bytes.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn components_that_do_not_fit_are_refused() {
        let refused = compose(EMPTY, EMPTY).unwrap_err();
        assert!(refused.contains("do not fit"), "{refused}");
        let refused = compose(b"noise", EMPTY).unwrap_err();
        assert!(refused.starts_with("gateway is not"), "{refused}");
        let refused = compose(EMPTY, b"noise").unwrap_err();
        assert!(refused.starts_with("connector is not"), "{refused}");
    }
}
