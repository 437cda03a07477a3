//! Simulated service: turns one request into one response, without a network.
//!
//! All decisions of the service are made here; [`crate::server`] only transports bytes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::action::Action;
use crate::actions::send_sms::{self, SendStatus};
use crate::actions::{lists, reports, statistics};
use crate::catalogue::Catalogue;
use crate::clock::{Clock, ClockMode};
use crate::codes;
use crate::gateway::Admitted;
use crate::gateway::Gateway;
use crate::gateway::signature::{self, Leniency, Verified};
use crate::inbox::Message;
use crate::journal::{JournalEntry, RECIPIENTS_LIMIT, RecipientVerdict, SignatureVerdict};
use crate::mask;
use crate::parameters;
use crate::reply::{Answer, Payload};
use crate::request::{ApiRequest, Refusal};
use crate::spoil;
use crate::state::State;

/// Outcome of one request, for the observer.
#[derive(Clone, Debug)]
pub struct Event {
    /// The journal's entry.
    pub entry: JournalEntry,
    /// The messages that were accepted.
    pub accepted: Vec<Message>,
}

/// Called once per API request, after the decision and before the response.
pub type Observer = Box<dyn Fn(&Event) + Send + Sync>;

/// The simulated service.
pub struct Service {
    catalogue: Catalogue,
    clock: Clock,
    leniency: Leniency,
    observer: Option<Observer>,
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

impl Service {
    /// A service in its initial state.
    pub fn new(
        catalogue: Catalogue,
        clock: Clock,
        leniency: Leniency,
        state: State,
        observer: Option<Observer>,
    ) -> Self {
        Self {
            catalogue,
            clock,
            leniency,
            observer,
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
        }
    }

    /// Its catalogue.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The mutable state. Locked briefly, never across an await.
    pub fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not stop the simulator.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the clock and notifies all subscribers.
    pub fn set_clock(&self, mode: ClockMode) {
        self.clock.set(mode);
        self.changed();
    }

    /// Moves the clock forward and notifies all subscribers.
    pub fn advance_clock(&self, by: Duration) {
        self.clock.advance(by);
        self.changed();
    }

    /// Notifies of every accepted message and every change of the clock.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Notifies all subscribers.
    fn changed(&self) {
        self.changes
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Decides one request. `complete` is true if its whole body arrived (it is cut at the size limit); `fault` names
    /// the fault that the response will get.
    pub fn process(&self, request: &ApiRequest, complete: bool, fault: Option<&str>) -> Answer {
        let now_ms = self.clock.now_ms();
        let mut entry = JournalEntry {
            time_unix_ms: now_ms,
            complete,
            body_bytes: request.body.len(),
            fault: fault.map(str::to_owned),
            ..JournalEntry::default()
        };
        let chinese = request.header("X-TC-Language") == Some("zh-CN");
        let mut accepted = Vec::new();
        let gateway = Gateway {
            catalogue: &self.catalogue,
            now_ms,
        };
        let checked = self.check(&gateway, request, &mut entry);
        let overlooked = checked.as_ref().ok().and_then(|(_, who)| who.overlooked);
        // One lock from here on: the state cannot change during a request, and the journal has requests in the order in
        // which they changed it.
        let mut state = self.state();
        let request_id = state.random.uuid();
        entry.request_id.clone_from(&request_id);
        let decided = checked.and_then(|(action, who)| {
            let admitted = gateway.admit(request, action, &who, &request_id, &mut state.rates)?;
            self.act(
                action,
                &admitted,
                &gateway,
                &mut state,
                &mut entry,
                &mut accepted,
            )
        });
        let payload = decided.unwrap_or_else(|refusal| {
            entry.detail.extend(refusal.detail.iter().cloned());
            Payload::refused(&refusal, chinese)
        });
        entry.verdict = payload.verdict().to_owned();
        let overlooked = overlooked.map(|what| format!("overlooked, being lenient: {what}"));
        entry.detail.extend(overlooked);
        self.record(state, entry, accepted);
        Answer {
            payload,
            request_id,
        }
    }

    /// Records a request that a fault kept from being processed.
    pub fn record_unprocessed(
        &self,
        action: Option<&str>,
        complete: bool,
        body: &[u8],
        fault: &str,
    ) {
        let recipients = if complete {
            asked_for(body, "")
        } else {
            Vec::new()
        };
        let entry = JournalEntry {
            time_unix_ms: self.clock.now_ms(),
            action: action
                .and_then(Action::from_name)
                .map(|a| a.name().to_owned()),
            complete,
            body_bytes: body.len(),
            recipients,
            fault: Some(fault.to_owned()),
            ..JournalEntry::default()
        };
        self.record(self.state(), entry, Vec::new());
    }

    /// Refuses a request with a fault's code, without any check.
    pub fn refuse_unprocessed(
        &self,
        request: &ApiRequest,
        code: &str,
        message: Option<&str>,
    ) -> Answer {
        let action = action_of(request);
        // Responses of other actions have no status per number.
        let statuses = (action == Some(Action::SendSms)).then(|| failed(request));
        let request_id = self.state().random.uuid();
        let mut answer = Answer {
            payload: Payload::Statuses { statuses },
            request_id,
        };
        spoil::refuse(&mut answer, code, message);
        let recipients = match &answer.payload {
            Payload::Statuses {
                statuses: Some(set),
            } => set.iter().take(RECIPIENTS_LIMIT).map(verdict).collect(),
            _ => asked_for(&request.body, code),
        };
        let entry = JournalEntry {
            time_unix_ms: self.clock.now_ms(),
            action: action.map(|a| a.name().to_owned()),
            verdict: code.to_owned(),
            request_id: answer.request_id.clone(),
            complete: true,
            body_bytes: request.body.len(),
            recipients,
            fault: Some("code".to_owned()),
            ..JournalEntry::default()
        };
        self.record(self.state(), entry, Vec::new());
        answer
    }

    /// Records it in the journal, releases the lock, and notifies subscribers and the observer.
    fn record(
        &self,
        mut state: MutexGuard<'_, State>,
        entry: JournalEntry,
        accepted: Vec<Message>,
    ) {
        let entry = entry.bounded();
        let observed = self.observer.as_ref().map(|told| (told, entry.clone()));
        let sequence = state.journal.push(entry);
        drop(state);
        if !accepted.is_empty() {
            self.changed();
        }
        if let Some((observer, mut entry)) = observed {
            entry.sequence = sequence;
            observer(&Event { entry, accepted });
        }
    }

    /// The checks that need only the request and the catalogue.
    fn check<'a>(
        &'a self,
        gateway: &Gateway<'a>,
        request: &ApiRequest,
        entry: &mut JournalEntry,
    ) -> Result<(Action, Verified<'a>), Refusal> {
        entry.action = action_of(request).map(|action| action.name().to_owned());
        let action = gateway.common(request, entry.complete)?;
        let (now_ms, leniency) = (gateway.now_ms, self.leniency);
        let verified = signature::verify(request, &self.catalogue, now_ms, leniency, entry);
        entry.signature = Some(match &verified {
            Err(_) => SignatureVerdict::Refused,
            Ok(who) if who.overlooked.is_none() => SignatureVerdict::Right,
            Ok(_) => SignatureVerdict::Overlooked,
        });
        Ok((action, verified?))
    }

