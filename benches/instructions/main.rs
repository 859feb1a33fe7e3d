//! What the pieces of the hot path cost in instructions, counted by callgrind: the same on a busy machine as on a
//! quiet one, so a regression shows that no clock could tell.
//!
//! `cargo bench --bench instructions` counts and fails when a piece takes more than 3 % above what
//! `benches/instructions/counts.toml` says; `-- --accept` writes the new counts. It needs valgrind.
//!
//! `cargo test --bench instructions` does the same for whole requests in an unoptimised build, where no piece gets longer because
//! another one is no longer inlined: what it counts follows from the source alone. CI runs it.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

mod pieces;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use pieces::PIECES;

/// How much more a piece may take, as a share.
const ALLOWED: f64 = 0.03;
/// How often each piece is run: the difference between both counts leaves out all that happens once, such as room for
/// the latencies of each route. What happens once differs by some 20,000 from process to process (seeds of hash maps, where
/// memory lies), so the difference is of many runs.
const TIMES: (u64, u64) = (5_000, 25_000);
/// Whether the build is that of the tests.
const UNOPTIMISED: bool = cfg!(debug_assertions);
const COUNTS: &str = if UNOPTIMISED {
    concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/unoptimised.toml")
} else {
    concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/counts.toml")
};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--piece", name, times] => pieces::run(name, times.parse().unwrap()),
        ["--accept"] => accept(),
        [] => return compare(),
        other => panic!("{other:?} is not known: only --accept"),
    }
    ExitCode::SUCCESS
}

fn counted() -> BTreeMap<String, u64> {
    let folder = tempfile::tempdir().unwrap();
    PIECES
        .iter()
        .filter(|(name, _)| !UNOPTIMISED || name.starts_with("request"))
        .map(|(name, _)| {
            let count = |times| instructions(name, times, folder.path());
            let each = (count(TIMES.1) - count(TIMES.0)) / (TIMES.1 - TIMES.0);
            ((*name).to_owned(), each)
        })
        .collect()
}

/// Instructions of a whole process that runs a piece so many times.
fn instructions(name: &str, times: u64, folder: &Path) -> u64 {
    let out = folder.join("callgrind.out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--error-exitcode=9"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--piece", name, &times.to_string()])
        .output()
        .unwrap_or_else(|error| panic!("valgrind does not start ({error}): apt-get install valgrind"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&out).unwrap();
    let total = text.lines().find_map(|line| line.strip_prefix("summary: "));
    total.unwrap().trim().parse().unwrap()
}

fn accept() {
    let mut text = String::from(
        "# Instructions for each call, counted by `cargo bench --bench instructions -- --accept`.\n",
    );
    if UNOPTIMISED {
        text = text.replace("bench --bench", "test --bench");
    }
    for (name, count) in counted() {
        println!("{name:<32} {count:>8}");
        text += &format!("{name:?} = {count}\n");
    }
    std::fs::write(COUNTS, text).unwrap();
}

fn compare() -> ExitCode {
    let accepted: BTreeMap<String, u64> = toml::from_str(&std::fs::read_to_string(COUNTS).unwrap()).unwrap();
    let counted = counted();
    let mut worse = accepted.keys().any(|name| !counted.contains_key(name));
    for (name, count) in &counted {
        let Some(before) = accepted.get(name) else {
            println!("{name:<32} {count:>8}  not accepted yet: -- --accept");
            worse = true;
            continue;
        };
        let change = *count as f64 / *before as f64 - 1.0;
        worse |= change > ALLOWED;
        let verdict = match change {
            _ if change > ALLOWED => "  TOO MUCH: mend it, or say why and -- --accept",
            _ if change < -ALLOWED => "  better: -- --accept",
            _ => "",
        };
        println!("{name:<32} {count:>8}  {:+.1} %{verdict}", change * 100.0);
    }
    if worse { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
