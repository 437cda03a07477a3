//! Looks up what became of messages to a number.
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

use connector_kit::contract::{
    Deliveries, Delivery, DeliveryQuery, DeliveryState, Failure, FailureKind, Turn, attribute,
};
use connector_kit::http::Client;
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::Scrubber;

use super::query::{Query, Session};
use super::wire::{self, AboutBody, Record, Report};
use crate::config::{Account, Config, Route};

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
/// [`Failure`] when the number cannot work, or when neither records nor reports could be asked.
pub fn find(
    config: &Config<'_>,
    query: &DeliveryQuery,
    client: &mut Client<'_>,
) -> Result<Deliveries, Failure> {
    let number = PhoneNumber::parse(&query.to)
        .map_err(|error| Failure::invalid_message(error.message()))?;
    let mut search = Search {
        session: Session::new(client, config),
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
    let reports = if is_complete && !search.known.iter().any(has_id) {
        Ok(())
    } else {
        search.reports(is_complete)
    };
    if let (Err(failure), Err(_)) = (&covered, reports) {
        // The first refusal says more about the account than the second.
        return Err(failure.clone());
    }
    let secrets = search.account.secrets();
    let fitting = search.known.into_iter().filter(|known| known.fits);
    let mut found: Vec<Delivery> = fitting.map(|known| known.delivery).collect();
    for delivery in &mut found {
        remove_secrets(delivery, &secrets);
    }
    Ok(Deliveries {
        found,
        exhaustive: is_complete,
    })
}

/// Removes what echoes a secret: the key's id and its token travel in headers, which a service or a proxy may write
/// back.
fn remove_secrets(delivery: &mut Delivery, secrets: &[&str]) {
    let echoes = |written: &str| secrets.iter().any(|secret| written.contains(secret));
    delivery.attributes.retain(|(_, value)| !echoes(value));
    if echoes(&delivery.message_id) {
        delivery.message_id.clear();
    }
}

/// Whether the other query would meet the same.
fn is_final(failure: &Failure) -> bool {
    failure.provider_code.is_none()
        || matches!(
            failure.kind,
            FailureKind::Authentication | FailureKind::InvalidConfig
        )
}

/// An answer with an entry about another number, or without what an entry must have, is not understood as a whole.
fn not_understood() -> Failure {
    Failure::new(
        FailureKind::Provider,
        Turn::Provider,
        "The answer is not one to what was asked.",
    )
}

struct Search<'q, 's, 't> {
    session: Session<'s, 't>,
    account: &'q Account<'q>,
    number: &'q PhoneNumber,
    query: &'q DeliveryQuery,
    /// Newest first.
    known: Vec<Known>,
}

/// A message that the service knows.
struct Known {
    delivery: Delivery,
    /// Whether it can be the one that is looked for, as far as is known.
    fits: bool,
    /// Whether a carrier's report about it was read.
    is_reported: bool,
}

