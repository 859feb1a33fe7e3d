//! What may still be sent to one stack.

use std::time::Duration;

use tokio::time::Instant;

use crate::wire::{Failure, FailureKind, Response};

/// A stack that was silent that often in a row is not asked again.
const SILENT: u32 = 5;
/// No probe begins to send later than this after the first.
pub(super) const LONGEST: Duration = Duration::from_secs(300);
/// Most bytes of requests to one stack.
pub(super) const BYTES: usize = 64 * 1024 * 1024;
/// Why a probe was not sent as a whole.
pub(super) const AT_ITS_LIMIT: &str = "it came to its limit of requests";

/// Counts down.
pub(super) struct Budget {
    /// The requests that the probe at hand may still send.
    requests: usize,
    bytes: usize,
    deadline: Instant,
    /// Requests without an answer since the last one.
    silent: u32,
}

impl Budget {
    /// All of it, from now on, and no probe at hand.
    pub fn new() -> Self {
        Budget { requests: 0, bytes: BYTES, deadline: Instant::now() + LONGEST, silent: 0 }
    }

    /// Why there is none left.
    pub fn given_up(&self) -> Option<String> {
        if self.silent >= SILENT {
            return Some(format!("{SILENT} requests in a row got no answer"));
        }
        if self.bytes == 0 {
            return Some(format!("{} MiB were sent", BYTES >> 20));
        }
        (Instant::now() >= self.deadline).then(|| format!("the audit took {} s", LONGEST.as_secs()))
    }

    /// Allows so many requests from here on.
    pub fn allow(&mut self, most: usize) {
        self.requests = most;
    }

    /// Takes so many requests, all or none: whether they may be sent.
    pub fn take(&mut self, requests: usize) -> bool {
        let left = self.requests.checked_sub(requests);
        self.requests = left.unwrap_or(self.requests);
        left.is_some()
    }

    /// Counts bytes of bodies.
    pub fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Moves the end: time that the scenario has asked for.
    pub fn put_off(&mut self, by: Duration) {
        self.deadline += by;
    }

    /// Counts silence.
    pub fn heard(&mut self, answer: &Result<Response, Failure>) {
        self.silent = match answer {
            // A reset is an answer to some of the probes.
            Err(failure) if matches!(failure.kind, FailureKind::Timeout | FailureKind::Connect) => {
                self.silent + 1
            }
            _ => 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{EIGHT, silence};
    use super::*;
    use crate::audit::probe::{Probe, Unsent};

    #[tokio::test]
    async fn a_probe_sends_no_more_than_it_says() {
        let (sent, unsent) = silence(&EIGHT).await;
        assert_eq!(sent, 3);
        assert_eq!(unsent, Some(Unsent::Refused("it came to its limit of requests".into())));
    }

    #[tokio::test]
    async fn a_stack_that_is_silent_is_left_alone() {
        let (sent, unsent) = silence(&Probe { most: 100, ..EIGHT }).await;
        assert_eq!(sent, SILENT as usize);
        assert_eq!(unsent, Some(Unsent::Refused("5 requests in a row got no answer".into())));
    }
}
