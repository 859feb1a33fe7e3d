//! One stack's start: values, files, processes, readiness.

use std::path::{Path, PathBuf};
use std::time::Instant;

use tokio::net::TcpStream;
use url::Url;

use super::process::{Launch, Processes};
use super::values::{self, Values};
use super::{Running, Say, StackError, prepare, program, ready, redactor};
use crate::plan::{Plan, Process, StackId, StackPlan};
use crate::wire::Endpoint;

/// Prepares, starts and awaits one stack.
pub(super) async fn start(
    plan: &Plan,
    id: StackId,
    logs: &Path,
    say: Say<'_>,
) -> Result<Running, StackError> {
    let Some(stack) = plan.stacks.get(id.0) else {
        return Err(failure("?", format!("number {} is not in the scenario", id.0), String::new()));
    };
    let logs = std::path::absolute(logs).map_err(working_folder)?;
    let base = values::folder(plan).map_err(working_folder)?;
    // Held until it is ready: the files that were rendered for it lie in the shared folder until it has read them.
    let _lock = match stack.start.is_empty() && stack.files.is_empty() && stack.prepare.is_empty() {
        true => None,
        false => Some(prepare::StateLock::take(&plan.state, say).await?),
    };
    let mut step_values = Values::of_steps(plan, stack).map_err(working_folder)?;
    prepare::run(plan, &stack.prepare, Some(&stack.name), &mut step_values, say).await?;

    let mut values = Values::of_start(plan, stack).map_err(working_folder)?;
    let failed = |reason: String| failure(&stack.name, reason, String::new());
    let url = values.render(&stack.url).map_err(failed)?;
    let url = Url::parse(&url).map_err(|error| failed(format!("has no valid URL: `{url}`: {error}")))?;
    let ca = stack.ca.as_deref().map(|ca| values.render(ca)).transpose().map_err(failed)?;
    let path = values.render(&stack.ready.path).map_err(failed)?;
    let launches = launches(plan, stack, &mut values, &base, &logs)?;
    render_files(plan, stack, &mut values, &base)?;

    // The address alone, for now: the certificate authority may be made by the start itself.
    let address = Endpoint::resolve(&url, None, stack.sni.as_deref())
        .await
        .map_err(|error| failed(format!("cannot be reached: {error}")))?
        .address;
    if !address.ip().to_canonical().is_loopback() && !plan.authorized {
        let host = url.host_str().unwrap_or_default().to_owned();
        return Err(StackError::NotAuthorized { stack: stack.name.clone(), host });
    }

    let began = Instant::now();
    values.release();
    let mut processes = None;
    if !launches.is_empty() {
        if TcpStream::connect(address).await.is_ok() {
            return Err(failed(format!(
                "cannot start: something already answers at {address}; stop it, or write {{{{port}}}} for a free port"
            )));
        }
        say("start");
        let mut group = Processes::new()?;
        for launch in launches {
            group.launch(launch).map_err(failed)?;
        }
        processes = Some(group);
    }
    let ca = ca.map(|ca| base.join(ca));
    let resolve = async || {
        let endpoint = Endpoint::resolve(&url, ca.as_deref(), stack.sni.as_deref()).await?;
        Ok(match stack.http2 {
            Some(streams) => endpoint.over_http2(streams),
            None => endpoint,
        })
    };
    let ready = ready::wait(resolve, &stack.ready, &path, processes.as_ref(), say).await;
    let endpoint = match ready {
        Ok(endpoint) => endpoint,
        Err((culprit, reason)) => {
            let log = processes.as_ref().map_or(String::new(), |p| p.log_tail(culprit.as_deref()));
            let reason = match port_in_use(&log, values.ports().chain([address.port()])) {
                Some(port) => format!("{reason}: port {port} is already in use"),
                None => reason,
            };
            if let Some(processes) = processes {
                processes.stop().await;
            }
            return Err(failure(&stack.name, reason, redactor(plan).scrub(&log)));
        }
    };
    let startup = processes.as_ref().map(|_| began.elapsed());
    Ok(Running { id, endpoint, values: values.all(), startup, processes })
}

