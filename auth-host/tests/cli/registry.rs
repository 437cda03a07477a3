//! References in place of files. `tests/distribution` pulls from a registry and from a folder.

use super::program::run;

fn refused(arguments: &[&str]) -> (i32, String) {
    let output = run("registry", arguments, "");
    assert!(output.stdout.is_empty());
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn reference_that_cannot_be_read_is_wrong_usage() {
    for reference in [
        "oci://example.com",
        "oci://example.com/Sms:1",
        "oci-layout:x",
    ] {
        let (code, said) = refused(&["inspect", reference]);
        assert_eq!(code, 2, "{reference}: {said}");
        assert!(said.contains("is no reference"), "{said}");
    }
}

#[test]
fn reference_is_a_package_wherever_it_stands() {
    for arguments in [
        &["inspect", "--json", "oci-layout:nowhere:1"][..],
        &["inspect", "--manifest", "oci-layout:nowhere:1"],
        &["inspect", "oci-layout:nowhere:1", "--trust", "x.pub"],
    ] {
        let (code, said) = refused(arguments);
        assert!([1, 2].contains(&code), "{said}");
        let is_about = said.contains("index.json") || said.contains("--trust");
        assert!(is_about, "{said}");
    }
}

/// No request leaves: port 1 of this machine is closed.
#[test]
fn registry_that_cannot_be_reached_is_named() {
    let (code, said) = refused(&["inspect", "oci://127.0.0.1:1/acme/sms:1", "--loopback-http"]);
    assert_eq!(code, 5, "{said}");
    assert!(
        said.contains("http://127.0.0.1:1 cannot be reached"),
        "{said}"
    );
}
