//! Catalogue of the simulated service: accounts, keys, applications, signatures, templates and limits.
//!
//! Read from YAML (see `simulator/catalogue.yaml`, every key explained) or built in code.

mod check;
mod example;
mod id;
mod load;
mod template;
mod types;

pub use check::Finding;
pub use load::CatalogueError;
pub use types::{
    Account, App, Catalogue, Credential, NumberLimits, Signature, Status, Template, TemplateKind,
    TemplateRoute,
};
