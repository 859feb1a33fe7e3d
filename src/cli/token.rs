//! `shakedown token`: inspect, mint, obtain.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Subcommand;
use serde_json::{Map, Value};

use super::{Exit, Failed};
use crate::auth::explain::{self, Explanation};
use crate::auth::inspect::{self, Keys};
use crate::auth::mint::Signer;
use crate::auth::{Credential, Wallet};
use crate::plan::{AuthId, Plan};
use crate::record::store::harmless;
use crate::report::foreign;
use crate::scenario::parse_duration;
use crate::secret::ExposeSecret;
use crate::wire::Endpoint;

/// Bytes of a file or of standard input that are read.
const MOST_INPUT: u64 = 1 << 20;

/// Arguments of `token`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  shakedown token inspect < token.txt
  shakedown token inspect token.txt --jwks jwks.json
  SECRET=… shakedown token mint --alg HS256 --secret-env SECRET --claim sub=ada --ttl 5m
  shakedown token obtain my.toml --stack prod --auth jwt --user user1

A token or key given as an argument would show in the process list: tokens come from a file or standard input,
secrets from environment variables.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Decode a JWT, explain it, and verify its signature when a key is given.
    #[command(after_long_help = "\
Exit codes: 0 it is a token, and its signature verifies where a key is given; 1 it does not verify; 2 it is no token, or the
key cannot be read.")]
    Inspect(Inspect),
    /// Sign a token and print it.
    Mint(Mint),
    /// Log a scenario's user in on a stack that runs, and show what came.
    #[command(after_long_help = "\
Exit codes: 0 the credential is shown; 2 the scenario is wrong, or has no such stack, auth or user; 3 the stack is not there
or refuses the login.")]
    Obtain(Obtain),
}

#[derive(Debug, clap::Args)]
struct Inspect {
    /// File that holds the token; `-` or nothing: standard input.
    file: Option<PathBuf>,
    /// Environment variable that holds the HMAC secret.
    #[arg(long, value_name = "NAME", group = "verifying")]
    secret_env: Option<String>,
    /// PEM file of the public key.
    #[arg(long, value_name = "FILE", group = "verifying")]
    key: Option<PathBuf>,
    /// JSON Web Key Set.
    #[arg(long, value_name = "FILE", group = "verifying")]
    jwks: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Mint {
    /// HS256 … HS512, RS256 … RS512, PS256 … PS512, ES256, ES384, EdDSA.
    #[arg(long, value_name = "ALG")]
    alg: String,
    /// Environment variable that holds the HMAC secret.
    #[arg(long, value_name = "NAME")]
    secret_env: Option<String>,
    /// PEM file of the private key.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// `kid` for the header.
    #[arg(long)]
    kid: Option<String>,
    /// A claim; the value is JSON where it reads as JSON, else a string. May be given more than once.
    #[arg(long = "claim", value_name = "NAME=VALUE")]
    claims: Vec<String>,
    /// Life of the token.
    #[arg(long, default_value = "5m")]
    ttl: String,
}

#[derive(Debug, clap::Args)]
struct Obtain {
    /// The scenario file.
    scenario: PathBuf,
    /// A stack with a fixed URL that runs already.
    #[arg(long)]
    stack: String,
    /// Name of the `[auth.*]` table.
    #[arg(long)]
    auth: String,
    /// User name; the first user without it.
    #[arg(long)]
    user: Option<String>,
    /// Print the header lines themselves, not only their shape.
    #[arg(long)]
    show: bool,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    match args.command {
        Command::Inspect(args) => inspect(&args),
        Command::Mint(args) => mint(&args),
        Command::Obtain(args) => obtain(&args),
    }
}

fn usage(message: impl std::fmt::Display) -> Failed {
    Failed::usage(miette::miette!("{message}"))
}

fn inspect(args: &Inspect) -> Result<Exit, Failed> {
    let text = read_token(args.file.as_deref())?;
    let text = text.trim();
    let text = text.strip_prefix("Bearer ").unwrap_or(text);
    let token = inspect::decode(text).map_err(|error| usage(format!("this is no JWT: {error}")))?;
    let keys = keys(args).map_err(usage)?;
    let verified = keys.map(|keys| inspect::verify(text, &keys));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs().cast_signed());
    let said = explain::explain(&token, now);
    if args.json {
        print_json(&said, verified.as_ref());
    } else {
        print_text(&said, verified.as_ref());
    }
    Ok(if matches!(verified, Some(Err(_))) { Exit::GateFailed } else { Exit::Pass })
}

