//! What is said on the two streams. In GitHub Actions nothing of it may be taken for a workflow command: it repeats what
//! stacks said.

use std::io::Write as _;

use crate::report::github;

/// Whether this is a step of GitHub Actions, whose runner reads commands from both streams.
pub(super) fn in_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Text for people on standard output.
pub(super) fn out(text: &str) {
    if in_github() { raw(&github::disarmed(text)) } else { raw(text) }
}

/// What a program reads on standard output, as it is. A reader that has seen enough closes the pipe: that is no failure.
/// NO_COLOR is anstream's to heed.
pub(super) fn raw(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// Lines on standard error.
pub(super) fn err(text: &str) {
    if in_github() {
        anstream::eprintln!("{}", github::disarmed(text))
    } else {
        anstream::eprintln!("{text}")
    }
}
