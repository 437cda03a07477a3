//! Order, limits and memory of the queue.

use super::*;
use crate::tenant::Rate;
use std::sync::Arc;
use tokio::task::JoinSet;

const LONG: Duration = Duration::from_secs(30);

fn pool(calls: u32, queue: u32, patience: Duration) -> Arc<Queue> {
    let limits = Limits {
        concurrent_calls: calls,
        queued_calls: queue,
        queue_timeout: patience,
        ..Limits::default()
    };
    Arc::new(Queue::new(&limits, TenantLimits::default()))
}

fn tenant(id: &str, concurrent: u32, queued: u32) -> Tenant {
    Tenant::new(id).limits(TenantLimits {
        concurrent_calls: Some(concurrent),
        queued_calls: queued,
        rate: None,
    })
}

fn claim(tenant: Option<&Tenant>) -> Claim<'_> {
    Claim {
        tenant,
        rated: true,
        patience: LONG,
    }
}

async fn code(pool: &Queue, tenant: Option<&Tenant>) -> &'static str {
    match pool.enter(claim(tenant)).await {
        Ok(_) => "in",
        Err(CallError::Policy(fault)) => fault.code(),
        Err(CallError::Host(fault)) => fault.code(),
        Err(CallError::Connector(_)) => "a plugin spoke",
    }
}

/// Waits until this number of calls is in the queue.
async fn queued(pool: &Queue, calls: u32) {
    while pool.occupancy().waiting < calls {
        tokio::task::yield_now().await;
    }
}

/// A tenant without a number of its own runs a quarter of the calls at once.
#[test]
fn tenant_without_limit_runs_quarter_of_calls() {
    let limits = Limits::default();
    let pool = Queue::new(&limits, TenantLimits::default());
    let (concurrent, queued, rate) = pool.bounds(Some(&Tenant::new("any")));
    assert_eq!(concurrent, limits.concurrent_calls / 4);
    assert_eq!((queued, rate), (TenantLimits::default().queued_calls, None));
}

/// A tenant with many calls waiting delays another by one call and not by all of them.
#[tokio::test]
async fn flooding_tenant_delays_another_by_one_call() {
    let pool = pool(1, 100, LONG);
    let flood = tenant("flood", 100, 100);
    let first = pool.enter(claim(Some(&flood))).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    for (who, number) in [("flood", 20), ("a", 2), ("b", 1)] {
        for _ in 0..number {
            let (pool, order, who) = (pool.clone(), order.clone(), who.to_owned());
            let before = pool.occupancy().waiting;
            let of = tenant(&who, 100, 100);
            let shared = pool.clone();
            calls.spawn(async move {
                let _place = shared.enter(claim(Some(&of))).await.unwrap();
                order.lock().push(who);
            });
            queued(&pool, before + 1).await;
        }
    }
    drop(first);
    calls.join_all().await;
    let order = order.lock();
    assert_eq!(order[..5], ["a", "b", "flood", "a", "flood"]);
    assert_eq!(order.len(), 23);
}

/// There is no tenant whose limit could be raised.
#[tokio::test]
async fn full_queue_without_tenants_is_hosts() {
    let pool = pool(1, 1, LONG);
    let _held = pool.enter(claim(None)).await.unwrap();
    let mut waits = Box::pin(pool.enter(claim(None)));
    assert!(
        tokio::time::timeout(Duration::ZERO, &mut waits)
            .await
            .is_err()
    );
    let refused = pool.enter(claim(None)).await.err().unwrap();
    assert!(
        matches!(
            refused,
            CallError::Host(HostFault::QueueFull { limit: 1, .. })
        ),
        "{refused:?}"
    );
}

/// The refusal names the limit of the tenant.
#[tokio::test]
async fn tenant_at_limit_waits_though_places_are_free() {
    let pool = pool(4, 100, Duration::from_millis(50));
    let acme = tenant("acme", 2, 100);
    let _held = (
        pool.enter(claim(Some(&acme))).await.unwrap(),
        pool.enter(claim(Some(&acme))).await.unwrap(),
    );
    let refused = pool.enter(claim(Some(&acme))).await.err().unwrap();
    assert!(
        matches!(
            refused,
            CallError::Policy(PolicyFault::TenantConcurrency { limit: 2, waited, .. }) if waited >= Duration::from_millis(50)
        ),
        "{refused:?}"
    );
    assert!(refused.retry_after().is_some());
    assert_eq!(code(&pool, Some(&tenant("other", 2, 100))).await, "in");
}

