//! Server-sent events of the inbox page: what is new, looked at a few times a second.
//!
//! Each event is one JSON object with everything that changed, so that a burst of thousands of messages is a few events
//! and not thousands. A page that connects gets all that there is, oldest first.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::clock::ClockMode;
use crate::inbox::Message;
use crate::service::Service;
use crate::world::World;

/// How often the world is looked at.
const PAUSE: Duration = Duration::from_millis(150);

/// Entries of each list in one event.
const MOST: usize = 500;

/// A comment goes out after so long without an event, so that a page that left is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Where a list begins and ends, and how long it is: a page that has more was not told of a deletion.
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

/// What a page was told of last.
#[derive(Default, PartialEq)]
struct Told {
    messages: Span,
    requests: Span,
    faults: Value,
    chaos: Value,
    clock: Option<ClockMode>,
}

/// Begins to tell a page what happens. Ends when it leaves, or when `stop` completes.
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

/// The next event, and whether there is more to tell at once.
fn look(service: &Service, told: &mut Told) -> (Option<Value>, bool) {
    let clock = service.clock().mode();
    let world = service.world();
    let messages = Span::of(world.inbox.iter().map(|message| message.sequence));
    let requests = Span::of(world.journal.iter().map(|entry| entry.sequence));
    let faults = json!(world.faults);
    let chaos = json!(world.chaos.as_ref().map(|(chaos, _)| chaos));
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
    // After a reset there is none, until one comes.
    let is_new = requests.newest < before.requests.newest
        || messages.newest < before.messages.newest && messages.count > 0;
    let (message_after, request_after) = match is_new {
        true => (0, 0),
        false => (before.messages.newest, before.requests.newest),
    };
    let new_messages = messages_after(&world, message_after);
    let new_requests: Vec<_> = world
        .journal
        .iter()
        .filter(|entry| entry.sequence > request_after)
        .take(MOST)
        .collect();
    // What did not fit is told next.
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

fn messages_after(world: &World, after: u64) -> Vec<&Message> {
    let newer = world
        .inbox
        .iter()
        .filter(|message| message.sequence > after);
    newer.take(MOST).collect()
}

/// A message with its code, which programs ask for apart.
fn shown(message: &Message) -> Value {
    let mut value = json!(message);
    if let Some(object) = value.as_object_mut() {
        object.insert("otp".to_owned(), json!(message.otp()));
    }
    value
}
