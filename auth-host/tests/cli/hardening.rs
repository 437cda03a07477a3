//! The program's file as the system's loader reads it.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

/// `PT_DYNAMIC` and `PT_GNU_RELRO`, `DT_FLAGS_1` and its `DF_1_NOW` and `DF_1_PIE`: elf.h of the GNU C library.
const DYNAMIC: u64 = 2;
const RELRO: u64 = 0x6474_e552;
const FLAGS_1: u64 = 0x6fff_fffb;
const NOW_AND_PIE: u64 = 0x0800_0001;

/// An integer of so many bytes, least significant first.
fn number(file: &[u8], at: u64, bytes: usize) -> u64 {
    let at = usize::try_from(at).unwrap();
    let bytes = file[at..at + bytes].iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// `.cargo/config.toml` passes the linker the options that rustc passes by default: addresses of functions are resolved
/// when the program starts and cannot be written afterwards.
#[test]
fn program_has_full_relro_at_random_address() {
    let file = std::fs::read(env!("CARGO_BIN_EXE_auth-host")).unwrap();
    // The program headers: their place, the size of one, how many.
    let (headers, size, count) = (
        number(&file, 32, 8),
        number(&file, 54, 2),
        number(&file, 56, 2),
    );
    let headers = (0..count).map(|nth| headers + nth * size);
    let of = |kind: u64| {
        let mut of_kind = headers.clone().filter(|at| number(&file, *at, 4) == kind);
        of_kind.next().unwrap()
    };
    assert!(number(&file, of(RELRO) + 40, 8) > 0, "nothing is protected");
    let (begin, length) = (
        number(&file, of(DYNAMIC) + 8, 8),
        number(&file, of(DYNAMIC) + 32, 8),
    );
    let mut entries = (begin..begin + length).step_by(16);
    let flags = entries.find(|at| number(&file, *at, 8) == FLAGS_1).unwrap();
    assert_eq!(number(&file, flags + 8, 8) & NOW_AND_PIE, NOW_AND_PIE);
}
