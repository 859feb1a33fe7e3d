//! shakedown beside its peers: what a request costs each generator, on the same server, in turn.
//!
//! `cargo bench --bench peers` needs nginx, taskset and the peers' Debian packages (those that are missing are named and
//! left out) and rewrites the tables in `docs/performance.md`, that of the audit beside a load too. `-- --rounds N --seconds S
//! --only small,tls --dry` change how much is run and whether the tables are written. `-- --peers shakedown,wrk` runs these
//! alone, nearer to each other in time, and writes nothing.

mod audited;
mod case;
mod floor;
mod peer;
mod server;
mod table;
mod usage;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use peer::Peer;
use server::Server;
use table::{Rows, Sample};

type Failure = Box<dyn std::error::Error>;

struct Options {
    rounds: usize,
    length: Duration,
    only: Option<String>,
    peers: Option<String>,
    dry: bool,
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, Failure> {
        let length = Duration::from_secs(5);
        let mut options = Options { rounds: 5, length, only: None, peers: None, dry: false };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
            match word.as_str() {
                "--rounds" => options.rounds = value()?.parse()?,
                "--seconds" => options.length = Duration::from_secs(value()?.parse()?),
                "--only" => options.only = Some(value()?),
                "--peers" => (options.peers, options.dry) = (Some(value()?), true),
                "--dry" => options.dry = true,
                "--bench" => {}
                other => {
                    let known = "--rounds, --seconds, --only, --peers, --dry";
                    return Err(format!("{other} is not known: {known}").into());
                }
            }
        }
        Ok(options)
    }

    fn wants(&self, name: &str) -> bool {
        lists(self.only.as_deref(), name)
    }
}

/// Whether a name stands in a list with commas; in none, all do.
fn lists(list: Option<&str>, name: &str) -> bool {
    list.is_none_or(|list| list.split(',').any(|listed| listed == name))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.as_slice() {
        [flag, address, path, seconds, length] if flag == "--floor" => {
            floor::run(address, path, seconds, length)
        }
        _ => Options::parse(words.into_iter()).and_then(|options| measure(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<(), Failure> {
    if std::thread::available_parallelism()?.get() < 2 {
        return Err("one core cannot hold the server and the generator apart: two are needed".into());
    }
    let mut peers = Peer::installed();
    peers.retain(|peer| lists(options.peers.as_deref(), peer.name));
    if peers.is_empty() {
        return Err("--peers names none of those that are there".into());
    }
    let folder = tempfile::tempdir()?;
    let server = Server::start(folder.path())?;
    let mut tables = Vec::new();
    for case in case::CASES.iter().filter(|case| options.wants(case.name)) {
        let mut rows = Rows::new(&peers, case);
        for round in 0..options.rounds {
            // Each round begins with another one, so that none always follows the same.
            for turn in 0..peers.len() {
                let peer = &peers[(round + turn) % peers.len()];
                if !peer.can(case) {
                    continue;
                }
                let sample: Sample = peer.run(case, &server, options.length, folder.path())?;
                eprintln!(
                    "{} {}/{}: {:<10} {:>6.2} us, {:>8.0}/s",
                    case.name,
                    round + 1,
                    options.rounds,
                    peer.name,
                    sample.cpu_us,
                    sample.rate
                );
                rows.add(peer.name, sample);
            }
        }
        tables.push(rows.markdown(options.rounds, options.length));
    }
    let mut parts = Vec::new();
    if !tables.is_empty() {
        parts.push(("peers", format!("{}\n{}", peer::versions(&peers), tables.join("\n"))));
    }
    if options.wants(audited::NAME) {
        let table = audited::table(&server, options.rounds, options.length, folder.path())?;
        parts.push((audited::NAME, table));
    }
    for (name, text) in parts {
        println!("{text}");
        if !options.dry {
            let document = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
            table::write(Path::new(document), name, &text)?;
        }
    }
    Ok(())
}
