//! The text of a gate while it is read, and errors that point into it.

use std::ops::Range;

use super::GateError;

/// What may be named. Unchecked names are taken as they stand: a record can lack what its scenario had.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) stacks: &'a [&'a str],
    pub(crate) routes: &'a [&'a str],
    pub(crate) checked: bool,
}

/// A gate being read.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) names: Names<'a>,
}

impl Parser<'_> {
    pub(super) fn wrong(&self, part: &str, message: impl Into<String>, help: impl Into<String>) -> GateError {
        // Every part is a slice of the text, so its place is the distance between the two.
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        let end = (start + part.len()).min(self.text.len());
        error(message, help, start..end)
    }
}

pub(super) fn error(message: impl Into<String>, help: impl Into<String>, span: Range<usize>) -> GateError {
    GateError { message: message.into(), help: help.into(), span }
}
