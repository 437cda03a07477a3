//! Allocator and panic handler of a component. The kit is `no_std` because `std` adds ten `wasi:cli` imports.
//!
//! The allocator is the C library's, which is linked for `memcpy` anyway and brings no import with it. Its
//! `cabi_realloc` allocates what the host passes in, so Rust has to free through the same heap.
#![allow(
    unsafe_code,
    reason = "an allocator is an unsafe trait over C functions"
)]

use core::alloc::{GlobalAlloc, Layout};

#[link(name = "c")]
unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn aligned_alloc(align: usize, size: usize) -> *mut u8;
    fn free(block: *mut u8);
    /// Called by the host's side of the canonical ABI.
    fn cabi_realloc(block: *mut u8, size: usize, align: usize, new_size: usize) -> *mut u8;
}

/// Keeps `cabi_realloc` in the component: the C library exports it only where something refers to it.
#[used]
static CABI_REALLOC: unsafe extern "C" fn(*mut u8, usize, usize, usize) -> *mut u8 = cabi_realloc;

/// The alignment that the C library's `malloc` guarantees on 32-bit WebAssembly: that of `max_align_t`.
const MALLOC_ALIGN: usize = 16;

struct CLibrary;

// SAFETY: the C library's functions keep `GlobalAlloc`'s contract: blocks do not overlap, are at least as long as asked
// for and stay until they are freed. `malloc` aligns to `MALLOC_ALIGN`; larger alignments go to `aligned_alloc`,
// whose blocks `free` takes too.
unsafe impl GlobalAlloc for CLibrary {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: both take any size, and `Layout` has alignments that are powers of two.
        unsafe {
            if layout.align() <= MALLOC_ALIGN {
                malloc(layout.size())
            } else {
                aligned_alloc(layout.align(), layout.size())
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller vouches that the block came from `alloc` and is freed once.
        unsafe { free(block) }
    }
}

#[global_allocator]
static ALLOCATOR: CLibrary = CLibrary;

/// A panic is a trap, which hosts report as an unknown outcome. The lints leave none that input can reach.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
