//! A component that was checked, compiled and linked.

use super::shared::Shared;
use super::state::CallState;
use crate::limits::Limits;
use crate::load::world::Exports;
use crate::report::LoadTimings;
use auth_connector_egress::Egress;
use auth_connector_package::{Description, Provenance};
use std::sync::Arc;
use wasmtime::component::InstancePre;

/// The parts of a plugin, which its handles share.
pub(crate) struct Loaded {
    pub(crate) shared: Arc<Shared>,
    pub(crate) instance: InstancePre<CallState>,
    pub(crate) functions: Exports,
    pub(crate) egress: Arc<Egress>,
    /// The host's, or narrower ones if the plugin's manifest requests less.
    pub(crate) limits: Arc<Limits>,
    pub(crate) description: Description,
    pub(crate) timings: LoadTimings,
    pub(crate) provenance: Option<Provenance>,
}
