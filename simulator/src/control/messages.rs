//! Reads the inbox and the journal, and waits for messages.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::json;
use tokio::time::Instant;

use super::query::Query;
use super::types::{Asked, Problem, ok};
use crate::inbox::Message;

/// Longest wait of a long poll, in seconds.
const LONGEST_WAIT_S: u64 = 60;

/// Filter for messages, and the time to wait for the first.
struct Wanted {
    to: Option<String>,
    after: u64,
    wait: Duration,
}

impl Wanted {
    fn read(asked: &Asked<'_>) -> Result<Self, Problem> {
        let query = Query::parse(&asked.query, &["to", "after", "wait"])?;
        Ok(Self {
            to: query.phone("to")?,
            after: query.number("after", 0, u64::MAX)?.unwrap_or_default(),
            wait: Duration::from_secs(query.number("wait", 0, LONGEST_WAIT_S)?.unwrap_or_default()),
        })
    }

    fn matches(&self, message: &Message) -> bool {
        message.sequence > self.after && self.to.as_ref().is_none_or(|to| message.to == *to)
    }

    /// Searches now and after every change, until there is a result or the wait is over.
    async fn find<T>(&self, asked: &Asked<'_>, look: impl Fn(&Self) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + self.wait;
        let mut changed = asked.service.subscribe();
        loop {
            if let Some(found) = look(self) {
                return Some(found);
            }
            tokio::time::timeout_at(deadline, changed.changed())
                .await
                .ok()?
                .ok()?;
        }
    }
}

/// `GET /_sim/messages`: all that match, oldest first, as soon as there is one. Returns none when the wait is over.
pub async fn list(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    let wanted = Wanted::read(asked)?;
    let found = wanted
        .find(asked, |wanted| {
            let state = asked.service.state();
            let found: Vec<Message> = state
                .inbox
                .iter()
                .filter(|m| wanted.matches(m))
                .cloned()
                .collect();
            (!found.is_empty()).then_some(found)
        })
        .await;
    ok(&json!({ "messages": found.unwrap_or_default() }))
}

/// `GET /_sim/otp/latest`: the newest verification code.
pub async fn latest_otp(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    let wanted = Wanted::read(asked)?;
    let found = wanted
        .find(asked, |wanted| {
            let state = asked.service.state();
            state
                .inbox
                .iter()
                .rev()
                .find(|m| wanted.matches(m) && m.otp().is_some())
                .cloned()
        })
        .await;
    match found {
        Some(message) => ok(&json!({ "otp": message.otp(), "message": message })),
        None => Err(Problem::not_found(
            "no message with a verification code has come",
        )),
    }
}

/// `DELETE /_sim/messages`: empties the inbox, or removes the messages to one number.
pub fn delete(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    let query = Query::parse(&asked.query, &["to"])?;
    let to = query.phone("to")?;
    let deleted = asked.service.state().inbox.clear(to.as_deref());
    ok(&json!({ "deleted": deleted }))
}

/// `GET /_sim/journal`: each request and its outcome, oldest first.
pub fn journal(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    let query = Query::parse(&asked.query, &["after"])?;
    let after = query.number("after", 0, u64::MAX)?.unwrap_or_default();
    let state = asked.service.state();
    let entries: Vec<_> = state
        .journal
        .iter()
        .filter(|entry| entry.sequence > after)
        .collect();
    ok(&json!({ "entries": entries }))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::Future;
    use std::pin::pin;
    use std::sync::atomic::AtomicBool;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;

    use super::*;
    use crate::fuzzing;

    #[tokio::test]
    async fn wait_looks_again_after_each_change() {
        let service = fuzzing::service(false);
        let asked = Asked {
            service: &service,
            omit_date: &AtomicBool::new(false),
            query: String::new(),
            body: Bytes::new(),
        };
        let wanted = Wanted {
            to: None,
            after: 0,
            wait: Duration::from_secs(20),
        };
        let (is_there, looks) = (Cell::new(false), Cell::new(0));
        let mut found = pin!(wanted.find(&asked, |_| {
            looks.set(looks.get() + 1);
            is_there.get().then_some(())
        }));
        let mut poll = || found.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!((poll(), looks.get()), (Poll::Pending, 1));
        service.advance_clock(Duration::ZERO);
        assert_eq!((poll(), looks.get()), (Poll::Pending, 2));
        is_there.set(true);
        assert_eq!((poll(), looks.get()), (Poll::Pending, 2));
        service.advance_clock(Duration::ZERO);
        assert_eq!(poll(), Poll::Ready(Some(())));
    }
}
