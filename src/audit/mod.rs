//! The audit: a catalogue of checks, each a pure function of the exchanges that were collected.
//!
//! Collection and judgement are apart: `collect` sends what the scenario allows and keeps raw exchanges, each
//! with the purpose it was sent for; every check, also those the catalogue calls active, is a pure function of them.

use std::collections::BTreeMap;

use crate::auth::Wallet;
use crate::plan::{Plan, StackId};
use crate::record::CheckOutcome;
use crate::secret::Redactor;
use crate::wire::Endpoint;

/// What an audit of one stack needs.
pub struct AuditInput<'a> {
    /// Routes, profile, consent.
    pub plan: &'a Plan,
    /// Which stack.
    pub stack: StackId,
    /// Where it answers.
    pub endpoint: &'a Endpoint,
    /// The stack's values for templates.
    pub values: &'a BTreeMap<String, String>,
    /// Credentials.
    pub wallet: &'a Wallet,
    /// Takes secrets out of evidence.
    pub redactor: &'a Redactor,
}

/// Collects exchanges from one stack and judges every check of the catalogue on them.
/// A check that cannot run says so; nothing here fails as a whole.
pub async fn audit(input: AuditInput<'_>, say: &(dyn Fn(&str) + Send + Sync)) -> Vec<CheckOutcome> {
    let _ = (input, say);
    todo!()
}
