//! Memory of a pull: at most the component's limit, and 8 MiB.

use crate::HEAP;
use crate::support::*;
use auth_connector_package::Requirements;
use auth_connector_registry::{Bounds, Pulled, RegistryError};
use registry::ENDLESS;
use std::process::Command;

/// Names the test that this process was started for; other tests would add to the heap.
const ALONE: &str = "REGISTRY_TEST_ALONE";

/// Runs a test in a process of its own; other tests would add to the heap.
fn alone(test: &str, body: impl Future<Output = ()>) {
    if std::env::var_os(ALONE).is_some_and(|name| name == test) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        return runtime.block_on(body);
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
}

/// Outcome of a pull, and its peak heap in bytes.
async fn measured(
    reference: &str,
    requirements: &Requirements,
    component: u64,
) -> (Result<Pulled, RegistryError>, u64) {
    let bounds = Bounds {
        component,
        ..Bounds::default()
    };
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let pulled = pulled_by(reference, requirements, None, bounds).await;
    (pulled, (HEAP.peak_usage() - before) as u64)
}

/// Manifests, lists and blobs without an end and without a length. The component's announced size is the limit.
#[test]
fn endless_registry_fills_no_more_than_granted() {
    let test = "memory::endless_registry_fills_no_more_than_granted";
    alone(test, async {
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
            let lenient = Requirements {
                allow_unsigned: true,
                ..trusting(&dist)
            };
            let (pulled, used) = measured(&registry.reference(":large"), &lenient, GRANTED).await;
            let error = refusal(pulled);
            assert!(error.contains("expected were at most"), "{what}: {error}");
            // The lower bound shows that the bytes were read, so the upper bound means something.
            assert!(
                used >= least && used <= GRANTED + (8 << 20),
                "{what}: {used}"
            );
            println!("{what} {used}");
        }
    });
}

/// An honest registry, with a component of exactly the limit.
#[test]
fn largest_granted_component_fits_the_memory() {
    let test = "memory::largest_granted_component_fits_the_memory";
    alone(test, async {
        let (dist, registry) = published().await;
        let granted = dist.component.len() as u64;
        let reference = registry.reference(":1.4.0");
        let (pulled, used) = measured(&reference, &trusting(&dist), granted).await;
        assert_eq!(pulled.unwrap().component().len() as u64, granted);
        assert!(used <= granted + (8 << 20), "{used} bytes for {granted}");
    });
}
