//! Readers that are not ours: Python packages in a virtual environment of the tests' own.

#![allow(dead_code, reason = "each test file uses its own readers")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What reads our files.
const PACKAGES: &str = "check-jsonschema==0.39.0 cmarkgfm==2025.10.22 junitparser==5.0.3 opentelemetry-proto==1.45.2 prometheus-client==0.26.0 rotel==0.0.1a15";

/// The environment's folder, made once and kept in the target folder.
fn environment() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers");
        let stamp = folder.join("packages");
        if fs::read_to_string(&stamp).is_ok_and(|text| text == PACKAGES) {
            return folder;
        }
        // What a test that was cut short left is of no use.
        fs::remove_dir_all(&folder).ok();
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(Command::new(folder.join("bin/python")).args(pip).args(PACKAGES.split(' ')));
        fs::write(&stamp, PACKAGES).unwrap();
        folder
    })
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// What a Python script prints; `sys.argv[1:]` are the arguments.
pub fn python(script: &str, arguments: &[&Path]) -> String {
    run(Command::new(environment().join("bin/python")).args(["-c", script]).args(arguments))
}

/// What a script prints of each file, from one process: `sys.argv[1]` is the file.
pub fn each<'a>(script: &str, files: impl IntoIterator<Item = &'a Path>) -> Vec<String> {
    const EACH: &str = "\
import sys
script, files = sys.argv[1], sys.argv[2:]
for file in files:
    sys.argv = ['', file]
    try:
        exec(script, {})
    except BaseException:
        print(file, file=sys.stderr)
        raise
    print('\\x1e')
";
    let mut command = Command::new(environment().join("bin/python"));
    let said = run(command.args(["-c", EACH, script]).args(files));
    said.split_terminator("\u{1e}\n").map(str::to_owned).collect()
}

/// Panics with every violation unless JSON or YAML files are valid against a schema.
pub fn valid<'a>(schema: &Path, files: impl IntoIterator<Item = &'a PathBuf>) {
    let mut command = Command::new(environment().join("bin/check-jsonschema"));
    // Schemas write patterns as browsers read them.
    command.args(["--regex-variant", "nonunicode", "--schemafile"]).arg(schema);
    run(command.args(files));
}

/// The same against a schema that comes with the reader: `vendor.github-actions`.
pub fn valid_builtin(schema: &str, file: &Path) {
    run(Command::new(environment().join("bin/check-jsonschema"))
        .args(["--builtin-schema", schema])
        .arg(file));
}
