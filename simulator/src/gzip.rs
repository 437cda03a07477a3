//! Minimal gzip (RFC 1952) for a fault: one member of stored blocks, which every decoder reads.

/// Maximum of bytes in one stored block.
const BLOCK: usize = 0xffff;

/// Wraps bytes without compressing them.
pub fn wrap(bytes: &[u8]) -> Vec<u8> {
    // Magic, deflate, no flags, no time, no hints, unknown system.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = bytes.chunks(BLOCK).peekable();
    if blocks.peek().is_none() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend(crc32(bytes).to_le_bytes());
    // The format has the length modulo 2^32.
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_standard_one() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn long_input_splits_into_blocks_only_last_final() {
        let bytes = vec![7; BLOCK + 1];
        let wrapped = wrap(&bytes);
        assert_eq!(wrapped.len(), 10 + 5 + BLOCK + 5 + 1 + 8);
        assert_eq!((wrapped[10], wrapped[10 + 5 + BLOCK]), (0, 1));
        assert_eq!(wrap(b"").len(), 10 + 5 + 8);
    }
}
