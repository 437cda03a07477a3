//! Guides and logo, published as a referrer and accepted only as far as the signed manifest pins them.

use crate::support::dist::scratch;
use crate::support::*;
use auth_connector_registry::{Layout, Reference, plan::Plan};
use connector_packaging::sha256;
use registry::response;
use std::fs;
use std::path::Path;

const ENGLISH: &str = "# Set up\n\nOpen the console.\n";
const CHINESE: &str = "# 设置\n\n打开控制台。\n";
const LOGO: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

/// Puts files into a package, and pins of these texts into its manifest.
fn with_texts(folder: &Path, files: &[(&str, &str)], pins: &[(&str, &str)]) {
    fs::create_dir_all(folder.join("guides")).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let pins: Vec<String> = pins
        .iter()
        .map(|(key, text)| format!("\"{key}\": \"{}\"", sha256(text.as_bytes())))
        .collect();
    let file = folder.join("manifest.json");
    let manifest = fs::read_to_string(&file).unwrap();
    let annotations = format!("\"annotations\": {{{}}}, \"origins\"", pins.join(", "));
    fs::write(file, manifest.replace("\"origins\"", &annotations)).unwrap();
}

pub fn guided() -> Dist {
    Dist::with(|folder| {
        with_texts(
            folder,
            &[
                ("guides/en.md", ENGLISH),
                ("guides/zh-CN.md", CHINESE),
                ("logo.svg", LOGO),
            ],
            &[
                ("guide.en", ENGLISH),
                ("guide.zh-cn", CHINESE),
                ("logo", LOGO),
            ],
        );
    })
}

fn finding(pulled: &auth_connector_registry::Pulled) -> String {
    pulled.findings()[4].to_string()
}

#[tokio::test]
async fn pulled_plugin_has_its_guides_and_logo() {
    let (dist, registry) = (guided(), Registry::start().await);
    publish_to(&dist, &registry).await;
    let pulled = pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
    let expected = [("en", ENGLISH), ("zh-CN", CHINESE)];
    let expected = expected.map(|(language, text)| (language.to_owned(), text.to_owned()));
    assert_eq!(pulled.texts.guides, expected);
    assert_eq!(pulled.texts.logo.as_deref(), Some(LOGO.as_bytes()));
    let said = finding(&pulled);
    assert!(
        said.contains("guides") && said.contains("2, by digests") && !said.contains("NOT"),
        "{said}"
    );
    let folder = scratch("saved");
    pulled.save(&folder).unwrap();
    let kept = fs::read_to_string(folder.join("guides/zh-CN.md")).unwrap();
    let logo = fs::read_to_string(folder.join("logo.svg")).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!((kept.as_str(), logo.as_str()), (CHINESE, LOGO));
}

#[tokio::test]
async fn guides_come_from_a_folder_too() {
    let (dist, folder) = (guided(), scratch("layout"));
    let plan = Plan::read(&dist.folder, &trusting(&dist)).unwrap();
    plan.write(&Layout::new(&folder), "1.4.0", false).unwrap();
    let reference = format!("oci-layout:{}:1.4.0", folder.display());
    assert!(Reference::parse(&reference).is_ok());
    let found = pulled(&reference, &dist)
        .await
        .map(|p| p.texts.guides.len());
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(found.unwrap(), 2);
}

/// A layer that the signed manifest does not name is not requested, whoever attached it.
#[tokio::test]
async fn guide_without_a_pin_is_not_fetched() {
    let registry = Registry::start().await;
    let first = guided();
    publish_to(&first, &registry).await;
    let list = first.digest().replace(':', "-");
    let stored = || String::from_utf8(registry.stored(&list).unwrap()).unwrap();
    let referrers = stored();
    registry.store(&list, br#"{"schemaVersion": 2, "manifests": []}"#);
    // The same artifact with a manifest that pins less, beside the referrers of the first.
    let dist = Dist::with(|folder| {
        with_texts(
            folder,
            &[("guides/en.md", ENGLISH)],
            &[("guide.en", ENGLISH)],
        );
    });
    publish_to(&dist, &registry).await;
    let (_, others) = referrers.split_once(r#""manifests":["#).unwrap();
    let joined = stored().replace("]}", &format!(",{others}"));
    registry.store(&list, joined.as_bytes());
    registry.forget();
    let pulled = pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
    assert_eq!(pulled.texts.guides.len(), 1);
    assert_eq!(pulled.texts.logo, None);
    let chinese = sha256(CHINESE.as_bytes());
    let requests = registry.requests();
    assert!(
        !requests
            .iter()
            .any(|request| request.path.contains(&chinese))
    );
}

#[tokio::test]
async fn other_bytes_for_guide_are_refused() {
    let (dist, registry) = (guided(), Registry::start().await);
    publish_to(&dist, &registry).await;
    let path = format!("blobs/sha256:{}", sha256(ENGLISH.as_bytes()));
    let forged = "#".repeat(ENGLISH.len());
    registry.behave(move |request| {
        let is_guide = request.method == "GET" && request.path.ends_with(&path);
        is_guide.then(|| response(200, "", forged.as_bytes()))
    });
    let error = refusal(pulled(&registry.reference(":1.4.0"), &dist).await);
    assert!(
        error.contains("guides/en.md") && error.contains("other bytes"),
        "{error}"
    );
}

/// A copy without this referrer is the same plugin without its guides, and the findings say so.
#[tokio::test]
async fn missing_guides_are_told_of() {
    let dist = Dist::with(|folder| with_texts(folder, &[], &[("guide.en", ENGLISH)]));
    let refused = Plan::read(&dist.folder, &trusting(&dist)).unwrap_err();
    assert!(refused.to_string().contains("pins 1 guides"), "{refused}");
    let (dist, registry) = (guided(), Registry::start().await);
    publish_to(&dist, &registry).await;
    let index = dist.digest().replace(':', "-");
    let list = String::from_utf8(registry.stored(&index).unwrap()).unwrap();
    let without = list.replace("auth-connector.guides", "other");
    registry.store(&index, without.as_bytes());
    let pulled = pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
    assert!(pulled.texts.guides.is_empty());
    assert!(
        finding(&pulled).contains("the manifest names 2, the registry has 0"),
        "{}",
        finding(&pulled)
    );
}

#[test]
fn guide_that_no_host_shows_is_not_published() {
    for (files, pins, said) in [
        (&[("guides/en.md", ENGLISH)][..], &[][..], "guide.en"),
        (
            &[("guides/en.md", "changed")],
            &[("guide.en", ENGLISH)],
            "guides/en.md",
        ),
        (
            &[("guides/README.md", ENGLISH)],
            &[],
            "not named by a language",
        ),
    ] {
        let dist = Dist::with(|folder| with_texts(folder, files, pins));
        let refused = Plan::read(&dist.folder, &trusting(&dist)).unwrap_err();
        assert!(refused.to_string().contains(said), "{refused}");
    }
    let large = "x".repeat((128 << 10) + 1);
    let dist = Dist::with(|folder| {
        with_texts(folder, &[("guides/en.md", &large)], &[("guide.en", &large)]);
    });
    let refused = Plan::read(&dist.folder, &trusting(&dist)).unwrap_err();
    assert!(refused.to_string().contains("131072"), "{refused}");
}
