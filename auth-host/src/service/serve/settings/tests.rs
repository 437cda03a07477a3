use super::*;

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let path = std::env::temp_dir().join(crate::service::ids::new("settings"));
    std::fs::write(&path, text).unwrap();
    let settings = Settings::read(Some(&path), |name| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    std::fs::remove_file(path).unwrap();
    settings
}

#[test]
fn settings_prefer_environment_then_file_then_default() {
    let settings = read(
        "listen = \"127.0.0.1:1\"\nadmin = \"127.0.0.1:2\"",
        &[
            ("AUTH_HOST_LISTEN", "127.0.0.1:3"),
            ("AUTH_HOST_PERMIT_NETWORKS", "10.0.0.0/8, 192.168.0.0/16"),
            ("AUTH_HOST_ANSWER_WITHIN_MS", "5000"),
            ("AUTH_HOST_TRUSTED_PROXY", "true"),
            ("AUTH_HOST_CATALOGUES", "a.json, https://a.example/c.json"),
            ("AUTH_HOST_REGISTRY_LOOPBACK_HTTP", "1"),
        ],
    )
    .unwrap();
    assert_eq!((settings.listen.port(), settings.admin.port()), (3, 2));
    assert_eq!(settings.permit_networks.len(), 2);
    assert_eq!(
        (settings.catalogues.len(), settings.registry_loopback_http),
        (2, true)
    );
    assert_eq!(
        (settings.answer_within_ms, settings.trusted_proxy),
        (5000, true)
    );
    assert_eq!(settings.log, "info");
}

/// Commands read it too, and do not call [`Settings::check`].
#[test]
fn answer_time_beyond_its_range_is_not_read() {
    for (ms, is_read) in [
        ("2000", true),
        ("10000", true),
        ("1999", false),
        ("10001", false),
        ("-1", false),
    ] {
        let read = read("", &[("AUTH_HOST_ANSWER_WITHIN_MS", ms)]);
        let named = |error: String| error.contains("AUTH_HOST_ANSWER_WITHIN_MS");
        assert_eq!(
            read.map(|_| true).map_err(named),
            match is_read {
                true => Ok(true),
                false => Err(true),
            },
            "{ms}"
        );
    }
}

/// A list in a variable may be written as in the file, which is how `auth-host config` shows it.
#[test]
fn list_of_environment_has_commas_alone_or_brackets_too() {
    for (text, hosts) in [
        (
            r#"["a.example", "b.example"]"#,
            &["a.example", "b.example"][..],
        ),
        ("a.example,b.example", &["a.example", "b.example"]),
        (
            r#" [ "a.example" , "b.example" ] "#,
            &["a.example", "b.example"],
        ),
        ("[::1]", &["[::1]"]),
        ("[]", &[]),
        ("", &[]),
    ] {
        let settings = read("", &[("AUTH_HOST_CONSOLE_HOSTS", text)]).unwrap();
        assert_eq!(settings.console_hosts, hosts, "{text}");
    }
}

#[test]
fn wrong_setting_is_named() {
    for (text, named) in [
        ("lisen = 1", "lisen at line 1"),
        ("listen = 1", "`auth-host config`"),
        ("log = \"info\"\n\nlisten = \"nowhere\"", "listen at line 3"),
        (
            "permit_networks = [\n\"10.0.0.0/8\", \"x\"]",
            "permit_networks at line 1",
        ),
        ("log = \"info\"\n=", "not TOML at line 2"),
        ("data = \"\"", "data is empty"),
        ("ca = \"\"", "ca is empty"),
    ] {
        let error = read(text, &[]).unwrap_err();
        assert!(error.contains(named), "{text}: {error}");
    }
    for name in ["AUTH_HOST_PERMIT_NETWORKS", "AUTH_HOST_LISTEN"] {
        let error = read("", &[(name, "10.0.0.0/8,x")]).unwrap_err();
        assert!(error.contains(name), "{error}");
    }
}