    fn act(
        &self,
        action: Action,
        admitted: &Admitted<'_>,
        gateway: &Gateway<'_>,
        state: &mut State,
        entry: &mut JournalEntry,
        accepted: &mut Vec<Message>,
    ) -> Result<Payload, Refusal> {
        let (catalogue, now_ms) = (&self.catalogue, gateway.now_ms);
        let data = match action {
            Action::SendSms => {
                let outcome = send_sms::run(admitted, catalogue, now_ms, state)?;
                entry.detail.extend(outcome.detail);
                entry.recipients = outcome.statuses.iter().map(verdict).collect();
                *accepted = outcome.accepted;
                return Ok(Payload::Statuses {
                    statuses: Some(outcome.statuses),
                });
            }
            Action::DescribeSmsTemplateList => lists::templates(admitted),
            Action::DescribeSmsSignList => lists::signatures(admitted),
            Action::SmsPackagesStatistics => {
                statistics::packages(admitted, catalogue, now_ms, state)
            }
            Action::SendStatusStatistics => statistics::send_status(admitted, catalogue, state),
            Action::DescribePhoneNumberInfo => reports::phone_info(admitted),
            Action::PullSmsSendStatus => reports::pull(admitted, catalogue, now_ms, state),
            Action::PullSmsSendStatusByPhoneNumber => {
                reports::pull_by_number(admitted, catalogue, now_ms, state)
            }
            Action::DescribeSendRecordList => {
                reports::send_records(admitted, catalogue, now_ms, state)
            }
            Action::ReportConversion => reports::conversion(admitted, catalogue),
        };
        data.map(Payload::Data)
    }
}

fn action_of(request: &ApiRequest) -> Option<Action> {
    request.header("X-TC-Action").and_then(Action::from_name)
}

/// A status for each number that a request names.
fn failed(request: &ApiRequest) -> Vec<SendStatus> {
    let given = parameters::read(request, Action::SendSms.schema()).unwrap_or_default();
    send_sms::failed(&given, &codes::UNKNOWN_ERROR)
}

fn numbers(body: &Value) -> impl Iterator<Item = &str> {
    let numbers = body.get("PhoneNumberSet").and_then(Value::as_array);
    numbers.into_iter().flatten().filter_map(Value::as_str)
}

/// The numbers of a request that was not processed, each with this verdict.
fn asked_for(body: &[u8], verdict: &str) -> Vec<RecipientVerdict> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    numbers(&body)
        .take(RECIPIENTS_LIMIT)
        .map(|number| RecipientVerdict {
            number: mask::phone_number(number),
            verdict: verdict.to_owned(),
        })
        .collect()
}

fn verdict(status: &SendStatus) -> RecipientVerdict {
    RecipientVerdict {
        number: mask::phone_number(&status.phone_number),
        verdict: status.code.to_string(),
    }
}
