//! Ends a stack's processes when `shakedown` itself is killed and cannot.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// Reads the ids of process groups until its input ends, which the system sees to however we end; then ends
/// those groups. (`PR_SET_PDEATHSIG` would have to be asked for between fork and exec, which is unsafe code,
/// and watches the thread that forked, not the process.)
const SCRIPT: &str = r#"
while read -r group; do groups="$groups $group"; done
for group in $groups; do kill -TERM "-$group"; done
sleep 5
for group in $groups; do kill -KILL "-$group"; done
"#;

/// A shell at the other end of a pipe.
pub(super) struct Warden {
    shell: Child,
}

impl Warden {
    /// Starts it, in a group of its own so that Ctrl-C does not reach it.
    pub(super) fn post() -> std::io::Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Warden { shell })
    }

    /// Names one more group to end.
    pub(super) fn watch(&mut self, group: u32) {
        if let Some(pipe) = &mut self.shell.stdin {
            // It can only be gone if someone killed it; the stack runs as well without.
            let _ = writeln!(pipe, "{group}");
        }
    }

    /// Sends it away, before its input ends: the ids it knows may be others' by now.
    pub(super) fn dismiss(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        self.dismiss();
    }
}
