use crate::service::running::{Running, config};
use crate::service::visitor::Visitor;
use serde_json::json;
use std::time::Duration;

/// The limit in `docs/console.md`: a template for each usage that platforms have.
#[test]
fn form_with_nine_rows_weighs_at_most_60_kb() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let usages = [
        "SignIn",
        "Register",
        "ForgotPassword",
        "Generic",
        "OrganizationInvitation",
    ];
    let mut config = config("https://sms.tencentcloudapi.com");
    let rows = (0..9).map(|nth| {
        let codes = json!({"mainland": "1110000", "international": "1110002"});
        json!({"usageType": usages[nth % usages.len()], "templateCode": codes})
    });
    config["templates"] = rows.collect();
    let config = config.to_string();
    let fields = [
        ("do", "as-form"),
        ("view", "json"),
        ("json", config.as_str()),
        ("name", "new"),
    ];
    let page = ada.post("/console/t/default/connector?plugin=sms", &fields);
    assert_eq!(page.status, 200, "{}", page.text);
    let assets = page.text.split("\"/console/assets/").skip(1);
    let assets: std::collections::BTreeSet<&str> =
        assets.filter_map(|rest| rest.split('"').next()).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    let sizes = assets.iter().map(|name| {
        let path = format!("/console/assets/{name}");
        ada.get(&path).text.len()
    });
    let bytes = page.text.len() + sizes.sum::<usize>();
    println!("{bytes} bytes");
    assert!((30_000..=60_000).contains(&bytes), "{bytes}");
    assert!(page.text.matches("<tr>").count() >= 9, "{}", page.text);
}

/// The processor time of a process, in ticks of the system's clock.
#[cfg(target_os = "linux")]
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Each page's processor time with 100,000 messages, compared with 1,000, in one run. The name contains `figure` for
/// the command of docs/console.md.
#[cfg(target_os = "linux")]
#[test]
fn page_costs_the_same_with_many_messages_figure() {
    const LOADS: u32 = 150;
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    host.begin("+8613800138000");
    let multiply = |count: u32| {
        let mut db = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
        db.busy_timeout(Duration::from_secs(30)).unwrap();
        let all = db.transaction().unwrap();
        for table in ["messages", "verifications"] {
            let columns: Vec<String> = {
                let mut query = all
                    .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
                    .unwrap();
                query
                    .query_map([], |row| row.get(0))
                    .unwrap()
                    .map(Result::unwrap)
                    .collect()
            };
            let values = columns.iter().map(|name| match name.as_str() {
                // Identifiers begin with their time.
                "id" | "first" => format!(
                    "substr(id, 1, 2) || printf('%012x%020x', created_at - n * 1000, n + {count})"
                ),
                "state" if table == "messages" => {
                    "CASE n % 10 WHEN 0 THEN 'unknown' WHEN 1 THEN 'not_sent' ELSE 'accepted' END"
                        .to_owned()
                }
                "created_at" => "created_at - n * 1000".to_owned(),
                "number_hash" => "CAST(number_hash || (n / 5) AS BLOB)".to_owned(),
                "provider_message" => "provider_message || n".to_owned(),
                "next_lookup_at" => "NULL".to_owned(),
                name => name.to_owned(),
            });
            let values: Vec<String> = values.collect();
            all.execute(
                &format!(
                    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count})
                     INSERT INTO {table} ({}) SELECT {} FROM (SELECT * FROM {table} ORDER BY created_at DESC LIMIT 1), c",
                    columns.join(", "),
                    values.join(", ")
                ),
                [],
            )
            .unwrap();
        }
        all.commit().unwrap();
    };
    let pages = [
        "/console/t/default/",
        "/console/t/default/messages",
        "/console/t/default/messages?state=unknown",
        "/console/t/default/messages?state=delivered",
        "/console/t/default/verifications",
        "/console/t/default/audit",
        "/console/t/default/connectors",
    ];
    let mut cost = |pages: &[&str]| -> Vec<u64> {
        let load = |ada: &mut Visitor, page: &str, times: u32| {
            for _ in 0..times {
                assert_eq!(ada.get(page).status, 200, "{page}");
            }
        };
        let measure = |page: &&str| {
            load(&mut ada, page, 10);
            let before = ticks(host.process.id());
            load(&mut ada, page, LOADS);
            ticks(host.process.id()) - before
        };
        pages.iter().map(measure).collect()
    };
    multiply(1_000);
    let few = cost(&pages);
    multiply(100_000);
    let many = cost(&pages);
    for ((page, few), many) in pages.iter().zip(&few).zip(&many) {
        println!("{page}: {few} ticks for {LOADS} loads with 1,000 messages, {many} with 100,000");
    }
    let (few, many): (u64, u64) = (few.iter().sum(), many.iter().sum());
    println!("all pages: {:.2} times", many as f64 / few as f64);
    assert!(many as f64 <= few as f64 * 1.5, "{many} {few}");
}
