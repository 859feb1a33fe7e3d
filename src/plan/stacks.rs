//! Stacks: addresses, consent, processes. Their texts are rendered when they start.

use std::collections::BTreeMap;
use std::time::Duration;

use url::{Host, Url};

use super::check::Check;
use crate::scenario::model::{Hook, Http, Prepare, Process, RenderedFile, Role, Stack};
use crate::scenario::{Document, Place};

/// Commands that disable a user of a stack and enable them again. Texts are rendered by who runs them.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSwitch {
    /// Disables.
    pub off: Hook,
    /// Enables again.
    pub on: Hook,
}

/// A system under test. Texts may hold `{{port}}`, `{{state}}`, `{{vars.*}}`; `stack` renders them.
#[derive(Debug, Clone)]
pub struct StackPlan {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Base URL, with templates.
    pub url: String,
    /// PEM file of its certificate authority, with templates, relative to the scenario's folder.
    pub ca: Option<String>,
    /// Name for SNI, certificate check and Host header.
    pub sni: Option<String>,
    /// Streams of a connection where the load goes over HTTP/2; `None`: HTTP/1.1.
    pub http2: Option<usize>,
    /// Fixed values.
    pub vars: BTreeMap<String, String>,
    /// Steps before it starts.
    pub prepare: Vec<Prepare>,
    /// Files to render at each start.
    pub files: Vec<RenderedFile>,
    /// Processes to start.
    pub start: Vec<Process>,
    /// When it is up.
    pub ready: ReadyPlan,
    /// Consent to active audit probes.
    pub active_audit: bool,
    /// Consent to probes that may hurt, off loopback.
    pub guarded_audit: bool,
    /// Port that answers plain http beside https, with templates.
    pub plain_port: Option<String>,
    /// Addresses of application servers behind the proxy, with templates.
    pub backends: Vec<String>,
    /// File with the secret that it signs its JWTs with.
    pub jwt_secret: Option<String>,
    /// Command that runs the project's own deployment checks.
    pub check_deploy: Option<Hook>,
    /// Commands that disable a user and enable them again.
    pub user_switch: Option<UserSwitch>,
    /// Line (1-based) of its table in the scenario file.
    pub line: usize,
}

/// Readiness.
#[derive(Debug, Clone)]
pub struct ReadyPlan {
    /// Path to ask.
    pub path: String,
    /// Status that means ready; `None`: any but 502 and 503.
    pub status: Option<u16>,
    /// How long to wait.
    pub timeout: Duration,
    /// How long to wait while the connection is refused.
    pub refused: Duration,
}

const READY_TIMEOUT: Duration = Duration::from_secs(30);
/// For a server that is not started here and is not there.
const REFUSED_TIMEOUT: Duration = Duration::from_secs(5);
/// As many as a browser has requests under way on a page that is not crowded.
const DEFAULT_STREAMS: u32 = 10;
const PREPARE_TIMEOUT: Duration = Duration::from_secs(600);

