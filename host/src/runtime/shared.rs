//! Parts of a host that its plugins share while they run.

use super::queue::Queue;
use crate::error::BuildError;
use crate::http::{Client, Clients};
use crate::limits::Limits;
use crate::options::HostOptions;
use std::sync::Arc;

/// Queue, connections and settings of one host.
pub(crate) struct Shared {
    /// The client of the host's own network.
    pub(crate) client: Arc<Client>,
    pub(crate) clients: Clients,
    pub(crate) limits: Arc<Limits>,
    pub(crate) queue: Queue,
    pub(crate) options: HostOptions,
}

impl Shared {
    pub(crate) fn new(options: HostOptions) -> Result<Self, BuildError> {
        let clients = Clients::new(&options);
        Ok(Self {
            client: clients.shared(&options.network())?,
            clients,
            limits: Arc::new(options.limits.clone()),
            queue: Queue::new(&options.limits, options.tenant_limits.clone()),
            options,
        })
    }
}