/// What to run, with the values put in; every program is looked up before the first one starts.
fn launches(
    plan: &Plan,
    stack: &StackPlan,
    values: &mut Values,
    base: &Path,
    logs: &Path,
) -> Result<Vec<Launch>, StackError> {
    let mut launches: Vec<Launch> = Vec::with_capacity(stack.start.len());
    for process in &stack.start {
        let mut render =
            |text: &str| values.render(text).map_err(|reason| failure(&stack.name, reason, String::new()));
        let command = process.run.iter().map(|word| render(word)).collect::<Result<Vec<_>, _>>()?;
        let Some((word, arguments)) = command.split_first() else {
            return Err(failure(&stack.name, "has a process without a command".into(), String::new()));
        };
        let folder = process.cwd.as_deref().map(&mut render).transpose()?;
        let folder = folder.map_or(base.to_path_buf(), |cwd| base.join(cwd));
        let environment = process
            .env
            .iter()
            .map(|(key, value)| Ok((key.clone(), render(value)?)))
            .collect::<Result<Vec<_>, StackError>>()?;
        let path =
            environment.iter().find(|(key, _)| key == "PATH").map(|(_, value)| std::ffi::OsStr::new(value));
        let program =
            program::find(word, &folder, path).ok_or_else(|| program::missing(word, &plan.requires))?;
        let name = free_name(process, &program, &launches);
        let log = logs.join(prepare::file_name(&format!("{}-{name}.log", stack.name)));
        launches.push(Launch {
            name,
            program,
            arguments: arguments.to_vec(),
            folder,
            environment,
            log,
            append: true,
        });
    }
    Ok(launches)
}

/// The process's name, with a number where another of the stack has it already.
fn free_name(process: &Process, program: &Path, taken: &[Launch]) -> String {
    let stem =
        || program.file_name().map_or_else(|| "process".into(), |name| name.to_string_lossy().into_owned());
    let name = process.name.clone().unwrap_or_else(stem);
    let is_free = |name: &String| taken.iter().all(|launch| launch.name != *name);
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.clone()).chain(numbered).find(is_free).unwrap_or(name)
}

fn render_files(plan: &Plan, stack: &StackPlan, values: &mut Values, base: &Path) -> Result<(), StackError> {
    for file in &stack.files {
        let failed = |reason: String| failure(&stack.name, reason, String::new());
        let from: PathBuf = base.join(values.render(&file.from).map_err(failed)?);
        let to = plan.state.join(values.render(&file.to).map_err(failed)?);
        let io = |what: &str, path: &Path| {
            let what = format!("{what} {}", path.display());
            move |error| StackError::Io { what, error }
        };
        let text = std::fs::read_to_string(&from).map_err(io("read", &from))?;
        let text =
            render_lines(values, &text).map_err(|r| failed(format!("cannot use {}: {r}", from.display())))?;
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(io("create", folder))?;
        }
        std::fs::write(&to, text).map_err(io("write", &to))?;
    }
    Ok(())
}

/// Line by line, so that an error shows the line and not the file.
fn render_lines(values: &mut Values, text: &str) -> Result<String, String> {
    text.split_inclusive('\n')
        .enumerate()
        .map(|(n, line)| {
            let (content, end) = line.strip_suffix('\n').map_or((line, ""), |content| (content, "\n"));
            values
                .render(content)
                .map(|done| done + end)
                .map_err(|reason| format!("line {}: {reason}", n + 1))
        })
        .collect()
}

/// The port of which a log says that someone else has it; of several the first that the line names.
fn port_in_use(log: &str, ports: impl Iterator<Item = u16>) -> Option<u16> {
    let ports: Vec<u16> = ports.collect();
    let line = log.lines().find(|line| {
        let line = line.to_ascii_lowercase();
        ["address already in use", "port is already in use", "connection in use"]
            .iter()
            .any(|m| line.contains(m))
    })?;
    let numbers =
        || line.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u16>().ok());
    numbers().find(|number| ports.contains(number)).or(ports.last().copied())
}

fn failure(stack: &str, reason: String, log: String) -> StackError {
    StackError::Start { stack: stack.to_owned(), reason, log }
}

fn working_folder(error: std::io::Error) -> StackError {
    StackError::Io { what: "find the working folder".into(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named() {
        let find = |log: &str| port_in_use(log, [8001, 8443].into_iter());
        assert_eq!(
            find("nginx: [emerg] bind() to 127.0.0.1:8001 failed (98: Address already in use)"),
            Some(8001)
        );
        assert_eq!(find("[ERROR] Connection in use: ('127.0.0.1', 8001)"), Some(8001));
        assert_eq!(find("Error: That port is already in use."), Some(8443));
        assert_eq!(find("all is well on 8001"), None);
    }
}
