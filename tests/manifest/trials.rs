//! Values for each place of a manifest, good and bad, at the edges of its form.

use serde_json::{Value, json};

/// The pointer of a place, and the values that are tried there.
pub type Trial = (String, Vec<Value>);

pub fn all() -> Vec<Trial> {
    let mut trials = vec![
        ("/format", list(json!([1, 2, 0, "1", null, [1]]))),
        ("/$schema", schema()),
        ("/id", ids()),
        ("/version", versions()),
        ("/contract", contracts()),
        ("/origins", origins()),
        ("/configOrigins", config_origins()),
        (
            "/limits",
            list(json!([{}, [], null, {"concurrentCalls": 1}, {"Requests": 1}])),
        ),
        ("/name", shown(100)),
        ("/description", shown(500)),
        ("/license", licenses()),
        ("/homepage", homepages()),
        ("/annotations", annotations()),
        ("/annotations/a", shown(500)),
        ("/extra", list(json!([1]))),
        ("/Id", list(json!(["a"]))),
    ];
    trials.extend(component());
    let limits = [
        "/limits/callTimeoutMs",
        "/limits/computeMs",
        "/limits/memoryBytes",
        "/limits/tableElements",
        "/limits/handles",
        "/limits/requests",
        "/limits/requestBodyBytes",
        "/limits/responseBodyBytes",
    ];
    let limit = json!([
        1,
        4_294_967_295_u64,
        0,
        4_294_967_296_u64,
        -1,
        1.5,
        "1",
        null
    ]);
    trials.extend(limits.map(|limit_of| (limit_of, list(limit.clone()))));
    let trials = trials.into_iter();
    trials
        .map(|(pointer, values)| (pointer.to_owned(), values))
        .collect()
}

/// The values of an array.
fn list(values: Value) -> Vec<Value> {
    match values {
        Value::Array(values) => values,
        value => panic!("no list: {value}"),
    }
}

/// Texts that are separated by white space, and others.
fn texts(words: &str, others: &[&str]) -> Vec<Value> {
    let words = words.split_whitespace();
    words
        .chain(others.iter().copied())
        .map(Value::from)
        .collect()
}

/// A text of the longest length, and one that is a letter longer.
fn around(longest: usize) -> [Value; 2] {
    [longest, longest + 1].map(|count| "a".repeat(count).into())
}

fn schema() -> Vec<Value> {
    let [longest, longer] = around(500);
    vec![longest, longer, "é".repeat(500).into(), "".into(), 1.into()]
}

fn ids() -> Vec<Value> {
    let mut ids = texts(
        "a a.b-c_d9 0 A -a a- a--b a._b é",
        &["", "a b", "a\n", "\na"],
    );
    ids.extend(around(64));
    ids
}

fn versions() -> Vec<Value> {
    let mut versions = texts(
        "0.0.0 1.2.3-rc.1 9999999999999999999.0.0 10000000000000000000.0.0 0.0.18446744073709551616
         1.2.3-18446744073709551616 1.2.3-0a 1.2.3-a-b.0+x.007 1.2.3+a 1.2 1.2.3.4 01.2.3 1.2.3-01 1.2.3- 1.2.3+
         1.2.3-a..b 1.2.3+a+b v1.2.3 1.2.٣ 1.2.3-٣",
        &["1.2.3 ", "1.2.3\n", ""],
    );
    versions.extend([64, 65].map(|count| format!("1.2.3-{}", "a".repeat(count - 6)).into()));
    versions
}

fn contracts() -> Vec<Value> {
    let mut contracts = texts(
        "auth:connector@0.1.0 a-b2:c@1.0.0-rc.1 auth:connector auth@0.1.0 Auth:connector@0.1.0 auth:connector@0.1
         auth:connector/sms@0.1.0 2a:b@0.1.0 a-2:b@0.1.0 a:b:c@0.1.0 a:b@0.1.0@0.1.0",
        &[""],
    );
    contracts.extend([64, 65].map(|count| format!("{}:b@0.1.0", "a".repeat(count)).into()));
    contracts
}