impl<'q> Search<'q, '_, '_> {
    fn about(&self, action: &'static str) -> Query<'q> {
        Query {
            account: self.account,
            action,
            national: self.number.national(),
        }
    }

    /// Reads the records. Returns whether they are complete and cover the period.
    fn records(&mut self) -> Result<bool, Failure> {
        let max_age_s = self.query.max_age_s;
        let (query, app, number) = (
            self.about(wire::RECORDS),
            &self.account.sdk_app_id,
            self.number,
        );
        let begin = Cell::new(0);
        let mut offset = 0;
        loop {
            let page = self.session.ask(query, |now| {
                begin.set(beginning(now, max_age_s, RECORDS_REACH_S));
                AboutBody::records(app, number, begin.get(), offset)
            });
            let taken = page.and_then(|page| {
                let deliveries: Option<Vec<Delivery>> = page
                    .entries
                    .iter()
                    .map(|entry| record(entry, number, page.now))
                    .collect();
                let deliveries = deliveries.ok_or_else(not_understood)?;
                Ok((deliveries, page.total, page.now))
            });
            let (deliveries, total, now) = match taken {
                Ok(taken) => taken,
                Err(failure) if offset == 0 => return Err(failure),
                // What the earlier pages had is worth keeping.
                Err(_) => return Ok(false),
            };
            let count = deliveries.len() as u64;
            for delivery in deliveries {
                if delivery.age_s <= max_age_s.saturating_add(1) {
                    self.add(delivery);
                }
            }
            offset += count;
            let is_last = match total {
                Some(total) => offset >= total,
                None => count < wire::RECORDS_PAGE,
            };
            if is_last {
                return Ok(begin.get().saturating_add(max_age_s.into()) <= now);
            }
            if count == 0 || offset > MAX_OFFSET {
                return Ok(false);
            }
        }
    }

    /// Reads the carriers' reports. Messages that only they know count where the records do not cover the period.
    fn reports(&mut self, is_covered: bool) -> Result<(), Failure> {
        let (number, max_age_s) = (self.number, self.query.max_age_s);
        let (query, app) = (self.about(wire::REPORTS), &self.account.sdk_app_id);
        let page = self.session.ask(query, |now| {
            let begin = beginning(now, max_age_s, REPORTS_REACH_S);
            AboutBody::reports(app, number, begin)
        })?;
        for entry in &page.entries {
            let delivery = report(entry, number, page.now).ok_or_else(not_understood)?;
            self.take_report(delivery, &entry.session_context, is_covered);
        }
        Ok(())
    }

    fn take_report(&mut self, report: Delivery, correlation_id: &str, is_covered: bool) {
        let is_same = |known: &Known| known.delivery.message_id == report.message_id;
        let index = match self.known.iter().position(is_same) {
            Some(index) => {
                if let Some(known) = self.known.get_mut(index)
                    && known.delivery.state == DeliveryState::Pending
                {
                    known.delivery.state = report.state;
                    known.delivery.attributes = report.attributes;
                }
                index
            }
            None if is_covered || report.age_s > self.query.max_age_s.saturating_add(1) => return,
            None => self.add(report),
        };
        if let Some(known) = self.known.get_mut(index)
            && !known.is_reported
        {
            known.is_reported = true;
            known.correlate(correlation_id, self.number, self.query);
        }
    }

    /// Inserts a message by its age, and returns its index.
    fn add(&mut self, delivery: Delivery) -> usize {
        let index = self
            .known
            .partition_point(|known| known.delivery.age_s <= delivery.age_s);
        let wanted = self.query.message_id.as_ref();
        let fits = wanted.is_none_or(|id| *id == delivery.message_id);
        self.known.insert(
            index,
            Known {
                delivery,
                fits,
                is_reported: false,
            },
        );
        index
    }
}

impl Known {
    /// Takes over the correlation id that the carrier's report has.
    fn correlate(&mut self, id: &str, number: &PhoneNumber, query: &DeliveryQuery) {
        let is_wanted = query.correlation_id.as_deref() == Some(id);
        // The one asked for is the caller's own; another may be anything.
        if is_wanted || is_repeatable(id, number) {
            self.delivery
                .attributes
                .push(attribute("correlation-id", id));
        }
        // A serial number identifies a message better than what was sent along.
        if !is_wanted && query.correlation_id.is_some() && query.message_id.is_none() {
            self.fits = false;
        }
    }
}

/// From when to ask: earlier than the period by what clocks may differ, and within the service's reach by as much.
fn beginning(now: u64, max_age_s: u32, reach_s: u64) -> u64 {
    let back = (u64::from(max_age_s) + SKEW_S).min(reach_s - SKEW_S);
    now.saturating_sub(back)
}

/// An entry of the records, if it is about the number.
fn record(entry: &Record, number: &PhoneNumber, now: u64) -> Option<Delivery> {
    let is_refused = entry.send_status? == 1;
    let state = match entry.send_status? {
        1 | 4 => DeliveryState::Undelivered,
        2 => DeliveryState::Delivered,
        3 => DeliveryState::Pending,
        _ => DeliveryState::Other,
    };
    let (serial, code) = if is_refused {
        // The service refused the message, so it has no serial number.
        (None, &entry.request_code)
    } else {
        (Some(entry.serial_no.as_str()), &entry.status_code)
    };
    let age_s = now.saturating_sub(entry.send_time?);
    delivery(&entry.phone_number, number, serial, age_s, state, code)
}

/// An entry of the reports, if it is about the number. It does not say when the service took the message, so the age is
/// that of the report.
fn report(entry: &Report, number: &PhoneNumber, now: u64) -> Option<Delivery> {
    let state = match entry.report_status.as_str() {
        "SUCCESS" => DeliveryState::Delivered,
        _ => DeliveryState::Undelivered,
    };
    let age_s = now.saturating_sub(entry.user_receive_time?);
    let serial = Some(entry.serial_no.as_str());
    delivery(
        &entry.phone_number,
        number,
        serial,
        age_s,
        state,
        &entry.description,
    )
}

fn delivery(
    written: &str,
    number: &PhoneNumber,
    serial: Option<&str>,
    age_s: u64,
    state: DeliveryState,
    code: &str,
) -> Option<Delivery> {
    if written.strip_prefix('+').unwrap_or(written) != number.digits() {
        return None;
    }
    let message_id = match serial {
        Some(serial) => WITHOUT_SECRETS.identifier(serial)?,
        None => String::new(),
    };
    let mut attributes = Vec::new();
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

/// Whether a text is an identifier without the number in it.
fn is_repeatable(identifier: &str, number: &PhoneNumber) -> bool {
    WITHOUT_SECRETS
        .identifier_without(identifier, number.national())
        .is_some()
}

/// Secrets are removed separately by [`remove_secrets`].
const WITHOUT_SECRETS: Scrubber<'static> = Scrubber { sensitive: &[] };

#[cfg(test)]
mod tests;
