//! What a component asks for and offers, judged from its type before a line of it runs.
//!
//! All forbidden imports are named at once: a linker would stop at the first.

use crate::contract::{
    Check, ConfigGuard, Deliveries, DeliveryQuery, Diagnostic, Failure, Message, Preview, Receipt,
    WireSendError,
};
use crate::error::LoadError;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, ComponentNamedList, Lift, Lower};

/// The interface that every connector exports.
pub(crate) const SMS: &str = "auth:connector/sms@0.1.0";
/// The package of the contract, as manifests name it.
pub(crate) const CONTRACT: &str = "auth:connector@0.1.0";

/// The interface that a connector may export.
pub(crate) const OPERATIONS: &str = "auth:connector/sms-operations@0.1.0";

/// The imports of the contract's worlds, and what those interfaces import in turn. Any 0.2 patch version links.
const GRANTED: &[&str] = &[
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
];

/// The parameters and the result of each function, as Wasmtime types them.
pub(crate) mod signature {
    use super::*;

    pub(crate) type GetMetadata = ((), (String,));
    pub(crate) type GetConfigGuard<'a> = ((&'a [String],), (ConfigGuard,));
    pub(crate) type ValidateConfig<'a> = ((&'a str, &'a [String]), (Vec<Diagnostic>,));
    pub(crate) type PreviewMessage<'a> = ((&'a str, &'a Message), (Result<Preview, Failure>,));
    pub(crate) type SendMessage<'a> = ((&'a str, Message), (Result<Receipt, WireSendError>,));
    pub(crate) type CheckConfig<'a> = (
        (&'a str, &'a [String], Option<u32>),
        (Result<Vec<Check>, Failure>,),
    );
    pub(crate) type FindDeliveries<'a> = (
        (&'a str, &'a DeliveryQuery, Option<u32>),
        (Result<Deliveries, Failure>,),
    );
}

/// Where a component keeps the contract's functions.
#[derive(Clone)]
pub(crate) struct Exports {
    pub(crate) get_metadata: ComponentExportIndex,
    pub(crate) get_config_guard: ComponentExportIndex,
    pub(crate) validate_config: ComponentExportIndex,
    pub(crate) preview_message: ComponentExportIndex,
    pub(crate) send_message: ComponentExportIndex,
    pub(crate) operations: Option<Operations>,
}

/// Where it keeps the optional ones.
#[derive(Clone)]
pub(crate) struct Operations {
    pub(crate) check_config: ComponentExportIndex,
    pub(crate) find_deliveries: ComponentExportIndex,
}

/// The names of a component's imports and exports, sorted.
pub(crate) fn names(component: &Component) -> (Vec<String>, Vec<String>) {
    let (ty, engine) = (component.component_type(), component.engine());
    let mut imports: Vec<_> = ty
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    let mut exports: Vec<_> = ty
        .exports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    imports.sort();
    exports.sort();
    (imports, exports)
}

/// Refuses names that nobody can read: they are shown in errors and to operators, and the component's author chose
/// them. A name of the form `url=<...>` may hold what steers a terminal.
pub(crate) fn check_names(names: &[String]) -> Result<(), LoadError> {
    let legible = |name: &String| name.len() <= 128 && name.bytes().all(|b| b.is_ascii_graphic());
    if names.iter().all(legible) {
        Ok(())
    } else {
        let what = "the name of an import or export is longer than 128 bytes or holds what cannot be printed";
        Err(LoadError::Invalid(what.to_owned()))
    }
}

/// Refuses every import that the contract does not grant.
pub(crate) fn check_imports(imports: &[String]) -> Result<(), LoadError> {
    let forbidden: Vec<_> = imports
        .iter()
        .filter(|import| !is_granted(import))
        .cloned()
        .collect();
    if forbidden.is_empty() {
        Ok(())
    } else {
        Err(LoadError::ForbiddenImports { imports: forbidden })
    }
}

fn is_granted(import: &str) -> bool {
    let Some((name, version)) = import.split_once('@') else {
        return false;
    };
    let patch = version.strip_prefix("0.2.").unwrap_or_default();
    GRANTED.contains(&name) && !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit())
}

