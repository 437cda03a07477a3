//! HTTP/1.1 requests as bytes.

/// A request whose headers and all of `content-length` arrived.
#[derive(Clone)]
pub struct Request {
    head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header, unchanged.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self
            .head
            .split("\r\n")
            .filter_map(|line| line.split_once(": "));
        lines.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }

    /// Request line and headers.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The bytes of the request.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }
}

/// The head that starts here as a request without a body, and its end.
pub fn bare(bytes: &[u8]) -> Option<(Request, usize)> {
    let (end, _) = head(bytes)?;
    let request = Request {
        head: String::from_utf8_lossy(&bytes[..end]).into_owned(),
        body: Vec::new(),
    };
    Some((request, end))
}

/// Returns true if the first message is complete: its headers and all of `content-length`.
pub fn complete(bytes: &[u8]) -> bool {
    head(bytes).is_some_and(|(end, length)| bytes.len() >= end + length)
}

/// The end of the head that starts here, and the length that it declares.
pub fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length:"));
    Some((
        end,
        length.map_or(0, |length| length.trim().parse().unwrap()),
    ))
}

/// The complete requests among the bytes of one connection.
pub fn requests(mut bytes: &[u8]) -> Vec<Request> {
    let mut requests = Vec::new();
    while let (true, Some((end, length))) = (complete(bytes), head(bytes)) {
        let (request, rest) = bytes.split_at(end + length);
        requests.push(Request {
            head: String::from_utf8_lossy(&request[..end]).into_owned(),
            body: request[end..].to_vec(),
        });
        bytes = rest;
    }
    requests
}
