//! `shakedown init`.

use std::io::Write as _;
use std::path::PathBuf;

use miette::miette;

use super::{Exit, Failed};
use crate::plan::Plan;

const STARTER: &str = include_str!("init/starter.toml");
const PLACEHOLDER: &str = "http://127.0.0.1:8000";

const EXAMPLES: &str = "\
Examples:
  shakedown init > my.toml
  shakedown init --url http://127.0.0.1:5000 --output my.toml
  shakedown check my.toml && shakedown run my.toml";

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Base URL of the stack to try.
    #[arg(long, default_value = PLACEHOLDER, value_parser = base_url)]
    url: String,
    /// File to write; an existing one is left alone. Without it the scenario goes to standard output.
    #[arg(long, short)]
    output: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let text = starter(&args.url);
    let Some(path) = &args.output else {
        anstream::print!("{text}");
        return Ok(Exit::Pass);
    };
    let shown = path.display();
    let mut file = std::fs::File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failed::usage(miette!(
            help = "choose another name, or move it away",
            "`{shown}` is there already"
        )),
        _ => Failed::usage(miette!("cannot write `{shown}`: {error}")),
    })?;
    file.write_all(text.as_bytes())
        .map_err(|error| Failed::internal(miette!("cannot write `{shown}`: {error}")))?;
    anstream::eprintln!("wrote {shown}; next: shakedown check {shown}");
    Ok(Exit::Pass)
}

/// The starter scenario for a base URL. A target that is not loopback gets the consent line, off.
fn starter(url: &str) -> String {
    STARTER.replace(PLACEHOLDER, url)
}

/// What the scenario itself would refuse is refused here, consent apart, which is the user's to give.
fn base_url(url: &str) -> Result<String, String> {
    let text = format!(
        "title = \"t\"\nauthorized = true\nroutes = [{{ name = \"r\", get = \"/\" }}]\n[stacks.s]\nurl = {url:?}"
    );
    match Plan::parse(std::path::Path::new("url"), &text) {
        Ok(_) => Ok(url.to_owned()),
        Err(diagnostics) => {
            let mistake = diagnostics.mistakes().first();
            Err(mistake
                .map_or_else(String::new, |m| format!("{m} ({})", m.help.as_deref().unwrap_or_default())))
        }
    }
}
