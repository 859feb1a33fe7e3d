//! The wish for a core before others, for what measures time.

use std::path::Path;
use std::process::{Command, Stdio};

/// Asks the system to let the calling thread, and those it will start, run before others whenever they can. Without
/// the right to that the machine must be calm by itself.
pub fn before_others() {
    scheduled(&["--fifo", "--pid", "1"]);
}

/// Whether the calling thread is scheduled as these words of `chrt` say from now on.
pub fn scheduled(how: &[&str]) -> bool {
    let Ok(thread) = std::fs::read_link("/proc/thread-self") else { return false };
    let Some(thread) = thread.file_name().map(Path::new) else { return false };
    let mut ask = Command::new("chrt");
    let asked = ask.args(how).arg(thread).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}
