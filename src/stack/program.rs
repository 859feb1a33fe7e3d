//! Finding programs: on the PATH and in the system folders that a plain user's PATH leaves out.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::StackError;
use crate::plan::Requirement;

/// Where nginx and its like live; often not on a plain user's PATH.
const SYSTEM: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Checks that every required program is there.
///
/// # Errors
/// All that are missing, with the commands that install them.
pub(super) fn check(requires: &[Requirement]) -> Result<(), StackError> {
    let absent = requires.iter().filter(|r| find(&r.program, Path::new("/"), None).is_none());
    let absent: Vec<&Requirement> = absent.collect();
    match absent.as_slice() {
        [] => Ok(()),
        [only] => Err(missing(&only.program, requires)),
        several => {
            let names: Vec<String> = several.iter().map(|r| format!("`{}`", r.program)).collect();
            let install: Vec<&str> = several.iter().map(|r| r.install.as_str()).collect();
            Err(StackError::Missing {
                programs: format!("{} are", names.join(", ")),
                install: format!("install them with: {}", install.join("; ")),
            })
        }
    }
}

/// The file a program name stands for. A name with a slash is a path, relative to `folder`; `path` takes the
/// place of this process's PATH.
pub(super) fn find(program: &str, folder: &Path, path: Option<&OsStr>) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(folder.join(program)).filter(|file| is_executable(file));
    }
    let own = std::env::var_os("PATH");
    let path = path.or(own.as_deref()).unwrap_or_default();
    std::env::split_paths(path)
        .chain(SYSTEM.iter().map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| is_executable(file))
}

/// The error for a missing program, with the scenario's own hint where it has one.
pub(super) fn missing(program: &str, requires: &[Requirement]) -> StackError {
    let name = Path::new(program).file_name().map(|name| name.to_string_lossy());
    let hint = requires.iter().find(|r| r.program == program || Some(r.program.as_str()) == name.as_deref());
    let install = match hint {
        Some(requirement) => format!("install it with: {}", requirement.install),
        None if program.contains('/') => "the file does not exist or is not executable".to_owned(),
        None => "install it with your system's package manager, or put its folder on the PATH".to_owned(),
    };
    StackError::Missing { programs: format!("`{program}` is"), install }
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(program: &str) -> Requirement {
        Requirement { program: program.into(), install: "apt-get install it".into() }
    }

    #[test]
    fn finds_what_is_there() {
        assert!(find("sh", Path::new("/"), None).is_some());
        assert_eq!(find("bin/sh", Path::new("/"), None), Some(PathBuf::from("/bin/sh")));
        assert!(find("sh", Path::new("/"), Some(OsStr::new("/bin"))).is_some());
        assert_eq!(find("etc/passwd", Path::new("/"), None), None);
        assert!(check(&[requirement("sh")]).is_ok());
    }

    #[test]
    fn a_missing_program_says_how_to_install_it() {
        let error = check(&[requirement("sh"), requirement("no-such-program")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`no-such-program` is not installed; install it with: apt-get install it"
        );
        let error = check(&[requirement("no-such-program"), requirement("sh"), requirement("nor-this")]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "`no-such-program`, `nor-this` are not installed; install them with: apt-get install it; apt-get install it"
        );
        let error = missing("/opt/no-such-program", &[requirement("no-such-program")]);
        assert!(error.to_string().contains("apt-get install it"));
        assert_eq!(
            missing("other", &[]).to_string(),
            "`other` is not installed; install it with your system's package manager, or put its folder on the PATH"
        );
    }
}
