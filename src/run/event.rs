//! What a run says while it goes on.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::engine::SecondTally;

/// What a run says while it goes on.
#[derive(Debug, Clone)]
pub enum Event {
    /// A step of preparation, start or audit.
    Step {
        /// The stack; absent for steps shared by all.
        stack: Option<String>,
        /// In words.
        text: String,
    },
    /// The audit sends its next probe, or an earlier one again.
    Probing {
        /// The stack.
        stack: String,
        /// In words.
        text: String,
    },
    /// Credentials obtained so far.
    Tokens {
        /// The stack.
        stack: String,
        /// Obtained.
        done: usize,
        /// Wanted.
        total: usize,
    },
    /// Warm-up began.
    WarmUp {
        /// The stack.
        stack: String,
        /// How long it takes.
        duration: Duration,
    },
    /// The measured part began.
    Measuring {
        /// The stack.
        stack: String,
        /// How long it takes.
        duration: Duration,
    },
    /// A second of the measured part is over.
    Second {
        /// The stack.
        stack: String,
        /// What was counted in it.
        tally: Box<SecondTally>,
        /// Response times of its good answers in nanoseconds.
        response: Box<Histogram<u64>>,
    },
    /// A block begins.
    Block {
        /// The stack.
        stack: String,
        /// Which one it is, from 1.
        number: u32,
        /// Of how many.
        count: u32,
    },
    /// A load of a series begins.
    Probe {
        /// The stack.
        stack: String,
        /// What is tried: `searching 400/s … 800/s at 566/s`.
        text: String,
        /// Which one it is: `probe 5 of at most 30`.
        count: String,
    },
    /// Something a person should know now rather than at the end.
    Warning(String),
}
