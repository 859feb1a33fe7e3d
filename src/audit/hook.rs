//! Commands of the scenario that the audit runs.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::AuditInput;
use crate::plan::{Template, Variable};
use crate::scenario::model::Hook;

/// For one command.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A text of the scenario with the stack's values put in.
pub fn rendered(text: &str, input: &AuditInput<'_>) -> Option<String> {
    let known = |name: &str| input.values.contains_key(name).then(|| Variable::Stack(name.to_owned()));
    Some(Template::parse(text, known).ok()?.bind(input.values).ok()?.as_literal()?.to_owned())
}

/// The command, silent and without input.
///
/// # Errors
/// A value that the stack lacks, in words.
pub fn command(hook: &Hook, input: &AuditInput<'_>) -> Result<Command, String> {
    let render = |text: &String| {
        rendered(text, input)
            .ok_or_else(|| format!("a command names a value that this stack lacks: `{text}`"))
    };
    let words = hook.run.iter().map(render).collect::<Result<Vec<String>, String>>()?;
    let (program, arguments) = words.split_first().ok_or("a command is empty")?;
    let base = std::path::absolute(input.plan.source.folder()).map_err(|error| error.to_string())?;
    let folder = match &hook.cwd {
        Some(cwd) => base.join(render(cwd)?),
        None => base,
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    for (name, value) in &hook.env {
        command.env(name, render(value)?);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}