impl Check<'_> {
    /// All stacks of a scenario.
    pub fn stacks(&mut self, document: &Document) -> Vec<StackPlan> {
        let scenario = &document.scenario;
        let place = document.root.key("stacks");
        if scenario.stacks.0.is_empty() {
            self.wrong(
                place,
                "there is no stack",
                "add `[stacks.dev]` with `url = \"http://127.0.0.1:8000\"`",
            );
        }
        self.prepare(&scenario.prepare, document.root.key("prepare"), &[]);
        let stacks = scenario.stacks.iter();
        stacks.map(|(name, stack)| self.stack(name, stack, place.key(name), document)).collect()
    }

    fn stack(&mut self, name: &str, stack: &Stack, place: &Place, document: &Document) -> StackPlan {
        let usable = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(usable) {
            let message = format!("`{name}` cannot be a stack's name");
            self.wrong_key(place, message, "use letters, digits, `-` and `_`");
        }
        let vars: Vec<String> = stack.vars.keys().map(|key| format!("vars.{key}")).collect();
        self.stack_url(stack, place, &vars, document.scenario.authorized);
        if let Some(ca) = &stack.ca {
            self.stack_text(ca, place.key("ca"), &vars);
            let made_here = ca.contains("{{") || !stack.start.is_empty() || !stack.prepare.is_empty();
            let prepared = !document.scenario.prepare.is_empty();
            if !made_here && !prepared && !self.path(ca).is_file() {
                let message = format!("there is no file `{}`", self.path(ca).display());
                self.wrong(place.key("ca"), message, "the path is relative to the scenario file");
            }
        }
        let not_a_host = |c: char| c.is_whitespace() || c.is_control() || c == '/';
        if let Some(sni) = stack.sni.as_ref().filter(|sni| sni.is_empty() || sni.contains(not_a_host)) {
            self.wrong(place.key("sni"), format!("`{sni}` is no host name"), "for example `app.example.org`");
        }
        if let Some(audit) = &stack.audit {
            let at = place.key("audit");
            if let Some(port) = &audit.plain_port {
                self.stack_text(port, at.key("plain_port"), &vars);
                if !port.contains("{{") && port.parse::<u16>().is_err() {
                    let message = format!("`{port}` is no port");
                    self.wrong(at.key("plain_port"), message, "write a number from 1 to 65535");
                }
            }
            for (position, backend) in audit.backends.iter().enumerate() {
                let at = at.key("backends").item(position);
                self.stack_text(backend, at, &vars);
                if !backend.contains(':') || backend.contains('/') {
                    self.wrong(at, format!("`{backend}` is no address"), "write `host:port`");
                }
            }
        }
        self.prepare(&stack.prepare, place.key("prepare"), &vars);
        self.files(stack, place.key("files"), &vars, document);
        self.processes(&stack.start, place.key("start"), &vars);
        StackPlan {
            name: name.to_owned(),
            role: stack.role.unwrap_or_else(|| default_role(name)),
            url: stack.url.clone(),
            ca: stack.ca.clone(),
            sni: stack.sni.clone(),
            http2: self.streams(stack, place),
            vars: stack.vars.clone(),
            prepare: stack.prepare.clone(),
            files: stack.files.clone(),
            start: stack.start.clone(),
            ready: self.ready(stack, place.key("ready")),
            active_audit: stack.audit.as_ref().is_some_and(|audit| audit.active),
            plain_port: stack.audit.as_ref().and_then(|audit| audit.plain_port.clone()),
            backends: stack.audit.as_ref().map_or_else(Vec::new, |audit| audit.backends.clone()),
            jwt_secret: stack.audit.as_ref().and_then(|audit| audit.jwt_secret.clone()),
            check_deploy: stack.audit.as_ref().and_then(|audit| audit.check_deploy.clone()),
            user_switch: self.audit_commands(stack, place.key("audit"), &vars),
            guarded_audit: stack.audit.as_ref().is_some_and(|audit| audit.active && audit.guarded),
            line: document.line(place),
        }
    }

    /// Checks what the audit may run and read.
    fn audit_commands(&mut self, stack: &Stack, place: &Place, vars: &[String]) -> Option<UserSwitch> {
        let audit = stack.audit.as_ref()?;
        if let Some(file) = &audit.jwt_secret {
            self.stack_text(file, place.key("jwt_secret"), vars);
        }
        for (name, hook) in [
            ("check_deploy", &audit.check_deploy),
            ("disable_user", &audit.disable_user),
            ("enable_user", &audit.enable_user),
        ] {
            let Some(hook) = hook else { continue };
            let place = place.key(name);
            self.command(&hook.run, place, vars);
            self.texts(hook.cwd.iter().map(|cwd| (cwd.as_str(), place.key("cwd"))), vars);
            self.texts(hook.env.iter().map(|(key, text)| (text.as_str(), place.key("env").key(key))), vars);
        }
        match (&audit.disable_user, &audit.enable_user) {
            (Some(off), Some(on)) => Some(UserSwitch { off: off.clone(), on: on.clone() }),
            (None, None) => None,
            (off, _) => {
                let (is, lacks) = if off.is_some() {
                    ("disable_user", "enable_user")
                } else {
                    ("enable_user", "disable_user")
                };
                self.wrong_key(
                    place.key(is),
                    format!("`{is}` needs `{lacks}` beside it"),
                    "write both commands",
                );
                None
            }
        }
    }

    fn stack_url(&mut self, stack: &Stack, place: &Place, vars: &[String], authorized: bool) {
        let at = place.key("url");
        let before = self.mistakes.len();
        self.stack_text(&stack.url, at, vars);
        if self.mistakes.len() > before {
            return;
        }
        let url = match Url::parse(&with_samples(&stack.url, stack)) {
            Ok(url) => url,
            Err(error) => {
                let why = match error {
                    url::ParseError::RelativeUrlWithoutBase => "it has no `http://` or `https://`".to_owned(),
                    other => other.to_string(),
                };
                let message = format!("`{}` is no URL: {why}", stack.url);
                return self.wrong(at, message, "for example `http://127.0.0.1:8000`");
            }
        };
        let Some(host) = url.host().filter(|_| matches!(url.scheme(), "http" | "https")) else {
            let message = format!("the scheme is `{}`, not http or https", url.scheme());
            return self.wrong(at, message, "for example `http://127.0.0.1:8000`");
        };
        if !url.username().is_empty() || url.password().is_some() {
            // The URL is not repeated: it holds a password.
            self.wrong(
                at,
                "a URL must not hold a user or password",
                "use `[auth.NAME]` with `kind = \"basic\"`",
            );
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            let help = "keep scheme, host and port here, and put the path before each route's own";
            self.wrong(at, "a stack's URL has no path", help);
        }
        if url.scheme() == "http" && stack.ca.is_some() {
            let help = "write `https://` in `url`, or leave `ca` out";
            self.wrong_key(place.key("ca"), "`ca` is for https, and this stack's `url` is http", help);
        }
        if !authorized && !is_loopback(&host) {
            let message = format!("{host} is not a loopback address");
            self.wrong(
                at,
                message,
                "set `authorized = true` at the top of the file if you may load and audit it",
            );
        }
    }

    fn streams(&mut self, stack: &Stack, place: &Place) -> Option<usize> {
        if stack.http != Http::Two {
            if place.has("streams") {
                let help = "write `http = \"2\"` beside it, or leave it out";
                self.wrong_key(place.key("streams"), "`streams` is for HTTP/2", help);
            }
            return None;
        }
        let streams = stack.streams.unwrap_or(DEFAULT_STREAMS);
        if !(1..=1000).contains(&streams) {
            self.wrong(place.key("streams"), "so many streams cannot be", "write a number from 1 to 1000");
        }
        Some(streams as usize)
    }

    fn ready(&mut self, stack: &Stack, place: &Place) -> ReadyPlan {
        self.plain_path(&stack.ready.get, place.key("get"));
        if let Some(status) = stack.ready.status {
            self.status(status, place.key("status"));
        }
        let written = stack.ready.timeout.as_deref();
        let timeout = self.positive_duration(written, place.key("timeout"), READY_TIMEOUT);
        // Nobody is starting a server that is not started here.
        let patient = written.is_some() || !stack.start.is_empty();
        ReadyPlan {
            path: stack.ready.get.clone(),
            status: stack.ready.status,
            timeout,
            refused: if patient { timeout } else { REFUSED_TIMEOUT },
        }
    }

    fn prepare(&mut self, steps: &[Prepare], place: &Place, vars: &[String]) {
        for (position, step) in steps.iter().enumerate() {
            let place = place.item(position);
            self.name(&step.name, place.key("name"), "a step");
            if steps[..position].iter().any(|other| other.name == step.name) {
                let message = format!("there are two steps `{}`", step.name);
                self.wrong(place.key("name"), message, "give each step its own name");
            }
            self.command(&step.run, place, vars);
            self.texts(step.cwd.iter().map(|cwd| (cwd.as_str(), place.key("cwd"))), vars);
            self.texts(step.env.iter().map(|(key, text)| (text.as_str(), place.key("env").key(key))), vars);
            for (key, paths) in [("inputs", &step.inputs), ("creates", &step.creates)] {
                let places =
                    paths.iter().enumerate().map(|(i, path)| (path.as_str(), place.key(key).item(i)));
                self.texts(places, vars);
            }
            self.positive_duration(step.timeout.as_deref(), place.key("timeout"), PREPARE_TIMEOUT);
        }
    }

    fn processes(&mut self, processes: &[Process], place: &Place, vars: &[String]) {
        for (position, process) in processes.iter().enumerate() {
            let place = place.item(position);
            if let Some(name) = &process.name {
                self.name(name, place.key("name"), "a process");
                if processes[..position].iter().any(|other| other.name.as_ref() == Some(name)) {
                    let message = format!("there are two processes `{name}`");
                    self.wrong(place.key("name"), message, "each process has a log file of its own name");
                }
            }
            self.command(&process.run, place, vars);
            self.texts(process.cwd.iter().map(|cwd| (cwd.as_str(), place.key("cwd"))), vars);
            self.texts(
                process.env.iter().map(|(key, text)| (text.as_str(), place.key("env").key(key))),
                vars,
            );
        }
    }

    fn command(&mut self, run: &[String], place: &Place, vars: &[String]) {
        let place = place.key("run");
        if run.first().is_none_or(String::is_empty) {
            let help =
                "write the program and its arguments: `run = [\"python\", \"manage.py\", \"migrate\"]`";
            self.wrong(place, "`run` names no program", help);
        }
        self.texts(run.iter().enumerate().map(|(i, argument)| (argument.as_str(), place.item(i))), vars);
    }

    fn files(&mut self, stack: &Stack, place: &Place, vars: &[String], document: &Document) {
        let prepared = !stack.prepare.is_empty() || !document.scenario.prepare.is_empty();
        for (position, file) in stack.files.iter().enumerate() {
            let place = place.item(position);
            self.texts([(file.from.as_str(), place.key("from")), (file.to.as_str(), place.key("to"))], vars);
            if !prepared && !file.from.contains("{{") && !self.path(&file.from).is_file() {
                let message = format!("there is no file `{}`", self.path(&file.from).display());
                self.wrong(place.key("from"), message, "the path is relative to the scenario file");
            }
            let to = std::path::Path::new(&file.to);
            let outside =
                to.is_absolute() || to.components().any(|part| part == std::path::Component::ParentDir);
            if outside || file.to.is_empty() {
                let message = "`to` leaves the state folder";
                self.wrong(place.key("to"), message, "write a path relative to it, for example `nginx.conf`");
            }
        }
    }

    fn texts<'t>(&mut self, texts: impl IntoIterator<Item = (&'t str, &'t Place)>, vars: &[String]) {
        for (text, place) in texts {
            self.stack_text(text, place, vars);
        }
    }

    /// A status that a final answer can have.
    pub fn status(&mut self, status: u16, place: &Place) {
        if !(200..600).contains(&status) {
            self.wrong(
                place,
                format!("{status} is no status of a final answer"),
                "write a number from 200 to 599",
            );
        }
    }
}

fn default_role(name: &str) -> Role {
    if name.starts_with("dev") || name.starts_with("local") { Role::Dev } else { Role::Production }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The URL with a value for each template, so that its parts can be judged before there is a port.
fn with_samples(url: &str, stack: &Stack) -> String {
    let mut out = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        out.push_str(before);
        let name = name.trim();
        out.push_str(
            name.strip_prefix("vars.").and_then(|key| stack.vars.get(key)).map_or("1", String::as_str),
        );
        rest = after;
    }
    out + rest
}
