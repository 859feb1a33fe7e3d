//! Secrets: values that never reach a report, a log, an error or a process list.
//!
//! `SecretString` (from `secrecy`) keeps a value out of `Debug` output; [`Redactor`] takes every known
//! secret out of text that came from elsewhere (response bodies, process logs).

mod redactor;
mod spelling;
mod value;
mod vocabulary;

pub use redactor::{Redactor, mark};
pub use secrecy::{ExposeSecret, SecretString};
pub use spelling::{of_token, parts, spellings};
