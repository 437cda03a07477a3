//! What became of messages to a number.
//!
//! | asked | reaches back | knows |
//! |---|---|---|
//! | `DescribeSendRecordList` | 72 hours | every message, those on their way and those that the service refused included; no correlation id |
//! | `PullSmsSendStatusByPhoneNumber` | 7 days | what carriers reported, with the correlation id (`SessionContext`) |
//!
//! The records come first. The reports add correlation ids, and stand in where the records do not reach or are not open
//! to the account. A message without a report yet has no correlation id, so one that fits number and time is named
//! without it rather than left out: the caller must not take its absence for *not sent*.
//!
//! The texts of messages come along in the records and are dropped unread.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

use super::ask::{Miss, Question, Session};
use super::wire::{self, integer, text};
use crate::config::{self, Account, Config};
use crate::connector::{Host, check_correlation_id, invalid_config, invalid_message, read};
use crate::contract::{
    Deliveries, Delivery, DeliveryQuery, DeliveryState, Failure, FailureKind, attribute,
};
use crate::json::Json;
use crate::language::Language;
use crate::phone::PhoneNumber;
use crate::redact::Scrubber;
use crate::text::find;

/// How far back records reach, in seconds.
const RECORDS_REACH_S: u64 = 72 * 3600;
/// How far back reports reach, in seconds.
const REPORTS_REACH_S: u64 = 7 * 86_400;
/// By how much the clocks of host and service may differ; the service accepts no signature beyond that.
const SKEW_S: u64 = 300;
/// The largest offset that the service takes.
const MAX_OFFSET: u64 = 1000;

/// Looks up what became of a message.
///
/// # Errors
/// [`Failure`] when the config or the query cannot work, or when neither records nor reports could be asked.
pub fn find_deliveries(
    config: &str,
    query: &DeliveryQuery,
    timeout_ms: Option<u32>,
    host: &mut dyn Host,
) -> Result<Deliveries, Failure> {
    let language = Language::English;
    let document = config::parse(config).map_err(|finding| invalid_config(&[finding], language))?;
    let config = read(Config::read(&document), language)?;
    let number = PhoneNumber::parse(&query.to).map_err(|error| invalid_message(error.message()))?;
    check_correlation_id(query.correlation_id.as_ref())?;
    let mut search = Search {
        session: Session::new(host, &config, timeout_ms),
        account: config.account(number.route()),
        number: &number,
        query,
        known: Vec::new(),
    };
    let covered = match search.records() {
        Err(miss) if is_final(&miss) => return Err(*miss),
        covered => covered,
    };
    let complete = matches!(covered, Ok(true));
    let taken = |known: &Known| !known.delivery.message_id.is_empty();
    let reports = if complete && !search.known.iter().any(taken) {
        Ok(())
    } else {
        search.reports(complete)
    };
    match (covered, reports) {
        // What the first was refused with says more about the account than the second.
        (Err(miss), Err(_)) => Err(*miss),
        _ => {
            let secrets = search.account.secrets();
            let mut found = search.fitting();
            found
                .iter_mut()
                .for_each(|delivery| keep_out(delivery, &secrets));
            Ok(Deliveries {
                found,
                exhaustive: complete,
            })
        }
    }
}

/// Takes out what echoes a secret: the key's id and its token travel in headers, which a service or a proxy may
/// write back.
fn keep_out(delivery: &mut Delivery, secrets: &[&str]) {
    let echoes = |written: &str| secrets.iter().any(|secret| find(written, secret).is_some());
    delivery.attributes.retain(|(_, value)| !echoes(value));
    if echoes(&delivery.message_id) {
        delivery.message_id.clear();
    }
}

/// Whether the other look-up would meet the same.
fn is_final(failure: &Failure) -> bool {
    failure.provider_code.is_none()
        || matches!(
            failure.kind,
            FailureKind::Authentication | FailureKind::InvalidConfig
        )
}

struct Search<'s, 'h> {
    session: Session<'h>,
    account: &'s Account<'s>,
    number: &'s PhoneNumber,
    query: &'s DeliveryQuery,
    /// Newest first.
    known: Vec<Known>,
}

/// A message that the service knows.
struct Known {
    delivery: Delivery,
    /// Whether it can be the one that is looked for, as far as is known.
    fits: bool,
    /// Whether a carrier's report about it was seen.
    reported: bool,
}

impl Search<'_, '_> {
    /// The records. Whether they are complete and cover the period.
    fn records(&mut self) -> Result<bool, Miss> {
        let max_age_s = self.query.max_age_s;
        let (account, number, query) = (self.account, self.number, self.query);
        let known = &mut self.known;
        let begin = Cell::new(0);
        let mut offset = 0;
        loop {
            let question = Question {
                account,
                action: &wire::RECORDS,
                national: number.national(),
                body: &|now| {
                    begin.set(beginning(now, max_age_s, RECORDS_REACH_S));
                    wire::records(&account.sdk_app_id, number, begin.get(), offset)
                },
            };
            let asked = self.session.ask(&question, &mut |entry, now| {
                let record = record(entry, number, now)?;
                if record.age_s <= max_age_s.saturating_add(1) {
                    add(known, record, query);
                }
                Some(())
            });
            let page = match asked {
                Ok(page) => page,
                Err(failure) if offset == 0 => return Err(failure),
                // What the pages before had is worth keeping.
                Err(_) => return Ok(false),
            };
            offset += page.count;
            let last = match page.total {
                Some(total) => offset >= total,
                None => page.count < wire::RECORDS_PAGE,
            };
            if last {
                return Ok(begin.get().saturating_add(max_age_s.into()) <= page.now);
            }
            if page.count == 0 || offset > MAX_OFFSET {
                return Ok(false);
            }
        }
    }

