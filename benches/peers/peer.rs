//! The generators: how each is started and how it says what it did.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use regex::Regex;
use shakedown::record::Record;

use crate::case::Case;
use crate::server::Server;
use crate::table::Sample;
use crate::{Failure, usage};

/// One generator.
pub struct Peer {
    pub name: &'static str,
    version: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Shakedown,
    Floor,
    Wrk,
    Oha,
    H2load,
    Hey,
    Ab,
}

/// Name, how to ask for the version, and where it comes from.
const KNOWN: [(&str, Kind, &[&str], &str); 5] = [
    ("wrk", Kind::Wrk, &["wrk", "-v"], "apt-get install wrk"),
    ("oha", Kind::Oha, &["oha", "--version"], "cargo install oha"),
    ("h2load", Kind::H2load, &["h2load", "--version"], "apt-get install nghttp2-client"),
    ("hey", Kind::Hey, &["hey", "-h"], "apt-get install hey"),
    ("ab", Kind::Ab, &["ab", "-V"], "apt-get install apache2-utils"),
];

impl Peer {
    /// Those that are there; says how to get the others.
    pub fn installed() -> Vec<Peer> {
        let own = |name, kind, version: &str| Peer { name, version: version.to_owned(), kind };
        let mut peers =
            vec![own("shakedown", Kind::Shakedown, env!("CARGO_PKG_VERSION")), own("floor", Kind::Floor, "")];
        let number = Regex::new(r"\d+\.\d[\w.]*").ok();
        for (name, kind, ask, install) in KNOWN {
            match Command::new(ask[0]).args(&ask[1..]).output() {
                Ok(output) => {
                    let said = [output.stdout, output.stderr].concat();
                    let said = String::from_utf8_lossy(&said);
                    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                    let version = number.as_ref().and_then(|number| number.find(first));
                    peers.push(own(name, kind, version.map_or("", |found| found.as_str())));
                }
                Err(_) => eprintln!("{name} is not there and is left out: {install}"),
            }
        }
        peers
    }

    /// Whether it can do a case; with a number of streams a connection only two can. `hey` and the floor cannot be held to TLS 1.3 and to one core alike.
    pub fn can(&self, case: &Case) -> bool {
        match case.streams {
            Some(_) => matches!(self.kind, Kind::Shakedown | Kind::H2load),
            None => !(case.tls && matches!(self.kind, Kind::Floor)),
        }
    }

    /// Runs it once, on the second core.
    pub fn run(
        &self,
        case: &Case,
        server: &Server,
        length: Duration,
        folder: &Path,
    ) -> Result<Sample, Failure> {
        let (url, seconds) = (format!("{}{}", server.origin(case), case.path), length.as_secs().to_string());
        let connections = case.connections().to_string();
        let for_seconds = format!("{seconds}s");
        let mut command = Command::new("taskset");
        command.args(["-c", "1"]);
        match self.kind {
            Kind::Shakedown => {
                let scenario = folder.join("scenario.toml");
                fs::write(&scenario, text(case, server, &for_seconds))?;
                command.arg(env!("CARGO_BIN_EXE_shakedown")).arg("run").arg(&scenario);
                command.arg("--out").arg(folder.join("out")).arg("--quiet");
            }
            Kind::Floor => {
                let length = answer(&url)?.to_string();
                command.arg(std::env::current_exe()?).arg("--floor");
                command.args([&server.address(case).to_string(), case.path, &seconds, &length]);
            }
            Kind::Wrk => {
                command.args(["wrk", "-t1", "-c", &connections, "-d", &for_seconds, &url]);
            }
            Kind::Oha => {
                command.args(["oha", "--no-tui", "--insecure", "-c", &connections, "-z", &for_seconds, &url]);
            }
            Kind::H2load => {
                command.args(["h2load", "-t1", "-c", &connections, "-D", &seconds]);
                match case.streams {
                    Some(streams) => command.args(["-m", &streams.to_string()]),
                    None => command.arg("--h1"),
                };
                command.arg(&url);
            }
            Kind::Hey => {
                command.env("GOMAXPROCS", "1");
                command.args(["hey", "-c", &connections, "-z", &for_seconds, &url]);
            }
            Kind::Ab => {
                command.args(["ab", "-q", "-k", "-c", &connections, "-t", &seconds, "-n", "100000000", &url]);
            }
        }
        // Both sides have one core to saturate: that the generator was the limit (3) is what is wanted here.
        let fine: &[i32] = if matches!(self.kind, Kind::Shakedown) { &[0, 3] } else { &[0] };
        let ended = usage::run(&mut command, fine)?;
        let said = String::from_utf8_lossy(&ended.output.stdout);
        let requests = match self.kind {
            Kind::Shakedown => counted(&Record::read(&folder.join("out"))?),
            Kind::Floor => Some(said.trim().parse()?),
            Kind::Wrk => find(&said, r"(\d+) requests in"),
            Kind::Oha => find(&said, r"\[200\] (\d+) responses"),
            Kind::H2load => find(&said, r"(\d+) succeeded"),
            Kind::Hey => find(&said, r"\[200\]\s+(\d+) responses"),
            Kind::Ab => find(&said, r"Complete requests:\s+(\d+)"),
        };
        let requests =
            requests.filter(|n| *n > 0).ok_or_else(|| format!("{}: no request counted", self.name))?;
        Ok(Sample {
            cpu_us: ended.cpu.as_secs_f64() * 1e6 / requests as f64,
            rate: requests as f64 / length.min(ended.wall).as_secs_f64(),
        })
    }
}

/// The scenario: every figure the engine records, expectations on status and a header.
fn text(case: &Case, server: &Server, length: &str) -> String {
    let mut ca = if case.tls { format!("ca = {:?}\n", server.authority) } else { String::new() };
    if let Some(streams) = case.streams {
        ca += &format!("http = \"2\"\nstreams = {streams}\n");
    }
    let users = case.connections() * case.streams.unwrap_or(1);
    format!(
        "title = \"Beside its peers\"
[stacks.nginx]
url = \"{}\"
{ca}[audit]
off = true
[[routes]]
name = \"file\"
get = \"{}\"
expect = {{ status = 200, headers = {{ X-Content-Type-Options = \"nosniff\" }} }}
[load]
model = \"closed\"
users = {users}
duration = \"{length}\"
warmup = \"0s\"
threads = 1
",
        server.origin(case),
        case.path
    )
}

/// Good answers of a record; none where there was any error.
fn counted(record: &Record) -> Option<u64> {
    let route = record.stacks.first()?.routes.first()?;
    route.errors.is_empty().then_some(route.requests)
}

fn find(text: &str, pattern: &str) -> Option<u64> {
    Regex::new(pattern).ok()?.captures(text)?.get(1)?.as_str().parse().ok()
}

/// Bytes of a whole answer.
fn answer(url: &str) -> Result<usize, Failure> {
    use std::io::{Read, Write};
    let (address, path) = url.trim_start_matches("http://").split_once('/').ok_or("no path")?;
    let mut connection = std::net::TcpStream::connect(address)?;
    // As the floor asks, but for the last answer's `Connection: close` instead of `keep-alive`.
    write!(connection, "GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    Ok(answer.len() + "keep-alive".len() - "close".len())
}

/// Who was there.
pub fn versions(peers: &[Peer]) -> String {
    let named = peers.iter().filter(|peer| !peer.version.is_empty());
    let list: Vec<String> = named.map(|peer| format!("{} {}", peer.name, peer.version)).collect();
    format!("{}.\n", list.join(", "))
}
