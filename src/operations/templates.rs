//! The templates of one account, looked up by their identifiers.

use alloc::vec::Vec;

use connector_kit::contract::Failure;
use serde_json::json;

use super::findings::{self, Finding};
use super::query::Session;
use super::wire::{self, TemplateStatus};
use crate::config::{Account, Route};

/// The templates that a config names for one account, and the service's answers about them.
pub struct Listing<'c> {
    /// The account that has them.
    pub account: &'c Account<'c>,
    /// True if further queries of this account would add nothing.
    pub is_blocked: bool,
    /// The failure that left some of them open.
    pub failure: Option<Failure>,
    /// The templates, each with a route that it is to serve.
    wanted: Vec<(u64, Route)>,
    /// The templates, each with a route among whose templates the service looked for it.
    asked: Vec<(u64, Route)>,
    found: Vec<TemplateStatus>,
}

/// The service's number for a route.
pub fn international(route: Route) -> u64 {
    match route {
        Route::Mainland => 0,
        Route::International => 1,
    }
}

impl<'c> Listing<'c> {
    /// A listing without templates.
    pub fn new(account: &'c Account<'c>, is_blocked: bool) -> Self {
        Self {
            account,
            is_blocked,
            failure: None,
            wanted: Vec::new(),
            asked: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Adds a template, if there is one, that is to serve a route.
    pub fn want(&mut self, id: Option<u64>, route: Route) {
        let wanted = id.map(|id| (id, route));
        let new = wanted.filter(|wanted| !self.wanted.contains(wanted));
        self.wanted.extend(new);
    }

    /// Looks every template up among those of its route. Those that are not there are looked up among the other
    /// route's: that distinguishes a template of the other route from one that does not exist.
    pub fn look_up(&mut self, session: &mut Session<'_, '_>) {
        use Route::{International, Mainland};
        for (among, to_serve) in [
            (Mainland, Mainland),
            (International, International),
            (International, Mainland),
            (Mainland, International),
        ] {
            let is_open = |id: u64| self.found(id).is_none() && !self.asked(id, among);
            let wanted = self.wanted.iter().filter(|(_, route)| *route == to_serve);
            let ids: Vec<u64> = wanted
                .map(|(id, _)| *id)
                .filter(|id| is_open(*id))
                .collect();
            for batch in ids.chunks(wire::TEMPLATES_BATCH) {
                if self.failure.is_none() && !self.is_blocked {
                    self.look_up_batch(session, among, batch);
                }
            }
        }
    }

    fn look_up_batch(&mut self, session: &mut Session<'_, '_>, among: Route, batch: &[u64]) {
        let international = international(among);
        let body = |_| json!({"International": international, "TemplateIdSet": batch});
        let page = session.ask(self.account, wire::TEMPLATES, body);
        match page {
            Ok(page) => {
                self.found.extend(page.entries);
                self.asked.extend(batch.iter().map(|id| (*id, among)));
            }
            Err(failure) => self.failure = Some(failure),
        }
    }

    /// The template, if the service has it.
    pub fn found(&self, id: u64) -> Option<&TemplateStatus> {
        let mut latest_first = self.found.iter().rev();
        latest_first.find(|found| found.template_id == id)
    }

    /// True if the service looked for it among the route's templates.
    pub fn asked(&self, id: u64, route: Route) -> bool {
        self.asked.contains(&(id, route))
    }
}

impl TemplateStatus {
    /// True if it is for numbers of this route.
    pub fn serves(&self, route: Route) -> bool {
        self.international == 3 || self.international == international(route)
    }

    /// The finding about its use with `declared` parameters, on the route or, without one, on any.
    pub fn finding(&self, route: Option<Route>, declared: usize) -> &'static Finding {
        let review = findings::review(self.status_code);
        match (route, self.international) {
            (Some(route), _) if !self.serves(route) => &findings::OTHER_ROUTE,
            _ if self.status_code != 0 => review,
            _ if wire::variables(&self.template_content) != declared => &findings::VARIABLES,
            (None, 0) => &findings::MAINLAND_ONLY,
            (None, 1) => &findings::INTERNATIONAL_ONLY,
            _ => review,
        }
    }
}
