//! The scenario file: its serde model, its JSON Schema and the diagnostics that point into it.
//! Reading the file is the only I/O here.

pub mod model;
mod ordered;

pub use model::Scenario;
pub use ordered::Ordered;
