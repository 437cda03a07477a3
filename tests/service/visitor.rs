//! Visitor of the console over HTTP: the state that a browser keeps and sends.

use super::running::{Answer, Process, Running, http, http_bytes};

pub const PASSWORD: &str = "correct horse battery";

/// The relevant state of a browser: an origin, cookies, and the token of the last page.
pub struct Visitor {
    pub admin: String,
    pub cookie: String,
    pub token: String,
    /// The one-time token of the page's form.
    pub once: String,
}

impl Visitor {
    pub fn new(process: &Process) -> Self {
        Self {
            admin: process.admin.clone(),
            cookie: String::new(),
            token: String::new(),
            once: String::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        let answer = http(&self.admin, "GET", path, &[("Cookie", &self.cookie)], "").unwrap();
        self.read(&answer);
        answer
    }

    /// Keeps the cookies and the page's tokens.
    fn read(&mut self, answer: &Answer) {
        for cookie in &answer.cookies {
            let (pair, _) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let start = format!("{name}=");
            let others = self.cookie.split("; ").filter(|c| !c.starts_with(&start));
            let mut all: Vec<&str> = others.filter(|c| !c.is_empty()).collect();
            if !value.is_empty() {
                all.push(pair);
            }
            self.cookie = all.join("; ");
        }
        for (name, token) in [("token", &mut self.token), ("once", &mut self.once)] {
            let start = format!("name=\"{name}\" value=\"");
            if let Some((_, rest)) = answer.text.split_once(&start) {
                *token = rest.split('"').next().unwrap().to_owned();
            }
        }
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.admin);
        let answer = self.post_with(
            path,
            fields,
            &[("Origin", &origin), ("Sec-Fetch-Site", "same-origin")],
        );
        self.read(&answer);
        answer
    }

    pub fn post_with(&self, path: &str, fields: &[(&str, &str)], more: &[(&str, &str)]) -> Answer {
        let tokens = [("token", self.token.as_str()), ("once", self.once.as_str())];
        let body: Vec<String> = tokens
            .iter()
            .chain(fields)
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let mut headers = vec![
            ("Cookie", self.cookie.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        headers.extend(more);
        http(&self.admin, "POST", path, &headers, &body.join("&")).unwrap()
    }

    /// Uploads files of a plugin, and returns the address of the review.
    pub fn upload(&mut self, files: &[(&str, &[u8])]) -> String {
        let mut body = Vec::new();
        let mut part = |head: &str, bytes: &[u8]| {
            let head = format!("--cut\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        };
        part("name=\"token\"", self.token.as_bytes());
        for (name, bytes) in files {
            part(&format!("name=\"files\"; filename=\"{name}\""), bytes);
        }
        body.extend_from_slice(b"--cut--\r\n");
        let origin = format!("http://{}", self.admin);
        let headers = [
            ("Cookie", self.cookie.as_str()),
            ("Content-Type", "multipart/form-data; boundary=cut"),
            ("Origin", &origin),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        let path = "/console/plugins/upload";
        let answer = http_bytes(&self.admin, "POST", path, &headers, &body).unwrap();
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.location
    }

    /// Uses a set-up link from the command line.
    pub fn set_up(host: &Running, name: &str) -> Self {
        let made = host.command(&["console-link"], "").unwrap();
        let link = made["link"].as_str().unwrap();
        let link = link.split_once("link=").unwrap().1;
        let mut visitor = Self::new(&host.process);
        assert_eq!(
            visitor.get(&format!("/console/set-up?link={link}")).status,
            200
        );
        let fields = [
            ("link", link),
            ("name", name),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        let entered = visitor.post("/console/set-up", &fields);
        assert_eq!(entered.status, 303, "{}", entered.text);
        visitor.get("/console/t/default/");
        visitor
    }

    pub fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.get("/console/sign-in");
        self.post(
            "/console/sign-in",
            &[("name", name), ("password", password)],
        )
    }
}

fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}
