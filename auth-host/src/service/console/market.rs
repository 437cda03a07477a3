//! Access of the console to registries and catalogues: over the host's network, a few at a time, on threads that may
//! block.

use super::texts::Texts;
use crate::registry::Access;
use crate::service::admin::plugins::NewPlugin;
use crate::service::admin::pulls::{self, Failure};
use crate::service::app::App;
use crate::service::problem::Problem;
use auth_connector_registry::catalogue::Catalogue;
use auth_connector_registry::{Place, ProvenanceKey, Reference, RegistryError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most pulls and catalogues at a time. Each has at most the bounds of a pull, in bytes and in time.
const AT_ONCE: usize = 2;

/// Period for which a catalogue is used again after it was read.
const FRESH: Duration = Duration::from_secs(60);

/// Registries and catalogues.
pub struct Market {
    access: Access,
    has_loopback_http: bool,
    places: Vec<String>,
    turns: Arc<Semaphore>,
    read: Mutex<Vec<Read>>,
}

/// A catalogue that was read.
struct Read {
    place: usize,
    at: Instant,
    catalogue: Arc<Catalogue>,
}

/// Reason why nothing was pulled or read.
pub enum Refusal {
    /// Too many pulls or catalogues are under way.
    Busy,
    /// The reference is a folder of this machine.
    Folder,
    /// A refusal by the registry, or an error in its response.
    Registry(RegistryError),
    /// A refusal by this host.
    Problem(Problem),
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Registry(error) => Self::Registry(error),
            Failure::Problem(problem) => Self::Problem(problem),
        }
    }
}

impl Refusal {
    /// A summary in the reader's language.
    pub fn words(&self, t: Texts) -> String {
        use RegistryError as E;
        match self {
            Self::Busy => t.say("registry-busy"),
            Self::Folder => t.say("registry-folder"),
            Self::Problem(_) => t.say("registry-refused"),
            Self::Registry(error) => match error {
                E::Reference(_) => t.say("registry-reference"),
                E::Credentials(_) => t.say("registry-credentials"),
                E::Unreachable { .. } | E::Broken { .. } => t.say("registry-unreachable"),
                E::Time(_) => t.say("registry-time"),
                E::Absent(_) => t.say("registry-absent"),
                E::TooLarge { .. } => t.say("registry-too-large"),
                E::NoManifest => t.say("registry-no-manifest"),
                E::Provenance(_) => t.say("registry-provenance"),
                E::Load(_) => t.say("registry-refused"),
                E::Malformed { .. }
                | E::Truncated { .. }
                | E::OtherBytes { .. }
                | E::OtherComponent { .. } => t.say("registry-wrong"),
                _ => t.say("registry-failed"),
            },
        }
    }

    /// The exact reason; empty if the summary says everything.
    pub fn reason(&self, t: Texts) -> String {
        match self {
            Self::Busy | Self::Folder => String::new(),
            Self::Registry(error) => t.phrase(&error.phrase()),
            Self::Problem(problem) => problem.text(t),
        }
    }
}

impl Market {
    /// Creates access to registries over the host's network.
    pub fn new(app: &App, places: Vec<String>, has_loopback_http: bool) -> Self {
        let network = app.host.options().clone();
        Self {
            access: Access::new(network, &app.registry_networks, crate::host::registry_proxy)
                .for_service(None, has_loopback_http),
            has_loopback_http,
            places,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            read: Mutex::default(),
        }
    }

    /// A permit for one pull or catalogue.
    fn turn(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let permit = self.turns.clone().try_acquire_owned();
        permit.map_err(|_| Refusal::Busy)
    }

    /// The catalogues of the settings.
    pub fn places(&self) -> &[String] {
        &self.places
    }

    /// Pulls a plugin. Its parts are checked by digests, by the keys in `new`, and by the key of its provenance if one
    /// is given. `id` is the plugin's required id.
    pub async fn pull(
        &self,
        app: &Arc<App>,
        reference: &Reference,
        new: NewPlugin,
        (id, key): (Option<String>, Option<ProvenanceKey>),
    ) -> Result<NewPlugin, Refusal> {
        if matches!(reference.place, Place::Layout(_)) {
            return Err(Refusal::Folder);
        }
        let turn = self.turn()?;
        let access = self.access.clone().for_service(key, self.has_loopback_http);
        let (app, reference) = (app.clone(), reference.clone());
        let pull = async move { pulls::pull(&app, &access, &reference, new, id).await };
        Ok(apart(turn, pull).await??)
    }

    /// Reads a catalogue, or returns one that was read recently.
    pub async fn catalogue(&self, place: usize) -> Result<Arc<Catalogue>, Refusal> {
        let is_it = |read: &&Read| read.place == place && read.at.elapsed() < FRESH;
        let known = {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.iter().find(is_it).map(|read| read.catalogue.clone())
        };
        if let Some(catalogue) = known {
            return Ok(catalogue);
        }
        let address = self.places.get(place).cloned();
        let address = address.ok_or_else(|| Problem::not_found("catalogue"))?;
        let turn = self.turn()?;
        let access = self.access.clone();
        let catalogue = apart(turn, async move { access.catalogue(&address).await }).await??;
        let catalogue = Arc::new(catalogue);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.retain(|read| read.place != place && read.at.elapsed() < FRESH);
        read.push(Read {
            place,
            at: Instant::now(),
            catalogue: catalogue.clone(),
        });
        Ok(catalogue)
    }
}

/// Runs on a thread that may block: digests and documents of some megabytes would delay others. The work holds the
/// permit and continues after the reader leaves.
async fn apart<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Problem> {
    let runtime = Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        runtime.block_on(work)
    })
    .await;
    done.map_err(|error| crate::service::store::StoreError::Failed(error.to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readers who leave at once do not start more work than the bound.
    #[tokio::test(flavor = "multi_thread")]
    async fn permit_is_held_until_the_work_ends() {
        let turns = Arc::new(Semaphore::new(1));
        let permit = turns.clone().try_acquire_owned().unwrap();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let reader = apart(permit, ended);
        let left = tokio::time::timeout(Duration::from_millis(50), reader).await;
        assert!(left.is_err(), "the work goes on");
        assert!(turns.try_acquire().is_err(), "its permit was given back");
        end.send(()).unwrap();
        let next = tokio::time::timeout(Duration::from_secs(10), turns.acquire()).await;
        assert!(next.is_ok_and(|permit| permit.is_ok()));
    }
}