#[tokio::test]
async fn full_pool_blames_host_limit_not_tenant() {
    let pool = pool(2, 100, Duration::from_millis(20));
    let acme = tenant("acme", 2, 100);
    let _held = (
        pool.enter(claim(None)).await.unwrap(),
        pool.enter(claim(Some(&acme))).await.unwrap(),
    );
    assert_eq!(code(&pool, Some(&acme)).await, "host-overloaded");
    assert_eq!(code(&pool, None).await, "host-overloaded");
}

#[tokio::test]
async fn queue_is_bounded_per_tenant_and_overall() {
    let pool = pool(1, 3, LONG);
    let held = pool.enter(claim(None)).await.unwrap();
    let (a, b) = (tenant("a", 1, 2), tenant("b", 1, 2));
    let mut waiting = JoinSet::new();
    for of in [&a, &a, &b] {
        let (pool, of) = (pool.clone(), of.clone());
        waiting.spawn(async move { code(&pool, Some(&of)).await });
    }
    queued(&pool, 3).await;
    assert_eq!(code(&pool, Some(&a)).await, "tenant-queue");
    let refused = pool.enter(claim(Some(&b))).await.err().unwrap();
    let is_queue = matches!(
        refused,
        CallError::Host(HostFault::QueueFull { limit: 3, .. })
    );
    assert!(is_queue, "{refused:?}");
    assert!(refused.retry_after().is_some());
    drop(held);
    assert_eq!(waiting.join_all().await, ["in", "in", "in"]);
}

/// It is the newest of the tenant with the most, and only where that tenant keeps another one.
#[tokio::test]
async fn tenant_with_none_waiting_displaces_call_of_tenant_with_most() {
    let pool = pool(1, 3, LONG);
    let held = pool.enter(claim(None)).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = JoinSet::new();
    for (who, number) in [("a", 0), ("a", 1), ("b", 2), ("c", 3)] {
        let (shared, order) = (pool.clone(), order.clone());
        waiting.spawn(async move {
            let of = tenant(who, 1, 2);
            let place = shared.enter(claim(Some(&of))).await;
            order.lock().push((number, place.is_ok()));
        });
        queued(&pool, (number + 1).min(3)).await;
        tokio::task::yield_now().await;
    }
    while order.lock().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(*order.lock(), [(1, false)]);
    assert_eq!(
        code(&pool, Some(&tenant("d", 1, 2))).await,
        "host-overloaded",
        "each has one waiting"
    );
    drop(held);
    waiting.join_all().await;
    assert_eq!(*order.lock(), [(1, false), (0, true), (2, true), (3, true)]);
    let empty = Occupancy {
        running: 0,
        waiting: 0,
        tenants: 0,
    };
    assert_eq!(pool.occupancy(), empty);
}

/// A call that is displaced and given up before it notices gives no place back, because it had none.
#[tokio::test]
async fn displaced_call_that_is_abandoned_makes_no_place() {
    let pool = pool(1, 2, LONG);
    let held = pool.enter(claim(None)).await.unwrap();
    let (a, b) = (tenant("a", 1, 2), tenant("b", 1, 2));
    let mut of_a = [
        Box::pin(pool.enter(claim(Some(&a)))),
        Box::pin(pool.enter(claim(Some(&a)))),
    ];
    for entering in &mut of_a {
        assert!(polled(entering).is_none());
    }
    let mut of_b = Box::pin(pool.enter(claim(Some(&b))));
    assert!(polled(&mut of_b).is_none());
    drop((of_a, of_b));
    assert_eq!((pool.occupancy().waiting, pool.occupancy().running), (0, 1));
    drop(held);
    assert_eq!(pool.occupancy().running, 0);
}

/// Output of a future that is polled once.
fn polled<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut context) {
        std::task::Poll::Ready(ended) => Some(ended),
        std::task::Poll::Pending => None,
    }
}