/// Finds the contract's functions and compares their types with ours.
pub(crate) fn check_exports(
    component: &Component,
    exports: &[String],
) -> Result<Exports, LoadError> {
    if !exports.iter().any(|name| name == SMS) {
        return Err(match other_version(exports, SMS) {
            Some(found) => LoadError::ContractVersion {
                found,
                supported: SMS,
            },
            None => LoadError::NotAConnector {
                expected: SMS,
                exports: exports.to_vec(),
            },
        });
    }
    // An interface of operations in another version is no reason to refuse a plugin that can send.
    let operations = if exports.iter().any(|name| name == OPERATIONS) {
        Some(Operations {
            check_config: func::<signature::CheckConfig<'_>>(
                component,
                OPERATIONS,
                "check-config",
            )?,
            find_deliveries: func::<signature::FindDeliveries<'_>>(
                component,
                OPERATIONS,
                "find-deliveries",
            )?,
        })
    } else {
        None
    };
    Ok(Exports {
        get_metadata: func::<signature::GetMetadata>(component, SMS, "get-metadata")?,
        get_config_guard: func::<signature::GetConfigGuard<'_>>(
            component,
            SMS,
            "get-config-guard",
        )?,
        validate_config: func::<signature::ValidateConfig<'_>>(component, SMS, "validate-config")?,
        preview_message: func::<signature::PreviewMessage<'_>>(component, SMS, "preview-message")?,
        send_message: func::<signature::SendMessage<'_>>(component, SMS, "send-message")?,
        operations,
    })
}

fn other_version(exports: &[String], wanted: &str) -> Option<String> {
    let (name, _) = wanted.split_once('@')?;
    let same = |export: &&String| export.split('@').next() == Some(name);
    exports.iter().find(same).cloned()
}

/// A function's parameters and results.
pub(crate) trait Signature {
    /// The types of its parameters.
    type Params: ComponentNamedList + Lower;
    /// The type of its result.
    type Results: ComponentNamedList + Lift;
}

impl<P: ComponentNamedList + Lower, R: ComponentNamedList + Lift> Signature for (P, R) {
    type Params = P;
    type Results = R;
}

fn func<S: Signature>(
    component: &Component,
    contract: &'static str,
    item: &'static str,
) -> Result<ComponentExportIndex, LoadError> {
    let differs = |difference: String| LoadError::ContractMismatch {
        item,
        contract,
        difference,
    };
    let interface = component
        .get_export_index(None, contract)
        .ok_or_else(|| differs("the interface is not an instance".to_owned()))?;
    match component.get_export(Some(&interface), item) {
        Some((ComponentItem::ComponentFunc(ty), index)) => {
            check_type::<S>(component, &ty).map_err(|error| differs(format!("{error:#}")))?;
            Ok(index)
        }
        Some(_) => Err(differs("it is not a function".to_owned())),
        None => Err(differs("it is missing".to_owned())),
    }
}

fn check_type<S: Signature>(component: &Component, ty: &ComponentFunc) -> wasmtime::Result<()> {
    if ty.async_() {
        return Err(wasmtime::Error::msg("it is an async function"));
    }
    ty.typecheck::<S::Params, S::Results>(&component.component_type().instance_type())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_worlds_imports_are_granted_in_any_patch_of_0_2() {
        for (import, granted) in [
            ("wasi:http/types@0.2.0", true),
            ("wasi:http/outgoing-handler@0.2.12", true),
            ("wasi:io/poll@0.2.6", true),
            ("wasi:clocks/wall-clock@0.2.6", true),
            ("wasi:clocks/timezone@0.2.6", false),
            ("wasi:http/incoming-handler@0.2.6", false),
            ("wasi:http/types@0.3.0", false),
            ("wasi:http/types@0.2", false),
            ("wasi:http/types@0.2.6-rc.1", false),
            ("wasi:http/types", false),
            ("wasi:filesystem/types@0.2.6", false),
            ("wasi:cli/environment@0.2.6", false),
            ("wasi:sockets/tcp@0.2.6", false),
            ("wasi:random/random@0.2.6", false),
            ("evil:http/types@0.2.6", false),
        ] {
            assert_eq!(is_granted(import), granted, "{import}");
        }
    }
}
