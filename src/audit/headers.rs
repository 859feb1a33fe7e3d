//! Checks of this family.

use super::check::Check;

/// The family.
pub const CHECKS: &[Check] = &[];
