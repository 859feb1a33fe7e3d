//! The scenario file: its serde model, its JSON Schema and the diagnostics that point into it.
//! Reading the file is the only I/O here.

mod copy;
mod diagnostic;
mod document;
mod duration;
mod mask;
pub mod model;
mod ordered;
mod place;
mod repair;
mod schema;
mod shape;
mod suggest;

pub use copy::scrub_copy;
pub use diagnostic::{Diagnostics, Mistake, Mistakes};
pub use document::{Document, parse, read_text};
pub use duration::{DurationError, parse_duration};
pub use mask::{MASK, sounds_secret, without_secrets};
pub use model::Scenario;
pub use ordered::Ordered;
pub use place::Place;
pub use schema::json_schema;
pub use suggest::{did_you_mean, one_of};
