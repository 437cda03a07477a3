//! The templates of one account, looked up by their identifiers.

use alloc::vec::Vec;

use super::ask::{Miss, Question, Session};
use super::wire::{self, integer};
use super::words::{self, Finding};
use crate::config::Account;
use crate::json::Json;
use crate::phone::Route;

/// The templates that a config names for one account, and what the service knows of them.
pub struct Listing<'c> {
    /// Whose they are.
    pub account: &'c Account<'c>,
    /// Nothing more can be learned of this account.
    pub blocked: bool,
    /// What kept some from being looked up.
    pub miss: Option<Miss>,
    wanted: Vec<Wanted>,
}

struct Wanted {
    id: u64,
    /// Bits of the routes that it is to serve, and of those among whose templates the service looked for it.
    serves: u8,
    asked: u8,
    found: Option<Found>,
}

/// A template as the service knows it.
#[derive(Clone, Copy)]
pub struct Found {
    /// 0 for the mainland, 1 for the rest, 3 for both.
    international: u64,
    /// 0 when it may be used; `None` when it was refused, which is -1.
    status: Option<u64>,
    /// How many variables its text has.
    pub variables: u64,
}

/// What the service calls a route.
pub fn international(route: Route) -> u64 {
    match route {
        Route::Mainland => 0,
        Route::International => 1,
    }
}

fn bit(route: Route) -> u8 {
    match route {
        Route::Mainland => 1,
        Route::International => 2,
    }
}

impl<'c> Listing<'c> {
    /// Of which nothing is known.
    pub fn new(account: &'c Account<'c>, blocked: bool) -> Self {
        Self {
            account,
            blocked,
            miss: None,
            wanted: Vec::new(),
        }
    }

    /// Adds a template that is to serve a route.
    pub fn want(&mut self, id: u64, route: Route) {
        match self.wanted.iter_mut().find(|wanted| wanted.id == id) {
            Some(wanted) => wanted.serves |= bit(route),
            None => self.wanted.push(Wanted {
                id,
                serves: bit(route),
                asked: 0,
                found: None,
            }),
        }
    }

    /// Looks every template up where it should be, then those that were not there where they should not be: that
    /// tells a template of the other route from one that does not exist.
    pub fn look_up(&mut self, session: &mut Session<'_>) {
        for (route, stray) in [
            (Route::Mainland, false),
            (Route::International, false),
            (Route::International, true),
            (Route::Mainland, true),
        ] {
            while self.miss.is_none() && !self.blocked {
                let mut batch = Vec::with_capacity(wire::TEMPLATES_BATCH);
                for wanted in &self.wanted {
                    if batch.len() < wire::TEMPLATES_BATCH
                        && wanted.found.is_none()
                        && wanted.asked & bit(route) == 0
                        && (stray || wanted.serves & bit(route) != 0)
                    {
                        batch.push(wanted.id);
                    }
                }
                if batch.is_empty() {
                    break;
                }
                self.look_up_batch(session, route, &batch);
            }
        }
    }

    fn look_up_batch(&mut self, session: &mut Session<'_>, route: Route, batch: &[u64]) {
        let wanted = &mut self.wanted;
        let question = Question {
            account: self.account,
            action: &wire::TEMPLATES,
            national: "",
            body: &|_| wire::templates(international(route), batch),
        };
        let asked = session.ask(&question, &mut |entry, _| {
            let id = integer(entry, "TemplateId")?;
            let content = entry.get("TemplateContent").and_then(Json::as_str)?;
            let found = Found {
                international: integer(entry, "International")?,
                status: integer(entry, "StatusCode"),
                variables: wire::variables(content),
            };
            let wanted = wanted.iter_mut().find(|wanted| wanted.id == id)?;
            wanted.found = Some(found);
            Some(())
        });
        match asked {
            Ok(_) => {
                for wanted in &mut self.wanted {
                    if batch.contains(&wanted.id) {
                        wanted.asked |= bit(route);
                    }
                }
            }
            Err(failure) => self.miss = Some(failure),
        }
    }

    /// The template, if the service has it.
    pub fn found(&self, id: u64) -> Option<Found> {
        self.wanted.iter().find(|wanted| wanted.id == id)?.found
    }

    /// Whether the service looked for it among the route's templates.
    pub fn asked(&self, id: u64, route: Route) -> bool {
        self.wanted
            .iter()
            .any(|wanted| wanted.id == id && wanted.asked & bit(route) != 0)
    }
}

impl Found {
    /// Whether it is for numbers of this route.
    pub fn serves(&self, route: Route) -> bool {
        self.international == 3 || self.international == international(route)
    }

    /// Whether it works with so many parameters, on the route or, without one, on any.
    pub fn judge(&self, route: Option<Route>, declared: u64) -> &'static Finding {
        match (self.status, route, self.international) {
            (_, Some(route), _) if !self.serves(route) => &words::OTHER_ROUTE,
            (Some(1 | 2), ..) => &words::WAITS,
            (None | Some(3..), ..) => &words::REFUSED,
            _ if self.variables != declared => &words::VARIABLES,
            (_, None, 0) => &words::MAINLAND_ONLY,
            (_, None, 1) => &words::INTERNATIONAL_ONLY,
            _ => &words::APPROVED,
        }
    }
}
