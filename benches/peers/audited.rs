//! What the audit takes beside a load: the same load with the audit off and with all of it on, in turn.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use shakedown::record::Record;

use crate::case::CASES;
use crate::server::Server;
use crate::table::spread;
use crate::{Failure, usage};

/// As `--only` names it.
pub const NAME: &str = "audit";

/// Title, and how the load begins. At full speed the generator is the limit; the paced one leaves room for a request in a hundred
/// that a stranger sends.
const LOADS: [(&str, &str); 2] = [
    ("50 users at full speed", "model = \"closed\"\nusers = 50"),
    ("2,000/s, constant", "model = \"open\"\nrate = 2000"),
];

/// A row a load, as Markdown.
pub fn table(server: &Server, rounds: usize, length: Duration, folder: &Path) -> Result<String, Failure> {
    let mut text = format!(
        "{rounds} rounds of {} s each in turn; median (least to most)\n\n\
         | load | audit off, CPU a request | on, with consent | ratio |\n|---|---|---|---|\n",
        length.as_secs()
    );
    for (title, model) in LOADS {
        let (mut off, mut on) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            for audit in [round % 2 == 0, round % 2 == 1] {
                let cost = run(server, model, audit, length, folder)?;
                eprintln!("{title} {}/{rounds}: audit {audit:<5} {cost:>6.2} us", round + 1);
                if audit { &mut on } else { &mut off }.push(cost);
            }
        }
        let ratios = on.iter().zip(&off).map(|(on, off)| on / off).collect();
        let cell = |values: Vec<f64>, unit: &str| {
            let (middle, least, most) = spread(values);
            format!("{middle:.2}{unit} ({least:.2} to {most:.2})")
        };
        let ratio = cell(ratios, "");
        text += &format!("| {title} | {} | {} | {ratio} |\n", cell(off, " µs"), cell(on, " µs"));
    }
    Ok(text)
}

/// CPU of the generator while the load lasts for each of its requests, in microseconds. The audit's own requests beside the load are
/// in the CPU and not in the requests.
fn run(server: &Server, model: &str, audit: bool, length: Duration, folder: &Path) -> Result<f64, Failure> {
    let case = &CASES[0];
    let audited = if audit { "active = true" } else { "off = true" };
    let section = if audit { "[stacks.nginx.audit]" } else { "[audit]" };
    let (scenario, out) = (folder.join("audited.toml"), folder.join("audited"));
    fs::write(
        &scenario,
        format!(
            "title = \"Beside the audit\"
[stacks.nginx]
url = \"{}\"
{section}
{audited}
[auth.reader]
kind = \"basic\"
users = {{ pattern = \"user{{1..2}}\", password = \"a-long-one\" }}
[[routes]]
name = \"file\"
get = \"{}\"
auth = \"reader\"
expect = {{ status = 200, headers = {{ X-Content-Type-Options = \"nosniff\" }} }}
[load]
{model}
duration = \"{}s\"
warmup = \"1s\"
threads = 1
",
            server.origin(case),
            case.path,
            length.as_secs()
        ),
    )?;
    let mut command = Command::new("taskset");
    command.args(["-c", "1", env!("CARGO_BIN_EXE_shakedown"), "run"]).arg(&scenario);
    command.arg("--out").arg(&out).arg("--quiet");
    usage::run(&mut command, &[0, 3])?;
    let record = Record::read(&out)?;
    let stack = record.stacks.first().ok_or("no stack in the record")?;
    let requests: u64 = stack.routes.iter().map(|route| route.requests).sum();
    if requests == 0 {
        return Err("no request counted".into());
    }
    Ok(stack.generator.cpu_s * 1e6 / requests as f64)
}
