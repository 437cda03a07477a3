//! Memory that a slot keeps between two calls.
//!
//! Every call runs in a slot of the engine's pool: linear memory, tables, a stack. When it ends, what it wrote is
//! cleared. Clearing by hand keeps the pages for the next call. Returning them to the kernel frees the memory, and the
//! next call pays for a fault at each page. `tests/pages.rs` compares the defaults with what a send writes to.

use wasmtime::{Enabled, PoolingAllocationConfig};

/// How much of each slot is kept between calls, in bytes: memory against CPU. Only Linux has a choice.
///
/// ```
/// use auth_connector_host::{ConnectorHost, Residency};
///
/// // A host that is idle most of the day and short of memory.
/// let frugal = Residency { memory_bytes: 0, table_bytes: 0, ..Residency::default() };
/// let host = ConnectorHost::builder().with(|options| options.residency = frugal).build()?;
/// # let _ = host;
/// # Ok::<(), auth_connector_host::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residency {
    /// Bytes kept of each linear memory. Default 32 KiB, twice what a send writes to; with nothing kept a send costs
    /// 1.4 times the CPU, and an idle slot 12 KB less. More is not faster, and a plugin that used up its memory leaves
    /// as much in every slot that it ran in.
    pub memory_bytes: usize,
    /// Bytes kept of each table. Default 16 KiB, four times what a send writes to; with nothing kept an instance costs
    /// twice the CPU, and an idle slot 8 KB less.
    pub table_bytes: usize,
    /// Bytes kept of each stack: as much is cleared by hand, the rest returned. Default 12 KiB, three pages, all of
    /// which a send writes to; with 8 KiB each send has a page fault and costs 1.1 times the CPU. None: stacks are not
    /// cleared, and stay as large as the deepest call made them.
    pub stack_bytes: Option<usize>,
    /// True to query the kernel for the pages that were written to, so that no others are cleared. Before Linux 6.7 the
    /// setting has no effect. Default true: without it an idle slot holds 114 KB in place of 61.
    pub scan: bool,
}

impl Default for Residency {
    fn default() -> Self {
        Self {
            memory_bytes: 32 << 10,
            table_bytes: 16 << 10,
            stack_bytes: Some(12 << 10),
            scan: true,
        }
    }
}

impl Residency {
    pub(crate) fn apply(&self, pool: &mut PoolingAllocationConfig) {
        pool.linear_memory_keep_resident(self.memory_bytes)
            .table_keep_resident(self.table_bytes)
            .async_stack_keep_resident(self.stack_bytes.unwrap_or(0))
            .pagemap_scan(if self.scan {
                Enabled::Auto
            } else {
                Enabled::No
            });
    }
}