/// A turn ends by a task of its runtime, which may stand still from then on.
#[test]
fn turns_are_those_of_one_runtime() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.build().unwrap()
    };
    let (pool, a) = (pool(4, 4, LONG), tenant("a", 4, 4));
    let turns = |runtime: &tokio::runtime::Runtime| {
        runtime.block_on(async {
            let place = pool.enter(claim(Some(&a))).await.unwrap();
            (place.computing(), place)
        })
    };
    let (one, other) = (runtime(), runtime());
    let (first, _first) = turns(&one);
    let (second, _second) = turns(&other);
    let (again, _again) = turns(&one);
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(&first, &again));
}

#[tokio::test]
async fn rate_allows_burst_then_tells_when_to_retry() {
    let pool = pool(4, 100, LONG);
    let acme = Tenant::new("acme").limits(TenantLimits {
        rate: Some(Rate::per_minute(1).burst(3)),
        ..TenantLimits::default()
    });
    for _ in 0..3 {
        assert_eq!(code(&pool, Some(&acme)).await, "in");
    }
    let refused = pool.enter(claim(Some(&acme))).await.err().unwrap();
    let after = refused.retry_after().unwrap();
    assert!(
        after > Duration::from_secs(50) && after <= Duration::from_secs(60),
        "{refused:?}"
    );
    let unrated = Claim {
        rated: false,
        ..claim(Some(&acme))
    };
    assert!(pool.enter(unrated).await.is_ok(), "reading a form is free");
    assert_eq!(code(&pool, Some(&Tenant::new("other"))).await, "in");
}

#[tokio::test]
async fn abandoned_wait_leaves_queue_and_loses_no_place() {
    let pool = pool(1, 100, LONG);
    let held = pool.enter(claim(None)).await.unwrap();
    let acme = tenant("acme", 1, 100);
    for _ in 0..50 {
        let gone = tokio::time::timeout(Duration::from_millis(1), pool.enter(claim(Some(&acme))));
        assert!(gone.await.is_err());
    }
    assert_eq!((pool.occupancy().waiting, pool.occupancy().running), (0, 1));
    drop(held);
    assert_eq!(code(&pool, Some(&acme)).await, "in");
    assert_eq!(
        pool.occupancy(),
        Occupancy {
            running: 0,
            waiting: 0,
            tenants: 0
        }
    );
}

/// Places are neither lost nor made when waiting is given up at any moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_waits_neither_lose_nor_make_places() {
    let pool = pool(3, 1000, LONG);
    let mut calls = JoinSet::new();
    for number in 0..600_u64 {
        let pool = pool.clone();
        calls.spawn(async move {
            let of = tenant(&(number % 7).to_string(), 2, 1000);
            let entering = pool.enter(claim(Some(&of)));
            let patience = Duration::from_micros(number * 37 % 3000);
            if let Ok(place) = tokio::time::timeout(patience, entering).await {
                let _place = place.unwrap();
                assert!(pool.occupancy().running <= 3);
                tokio::time::sleep(Duration::from_micros(number * 13 % 200)).await;
            }
        });
    }
    while let Some(ended) = calls.join_next().await {
        ended.unwrap();
    }
    assert_eq!(
        pool.occupancy(),
        Occupancy {
            running: 0,
            waiting: 0,
            tenants: 0
        }
    );
}

#[tokio::test]
async fn idle_tenants_are_forgotten_and_total_is_bounded() {
    let limits = Limits {
        tenants: 100,
        ..Limits::default()
    };
    let pool = Queue::new(&limits, TenantLimits::default());
    let rated = |id: u32| {
        Tenant::new(id.to_string()).limits(TenantLimits {
            rate: Some(Rate::per_minute(1)),
            ..TenantLimits::default()
        })
    };
    for id in 0..1000 {
        let of = Tenant::new(id.to_string());
        assert_eq!(code(&pool, Some(&of)).await, "in");
    }
    assert_eq!(
        pool.occupancy().tenants,
        0,
        "nothing to remember without a rate"
    );
    for id in 0..1000 {
        assert_eq!(code(&pool, Some(&rated(id))).await, "in");
        assert!(pool.occupancy().tenants <= 100);
    }
    assert_eq!(
        code(&pool, Some(&rated(999))).await,
        "tenant-rate",
        "the last is remembered"
    );
}