fn component() -> [(&'static str, Vec<Value>); 4] {
    let digest = "0123456789abcdef".repeat(4);
    let mut files = texts(
        "a a.wasm _a 9 A-b_c.d .a -a a/b .. a\\b é",
        &["", "a b", "a\u{0}", "a\n"],
    );
    files.extend(around(100));
    [
        (
            "/component",
            list(json!([{}, [], "x", {"file": "a", "size": 1},
                {"file": "a", "size": 1, "sha256": digest, "more": 1}])),
        ),
        ("/component/file", files),
        (
            "/component/sha256",
            list(json!([
                digest,
                digest.to_uppercase(),
                format!("{digest}0"),
                &digest[1..],
                format!("{digest}\n"),
                "g".repeat(64)
            ])),
        ),
        (
            "/component/size",
            list(json!([1, 2_097_152, 0, 2_097_153, -1, 0.5, "1", true])),
        ),
    ]
}

/// Each text in a list of its own.
fn lists(words: &str, others: &[&str]) -> Vec<Value> {
    let texts = texts(words, others).into_iter();
    texts.map(|text| json!([text])).collect()
}

fn origins() -> Vec<Value> {
    let mut origins = lists(
        "https://a http://a https://a.b-c_d.e https://a:1 https://a:65535 https://a:8443 http://a:443 https://a:80
         https://127.0.0.1 https://255.255.255.255:1 https://[::1] https://[::1]:8443 https://[2001:db8::1]
         https://localhost https://1a.b https://-a.b https://_a.b a ftp://a HTTPS://a https://A https://a/ https://a/b
         https://a?b https://a#b https://a: https://a:0 https://a:01 https://a:65536 https://a:99999 https://a:443
         http://a:80 https://a@b https://*.a https://a..b https://a. https://.a https://1.2.3 https://127.1
         https://a.1b https://1.2.3.04 https://256.1.1.1 https://[1.2.3.4] https://é.com https://a,b",
        &["", "https://a b", " https://a", "https://a\n"],
    );
    let many = |count: usize| (0..count).map(|n| json!(format!("https://a{n}"))).collect();
    let label = |count: usize| json!([format!("https://{}.com", "a".repeat(count))]);
    origins.extend(list(json!([
        [],
        "https://a",
        {},
        null,
        [1],
        [["https://a"]],
        ["https://a", "https://b"],
        ["https://a", "https://a"]
    ])));
    origins.extend([label(63), label(64), many(64), many(65)]);
    origins
}

fn config_origins() -> Vec<Value> {
    let mut pointers = lists(
        "/url /a/b /a/0 /~0 /~1a /} / // /a/ a /~ /~2 /a~ /é #/a",
        &["", "/a b", "/a\n"],
    );
    let many = |count: usize| (0..count).map(|n| json!(format!("/a{n}"))).collect();
    let key = |count: usize| json!([format!("/{}", "a".repeat(count - 1))]);
    pointers.extend(list(json!([
        [],
        "/a",
        {},
        null,
        [1],
        ["/a", "/b"],
        ["/a", "/a"]
    ])));
    pointers.extend([key(200), key(201), many(8), many(9)]);
    pointers
}

/// Texts that consoles show.
fn shown(longest: usize) -> Vec<Value> {
    let mut values = texts(
        "a 腾讯云",
        &[
            "a b",
            "",
            "a\nb",
            "\u{1b}[2J",
            "\u{85}",
            "a\u{202e}b",
            "\u{2028}",
            "\u{2066}",
            "\u{200f}",
            "\u{200d}",
        ],
    );
    values.extend([longest, longest + 1].map(|count| "é".repeat(count).into()));
    values
}

fn homepages() -> Vec<Value> {
    let mut homepages = texts(
        "https://a https://example.com/a?b#c http://a https:// https://é javascript:x",
        &["", "https://a b", "https://a\n"],
    );
    homepages.extend([200, 201].map(|count| format!("https://{}", "a".repeat(count)).into()));
    homepages
}

fn licenses() -> Vec<Value> {
    let mut licenses = texts(
        "Apache-2.0 a_b é MIT/Apache-2.0",
        &["(MIT OR Apache-2.0) AND LicenseRef-x:y+", "", "a\n"],
    );
    licenses.extend(around(100));
    licenses
}

fn annotations() -> Vec<Value> {
    let keys = |count: usize| -> Value {
        let pairs = (0..count).map(|n| (format!("k{n}"), json!("x")));
        pairs.collect::<serde_json::Map<_, _>>().into()
    };
    let mut annotations = list(
        json!([{}, [], {"a": 1}, {"A": "x"}, {"": "x"}, {"a/b": "x"}, {"a~b": "x"},
        {"a".repeat(64): "x"}, {"a".repeat(65): "x"}]),
    );
    annotations.extend([keys(32), keys(33)]);
    annotations
}