fn read_token(file: Option<&Path>) -> Result<String, Failed> {
    let Some(path) = file.filter(|path| *path != Path::new("-")) else {
        let mut text = String::new();
        let mut input = std::io::stdin().take(MOST_INPUT);
        input.read_to_string(&mut text).map_err(|error| usage(format!("standard input: {error}")))?;
        return Ok(text);
    };
    let shown = path.to_string_lossy();
    if reads_as_token(&shown) {
        return Err(Failed::usage(miette::miette!(
            help = "shakedown token inspect < FILE; this one should count as seen by others",
            "a token as an argument shows in the process list: give a file, or use standard input"
        )));
    }
    let unreadable = |error: std::io::Error| usage(format!("{shown}: {error}"));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(MOST_INPUT).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// Whether an argument is a token, whole or in part, and no file's name.
fn reads_as_token(argument: &str) -> bool {
    let argument = argument.trim();
    let bare = argument.split_once(' ').map_or(argument, |(_, token)| token.trim());
    (bare.starts_with("eyJ") && bare.contains('.')) || inspect::decode(bare).is_ok()
}

fn keys(args: &Inspect) -> Result<Option<Keys>, String> {
    if let Some(name) = &args.secret_env {
        let secret = std::env::var(name).map_err(|_| format!("environment variable `{name}` is not set"))?;
        return Ok(Some(Keys::secret(secret.as_bytes(), name)));
    }
    if let Some(path) = &args.key {
        return Keys::read_pem(path).map(Some);
    }
    args.jwks.as_deref().map(Keys::read_jwks).transpose()
}

fn print_json(said: &Explanation, verified: Option<&Result<String, String>>) {
    let (signature, by) = match verified {
        None => ("not checked", None),
        Some(Ok(key)) => ("verified", Some(key)),
        Some(Err(reason)) => ("refused", Some(reason)),
    };
    let json = serde_json::json!({
        "fields": said.lines,
        "cautions": said.cautions,
        "signature": { "state": signature, "by": by },
    });
    // In a log GitHub and Azure obey `##[name]`; to a program the second sign is the same by its number.
    anstream::println!("{}", harmless(format!("{json:#}")).replace("##", "#\\u0023"));
}

fn print_text(said: &Explanation, verified: Option<&Result<String, String>>) {
    let width = said.lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0).min(30);
    let mut kind = "";
    for line in &said.lines {
        if line.kind != kind && (kind.is_empty() || kind == "header") {
            anstream::println!("{}", if line.kind == "header" { "Header" } else { "Claims" });
        }
        kind = line.kind;
        let name = foreign::line(&line.name, 30);
        let value = foreign::line(&line.value.to_string(), 200);
        let note = match (line.kind, line.meaning.as_str()) {
            ("header" | "registered", meaning) => meaning.to_owned(),
            (kind, _) => format!("{kind} claim"),
        };
        anstream::println!("  {name:width$}  {value}  {note}");
    }
    match verified {
        None => anstream::println!("Signature  not checked: give --secret-env, --key or --jwks"),
        Some(Ok(key)) => anstream::println!("Signature  verified with {}", foreign::line(key, 200)),
        Some(Err(reason)) => anstream::println!("Signature  NOT VERIFIED: {}", foreign::line(reason, 300)),
    }
    for caution in &said.cautions {
        anstream::println!("Caution    {caution}");
    }
}

