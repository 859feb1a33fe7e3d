//! `shakedown target`.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use super::{Exit, Failed};
use crate::secret::SecretString;
use crate::target::{Fault, Profile, Settings, TargetError, serve};

/// Environment variable with the secret of the OAuth client `shakedown`; an argument would show in the process list.
const CLIENT_SECRET: &str = "TARGET_CLIENT_SECRET";
/// Environment variable with the secret that JWTs are signed with.
const JWT_SECRET: &str = "TARGET_JWT_SECRET";

const EXAMPLES: &str = "\
Examples:
  shakedown target --profile dev --port 8000
  shakedown target --profile production --port 8443 --tls-dir tls
  shakedown target --profile production --port 0 --tls-dir tls --fault no-hsts --fault debug-404
  shakedown target --list-faults

Users are user1, user2, ... with passwords shakedown-1, shakedown-2, ...; docs/target.md lists the endpoints.
The secret of the OAuth client `shakedown` comes from the environment variable TARGET_CLIENT_SECRET, the one that
JWTs are signed with from TARGET_JWT_SECRET (default: one that nobody knows).
The target listens on 127.0.0.1 only, and ends with SIGTERM, SIGINT or the process that started it.";

/// Arguments of `target`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// How it behaves.
    #[arg(long, required_unless_present = "list_faults")]
    profile: Option<Profile>,
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder for ca.pem and the server's certificate; made where missing or about to end (production).
    #[arg(long, value_name = "DIR")]
    tls_dir: Option<PathBuf>,
    /// How many users there are.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    users: u32,
    /// What is wrong on purpose; may be given more than once.
    #[arg(long = "fault", value_name = "NAME")]
    faults: Vec<Fault>,
    /// Lists the faults and the audit check that each should trip.
    #[arg(long)]
    list_faults: bool,
    /// Logins a minute for each user name; 429 beyond. Default: no limit.
    #[arg(long, value_name = "N")]
    login_limit: Option<u32>,
    /// Seconds that a request may take to come in. Default: 60 for its head, 20 for its body.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    read_timeout: Option<u32>,
    /// File with the names of disabled users, one a line; looked at for each request, and may be absent.
    #[arg(long, value_name = "FILE")]
    disabled: Option<PathBuf>,
    /// Seconds that an access token lives.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    access_ttl: u32,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let Some(profile) = args.profile.filter(|_| !args.list_faults) else {
        return list_faults();
    };
    let settings = Settings {
        profile,
        port: args.port,
        tls_dir: args.tls_dir,
        users: args.users as usize,
        faults: args.faults.into_iter().collect(),
        login_limit: args.login_limit,
        read_timeout: args.read_timeout.map(|seconds| Duration::from_secs(seconds.into())),
        access_ttl: Duration::from_secs(args.access_ttl.into()),
        disabled: args.disabled,
        jwt_secret: secret(JWT_SECRET),
        client_secret: secret(CLIENT_SECRET),
    };
    let announce = |url: &str| {
        let mut out = std::io::stdout();
        let _ = writeln!(out, "listening on {url}").and_then(|()| out.flush());
    };
    match serve(settings, announce) {
        Ok(()) => Ok(Exit::Pass),
        Err(error @ TargetError::NoTlsDir) => Err(Failed::usage(miette::miette!("{error}"))),
        Err(error) => Err(Failed::internal(miette::miette!("{error}"))),
    }
}

fn secret(variable: &str) -> Option<SecretString> {
    std::env::var(variable).ok().filter(|value| !value.is_empty()).map(Into::into)
}

fn list_faults() -> Result<Exit, Failed> {
    let mut out = anstream::stdout().lock();
    for fault in Fault::ALL {
        // A closed pipe (`| head`) is no error of ours.
        if writeln!(out, "{:<28} {:<20} {}", fault.name(), fault.row(), fault.about()).is_err() {
            break;
        }
    }
    Ok(Exit::Pass)
}
