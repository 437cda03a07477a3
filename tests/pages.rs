//! Pages of memory that a slot keeps between calls, against those that a send writes to. Two page faults cost a send half
//! as much again, and show in no profile but the kernel's.

use crate::support::trial::OK;
use crate::support::{self, CODE, MAINLAND, accepted, alone, host};
use auth_connector_host::{CannedAnswer, Message, Residency};
use std::time::Duration;

const SENDS: u32 = 300;

#[test]
fn a_send_writes_to_no_more_of_its_slot_than_the_slot_keeps_so_that_the_next_one_meets_no_page_fault()
 {
    if !alone(
        "pages::a_send_writes_to_no_more_of_its_slot_than_the_slot_keeps_so_that_the_next_one_meets_no_page_fault",
    ) {
        return;
    }
    let mut kept = Residency::default();
    if !kernel_tells_which_pages_were_written_to() {
        // Then what is kept is the beginning of a memory, not the pages that were used.
        kept.memory_bytes = 128 << 10;
    }
    // An allocator that gets its first block, a timer wheel's page: a few in hundreds of sends.
    assert!(faults_per_send(kept.clone()) < 0.1);
    let smaller = [
        Residency {
            memory_bytes: 0,
            ..kept.clone()
        },
        Residency {
            table_bytes: 0,
            ..kept.clone()
        },
        Residency {
            stack_bytes: Some(0),
            ..kept
        },
    ];
    for kept in smaller {
        assert!(faults_per_send(kept.clone()) > 0.9, "{kept:?}");
    }
}

/// `PAGEMAP_SCAN` came with Linux 6.7.
fn kernel_tells_which_pages_were_written_to() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|part| part.parse().ok());
    let version: (u32, u32) = (numbers.next().unwrap(), numbers.next().unwrap());
    version >= (6, 7)
}

/// Page faults without a disk, of this process, while one message after another is sent and answered on the spot.
fn faults_per_send(kept: Residency) -> f64 {
    let endpoint = "http://127.0.0.1:9";
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let plugin = support::load(host().allow(endpoint).unwrap().with(|options| {
        options.residency = kept.clone();
        options.canned = Some(CannedAnswer {
            status: 200,
            body: OK.into(),
            delay: Duration::ZERO,
        });
    }));
    let config = support::to_config(&support::config(Some(endpoint)));
    let message = Message::code(MAINLAND, "Register", CODE);
    let send = |count| {
        runtime.block_on(async {
            for _ in 0..count {
                accepted(plugin.send_message(&config, &message).await);
            }
        });
    };
    send(SENDS);
    let before = faults();
    send(SENDS);
    let each = f64::from(faults() - before) / f64::from(SENDS);
    println!("{each} faults for each send with {kept:?}");
    each
}

fn faults() -> u32 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let field = after_name.split_whitespace().nth(7);
    field.unwrap().parse().unwrap()
}