/// The value of a setting of the wrong type may be a password or a number, and so may its name.
#[test]
fn wrong_setting_is_not_repeated() {
    let secret = "https://user:Pa55word@a.example/c.json?token=TYPED";
    for text in [
        format!("catalogues = \"{secret}\""),
        format!("permit_networks = [\"{secret}\"]"),
        format!("listen = \"{secret}\""),
        format!("log = [\"{secret}\"]"),
        "log = +8615987654321".to_owned(),
        "\"+8615987654321\" = 1".to_owned(),
        "8615987654321 = 1".to_owned(),
        "\"8615987654321\" = 1\n\"8615987654321\" = 2".to_owned(),
        format!("log = {secret}"),
    ] {
        let error = read(&text, &[]).unwrap_err();
        let is_shown = ["Pa55word", "TYPED", "5987654321"].map(|part| error.contains(part));
        assert_eq!(is_shown, [false; 3], "{text}: {error}");
    }
    let error = read("", &[("AUTH_HOST_TRUSTED_PROXY", secret)]).unwrap_err();
    assert!(
        error.contains("AUTH_HOST_TRUSTED_PROXY cannot be used: expected was a boolean"),
        "{error}"
    );
    let settings = read("catalogues = [\"http://u:Pa55word@a.example/\"]", &[]).unwrap();
    let error = settings.check().unwrap_err();
    assert!(error.contains("http://****@a.example/"), "{error}");
}

#[test]
fn address_that_others_reach_needs_protection() {
    for (text, fine) in [
        ("", true),
        ("listen = \"[::1]:1\"", true),
        ("listen = \"0.0.0.0:1\"", false),
        ("listen = \"0.0.0.0:1\"\ntls_certificate = \"c\"", false),
        (
            "listen = \"0.0.0.0:1\"\ntls_certificate = \"c\"\ntls_key = \"k\"",
            true,
        ),
        ("listen = \"0.0.0.0:1\"\ntrusted_proxy = true", false),
        (
            "listen = \"0.0.0.0:1\"\ntrusted_proxy = true\npublic_url = \"https://a.example\"",
            true,
        ),
        ("trusted_proxy = true\npublic_url = \"\"", false),
        ("trusted_proxy = true\npublic_url = \"nonsense\"", false),
        (
            "trusted_proxy = true\npublic_url = \"http://a.example\"",
            false,
        ),
        ("trusted_proxy = true\npublic_url = \"https://\"", false),
        (
            "trusted_proxy = true\npublic_url = \"https://a.example:8443/x\"",
            true,
        ),
        ("log = \"\"", false),
        ("log = \"DEBUG\"", true),
        ("admin = \"0.0.0.0:1\"", false),
        (
            "catalogues = [\"https://a.example/c.json\", \"c.json\"]",
            true,
        ),
        ("catalogues = [\"http://127.0.0.1:1/c.json\"]", false),
        (
            "catalogues = [\"http://127.0.0.1:1/c.json\"]\nregistry_loopback_http = true",
            true,
        ),
    ] {
        let settings = read(text, &[]).unwrap();
        assert_eq!(settings.check().is_ok(), fine, "{text}");
    }
}

#[test]
fn every_setting_is_explained_and_read() {
    for setting in EXPLAINED {
        let error = read(&format!("{} = {{}}", setting.key), &[]).unwrap_err();
        assert!(!error.contains("unknown field"), "{error}");
    }
}

#[test]
fn addresses_that_cannot_work_are_refused() {
    for (text, is_usable) in [
        ("public_url = \"https://sms.example.com/base\"", true),
        ("public_url = \"http://127.0.0.1:8420\"", true),
        ("public_url = \"\"", false),
        ("public_url = \"not a url\"", false),
        ("public_url = \"ftp://a.example\"", false),
        ("public_url = \"https://u:p@a.example\"", false),
        ("public_url = \"https://a.example/?b=c\"", false),
        ("public_url = \"https://a.example/#b\"", false),
        ("public_url = \"https://a.example:99999\"", false),
        ("console_hosts = [\"console.example.com\", \"[::1]\"]", true),
        ("console_hosts = [\"https://console.example.com\"]", false),
        ("console_hosts = [\"console.example.com:8443\"]", false),
        ("console_hosts = [\"*\"]", false),
    ] {
        let checked = read(text, &[]).unwrap().check();
        assert_eq!(checked.is_ok(), is_usable, "{text}: {checked:?}");
    }
}
