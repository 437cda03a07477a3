//! What `std` would bring along, and with it ten `wasi:cli` imports: an allocator, the canonical ABI's
//! `cabi_realloc` and a panic handler.
#![allow(
    unsafe_code,
    reason = "an allocator and the canonical ABI cannot be had without it"
)]

use alloc::alloc::{Layout, handle_alloc_error};
use core::alloc::GlobalAlloc;
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::Cell;
use core::ptr::null_mut;

/// A panic is a trap, which a host reports as an unknown outcome. The lints leave none that input can reach.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

// `memcpy` and kin, where the compiler calls them, from the target's own C library, which brings no import with it.
#[link(name = "c")]
unsafe extern "C" {
    /// Where the linker ends the data and the heap begins; only its address means something.
    static __heap_base: u8;
}

unsafe extern "C" {
    /// Runs constructors, of which there are none.
    fn __wasm_call_ctors();
}

/// Where nothing refers to the constructors, the linker takes the file for a program and wraps every exported function
/// into one that runs the C library's destructors after it.
#[used]
static CONSTRUCTORS: unsafe extern "C" fn() = __wasm_call_ctors;

const PAGE: usize = 65_536;

/// Hands out memory upwards, frees nothing, and starts over with the next call.
///
/// The component keeps nothing between calls, and the input caps bound what a call can use, so freeing buys
/// nothing; a block that is topmost grows in place, which covers strings and vectors. Because freeing is nothing,
/// the compiler drops most of what would lead to it: 3 KB of the component.
struct Arena {
    /// The first free byte; 0 before the first allocation.
    next: Cell<usize>,
    /// The end of memory, in bytes.
    end: Cell<usize>,
    /// Whether a call ended and nothing of the next has been handed out yet.
    over: Cell<bool>,
}

// SAFETY: a component instance has one thread.
unsafe impl Sync for Arena {}

#[global_allocator]
static ARENA: Arena = Arena {
    next: Cell::new(0),
    end: Cell::new(0),
    over: Cell::new(false),
};

/// Runs the body of an exported function. What it returns is still to be read by the host, so the memory starts
/// over not here but with the next call: with its first argument, or with its body if it has none in memory.
pub fn call<T>(body: impl FnOnce() -> T) -> T {
    ARENA.start_over();
    let result = body();
    ARENA.over.set(true);
    result
}

impl Arena {
    /// Forgets the last call, if it is over. By then its host took the result, and the component has no state that
    /// could point into it.
    fn start_over(&self) {
        if self.over.replace(false) {
            self.next.set(Self::base());
        }
    }

    fn base() -> usize {
        (&raw const __heap_base).addr()
    }

    /// Makes sure that memory reaches `end`; false when the host grants no more.
    #[inline(always)]
    fn reach(&self, end: usize) -> bool {
        end <= self.end.get() || self.grow(end)
    }

    #[cold]
    #[inline(never)]
    fn grow(&self, end: usize) -> bool {
        let have = memory_size(0).saturating_mul(PAGE);
        if end > have && memory_grow(0, (end - have).div_ceil(PAGE)) == usize::MAX {
            return false;
        }
        self.end.set(memory_size(0).saturating_mul(PAGE));
        true
    }
}

// SAFETY: `alloc` returns blocks that are aligned, inside memory, and above every block of the same call, because
// `next` is at the end of the topmost one. It falls back only in `start_over`, when no block of an earlier call is
// live: its exported function has returned, and the host, which read the result, is entering the next one.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let first = self.next.get().max(Self::base());
        // Checked, because a host may grant all of 4 GiB, and an address that wraps is the stack's.
        let unaligned = first.checked_add(layout.align() - 1);
        let start = unaligned.map(|end| end & !(layout.align() - 1));
        match start.and_then(|start| Some((start, start.checked_add(layout.size())?))) {
            Some((start, end)) if self.reach(end) => {
                self.next.set(end);
                core::ptr::with_exposed_provenance_mut(start)
            }
            _ => null_mut(),
        }
    }

    #[inline(always)]
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let topmost = block.addr() + layout.size() == self.next.get();
        match block.addr().checked_add(new_size) {
            Some(end) if topmost && self.reach(end) => {
                self.next.set(end);
                block
            }
            _ if new_size <= layout.size() => block,
            _ => {
                // SAFETY: the caller vouches for `block`, `layout` and that the size fits the alignment; the new
                // block is larger and lies elsewhere.
                unsafe {
                    let new =
                        self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
                    if !new.is_null() {
                        core::ptr::copy_nonoverlapping(block, new, layout.size());
                    }
                    new
                }
            }
        }
    }
}

/// Memory for what the host passes in. It must come from the allocator that frees it, so the C library's version,
/// which `std` would bring, cannot serve.
///
/// # Safety
/// The canonical ABI calls it with a null pointer and a size of zero, or with a block that an earlier call
/// returned for the same alignment; alignments are powers of two.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_size: usize,
    align: usize,
    new_size: usize,
) -> *mut u8 {
    ARENA.start_over();
    let Ok(layout) = Layout::from_size_align(new_size, align) else {
        core::arch::wasm32::unreachable()
    };
    if new_size == 0 {
        // The ABI wants an aligned pointer, and nobody reads through it.
        return core::ptr::without_provenance_mut(align);
    }
    // SAFETY: `layout` is valid and not empty. When `old_size` is not zero the ABI promises that `old` is a block
    // of that size and alignment from this function, so it came from this allocator with that layout.
    let block = unsafe {
        if old_size == 0 {
            ARENA.alloc(layout)
        } else {
            ARENA.realloc(
                old,
                Layout::from_size_align_unchecked(old_size, align),
                new_size,
            )
        }
    };
    if block.is_null() {
        handle_alloc_error(layout)
    }
    block
}
