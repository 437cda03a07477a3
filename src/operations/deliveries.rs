//! Looks up the messages to a number and their states.
//!
//! | action | reaches back | has |
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

use connector_kit::contract::{
    Deliveries, Delivery, DeliveryQuery, DeliveryState, Failure, FailureKind, attribute,
};
use connector_kit::http::Client;
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::{self, Scrubber};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::query::{Page, Session, not_understood};
use super::wire::{self, Action, Record, Report};
use crate::api;
use crate::config::{Account, Config, Route};

/// The age of the oldest records, in seconds.
const RECORDS_REACH_S: u64 = 72 * 3600;
/// The age of the oldest reports, in seconds.
const REPORTS_REACH_S: u64 = 7 * 86_400;
/// The difference, in seconds, that the clocks of host and service may have; the service accepts no signature beyond it.
const SKEW_S: u64 = 300;
/// The largest offset that the service takes.
const MAX_OFFSET: u64 = 1000;

/// Looks up the deliveries of a message.
///
/// # Errors
/// [`Failure`] when the number cannot work, or when neither records nor reports could be read.
pub fn find(
    config: &Config<'_>,
    query: &DeliveryQuery,
    client: &mut Client<'_>,
) -> Result<Deliveries, Failure> {
    let number = PhoneNumber::parse(&query.to)?;
    let mut search = Search {
        session: Session::new(client, config, number.national()),
        account: config.account(Route::of(&number)),
        number: &number,
        query,
        known: Vec::new(),
    };
    let covered = match search.records() {
        Err(failure) if is_final(&failure) => return Err(failure),
        covered => covered,
    };
    let is_complete = matches!(covered, Ok(true));
    let has_id = |known: &Known| !known.delivery.message_id.is_empty();
    if !is_complete || search.known.iter().any(has_id) {
        let reports = search.reports(is_complete);
        if let (Err(failure), Err(_)) = (covered, reports) {
            // The first refusal is more precise about the account than the second.
            return Err(failure);
        }
    }
    let fitting = search.known.into_iter().filter(|known| known.fits(query));
    let mut found: Vec<Delivery> = fitting.map(|known| known.delivery).collect();
    found.sort_by_key(|delivery| delivery.age_s);
    // The key's id and its token travel in headers, which a service or a proxy may write back.
    let secrets = search.account.secrets();
    let echoes = |written: &str| secrets.iter().any(|secret| written.contains(secret));
    for delivery in &mut found {
        delivery.attributes.retain(|(_, value)| !echoes(value));
        if echoes(&delivery.message_id) {
            delivery.message_id.clear();
        }
    }
    Ok(Deliveries {
        found,
        exhaustive: is_complete,
    })
}

/// True if the other query would meet the same failure.
fn is_final(failure: &Failure) -> bool {
    let kinds = [FailureKind::Authentication, FailureKind::InvalidConfig];
    failure.provider_code.is_none() || kinds.contains(&failure.kind)
}

struct Search<'q, 's, 't> {
    session: Session<'s, 't>,
    account: &'q Account<'q>,
    number: &'q PhoneNumber,
    query: &'q DeliveryQuery,
    known: Vec<Known>,
}

/// A message that the service has.
struct Known {
    delivery: Delivery,
    /// The correlation id in the carrier's report about it, once that was read.
    correlation_id: Option<String>,
}

