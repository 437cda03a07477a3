//! Imports and exports of a component, compared with the contract's worlds before any of its code runs.
//!
//! All forbidden imports are named at once: a linker would stop at the first. The functions' types are compared once, when
//! a component is loaded. The calls that `wasmtime::component::bindgen!` generates compare the types of a whole interface
//! in every instance, so these are looked up here.

use super::words::words;
use crate::bindings::sms::{self, Metadata, SendError};
use crate::contract::{
    Callback, CallbackContent, CallbackRefusal, Check, ConfigGuard, Conversion, Deliveries,
    DeliveryQuery, Diagnostic, Failure, Preview, Receipt,
};
use auth_connector_egress::{Phrase, phrase};
use auth_connector_package::LoadError;
use std::marker::PhantomData;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, ComponentType, Lift, Lower,
};

/// The interface that every connector exports.
pub(crate) const SMS: &str = "auth:connector/sms@0.1.0";
/// The interfaces that a connector may export.
pub(crate) const OPERATIONS: &str = "auth:connector/sms-operations@0.1.0";
pub(crate) const RECEIPTS: &str = "auth:connector/sms-receipts@0.1.0";

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

/// A function of the contract.
pub(crate) trait Function {
    /// The interface that has it.
    const INTERFACE: &'static str;
    /// Its name there.
    const NAME: &'static str;
    /// True if it may make requests, and so counts for the tenant's rate.
    const REQUESTS: bool;
    /// The types of its parameters.
    type Params<'a>: ComponentNamedList + Lower + Send + Sync;
    /// The type of its result.
    type Result: ComponentType + Lift + Send + Sync + 'static;
}

macro_rules! functions {
    ($($interface:ident $name:literal $requests:literal $function:ident<$a:lifetime> $params:ty => $result:ty;)*) => {
        $(
            pub(crate) enum $function {}

            impl Function for $function {
                const INTERFACE: &'static str = $interface;
                const NAME: &'static str = $name;
                const REQUESTS: bool = $requests;
                type Params<$a> = $params;
                type Result = $result;
            }
        )*
    };
}

functions! {
    SMS "get-metadata" false GetMetadata<'a> () => Metadata;
    SMS "get-config-guard" false GetConfigGuard<'a> (&'a [String],) => ConfigGuard;
    SMS "validate-config" false ValidateConfig<'a> (&'a str, &'a [String]) => Vec<Diagnostic>;
    SMS "preview-message" false PreviewMessage<'a> (&'a str, sms::Message) => Result<Preview, SendError>;
    SMS "send-message" true SendMessage<'a> (&'a str, sms::Message) => Result<Receipt, SendError>;
    OPERATIONS "check-config" true CheckConfig<'a>
        (&'a str, &'a [String], Option<u32>) => Result<Vec<Check>, Failure>;
    OPERATIONS "find-deliveries" true FindDeliveries<'a>
        (&'a str, &'a DeliveryQuery, Option<u32>) => Result<Deliveries, Failure>;
    RECEIPTS "read-callback" false ReadCallback<'a>
        (&'a str, &'a Callback) => Result<CallbackContent, CallbackRefusal>;
    RECEIPTS "report-conversion" true ReportConversion<'a>
        (&'a str, &'a Conversion, Option<u32>) => Result<(), Failure>;
}

/// Index of a component's exported function whose type is the contract's.
pub(crate) struct Export<F> {
    pub(crate) index: ComponentExportIndex,
    function: PhantomData<fn() -> F>,
}

/// Indexes of a component's exports of the contract's functions.
pub(crate) struct Exports {
    pub(crate) get_metadata: Export<GetMetadata>,
    pub(crate) get_config_guard: Export<GetConfigGuard>,
    pub(crate) validate_config: Export<ValidateConfig>,
    pub(crate) preview_message: Export<PreviewMessage>,
    pub(crate) send_message: Export<SendMessage>,
    pub(crate) operations: Option<Operations>,
    pub(crate) receipts: Option<Receipts>,
}

/// Indexes of its exports of `sms-operations`.
pub(crate) struct Operations {
    pub(crate) check_config: Export<CheckConfig>,
    pub(crate) find_deliveries: Export<FindDeliveries>,
}

/// Indexes of its exports of `sms-receipts`.
pub(crate) struct Receipts {
    pub(crate) read_callback: Export<ReadCallback>,
    pub(crate) report_conversion: Export<ReportConversion>,
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

/// Refuses illegible names: they are shown in errors and to operators, and the component's author chose
/// them. A name of the form `url=<...>` may hold what steers a terminal.
pub(crate) fn check_names(names: &[String]) -> Result<(), LoadError> {
    let legible = |name: &String| name.len() <= 128 && name.bytes().all(|b| b.is_ascii_graphic());
    if names.iter().all(legible) {
        Ok(())
    } else {
        Err(LoadError::Invalid(phrase!(
            "wasm-names",
            "the name of an import or export is longer than 128 bytes or holds what cannot be printed"
        )))
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
    // An optional interface in another version is not a reason to refuse a plugin that can send.
    let has = |interface| exports.iter().any(|name| name == interface);
    let operations = || {
        Ok::<_, LoadError>(Operations {
            check_config: export(component)?,
            find_deliveries: export(component)?,
        })
    };
    let receipts = || {
        Ok::<_, LoadError>(Receipts {
            read_callback: export(component)?,
            report_conversion: export(component)?,
        })
    };
    Ok(Exports {
        get_metadata: export(component)?,
        get_config_guard: export(component)?,
        validate_config: export(component)?,
        preview_message: export(component)?,
        send_message: export(component)?,
        operations: has(OPERATIONS).then(operations).transpose()?,
        receipts: has(RECEIPTS).then(receipts).transpose()?,
    })
}

fn other_version(exports: &[String], wanted: &str) -> Option<String> {
    let (name, _) = wanted.split_once('@')?;
    let same = |export: &&String| export.split('@').next() == Some(name);
    exports.iter().find(same).cloned()
}

fn export<F: Function>(component: &Component) -> Result<Export<F>, LoadError> {
    let (contract, item) = (F::INTERFACE, F::NAME);
    let differs = |difference: Phrase| LoadError::ContractMismatch {
        item,
        contract,
        difference,
    };
    let interface = component.get_export_index(None, contract).ok_or_else(|| {
        differs(phrase!(
            "mismatch-interface",
            "the interface is not an instance"
        ))
    })?;
    match component.get_export(Some(&interface), item) {
        Some((ComponentItem::ComponentFunc(ty), _)) if ty.async_() => Err(differs(phrase!(
            "mismatch-async",
            "it is an async function"
        ))),
        Some((ComponentItem::ComponentFunc(ty), index)) => {
            let component = component.component_type();
            ty.typecheck::<F::Params<'_>, (F::Result,)>(&component.instance_type())
                .map_err(|error| differs(words(&error)))?;
            Ok(Export {
                index,
                function: PhantomData,
            })
        }
        Some(_) => Err(differs(phrase!("mismatch-kind", "it is not a function"))),
        None => Err(differs(phrase!("mismatch-missing", "it is missing"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any patch version of 0.2 is granted.
    #[test]
    fn only_world_imports_in_0_2_are_granted() {
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
