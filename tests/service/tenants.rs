use super::running::{Running, http};
use serde_json::json;

#[test]
fn other_tenant_finds_nothing_of_the_first() {
    let host = Running::start();
    let id = host.begin("+8613800138000");
    let code = host.code("+8613800138000");
    host.command(&["tenant", "put", "--tenant", "other"], "")
        .unwrap();
    let key = host.change(&["key", "add", "other", "--tenant", "other"], "");
    let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let call = |method: &str, path: &str, body: &str| {
        http(&host.process.api, method, path, &headers, body).unwrap()
    };
    let path = format!("/v1/verifications/{id}");
    assert_eq!(call("GET", &path, "").status, 404);
    assert_eq!(call("DELETE", &path, "").status, 404);
    let body = json!({"code": code}).to_string();
    assert_eq!(call("POST", &format!("{path}/check"), &body).status, 404);
    // It has no flow: it cannot send through the first tenant's connector either.
    let body = json!({"to": "+8613800138000", "usage": "SignIn"}).to_string();
    assert_eq!(
        call("POST", "/v1/verifications", &body).problem(),
        "no-flow"
    );
    assert_eq!(host.check(&id, &code).expect(200)["valid"], true);
}

#[test]
fn key_obeys_its_scopes_until_revoked() {
    let host = Running::start();
    let verify = host.change(&["key", "add", "v", "--scope", "verify"], "");
    let bearer = format!("Bearer {}", verify["key"].as_str().unwrap());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let start = json!({"to": "+8613800138000", "usage": "SignIn"}).to_string();
    let send =
        json!({"to": "+8613800138000", "usage": "SignIn", "variables": {"code": "1"}}).to_string();
    let post =
        |path: &str, body: &str| http(&host.process.api, "POST", path, &headers, body).unwrap();
    assert_eq!(post("/v1/verifications", &start).status, 201);
    assert_eq!(post("/v1/messages", &send).problem(), "scope");
    let admin = |path: &str| http(&host.process.admin, "GET", path, &headers, "").unwrap();
    assert_eq!(admin("/admin/tenants/default").problem(), "scope");
    assert_eq!(admin("/admin/tenants").problem(), "scope");
    host.change(&["key", "revoke", verify["id"].as_str().unwrap()], "");
    assert_eq!(post("/v1/verifications", &start).status, 401);
}

/// A tenant's editor administers that tenant and no other, and nothing of the host.
#[test]
fn editor_of_a_tenant_stays_in_it() {
    let host = Running::start();
    host.command(&["tenant", "put", "--tenant", "other"], "")
        .unwrap();
    let key = host.change(&["key", "add", "editor", "--scope", "tenant"], "");
    let key = key["key"].as_str().unwrap();
    let get = |path: &str| host.admin("GET", path, key, &json!(null)).status;
    assert_eq!(get("/admin/tenants/default"), 200);
    assert_eq!(get("/admin/tenants/default/connectors"), 200);
    assert_eq!(get("/admin/tenants/other"), 404);
    assert_eq!(get("/admin/tenants/none"), 404);
    assert_eq!(get("/admin/plugins"), 403);
    let put = host.admin(
        "PUT",
        "/admin/tenants/default",
        key,
        &json!({"segments_a_day": 9}),
    );
    assert_eq!(put.status, 403);
    let stop = host.admin("POST", "/admin/stop", key, &json!({"is_stopped": true}));
    assert_eq!(stop.status, 403);
    let test = json!({"number": "+8613800138000", "code": "123456", "days": 1, "is_own": true});
    let test = host.admin("POST", "/admin/tenants/default/test-numbers", key, &test);
    assert_eq!(test.status, 403);
    // A key of the host administers every tenant, and cannot call as one.
    let all = host.admin("GET", "/admin/tenants", &host.host_key, &json!(null));
    assert_eq!(all.expect(200).as_array().unwrap().len(), 2);
    let bearer = format!("Bearer {}", host.host_key);
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let start = json!({"to": "+8613800138000", "usage": "SignIn"}).to_string();
    let refused = http(
        &host.process.api,
        "POST",
        "/v1/verifications",
        &headers,
        &start,
    )
    .unwrap();
    assert_eq!(refused.status, 403);
}

#[test]
fn search_is_audited_and_shows_no_number() {
    let host = Running::start();
    host.begin("+8613800138000");
    let found = host
        .command(&["numbers", "search", "138 0013 8000"], "")
        .unwrap();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1);
    assert_eq!(found["number"], "+86138****8000");
    assert!(!found.to_string().contains("13800138000"), "{found}");
    let log = host.command(&["audit"], "").unwrap();
    assert_eq!(log[0]["action"], "number.search");
    let rows = host.command(&["forget", "+8613800138000"], "").unwrap();
    assert_eq!(rows["rows"], 2);
    let found = host
        .command(&["numbers", "search", "+8613800138000"], "")
        .unwrap();
    assert!(found["messages"].as_array().unwrap().is_empty());
}

/// The key of a request stays used, so that it sends nothing, and its stored response is deleted too.
#[test]
fn forgotten_number_is_in_no_kept_answer() {
    let host = Running::start();
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let key = [("Idempotency-Key", "once")];
    let v = host.post_with("/v1/verifications", &body, &key).expect(201);
    host.change(&["forget", "+8613800138000"], "");
    let again = host.post_with("/v1/verifications", &body, &key);
    assert_eq!(
        (again.status, again.problem().as_str()),
        (404, "not-usable")
    );
    assert!(!again.text.contains(v["id"].as_str().unwrap()));
    assert_eq!(host.simulator.messages().len(), 1);
    // The response showed the end of the number; neither the database nor its log has it any more.
    assert!(v.to_string().contains("****8000"), "{v}");
    for file in ["auth-host.db", "auth-host.db-wal"] {
        let bytes = std::fs::read(host.folder.0.join("data").join(file)).unwrap_or_default();
        assert!(!bytes.windows(8).any(|part| part == b"****8000"), "{file}");
    }
}

/// A command removes the tenant while the service runs: its keys are invalid, its number is not found, and the other
/// tenants stay.
#[test]
fn removed_tenant_ends_for_its_callers() {
    let host = Running::start();
    let host_key = host.change(&["key", "add", "all", "--host"], "");
    let id = host.begin("+8613800138000");
    let code = host.code("+8613800138000");
    let refused = host.command(&["tenant", "remove", "default"], "");
    assert!(refused.unwrap_err().contains("Stop the tenant first"));
    assert_eq!(host.check(&id, &code).expect(200)["valid"], true);
    host.change(&["stop", "--tenant", "default"], "");
    let bearer = format!("Bearer {}", host_key["key"].as_str().unwrap());
    let headers = [("Authorization", bearer.as_str())];
    let admin =
        |method: &str, path: &str| http(&host.process.admin, method, path, &headers, "").unwrap();
    assert_eq!(admin("DELETE", "/admin/tenants/none").status, 404);
    assert_eq!(admin("DELETE", "/admin/tenants/default").status, 204);
    assert_eq!(admin("GET", "/admin/tenants/default").status, 404);
    assert_eq!(host.get(&format!("/v1/verifications/{id}")).status, 401);
    let again = host.command(&["tenant", "remove", "default"], "");
    assert!(again.is_err());
}