fn mint(args: &Mint) -> Result<Exit, Failed> {
    let key = args.key.as_deref();
    let signer =
        Signer::new(&args.alg, args.secret_env.as_deref(), key, args.kid.as_deref()).map_err(usage)?;
    let ttl = parse_duration(&args.ttl).map_err(|error| usage(format!("--ttl {}: {error}", args.ttl)))?;
    let claims = args.claims.iter().map(|claim| {
        let (name, value) =
            claim.split_once('=').ok_or_else(|| usage(format!("--claim {claim}: write NAME=VALUE")))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        Ok((name.to_owned(), value))
    });
    let claims = claims.collect::<Result<Map<String, Value>, Failed>>()?;
    anstream::println!("{}", signer.sign(claims, SystemTime::now(), ttl).map_err(usage)?);
    Ok(Exit::Pass)
}

fn obtain(args: &Obtain) -> Result<Exit, Failed> {
    let mut plan = Plan::read(&args.scenario).map_err(Failed::usage)?;
    let stack = plan.stacks.iter().find(|stack| stack.name == args.stack);
    let stack = stack.ok_or_else(|| usage(format!("no stack is called `{}`", args.stack)))?.clone();
    let url = url::Url::parse(&stack.url).ok().filter(|_| !stack.url.contains("{{")).ok_or_else(|| {
        usage(format!(
            "`{}` has the URL {}: only a stack with a fixed URL can be asked",
            stack.name, stack.url
        ))
    })?;
    let position = plan.auths.iter().position(|auth| auth.name == args.auth);
    let id = AuthId(position.ok_or_else(|| usage(format!("no auth is called `{}`", args.auth)))?);
    let population = &mut plan.populations[plan.auths[id.0].population.0];
    match &args.user {
        Some(name) => population.users.retain(|user| user.name == *name),
        None => population.users.truncate(1),
    }
    let user = population.users.first().ok_or_else(|| usage("the scenario has no such user"))?.name.clone();
    // Only this auth is asked for.
    plan.discover.clear();
    plan.routes.iter_mut().for_each(|route| route.auth = Some(id));
    let ca = stack.ca.as_ref().map(|ca| plan.source.folder().join(ca));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::internal(miette::miette!("no runtime: {error}")))?;
    let wallet = runtime.block_on(async {
        let endpoint = Endpoint::resolve(&url, ca.as_deref(), stack.sni.as_deref())
            .await
            .map_err(|failure| Failed::invalid(miette::miette!("{failure}")))?;
        if !endpoint.address.ip().to_canonical().is_loopback() && !plan.authorized {
            return Err(usage(
                "the stack is not on a loopback address: set `authorized = true` if you may use it",
            ));
        }
        Wallet::obtain(&plan, &endpoint, &|_, _| ())
            .await
            .map_err(|error| Failed::invalid(miette::miette!("{error}")))
    })?;
    for warning in &wallet.warnings {
        anstream::eprintln!("warning: {}", foreign::line(warning, 300));
    }
    if let Some(credential) = wallet.get(id, 0) {
        show(&user, credential, args.show);
    }
    Ok(Exit::Pass)
}

fn show(user: &str, credential: &Credential, whole: bool) {
    anstream::println!("user {}", foreign::line(user, 80));
    for (name, value) in credential.headers.iter().chain(&credential.unsafe_headers) {
        let value = value.expose_secret();
        if whole {
            anstream::println!("{name}: {value}");
        } else {
            anstream::println!("{name}: {}", crate::secret::mark(value.as_bytes()));
        }
    }
    if let Some(at) = credential.renew_before.and_then(|at| at.duration_since(SystemTime::now()).ok()) {
        anstream::println!("ends in {} s", at.as_secs());
    }
}
