//! Queries at the service: checks of a config, and the deliveries of a message. None of them sends anything.

pub mod check;
pub mod deliveries;
mod findings;
mod packages;
mod query;
mod templates;
mod wire;

use alloc::vec::Vec;

use connector_kit::Operations;
use connector_kit::contract::{Check, Deliveries, DeliveryQuery, Failure};
use connector_kit::http::Client;
use connector_kit::text::Language;

use crate::TencentSms;
use crate::config::Config;

impl Operations for TencentSms {
    fn check(
        config: &Config<'_>,
        language: Language,
        client: &mut Client<'_>,
    ) -> Result<Vec<Check>, Failure> {
        check::check(config, language, client)
    }

    fn find(
        config: &Config<'_>,
        query: &DeliveryQuery,
        client: &mut Client<'_>,
    ) -> Result<Deliveries, Failure> {
        deliveries::find(config, query, client)
    }
}
