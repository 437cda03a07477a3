//! The templates of one account, looked up by their identifiers.

use alloc::vec::Vec;

use connector_kit::contract::Failure;

use super::findings::{self, Finding};
use super::query::{Query, Session};
use super::wire::{self, TemplatesBody};
use crate::config::{Account, Route};

/// The templates that a config names for one account, and what the service knows of them.
pub struct Listing<'c> {
    /// Whose they are.
    pub account: &'c Account<'c>,
    /// Nothing more can be learned of this account.
    pub blocked: bool,
    /// Why some were not looked up.
    pub failure: Option<Failure>,
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
    /// 0 when it may be used, 1 and 2 while it waits, -1 when it was refused.
    status: i64,
    /// How many variables its text has.
    pub variables: usize,
}

/// The service's number for a route.
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
    /// A listing of which nothing is known yet.
    pub fn new(account: &'c Account<'c>, blocked: bool) -> Self {
        Self {
            account,
            blocked,
            failure: None,
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
    pub fn look_up(&mut self, session: &mut Session<'_, '_>) {
        for (route, stray) in [
            (Route::Mainland, false),
            (Route::International, false),
            (Route::International, true),
            (Route::Mainland, true),
        ] {
            while self.failure.is_none() && !self.blocked {
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

    fn look_up_batch(&mut self, session: &mut Session<'_, '_>, route: Route, batch: &[u64]) {
        let query = Query {
            account: self.account,
            action: wire::TEMPLATES,
            national: "",
        };
        let answer = session.ask(query, |_| TemplatesBody {
            international: international(route),
            template_id_set: batch,
        });
        match answer {
            Ok(page) => {
                for template in page.entries {
                    self.take(&template);
                }
                for wanted in &mut self.wanted {
                    if batch.contains(&wanted.id) {
                        wanted.asked |= bit(route);
                    }
                }
            }
            Err(failure) => self.failure = Some(failure),
        }
    }

    fn take(&mut self, template: &wire::Template) {
        let mut wanted = self.wanted.iter_mut();
        if let Some(wanted) = wanted.find(|wanted| wanted.id == template.template_id) {
            wanted.found = Some(Found {
                international: template.international,
                status: template.status_code,
                variables: wire::variables(&template.template_content),
            });
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
    pub fn finding(&self, route: Option<Route>, declared: usize) -> &'static Finding {
        match (self.status, route, self.international) {
            (_, Some(route), _) if !self.serves(route) => &findings::OTHER_ROUTE,
            (1 | 2, ..) => &findings::WAITS,
            (status, ..) if status != 0 => &findings::REFUSED,
            _ if self.variables != declared => &findings::VARIABLES,
            (_, None, 0) => &findings::MAINLAND_ONLY,
            (_, None, 1) => &findings::INTERNATIONAL_ONLY,
            _ => &findings::APPROVED,
        }
    }
}
