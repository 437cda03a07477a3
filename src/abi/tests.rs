//! Every type is read and written here by the offsets that `wit-parser` works out from `wit/`, by the names of its
//! fields and cases, and shares nothing with the types under test. Addresses are the test machine's, of 64 bits; the
//! rules are the same.
#![allow(
    unsafe_code,
    reason = "memory is looked at as a host looks at it, by address"
)]

use super::*;
use crate::contract::{
    Delivery as FoundDelivery, DeliveryState, FailureKind, Severity, Turn, Verdict, attribute,
};
use alloc::boxed::Box;
use alloc::string::ToString;
use serde_json::{Value, json};
use std::path::Path;
use wit_parser::{Function, Interface, Resolve, SizeAlign, Type, TypeDefKind};

/// How a string or a list stands in memory.
#[repr(C)]
struct Block {
    begin: *const u8,
    length: usize,
}

/// The contract and WASI, with the layout of each type.
struct Wit {
    resolve: Resolve,
    sizes: SizeAlign,
}

impl Wit {
    fn new() -> Self {
        let mut resolve = Resolve::default();
        resolve
            .push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("wit"))
            .unwrap();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        Self { resolve, sizes }
    }

    fn interface(&self, name: &str) -> &Interface {
        let mut interfaces = self.resolve.interfaces.iter();
        let found = interfaces.find(|(_, found)| found.name.as_deref() == Some(name));
        found.unwrap().1
    }

    fn function(&self, interface: &str, name: &str) -> &Function {
        &self.interface(interface).functions[name]
    }

    fn result(&self, interface: &str, name: &str) -> &Type {
        self.function(interface, name).result.as_ref().unwrap()
    }

    fn named(&self, interface: &str, name: &str) -> Type {
        Type::Id(self.interface(interface).types[name])
    }

    /// The names of an enum's or variant's cases, in lower case.
    fn cases(&self, interface: &str, name: &str) -> Vec<String> {
        let Type::Id(id) = self.named(interface, name) else {
            panic!()
        };
        match &self.resolve.types[id].kind {
            TypeDefKind::Enum(of) => of.cases.iter().map(|case| case.name.to_string()).collect(),
            TypeDefKind::Variant(of) => of
                .cases
                .iter()
                .map(|case| case.name.to_ascii_lowercase())
                .collect(),
            _ => panic!(),
        }
    }

    /// What a result tells whoever reads it by the contract.
    fn read<T>(&self, of: &Type, value: &T) -> Value {
        assert_eq!(size_of::<T>(), self.sizes.size(of).size_wasm64());
        assert_eq!(align_of::<T>(), self.sizes.align(of).align_wasm64());
        unsafe { self.at(of, core::ptr::from_ref(value).cast()) }
    }

    unsafe fn at(&self, of: &Type, at: *const u8) -> Value {
        unsafe {
            match of {
                Type::Bool => match at.read() {
                    0 => false.into(),
                    1 => true.into(),
                    other => panic!("{other}"),
                },
                Type::U32 => at.cast::<u32>().read().into(),
                Type::String => {
                    let Block { begin, length } = at.cast::<Block>().read();
                    let bytes = core::slice::from_raw_parts(begin, length);
                    core::str::from_utf8(bytes).unwrap().into()
                }
                Type::Id(id) => self.kind_at(&self.resolve.types[*id].kind, at),
                other => panic!("{other:?}"),
            }
        }
    }

    unsafe fn kind_at(&self, kind: &TypeDefKind, at: *const u8) -> Value {
        let payload = |tag: u8, cases: &[Option<&Type>]| unsafe {
            let offset = self
                .sizes
                .payload_offset(wit_parser::Int::U8, cases.iter().copied());
            cases[usize::from(tag)]
                .map_or(Value::Null, |of| self.at(of, at.add(offset.size_wasm64())))
        };
        unsafe {
            match kind {
                TypeDefKind::Type(of) => self.at(of, at),
                TypeDefKind::Record(record) => {
                    let types = record.fields.iter().map(|field| &field.ty);
                    let offsets = self.sizes.field_offsets(types);
                    record
                        .fields
                        .iter()
                        .zip(offsets)
                        .map(|(field, (offset, of))| {
                            let value = self.at(of, at.add(offset.size_wasm64()));
                            (field.name.to_string(), value)
                        })
                        .collect()
                }
                TypeDefKind::Tuple(tuple) => self
                    .sizes
                    .field_offsets(&tuple.types)
                    .into_iter()
                    .map(|(offset, of)| self.at(of, at.add(offset.size_wasm64())))
                    .collect(),
                TypeDefKind::List(of) => {
                    let Block { begin, length } = at.cast::<Block>().read();
                    let each = self.sizes.size(of).size_wasm64();
                    (0..length)
                        .map(|index| self.at(of, begin.add(index * each)))
                        .collect()
                }
                TypeDefKind::Option(of) => payload(at.read(), &[None, Some(of)]),
                TypeDefKind::Result(result) => {
                    let name = ["ok", "err"][usize::from(at.read())];
                    let value = payload(at.read(), &[result.ok.as_ref(), result.err.as_ref()]);
                    json!({ name: value })
                }
                TypeDefKind::Variant(variant) => {
                    let cases: Vec<_> = variant.cases.iter().map(|case| case.ty.as_ref()).collect();
                    let name = &variant.cases[usize::from(at.read())].name;
                    json!({ name.as_str(): payload(at.read(), &cases) })
                }
                TypeDefKind::Enum(of) => of.cases[usize::from(at.read())].name.as_str().into(),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Writes an argument as a host does, into blocks of the global allocator.
    unsafe fn write(&self, of: &Type, value: &Value, at: *mut u8) {
        unsafe {
            match of {
                Type::U32 => at
                    .cast::<u32>()
                    .write(value.as_u64().unwrap().try_into().unwrap()),
                Type::String => {
                    let text: Box<str> = value.as_str().unwrap().into();
                    let length = text.len();
                    let begin = Box::into_raw(text).cast::<u8>().cast_const();
                    at.cast::<Block>().write(Block { begin, length });
                }
                Type::Id(id) => match &self.resolve.types[*id].kind {
                    TypeDefKind::Type(of) => self.write(of, value, at),
                    TypeDefKind::Record(record) => {
                        let types = record.fields.iter().map(|field| &field.ty);
                        for (field, (offset, of)) in
                            record.fields.iter().zip(self.sizes.field_offsets(types))
                        {
                            let value = &value[field.name.as_str()];
                            self.write(of, value, at.add(offset.size_wasm64()));
                        }
                    }
                    TypeDefKind::Tuple(tuple) => {
                        for (index, (offset, of)) in self
                            .sizes
                            .field_offsets(&tuple.types)
                            .into_iter()
                            .enumerate()
                        {
                            self.write(of, &value[index], at.add(offset.size_wasm64()));
                        }
                    }
                    TypeDefKind::List(of) => {
                        let elements = value.as_array().unwrap();
                        let each = self.sizes.size(of).size_wasm64();
                        // Blocks of words: all elements here are aligned to eight bytes and a multiple of that long.
                        assert_eq!((each % 8, self.sizes.align(of).align_wasm64()), (0, 8));
                        let block: Box<[u64]> = alloc::vec![0; elements.len() * each / 8].into();
                        let begin = Box::into_raw(block).cast::<u8>();
                        for (index, element) in elements.iter().enumerate() {
                            self.write(of, element, begin.add(index * each));
                        }
                        at.cast::<Block>().write(Block {
                            begin,
                            length: elements.len(),
                        });
                    }
                    TypeDefKind::Option(of) => {
                        at.write(u8::from(!value.is_null()));
                        let offset = self
                            .sizes
                            .payload_offset(wit_parser::Int::U8, [None, Some(of)]);
                        if !value.is_null() {
                            self.write(of, value, at.add(offset.size_wasm64()));
                        }
                    }
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            }
        }
    }
}

/// `InvalidConfig` as `invalid-config`.
fn in_the_contract(case: &impl core::fmt::Debug) -> String {
    let mut name = String::new();
    for letter in alloc::format!("{case:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn full_failure() -> contract::Failure {
    let mut failure = contract::Failure::new(FailureKind::Quota, Turn::Operator, "Pay.");
    failure.provider_code = Some("LimitExceeded.DailyLimit".to_string());
    failure.request_id = Some("a-b-c".to_string());
    failure.retry_after_ms = Some(u32::MAX);
    failure.diagnostics = alloc::vec![
        contract::Diagnostic {
            pointer: "/region".to_string(),
            code: "blank",
            severity: Severity::Error,
            message: "\u{7a7a}".to_string(),
            attributes: alloc::vec![attribute("hint", "h"), attribute("link", "l")],
        },
        contract::Diagnostic {
            pointer: String::new(),
            code: "more",
            severity: Severity::Warning,
            message: "More.".to_string(),
            attributes: alloc::vec![],
        },
    ];
    failure
}

fn full_failure_by_the_contract() -> Value {
    json!({
        "kind": "quota",
        "message": "Pay.",
        "provider-code": "LimitExceeded.DailyLimit",
        "request-id": "a-b-c",
        "retry-after-ms": u32::MAX,
        "diagnostics": [
            {"pointer": "/region", "code": "blank", "severity": "error", "message": "\u{7a7a}",
             "attributes": [["hint", "h"], ["link", "l"]]},
            {"pointer": "", "code": "more", "severity": "warning", "message": "More.", "attributes": []},
        ],
        "attributes": [["turn", "operator"]],
    })
}

#[test]
fn a_send_is_read_back_as_it_ended() {
    let wit = Wit::new();
    let of = wit.result("sms", "send-message");
    let receipt = contract::Receipt {
        message_id: "2024:1".to_string(),
        request_id: Some("r".to_string()),
        attributes: alloc::vec![attribute("route", "mainland")],
    };
    assert_eq!(
        wit.read(of, &sent(Ok(receipt))),
        json!({"ok": {"message-id": "2024:1", "request-id": "r", "attributes": [["route", "mainland"]]}})
    );
    let failure = full_failure_by_the_contract();
    assert_eq!(
        wit.read(of, &sent(Err(contract::SendError::NotSent(full_failure())))),
        json!({"err": {"not-sent": failure}})
    );
    assert_eq!(
        wit.read(of, &sent(Err(contract::SendError::Unknown(full_failure())))),
        json!({"err": {"unknown": failure}})
    );
}

#[test]
fn what_is_absent_and_what_is_empty_are_read_back_as_such() {
    let wit = Wit::new();
    let mut bare = contract::Failure::new(FailureKind::Other, Turn::Caller, "");
    bare.attributes.clear();
    assert_eq!(
        wit.read(
            wit.result("sms", "send-message"),
            &sent(Err(contract::SendError::Unknown(bare)))
        ),
        json!({"err": {"unknown": {"kind": "other", "message": "", "provider-code": null, "request-id": null,
            "retry-after-ms": null, "diagnostics": [], "attributes": []}}})
    );
    let receipt = contract::Receipt {
        message_id: "1".to_string(),
        request_id: None,
        attributes: alloc::vec![],
    };
    assert_eq!(
        wit.read(wit.result("sms", "send-message"), &sent(Ok(receipt))),
        json!({"ok": {"message-id": "1", "request-id": null, "attributes": []}})
    );
}

#[test]
fn the_other_results_are_read_back_field_by_field() {
    let wit = Wit::new();
    assert_eq!(
        wit.read(
            wit.result("sms", "get-metadata"),
            &Text::from("{}".to_string())
        ),
        json!("{}")
    );
    assert_eq!(
        wit.read(
            wit.result("sms", "get-config-guard"),
            &ConfigGuard {
                json_schema: "s".into(),
                form_json: "f".into(),
                secret_pointers: texts(alloc::vec!["/a".to_string(), String::new()]),
            }
        ),
        json!({"json-schema": "s", "form-json": "f", "secret-pointers": ["/a", ""]})
    );
    assert_eq!(
        wit.read(
            wit.result("sms", "validate-config"),
            &diagnostics(full_failure().into_details().diagnostics)
        ),
        full_failure_by_the_contract()["diagnostics"]
    );
    let preview = contract::Preview {
        route: "international",
        template: "12".to_string(),
        parameters: alloc::vec!["123456".to_string(), String::new()],
        attributes: alloc::vec![attribute("fallback", "true")],
    };
    let of = wit.result("sms", "preview-message");
    assert_eq!(
        wit.read(of, &outcome(Ok(preview), Preview::from)),
        json!({"ok": {"route": "international", "template": "12", "parameters": ["123456", ""],
            "attributes": [["fallback", "true"]]}})
    );
    assert_eq!(
        wit.read(
            of,
            &outcome(Err::<contract::Preview, _>(full_failure()), Preview::from)
        ),
        json!({"err": full_failure_by_the_contract()})
    );
    let check = contract::Check {
        subject: "balance".to_string(),
        verdict: Verdict::CannotVerify,
        message: "m".to_string(),
        attributes: alloc::vec![attribute("permission", "p")],
    };
    let of = wit.result("sms-operations", "check-config");
    assert_eq!(
        wit.read(of, &outcome(Ok(alloc::vec![check.clone(), check]), checks))["ok"][1],
        json!({"subject": "balance", "verdict": "cannot-verify", "message": "m", "attributes": [["permission", "p"]]})
    );
    assert_eq!(
        wit.read(
            of,
            &outcome(Err::<Vec<contract::Check>, _>(full_failure()), checks)
        ),
        json!({"err": full_failure_by_the_contract()})
    );
    let delivery = |message_id: &str, age_s| FoundDelivery {
        message_id: message_id.to_string(),
        age_s,
        state: DeliveryState::Undelivered,
        attributes: alloc::vec![attribute("provider-code", "c")],
    };
    let of = wit.result("sms-operations", "find-deliveries");
    for exhaustive in [true, false] {
        let deliveries = contract::Deliveries {
            found: alloc::vec![delivery("1", 7), delivery("2", u32::MAX)],
            exhaustive,
        };
        assert_eq!(
            wit.read(of, &outcome(Ok(deliveries), Deliveries::from)),
            json!({"ok": {"found": [
                {"message-id": "1", "age-s": 7, "state": "undelivered", "attributes": [["provider-code", "c"]]},
                {"message-id": "2", "age-s": u32::MAX, "state": "undelivered", "attributes": [["provider-code", "c"]]},
            ], "exhaustive": exhaustive}})
        );
    }
    assert_eq!(
        wit.read(
            of,
            &outcome(
                Err::<contract::Deliveries, _>(full_failure()),
                Deliveries::from
            )
        ),
        json!({"err": full_failure_by_the_contract()})
    );
}

#[test]
fn the_arguments_are_read_as_the_host_wrote_them() {
    let wit = Wit::new();
    for name in ["send-message", "preview-message"] {
        let function = wit.function("sms", name);
        let types: Vec<Type> = function.params.iter().map(|param| param.ty).collect();
        let layout = wit.sizes.params(&types);
        assert_eq!(size_of::<ConfigAndMessage>(), layout.size.size_wasm64());
        let full = json!({
            "to": "+8613711112222",
            "usage": "SignIn",
            "variables": [["code", "123456"], ["", ""]],
            "locales": ["zh-CN", "en"],
            "correlation-id": "id-1",
            "timeout-ms": 0,
            "attributes": [["ignored", "x"]],
        });
        let bare = json!({
            "to": "", "usage": "", "variables": [], "locales": [], "correlation-id": null, "timeout-ms": null,
            "attributes": [],
        });
        for message in [full, bare] {
            let mut arguments = alloc::vec![0_u64; size_of::<ConfigAndMessage>() / 8];
            let begin = arguments.as_mut_ptr().cast::<u8>();
            let values = [json!("{}"), message.clone()];
            for ((offset, of), value) in wit.sizes.field_offsets(&types).iter().zip(&values) {
                unsafe { wit.write(of, value, begin.add(offset.size_wasm64())) };
            }
            let (config, read) = unsafe { given::config_and_message(begin.cast()) };
            assert_eq!(config, "{}");
            assert_eq!(
                json!({
                    "to": read.to,
                    "usage": read.usage,
                    "variables": read.variables,
                    "locales": read.locales,
                    "correlation-id": read.correlation_id,
                    "timeout-ms": read.timeout_ms,
                    "attributes": message["attributes"],
                }),
                message
            );
        }
    }
}

#[test]
fn every_case_has_the_number_that_the_contract_gives_its_name() {
    use DeliveryState::*;
    use FailureKind::*;
    let wit = Wit::new();
    let held = |interface: &str, name: &str, cases: &[(u8, String)], all: bool| {
        let expected = wit.cases(interface, name);
        for (number, case) in cases {
            assert_eq!(expected.get(usize::from(*number)), Some(case), "{name}");
        }
        assert!(!all || cases.len() == expected.len(), "{name}");
    };
    macro_rules! cases {
        ($($case:expr),*) => { [$(($case as u8, in_the_contract(&$case))),*] };
    }
    let kinds = cases![
        InvalidConfig,
        InvalidMessage,
        NoTemplate,
        Authentication,
        Denied,
        RateLimited,
        Quota,
        RecipientRejected,
        Unreachable,
        Timeout,
        Provider,
        Unsupported,
        FailureKind::Other
    ];
    held("sms", "failure-kind", &kinds, true);
    let severities = cases![Severity::Error, Severity::Warning];
    held("sms", "severity", &severities, false);
    let verdicts = cases![Verdict::Pass, Verdict::Fail, Verdict::CannotVerify];
    held("sms-operations", "verdict", &verdicts, false);
    let states = cases![Pending, Delivered, Undelivered, DeliveryState::Other];
    held("sms-operations", "delivery-state", &states, true);
}

#[test]
fn the_hosts_error_codes_have_wasis_numbers_and_size() {
    let wit = Wit::new();
    let expected = wit.cases("types", "error-code");
    assert_eq!(expected.len(), crate::http_error::tests::ALL.len());
    for (number, code) in crate::http_error::tests::ALL.into_iter().enumerate() {
        assert_eq!(code as usize, number);
        assert_eq!(in_the_contract(&code), expected[number]);
    }
    // These hold no address, so they are laid out here as in the component.
    let of = wit.named("types", "error-code");
    assert_eq!(size_of::<HttpError>(), wit.sizes.size(&of).size_wasm32());
    assert_eq!(align_of::<HttpError>(), wit.sizes.align(&of).align_wasm32());
    let size = |interface, name| wit.sizes.size(wit.result(interface, name)).size_wasm32();
    assert_eq!(
        size_of::<Outcome<u32, HttpError>>(),
        size("outgoing-handler", "handle")
    );
    assert_eq!(
        size_of::<Outcome<(), HttpError>>(),
        size("types", "[static]outgoing-body.finish")
    );
    assert_eq!(
        size_of::<Maybe<Outcome<Outcome<u32, HttpError>, ()>>>(),
        size("types", "[method]future-incoming-response.get")
    );
}

#[test]
fn an_option_is_there_when_its_tag_says_so() {
    assert_eq!(given::option(0, 7), None);
    assert_eq!(given::option(1, 7), Some(7));
}
