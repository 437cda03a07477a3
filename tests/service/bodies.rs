//! Bodies of `POST /v1/messages` against `docs/message.schema.json`, which the gateway has to follow as well.

use super::running::Running;
use serde_json::Value;
use std::collections::BTreeSet;

const SCHEMA: &str = include_str!("../../docs/message.schema.json");
const BODIES: &str = include_str!("../vectors/message-bodies.json");

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// `deploy/gateway` is tested with the same list, so its verdicts must be the schema's.
#[test]
fn listed_bodies_fit_as_the_schema_says() {
    let schema = read(SCHEMA);
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let bodies = read(BODIES);
    let (mut fitting, mut refused) = (0, 0);
    for case in bodies.as_array().unwrap() {
        let fits = validator.is_valid(&case["body"]);
        assert_eq!(fits, case["fits"], "{case}");
        *if fits { &mut fitting } else { &mut refused } += 1;
    }
    assert!(fitting >= 10 && refused >= 20, "{fitting} {refused}");
}

#[test]
fn service_takes_bodies_as_the_schema_says() {
    let host = Running::start();
    for case in read(BODIES).as_array().unwrap() {
        let answer = host.post("/v1/messages", &case["body"]);
        // A valid body may still have no flow or exceed a limit.
        let is_refused = answer.status == 422;
        assert_eq!(!is_refused, case["fits"], "{case}: {}", answer.text);
        if is_refused {
            assert_eq!(answer.problem(), "invalid", "{case}");
            assert_eq!(answer.json()["pointer"], case["pointer"], "{case}");
        } else {
            assert!(
                [201, 403, 429].contains(&answer.status),
                "{case}: {}",
                answer.text
            );
        }
    }
    assert!(!host.simulator.messages().is_empty());
}

#[test]
fn document_describes_the_members_of_the_schema() {
    let host = Running::start();
    let schema = read(SCHEMA);
    let document = host.get("/openapi.json").expect(200);
    let described = &document["components"]["schemas"]["MessageRequest"];
    let members = |of: &Value| -> BTreeSet<String> {
        of["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let required = |of: &Value| -> BTreeSet<String> {
        let names = of["required"].as_array().unwrap().iter();
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(members(described), members(&schema));
    assert_eq!(required(described), required(&schema));
    assert_eq!(described["additionalProperties"], false);
}
