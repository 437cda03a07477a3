//! In-memory registry on loopback, with behaviour that a test can replace.

use connector_packaging::sha256;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Returns all bytes of a replacement response to a request, or `None` for the honest response.
pub type Behaviour = Arc<dyn Fn(&Request) -> Option<Vec<u8>> + Send + Sync>;

/// A request, with the parts that tests read.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: Vec<u8>,
}

/// The registry. It ends with the test's runtime.
#[derive(Clone)]
pub struct Registry {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    blobs: HashMap<String, Vec<u8>>,
    manifests: HashMap<String, (String, Vec<u8>)>,
    requests: Vec<Request>,
    has_referrers: bool,
    behaviour: Option<Behaviour>,
    dripped: Vec<Duration>,
}

impl Registry {
    /// Starts one without the referrers API, like Debian's docker-registry.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let registry = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::default(),
        };
        let serving = registry.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let registry = serving.clone();
                tokio::spawn(async move { registry.serve(stream).await });
            }
        });
        registry
    }

    /// Copies the registry's content to another one, as tools copy artifacts with their referrers.
    pub async fn copied(&self) -> Self {
        let copy = Self::start().await;
        let (blobs, manifests) = {
            let state = self.state.lock().unwrap();
            (state.blobs.clone(), state.manifests.clone())
        };
        let mut state = copy.state.lock().unwrap();
        (state.blobs, state.manifests) = (blobs, manifests);
        drop(state);
        copy
    }

    /// Enables the referrers API.
    pub fn with_referrers(&self) {
        self.state.lock().unwrap().has_referrers = true;
    }

    /// Sets the behaviour that takes precedence over honest responses.
    pub fn behave(&self, behaviour: impl Fn(&Request) -> Option<Vec<u8>> + Send + Sync + 'static) {
        self.state.lock().unwrap().behaviour = Some(Arc::new(behaviour));
    }

    /// Requests since the start.
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// How long connections were kept by clients that were answered by one byte at a time.
    pub fn dripped(&self) -> Vec<Duration> {
        self.state.lock().unwrap().dripped.clone()
    }

    /// Clears the recorded requests.
    pub fn forget(&self) {
        self.state.lock().unwrap().requests.clear();
    }

    /// A manifest that is stored, by tag or digest.
    pub fn stored(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state.lock().unwrap();
        state.manifests.get(name).map(|(_, bytes)| bytes.clone())
    }

    /// Stores a manifest under a tag, without any check.
    pub fn store(&self, name: &str, bytes: &[u8]) {
        let kind = "application/vnd.oci.image.manifest.v1+json".to_owned();
        let mut state = self.state.lock().unwrap();
        state
            .manifests
            .insert(name.to_owned(), (kind.clone(), bytes.to_vec()));
        let digest = format!("sha256:{}", sha256(bytes));
        state.manifests.insert(digest, (kind, bytes.to_vec()));
    }

    /// A reference into this registry.
    pub fn reference(&self, rest: &str) -> String {
        format!("oci://{}/acme/sms{rest}", self.address)
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some(request) = read(&mut stream).await else {
            return;
        };
        let answer = {
            let mut state = self.state.lock().unwrap();
            state.requests.push(request.clone());
            let behaved = state.behaviour.clone().and_then(|behave| behave(&request));
            behaved.unwrap_or_else(|| state.answer(&request))
        };
        // A client that refuses a response closes the connection; such tests expect that.
        let _ = stream.write_all(&answer).await;
        if answer.ends_with(ENDLESS) {
            while stream.write_all(&[0; 4096]).await.is_ok() {}
        }
        if answer.ends_with(DRIPPING) {
            let begun = Instant::now();
            while stream.write_all(b".").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.state.lock().unwrap().dripped.push(begun.elapsed());
        }
        if answer.ends_with(SILENT) {
            std::future::pending::<()>().await;
        }
    }
}

/// A response with this ending sends bytes without end.
pub const ENDLESS: &[u8] = b"(endless)";
/// A response with this ending sends nothing more, and stays open.
pub const SILENT: &[u8] = b"(silent)";

/// A response with this ending continues byte by byte until the client closes the connection.
pub const DRIPPING: &[u8] = b"(dripping)";

/// A response.
pub fn response(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl State {
    fn answer(&mut self, request: &Request) -> Vec<u8> {
        let path = request
            .path
            .strip_prefix("/v2/acme/sms/")
            .unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match (request.method.as_str(), path.split_once('/')) {
            ("POST", Some(("blobs", "uploads/"))) => response(
                202,
                "location: /v2/acme/sms/blobs/uploads/1?state=x\r\n",
                b"",
            ),
            ("PUT", Some(("blobs", _))) => {
                let digest = format!("sha256:{}", sha256(&request.body));
                if !query.ends_with(&format!("digest={}", digest.replace(':', "%3A"))) {
                    return response(400, "", b"");
                }
                self.blobs.insert(digest, request.body.clone());
                response(201, "", b"")
            }
            ("PUT", Some(("manifests", name))) => {
                let is_attached = String::from_utf8_lossy(&request.body).contains("\"subject\"");
                let kind = if name.starts_with("sha256-") {
                    "index"
                } else {
                    "manifest"
                };
                let kind = format!("application/vnd.oci.image.{kind}.v1+json");
                let digest = format!("sha256:{}", sha256(&request.body));
                self.manifests
                    .insert(name.to_owned(), (kind.clone(), request.body.clone()));
                self.manifests.insert(digest, (kind, request.body.clone()));
                let header = if is_attached && self.has_referrers {
                    "oci-subject: x\r\n"
                } else {
                    ""
                };
                response(201, header, b"")
            }
            ("GET", Some(("manifests", name))) => match self.manifests.get(name) {
                Some((kind, bytes)) => response(200, &format!("content-type: {kind}\r\n"), bytes),
                None => response(404, "", b""),
            },
            ("GET" | "HEAD", Some(("blobs", digest))) => match self.blobs.get(digest) {
                Some(_) if request.method == "HEAD" => response(200, "", b""),
                Some(bytes) => response(200, "", bytes),
                None => response(404, "", b""),
            },
            ("GET", Some(("referrers", subject))) if self.has_referrers => self.referrers(subject),
            _ => response(404, "", b""),
        }
    }

    fn referrers(&self, subject: &str) -> Vec<u8> {
        let mut found = Vec::new();
        for (name, (kind, bytes)) in &self.manifests {
            let text = String::from_utf8_lossy(bytes);
            let Some((_, about)) = text.split_once("\"subject\"") else {
                continue;
            };
            let artifact = text
                .split("\"artifactType\":\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            if let (true, true, Some(artifact)) =
                (name.contains(':'), about.contains(subject), artifact)
            {
                found.push(format!(
                    r#"{{"mediaType": "{kind}", "digest": "{name}", "size": {}, "artifactType": "{artifact}"}}"#,
                    bytes.len()
                ));
            }
        }
        let body = format!(
            r#"{{"schemaVersion": 2, "manifests": [{}]}}"#,
            found.join(",")
        );
        response(
            200,
            "content-type: application/vnd.oci.image.index.v1+json\r\n",
            body.as_bytes(),
        )
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = bytes.split_off(head_end);
    while body.len() < length.unwrap_or(0) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => body.extend_from_slice(&buffer[..length]),
        }
    }
    let mut words = head.split(' ');
    Some(Request {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        head,
        body,
    })
}