impl Search<'_, '_, '_> {
    /// Requests a page about the number, from the beginning of the period or of the service's reach.
    fn ask<E: DeserializeOwned>(
        &mut self,
        action: Action,
        reach_s: u64,
        limit: u64,
        offset: u64,
    ) -> Result<Page<E>, Failure> {
        let (app, number) = (&self.account.sdk_app_id, self.number.e164());
        let begin = |now| beginning(now, self.query.max_age_s, reach_s);
        let body = |now| {
            json!({
                "PhoneNumber": number, "SmsSdkAppId": app, "BeginTime": begin(now), "Limit": limit, "Offset": offset,
            })
        };
        self.session.ask(self.account, action, body)
    }

    /// Reads the records. Returns whether they are complete and cover the period.
    fn records(&mut self) -> Result<bool, Failure> {
        let mut offset = 0;
        loop {
            let (mut known, page) = match self.page_of_records(offset) {
                Err(failure) if offset == 0 => return Err(failure),
                // The earlier pages are worth keeping.
                Err(_) => return Ok(false),
                Ok(page) => page,
            };
            known.retain(|each| self.is_recent(each));
            self.known.append(&mut known);
            let count = page.entries.len() as u64;
            offset += count;
            let is_last = match page.total {
                Some(total) => offset >= total,
                None => count < wire::RECORDS_PAGE,
            };
            if is_last {
                let max_age_s = self.query.max_age_s;
                let begin = beginning(page.asked_at, max_age_s, RECORDS_REACH_S);
                return Ok(begin.saturating_add(max_age_s.into()) <= page.now);
            }
            if count == 0 || offset > MAX_OFFSET {
                return Ok(false);
            }
        }
    }

    /// An answer with an entry about another number, or without what an entry must have, is not understood as a whole.
    fn page_of_records(&mut self, offset: u64) -> Result<(Vec<Known>, Page<Record>), Failure> {
        let page = self.ask(wire::RECORDS, RECORDS_REACH_S, wire::RECORDS_PAGE, offset)?;
        let read = |entry| record(entry, self.number, page.now).ok_or_else(not_understood);
        let known = page.entries.iter().map(read).collect::<Result<_, _>>()?;
        Ok((known, page))
    }

    /// Reads the carriers' reports. Messages found only in them count if the records do not cover the period.
    fn reports(&mut self, is_covered: bool) -> Result<(), Failure> {
        let page = self.ask(wire::REPORTS, REPORTS_REACH_S, wire::REPORTS_PAGE, 0)?;
        // If messages share a serial number, the newest gets the report.
        self.known.sort_by_key(|known| known.delivery.age_s);
        for entry in &page.entries {
            let reported = report(entry, self.number, page.now).ok_or_else(not_understood)?;
            self.take_report(reported, &entry.session_context, is_covered);
        }
        Ok(())
    }

    fn take_report(&mut self, reported: Known, correlation_id: &str, is_covered: bool) {
        let is_recent = self.is_recent(&reported);
        let is_same = |each: &&mut Known| each.delivery.message_id == reported.delivery.message_id;
        let known = match self.known.iter_mut().find(is_same) {
            Some(known) => {
                if known.delivery.state == DeliveryState::Pending {
                    known.delivery.state = reported.delivery.state;
                    known.delivery.attributes = reported.delivery.attributes;
                }
                known
            }
            None if is_covered || !is_recent => return,
            None => self.known.push_mut(reported),
        };
        if known.correlation_id.is_none() {
            // The requested one is the caller's own; another may be anything.
            let is_wanted = self.query.correlation_id.as_deref() == Some(correlation_id);
            if is_wanted || is_repeatable(correlation_id, self.number) {
                let attributes = &mut known.delivery.attributes;
                attributes.push(attribute("correlation-id", correlation_id));
            }
            known.correlation_id = Some(correlation_id.into());
        }
    }

    fn is_recent(&self, known: &Known) -> bool {
        known.delivery.age_s <= self.query.max_age_s.saturating_add(1)
    }
}

impl Known {
    /// True if it can be the message that is looked for. A serial number identifies a message better than the correlation
    /// id that was sent along.
    fn fits(&self, query: &DeliveryQuery) -> bool {
        match (&query.message_id, &query.correlation_id) {
            (Some(id), _) => *id == self.delivery.message_id,
            (None, Some(id)) => self.correlation_id.as_ref().is_none_or(|found| found == id),
            (None, None) => true,
        }
    }
}

/// The beginning of the period to request: earlier by the difference that clocks may have, and within the service's
/// reach by as much.
fn beginning(now: u64, max_age_s: u32, reach_s: u64) -> u64 {
    let back = (u64::from(max_age_s) + SKEW_S).min(reach_s - SKEW_S);
    now.saturating_sub(back)
}

/// An entry of the records, if it is about the number.
fn record(entry: &Record, number: &PhoneNumber, now: u64) -> Option<Known> {
    let (state, code) = match entry.send_status? {
        1 => (DeliveryState::Undelivered, &entry.request_code),
        2 => (DeliveryState::Delivered, &entry.status_code),
        3 => (DeliveryState::Pending, &entry.status_code),
        4 => (DeliveryState::Undelivered, &entry.status_code),
        _ => (DeliveryState::Other, &entry.status_code),
    };
    // A message that the service refused has no serial number.
    let serial = Some(entry.serial_no.as_str()).filter(|_| entry.send_status != Some(1));
    let age_s = now.saturating_sub(entry.send_time?);
    known(&entry.phone_number, number, serial, age_s, state, code)
}

/// An entry of the reports, if it is about the number. It lacks the time at which the service accepted the message, so
/// the age is that of the report.
fn report(entry: &Report, number: &PhoneNumber, now: u64) -> Option<Known> {
    let state = match entry.report_status.as_str() {
        "SUCCESS" => DeliveryState::Delivered,
        _ => DeliveryState::Undelivered,
    };
    let age_s = now.saturating_sub(entry.user_receive_time?);
    let (serial, code) = (Some(entry.serial_no.as_str()), &entry.description);
    known(&entry.phone_number, number, serial, age_s, state, code)
}

fn known(
    written: &str,
    number: &PhoneNumber,
    serial: Option<&str>,
    age_s: u64,
    state: DeliveryState,
    code: &str,
) -> Option<Known> {
    if !api::is_number(written, number) {
        return None;
    }
    let message_id = match serial {
        Some(serial) => redact::identifier(serial)?,
        None => String::new(),
    };
    let code = is_repeatable(code, number).then(|| attribute("provider-code", code));
    let delivery = Delivery {
        message_id,
        age_s: u32::try_from(age_s).unwrap_or(u32::MAX),
        state,
        attributes: code.into_iter().collect(),
    };
    Some(Known {
        delivery,
        correlation_id: None,
    })
}

/// True if a text is an identifier without the number in it. Secrets are removed separately, by [`find`].
fn is_repeatable(identifier: &str, number: &PhoneNumber) -> bool {
    Scrubber::DIGITS_ONLY
        .identifier_without(identifier, number.national())
        .is_some()
}

#[cfg(test)]
mod tests;