    /// The carriers' reports. Messages that only they know count where the records do not cover the period.
    fn reports(&mut self, covered: bool) -> Result<(), Miss> {
        let (account, number, query) = (self.account, self.number, self.query);
        let known = &mut self.known;
        let question = Question {
            account,
            action: &wire::REPORTS,
            national: number.national(),
            body: &|now| {
                let begin = beginning(now, query.max_age_s, REPORTS_REACH_S);
                wire::reports(&account.sdk_app_id, number, begin)
            },
        };
        let asked = self.session.ask(&question, &mut |entry, now| {
            let report = report(entry, number, now)?;
            let same = |known: &Known| known.delivery.message_id == report.message_id;
            let place = match known.iter().position(same) {
                None if covered || report.age_s > query.max_age_s.saturating_add(1) => {
                    return Some(());
                }
                None => add(known, report, query),
                Some(place) => {
                    let found = known.get_mut(place)?;
                    if found.delivery.state == DeliveryState::Pending {
                        found.delivery.state = report.state;
                        found.delivery.attributes = report.attributes;
                    }
                    place
                }
            };
            let found = known.get_mut(place)?;
            if !found.reported {
                found.reported = true;
                found.correlate(text(entry, "SessionContext"), number, query);
            }
            Some(())
        });
        asked.map(|_| ())
    }

    fn fitting(self) -> Vec<Delivery> {
        let mut fitting = Vec::new();
        for known in self.known {
            if known.fits {
                fitting.push(known.delivery);
            }
        }
        fitting
    }
}

impl Known {
    /// Takes over the correlation id that the carrier's report has.
    fn correlate(&mut self, id: &str, number: &PhoneNumber, query: &DeliveryQuery) {
        let ours = query.correlation_id.as_deref() == Some(id);
        // The one asked for is the caller's own; another may be anything.
        if ours || is_repeatable(id, number) {
            self.delivery
                .attributes
                .push(attribute("correlation-id", id));
        }
        // A serial number identifies a message better than what was sent along.
        if !ours && query.correlation_id.is_some() && query.message_id.is_none() {
            self.fits = false;
        }
    }
}

/// Puts a message where it belongs by age, and says where. By hand: the standard library's sort takes 5 KB of the
/// component, and there are a few messages.
fn add(known: &mut Vec<Known>, delivery: Delivery, query: &DeliveryQuery) -> usize {
    let older = |known: &Known| known.delivery.age_s > delivery.age_s;
    let place = known.iter().position(older).unwrap_or(known.len());
    let fits = match &query.message_id {
        Some(id) => *id == delivery.message_id,
        None => true,
    };
    known.insert(
        place,
        Known {
            delivery,
            fits,
            reported: false,
        },
    );
    place
}

/// From when to ask: earlier than the period by what clocks may differ, and within the service's reach by as much.
fn beginning(now: u64, max_age_s: u32, reach_s: u64) -> u64 {
    let back = (u64::from(max_age_s) + SKEW_S).min(reach_s - SKEW_S);
    now.saturating_sub(back)
}

/// An entry of `SendRecordSet`, if it is about the number.
fn record(entry: &Json<'_>, number: &PhoneNumber, now: u64) -> Option<Delivery> {
    let (state, code) = match integer(entry, "SendStatus")? {
        1 => (DeliveryState::Undelivered, "RequestCode"),
        2 => (DeliveryState::Delivered, "StatusCode"),
        3 => (DeliveryState::Pending, "StatusCode"),
        4 => (DeliveryState::Undelivered, "StatusCode"),
        _ => (DeliveryState::Other, "StatusCode"),
    };
    delivery(entry, number, now, "SendTime", state, code)
}

/// An entry of `PullSmsSendStatusSet`, if it is about the number. It does not say when the service took the message, so
/// the age is that of the report.
fn report(entry: &Json<'_>, number: &PhoneNumber, now: u64) -> Option<Delivery> {
    let state = match text(entry, "ReportStatus") {
        "SUCCESS" => DeliveryState::Delivered,
        _ => DeliveryState::Undelivered,
    };
    delivery(entry, number, now, "UserReceiveTime", state, "Description")
}

fn delivery(
    entry: &Json<'_>,
    number: &PhoneNumber,
    now: u64,
    time: &str,
    state: DeliveryState,
    code: &str,
) -> Option<Delivery> {
    let written = text(entry, "PhoneNumber");
    if written.strip_prefix('+').unwrap_or(written) != number.digits() {
        return None;
    }
    let age_s = now.saturating_sub(integer(entry, time)?);
    let message_id = if code == "RequestCode" {
        // The service refused the message, so it has none.
        String::new()
    } else {
        PLAIN.identifier(text(entry, "SerialNo"))?
    };
    let mut attributes = Vec::new();
    let code = text(entry, code);
    if is_repeatable(code, number) {
        attributes.push(attribute("provider-code", code));
    }
    Some(Delivery {
        message_id,
        age_s: u32::try_from(age_s).unwrap_or(u32::MAX),
        state,
        attributes,
    })
}

/// Whether it is an identifier, without the number in it.
fn is_repeatable(identifier: &str, number: &PhoneNumber) -> bool {
    PLAIN
        .identifier_without(identifier, number.national())
        .is_some()
}

/// Of secrets, [`keep_out`] takes care.
const PLAIN: Scrubber<'static> = Scrubber { sensitive: &[] };

#[cfg(test)]
mod tests;
