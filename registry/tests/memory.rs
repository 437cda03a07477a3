//! Memory of a pull: at most what is granted for the component, and 8 MiB.

use crate::HEAP;
use crate::support::*;
use auth_connector_registry::Bounds;
use registry::ENDLESS;
use std::process::Command;

/// Names the test that this process was started for: other tests would count.
const ALONE: &str = "REGISTRY_TEST_ALONE";

/// Whether this process runs this test and no other. If not, one that does is run, and has to pass.
fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some_and(|name| name == test) {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(ALONE, test)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    false
}

/// Manifests, lists and blobs without an end and without a length; the component says that it has what is granted.
#[test]
fn endless_registry_fills_no_more_than_granted() {
    if !alone("memory::endless_registry_fills_no_more_than_granted") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        const GRANTED: u64 = 2 << 20;
        for (what, least) in [("manifests/", 0), ("referrers/", 0), ("blobs/", GRANTED)] {
            let (dist, registry) = published().await;
            let honest = String::from_utf8(registry.stored("1.4.0").unwrap()).unwrap();
            let said = format!("\"size\":{}", dist.component.len());
            assert!(honest.contains(&said), "{honest}");
            let large = honest.replace(&said, &format!("\"size\":{GRANTED}"));
            registry.store("large", large.as_bytes());
            let head = b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\n";
            registry.behave(move |request| {
                request
                    .path
                    .contains(what)
                    .then(|| [head.as_slice(), ENDLESS].concat())
            });
            let bounds = Bounds {
                component: GRANTED,
                ..Bounds::default()
            };
            let host = trusting(&dist).with(|options| options.allow_unsigned = true);
            let before = HEAP.current_usage();
            HEAP.reset_peak_usage();
            let error = refusal(pulled_by(&registry.reference(":large"), host, None, bounds).await);
            let used = (HEAP.peak_usage() - before) as u64;
            assert!(error.contains("expected were at most"), "{what}: {error}");
            // What was to be filled was filled, so that the bound below means something.
            assert!(
                used >= least && used <= GRANTED + (8 << 20),
                "{what}: {used}"
            );
            println!("{what} {used}");
        }
    });
}

/// An honest one, as large as is granted to the byte.
#[test]
fn largest_granted_component_fits_the_memory() {
    if !alone("memory::largest_granted_component_fits_the_memory") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (dist, registry) = published().await;
        let granted = dist.component.len() as u64;
        let bounds = Bounds {
            component: granted,
            ..Bounds::default()
        };
        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        let pulled = pulled_by(&registry.reference(":1.4.0"), trusting(&dist), None, bounds).await;
        let used = (HEAP.peak_usage() - before) as u64;
        assert_eq!(pulled.unwrap().component().len() as u64, granted);
        assert!(used <= granted + (8 << 20), "{used} bytes for {granted}");
    });
}
