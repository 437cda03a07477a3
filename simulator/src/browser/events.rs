//! Server-sent events of the inbox page: changes, polled a few times a second.
//!
//! Each event is one JSON object with everything that changed, so that a burst of thousands of messages is a few events
//! and not thousands. A page that connects gets everything that is kept, oldest first.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::clock::ClockMode;
use crate::inbox::Message;
use crate::service::Service;
use crate::state::State;

/// Interval between two polls.
const PAUSE: Duration = Duration::from_millis(150);

/// Entries of each list in one event.
const MOST: usize = 500;

/// A comment is sent after so long without an event, to detect a page that has left.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The first and the last sequence number of a list, and its length, from which a page detects deletions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Span {
    oldest: u64,
    newest: u64,
    count: usize,
}

impl Span {
    fn of(mut sequences: impl DoubleEndedIterator<Item = u64> + ExactSizeIterator) -> Self {
        let count = sequences.len();
        let oldest = sequences.next().unwrap_or_default();
        Self {
            oldest,
            newest: sequences.next_back().unwrap_or(oldest),
            count,
        }
    }

    fn to_json(self) -> Value {
        json!({ "oldest": self.oldest, "newest": self.newest, "count": self.count })
    }
}

/// The state that a page was last sent.
#[derive(Default, PartialEq)]
struct Told {
    messages: Span,
    requests: Span,
    faults: Value,
    chaos: Value,
    clock: Option<ClockMode>,
}

/// Starts the event stream of a page. It ends when the page leaves, or when `stop` completes.
pub fn begin(
    service: Arc<Service>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> mpsc::Receiver<Bytes> {
    let (events, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut stop = std::pin::pin!(stop);
        let mut told = Told::default();
        let mut spoke = Instant::now();
        loop {
            let (event, has_more) = look(&service, &mut told);
            let text = match event {
                Some(event) => Some(format!("data: {event}\n\n")),
                None if spoke.elapsed() > KEEP_ALIVE => Some(":\n\n".to_owned()),
                None => None,
            };
            if let Some(text) = text {
                spoke = Instant::now();
                let sent = tokio::select! {
                    sent = events.send(Bytes::from(text)) => sent.is_ok(),
                    () = &mut stop => false,
                };
                if !sent {
                    return;
                }
            }
            if has_more {
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = events.closed() => return,
                () = &mut stop => return,
            }
        }
    });
    receiver
}

/// Returns the next event, and whether another is due at once.
fn look(service: &Service, told: &mut Told) -> (Option<Value>, bool) {
    let clock = service.clock().mode();
    let state = service.state();
    let messages = Span::of(state.inbox.iter().map(|message| message.sequence));
    let requests = Span::of(state.journal.iter().map(|entry| entry.sequence));
    let faults = json!(state.faults);
    let chaos = json!(state.chaos.as_ref().map(|(chaos, _)| chaos));
    let before = std::mem::replace(
        told,
        Told {
            messages,
            requests,
            faults: faults.clone(),
            chaos: chaos.clone(),
            clock: Some(clock),
        },
    );
    if before == *told {
        return (None, false);
    }
    // After a reset the inbox is empty until the next message.
    let is_new = requests.newest < before.requests.newest
        || messages.newest < before.messages.newest && messages.count > 0;
    let (message_after, request_after) = match is_new {
        true => (0, 0),
        false => (before.messages.newest, before.requests.newest),
    };
    let new_messages = messages_after(&state, message_after);
    let new_requests: Vec<_> = state
        .journal
        .iter()
        .filter(|entry| entry.sequence > request_after)
        .take(MOST)
        .collect();
    // Entries beyond the limit go into the next event.
    if let Some(last) = new_messages.last() {
        told.messages.newest = last.sequence;
    }
    if let Some(last) = new_requests.last() {
        told.requests.newest = last.sequence;
    }
    let has_more = told.messages.newest < messages.newest || told.requests.newest < requests.newest;
    let shown: Vec<Value> = new_messages.iter().map(|message| shown(message)).collect();
    let mode = match clock {
        ClockMode::Running { .. } => "running",
        ClockMode::Frozen { .. } => "frozen",
    };
    let event = json!({
        "is_new": is_new,
        "messages": shown,
        "message_span": messages.to_json(),
        "requests": new_requests,
        "request_span": requests.to_json(),
        "faults": faults,
        "chaos": chaos,
        "clock": { "mode": mode, "unix_ms": service.clock().now_ms() },
    });
    (Some(event), has_more)
}

fn messages_after(state: &State, after: u64) -> Vec<&Message> {
    let newer = state
        .inbox
        .iter()
        .filter(|message| message.sequence > after);
    newer.take(MOST).collect()
}

/// A message with its code, which the control plane returns separately.
fn shown(message: &Message) -> Value {
    let mut value = json!(message);
    if let Some(object) = value.as_object_mut() {
        object.insert("otp".to_owned(), json!(message.otp()));
    }
    value
}
