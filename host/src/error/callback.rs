//! Callbacks that were not read.

use super::call::CallError;
use super::host_fault::HostFault;
use crate::contract::CallbackRefusal;

/// Why a provider's callback was not read. Nothing of it counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// It is not a callback that counts: see its kind. A new attempt with the same callback ends the same.
    #[error("{}: {}", .0.kind.as_str(), .0.message)]
    Refused(CallbackRefusal),
    /// The plugin gave no answer, or was not asked. The provider may call again.
    #[error(transparent)]
    Failed(#[from] CallError),
}

impl From<HostFault> for CallbackError {
    fn from(fault: HostFault) -> Self {
        Self::Failed(fault.into())
    }
}
