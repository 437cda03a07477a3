//! `memcmp`, which the compiler calls for every comparison of texts whose lengths are equal.
#![allow(
    unsafe_code,
    reason = "it is given addresses, and the compiler finds it by its name"
)]

/// What `==` on texts calls. The C library's goes byte by byte: four times the fuel on the keys of a config.
///
/// # Safety
/// Both blocks have that many bytes, as C demands.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    let mut at = 0;
    // SAFETY: what is read from `at` on ends below `length`.
    unsafe {
        while length - at >= 8 && word::<u64>(left, at) == word::<u64>(right, at) {
            at += 8;
        }
        // What is left of equal blocks, together with bytes that were compared already.
        if length >= 8 {
            let last = length - 8;
            if word::<u64>(left, last) == word::<u64>(right, last) && length - at < 8 {
                return 0;
            }
        } else if length >= 4 && word::<u32>(left, 0) == word::<u32>(right, 0) {
            at = length - 4;
            if word::<u32>(left, at) == word::<u32>(right, at) {
                return 0;
            }
        }
        while at < length {
            let difference = i32::from(word::<u8>(left, at)) - i32::from(word::<u8>(right, at));
            if difference != 0 {
                return difference;
            }
            at += 1;
        }
    }
    0
}

#[inline(always)]
unsafe fn word<T>(block: *const u8, at: usize) -> T {
    // SAFETY: the caller vouches for the bytes; they need no alignment.
    unsafe { block.add(at).cast::<T>().read_unaligned() }
}

#[cfg(test)]
mod tests {
    use super::memcmp;
    use core::cmp::Ordering;
    use std::vec::Vec;

    /// Both in blocks of their own, of exactly that length.
    fn compared(left: &[u8], right: &[u8]) -> Ordering {
        assert_eq!(left.len(), right.len());
        let (left, right) = (left.to_vec(), right.to_vec());
        unsafe { memcmp(left.as_ptr(), right.as_ptr(), left.len()) }.cmp(&0)
    }

    #[test]
    fn equal_blocks_of_every_length_are_equal() {
        for length in 0..=64 {
            let block: Vec<u8> = (0..length).collect();
            assert_eq!(compared(&block, &block), Ordering::Equal, "{length}");
        }
    }

    #[test]
    fn one_byte_that_differs_decides_wherever_it_is() {
        for length in 1..=40 {
            for at in 0..length {
                for (low, high) in [(0, 1), (0x7f, 0x80), (0, 0xff), (b'a', b'b')] {
                    let (mut left, mut right) = (std::vec![low; length], std::vec![low; length]);
                    right[at] = high;
                    assert_eq!(compared(&left, &right), Ordering::Less, "{at} of {length}");
                    assert_eq!(compared(&right, &left), Ordering::Greater);
                    // What comes after it does not count.
                    left[at + 1..].fill(0xff);
                    assert_eq!(compared(&left, &right), Ordering::Less, "{at} of {length}");
                }
            }
        }
    }

    #[test]
    fn what_stands_beside_a_block_does_not_count() {
        let (left, right) = (b"xsame textx", b"ysame texty");
        for length in 0..=9 {
            let compared = unsafe { memcmp(left[1..].as_ptr(), right[1..].as_ptr(), length) };
            assert_eq!(compared, 0, "{length}");
        }
    }
}
