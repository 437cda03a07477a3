//! Counts the bytes of a response's head and the interim answers (1xx) before it.
//!
//! hyper skips interim answers by itself and without a limit (RFC 9110, section 15.2, permits any number), so a server
//! that sends nothing else would be read for as long as the call lasts.

/// The largest response head in bytes, interim answers included. Servers rarely send more than 8 KiB.
pub(super) const HEAD_BYTES: u64 = 64 << 10;

/// The most interim answers to one request. Common ones are one `100` or a few `103`.
pub(super) const INTERIM_ANSWERS: u32 = 8;

/// The head of a response was longer than [`HEAD_BYTES`], or had more than [`INTERIM_ANSWERS`] before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Reads a response up to the end of its head.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heads {
    /// Bytes up to the end of the final head, or so far.
    pub(super) bytes: u64,
    /// Interim answers that are complete.
    pub(super) interim: u32,
    /// True if the final head is complete.
    pub(super) complete: bool,
    /// True if any byte of a response arrived, blank lines included.
    begun: bool,
    line: Line,
    /// True if the current head has the status line of an interim response.
    is_interim: bool,
    /// Lines of the current head.
    lines: u32,
}

/// The beginning of the current line.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    length: u64,
    /// As much as holds `HTTP/1.1 1`.
    start: [u8; 10],
}

impl Line {
    fn push(&mut self, byte: u8) {
        let at = usize::try_from(self.length).unwrap_or(usize::MAX);
        if let Some(place) = self.start.get_mut(at) {
            *place = byte;
        }
        self.length += 1;
    }

    fn is_blank(&self) -> bool {
        match self.length {
            0 => true,
            1 => self.start.first() == Some(&b'\r'),
            _ => false,
        }
    }

    fn is_interim_status(&self) -> bool {
        self.start.starts_with(b"HTTP/1.") && self.start.ends_with(b" 1")
    }
}

impl Heads {
    /// Reads further bytes. Bytes after the final head are ignored.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        for byte in bytes {
            if self.complete {
                return Ok(());
            }
            self.begun = true;
            self.bytes += 1;
            if self.bytes > HEAD_BYTES {
                return Err(TooLong);
            }
            if *byte == b'\n' {
                self.end_line()?;
            } else {
                self.line.push(*byte);
            }
        }
        Ok(())
    }

    /// Returns true if anything arrived that is not a whole interim response.
    pub(super) fn has_begun_the_answer(&self) -> bool {
        self.complete || self.line.length > 0 || self.lines > 0 || (self.begun && self.interim == 0)
    }

    fn end_line(&mut self) -> Result<(), TooLong> {
        let line = std::mem::take(&mut self.line);
        if !line.is_blank() {
            if self.lines == 0 {
                self.is_interim = line.is_interim_status();
            }
            self.lines += 1;
            return Ok(());
        }
        // Blank lines before a status line belong to no head; hyper skips them too.
        if self.lines == 0 {
            return Ok(());
        }
        self.lines = 0;
        if !self.is_interim {
            self.complete = true;
            return Ok(());
        }
        self.interim += 1;
        if self.interim > INTERIM_ANSWERS {
            return Err(TooLong);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINAL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";
    const HINT: &str = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n";

    fn read(text: &str) -> Result<Heads, TooLong> {
        let mut whole = Heads::default();
        let result = whole.read(text.as_bytes());
        let mut by_the_byte = Heads::default();
        let same = text
            .as_bytes()
            .iter()
            .try_for_each(|byte| by_the_byte.read(&[*byte]));
        assert_eq!(result, same);
        result.map(|()| whole)
    }

    #[test]
    fn head_ends_at_blank_line_and_excludes_body() {
        let heads = read(&format!("{FINAL}x")).unwrap();
        assert!(heads.complete);
        assert_eq!((heads.bytes, heads.interim), (FINAL.len() as u64, 0));
        let bare = read("HTTP/1.1 200 OK\na: b\n\nbody").unwrap();
        assert!(bare.complete, "lines may end in a bare line feed");
        assert!(!read("HTTP/1.1 200 OK\r\na: b\r\n").unwrap().complete);
    }

    #[test]
    fn every_status_of_1xx_counts_as_interim_answer() {
        let text = format!("{HINT}HTTP/1.1 101 x\r\n\r\n\r\nHTTP/1.0 199 x\r\n\r\n{FINAL}");
        let heads = read(&text).unwrap();
        assert!(heads.complete);
        assert_eq!((heads.bytes, heads.interim), (text.len() as u64, 3));
    }

    #[test]
    fn response_begins_at_first_byte_after_interim_ones() {
        for (text, begun) in [
            ("", false),
            (HINT, false),
            ("H", true),
            ("\r\n", true),
            (&format!("{HINT}HTTP/1.1 2"), true),
            (FINAL, true),
        ] {
            assert_eq!(
                read(text).unwrap().has_begun_the_answer(),
                begun,
                "{text:?}"
            );
        }
    }

    #[test]
    fn interim_answers_or_bytes_over_limit_are_error() {
        let most = usize::try_from(INTERIM_ANSWERS).unwrap();
        assert!(read(&(HINT.repeat(most) + FINAL)).unwrap().complete);
        assert_eq!(read(&HINT.repeat(most + 1)).unwrap_err(), TooLong);
        let spare = usize::try_from(HEAD_BYTES).unwrap() - FINAL.len() - "a: \r\n".len();
        let with =
            |length| FINAL.replace("content", &format!("a: {}\r\ncontent", "x".repeat(length)));
        assert!(read(&with(spare)).unwrap().complete);
        assert_eq!(read(&with(spare + 1)).unwrap_err(), TooLong);
    }
}
