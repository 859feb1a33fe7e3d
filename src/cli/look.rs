//! How text looks where it goes.

use std::io::IsTerminal as _;
use std::path::Path;

use crate::report::terminal::{Look, WIDEST};

/// On a terminal in colour and as wide as it is, up to a limit; elsewhere plain and as wide as that. NO_COLOR is anstream's to heed.
pub(super) fn of_stdout(folder: Option<&Path>) -> Look<'_> {
    let color = std::io::stdout().is_terminal();
    let width = match rustix::termios::tcgetwinsize(std::io::stdout()) {
        // Some terminals say nothing, which is zero.
        Ok(size) if color && size.ws_col > 0 => usize::from(size.ws_col).min(WIDEST),
        _ => WIDEST,
    };
    Look { color, width, folder }
}
