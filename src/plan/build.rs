//! From the scenario to the plan: every check, all mistakes at once.

use std::path::Path;
use std::time::Duration;

use super::auths::Populations;
use super::check::{Check, Environment};
use super::csv_table::CsvTable;
use super::routes::Scenery;
use super::{
    AuditFile, AuthPlan, DiscoverPlan, FeederPlan, GateLine, Plan, Population, RoutePlan, Source, StackPlan,
};
use crate::expression::{Gate, Metric};
use crate::scenario::model::Model;
use crate::scenario::{self, Diagnostics, Document, Mistakes};

/// Most logins of a limit: the audit tries three times as many.
const LOGINS: u32 = 100;
/// Longest that one request of the audit is kept open.
const PATIENCE: Duration = Duration::from_secs(120);
/// Most secrets of the user's own list.
const SECRETS: usize = 100_000;

impl Plan {
    /// Reads and checks a scenario file. Opens the files it names (users, feeders, bodies); sends nothing.
    ///
    /// # Errors
    /// Every mistake found, each with its place in the file.
    pub fn read(path: &Path) -> Result<Plan, Diagnostics> {
        Plan::parse(path, &scenario::read_text(path)?)
    }

    /// Checks a scenario's text; paths in it are relative to the folder of `path`.
    ///
    /// # Errors
    /// As [`Plan::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Plan, Diagnostics> {
        Plan::parse_with(path, text, &|name| std::env::var(name).ok())
    }

    pub(super) fn parse_with(path: &Path, text: &str, env: Environment<'_>) -> Result<Plan, Diagnostics> {
        let mut document = scenario::parse(path, text)?;
        let mut shape = std::mem::take(&mut document.mistakes);
        let source = Source {
            path: path.to_path_buf(),
            text: text.to_owned(),
            redacted: document.redacted.clone(),
            masked: document.masked.clone(),
        };
        let folder = source.folder();
        let mut check = Check { folder, text: &document.masked, env, mistakes: Mistakes::default() };
        let plan = check.plan(&document, source);
        if check.mistakes.is_empty() && shape.is_empty() {
            return Ok(plan);
        }
        shape.add_independent(std::mem::take(&mut check.mistakes), text, &document.left_out);
        Err(Diagnostics::new(path, document.masked.clone(), shape))
    }
}

impl Check<'_> {
    fn plan(&mut self, document: &Document, source: Source) -> Plan {
        let (scenario, root) = (&document.scenario, &document.root);
        if scenario.title.trim().is_empty() {
            self.wrong(root.key("title"), "the title is empty", "one line that names the trial");
        }
        for (position, requirement) in scenario.requires.iter().enumerate() {
            if requirement.program.trim().is_empty() {
                let place = root.key("requires").item(position).key("program");
                self.wrong(place, "this names no program", "for example `nginx`");
            }
        }
        let stem = source.path.file_stem().map_or_else(|| "scenario".into(), |stem| stem.to_string_lossy());
        let slug = stem.into_owned();
        let state = scenario.state.clone().unwrap_or_else(|| format!(".shakedown/{slug}"));
        let state = self.path(&state);
        let state = std::path::absolute(&state).unwrap_or(state);
        let stacks = self.stacks(document);
        let mut populations = Populations::default();
        let own = match &scenario.users {
            Some(users) => self.population(users, root.key("users")),
            None => Some(Population::default()),
        };
        populations.add(own);
        let auths = self.auths(document, &mut populations);
        let feeders = self.feeders(document);
        let discover = self.discover(document, &auths);
        let mut load = self.load(&scenario.load, root.key("load"));
        let (stack_names, partial) = stack_names(&discover, &stacks);
        let (routes, items) = self.routes(&Scenery {
            document,
            auths: &auths,
            populations: &populations,
            feeders: &feeders,
            stack_names: &stack_names,
            partial: &partial,
            timeout: load.timeout,
        });
        self.objective(document, &routes, &mut load);
        let gates = self.gates(document, &routes);
        let accepts = self.accepts(document, &stacks);
        let margin = self.margin(document);
        Plan {
            title: scenario.title.clone(),
            description: scenario.description.clone(),
            slug,
            source,
            state,
            authorized: scenario.authorized,
            requires: scenario.requires.clone(),
            prepare: scenario.prepare.clone(),
            stacks,
            populations: populations.list,
            auths,
            feeders,
            discover,
            routes,
            items,
            load,
            audit: (!scenario.audit.off).then_some(scenario.audit.profile),
            forbidden: self.audit_paths(document, "forbidden", &scenario.audit.forbidden),
            media: self.audit_paths(document, "media", &scenario.audit.media),
            lockable: self.lockable(document),
            login_limit: self.login_limit(document),
            patience: self.patience(document),
            default_logins: document
                .scenario
                .audit
                .default_logins
                .iter()
                .map(|login| (login.username.clone(), login.password.clone().into()))
                .collect(),
            secrets: self.audit_secrets(document, scenario.audit.secrets.as_deref()),
            accepts,
            audit_lock: self.audit_file(document, "lock", scenario.audit.lock.as_deref()),
            audit_baseline: self.audit_file(document, "baseline", scenario.audit.baseline.as_deref()),
            inline_secrets: document.secrets.clone(),
            gates,
            margin,
            strict: document.scenario.gates.strict,
            abort: document.scenario.gates.abort,
        }
    }

    fn lockable(&mut self, document: &Document) -> Option<String> {
        let name = document.scenario.audit.lockable.clone()?;
        if name.trim().is_empty() {
            let at = document.root.key("audit").key("lockable");
            self.wrong(at, "`lockable` names nobody", "write the name of one of the scenario's users");
        }
        Some(name)
    }

    /// `5/min`, as DRF writes it.
    fn login_limit(&mut self, document: &Document) -> Option<(u32, Duration)> {
        let text = document.scenario.audit.login_limit.as_deref()?;
        let parts = text.split_once('/').and_then(|(logins, period)| {
            let seconds = match period.trim().chars().next()? {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                _ => return None,
            };
            let logins: u32 = logins.trim().parse().ok()?;
            (1..=LOGINS).contains(&logins).then_some((logins, Duration::from_secs(seconds)))
        });
        if parts.is_none() {
            let at = document.root.key("audit").key("login_limit");
            let message = format!("`{text}` is no limit on logins");
            self.wrong(at, message, "write up to a hundred logins a second, minute or hour: `5/min`");
        }
        parts
    }

    fn patience(&mut self, document: &Document) -> Option<Duration> {
        let text = document.scenario.audit.patience.as_deref()?;
        let at = document.root.key("audit").key("patience");
        Some(self.positive_duration(Some(text), at, Duration::from_secs(90)).min(PATIENCE))
    }

    /// A file that `[audit]` names; whether it is there is asked when it is read.
    fn audit_file(&mut self, document: &Document, key: &str, file: Option<&str>) -> Option<AuditFile> {
        let (written, place) = (file?, document.root.key("audit").key(key));
        if written.trim().is_empty() {
            self.wrong(
                place,
                format!("`{key}` names no file"),
                "for example `audit.lock`, beside the scenario",
            );
        }
        Some(AuditFile { written: written.to_owned(), path: self.path(written), span: place.value_span() })
    }

    /// A list of paths in `[audit]`.
    fn audit_paths(&mut self, document: &Document, key: &str, paths: &[String]) -> Vec<String> {
        let place = document.root.key("audit").key(key);
        for (position, path) in paths.iter().enumerate() {
            self.plain_path(path, place.item(position));
        }
        paths.to_vec()
    }

    /// The lines of the file in `secrets` of `[audit]`.
    fn audit_secrets(&mut self, document: &Document, file: Option<&str>) -> Vec<String> {
        let Some(file) = file else { return Vec::new() };
        let path = self.path(file);
        match std::fs::read_to_string(&path) {
            Ok(text) => text.lines().take(SECRETS).map(str::to_owned).collect(),
            Err(error) => {
                let place = document.root.key("audit").key("secrets");
                let message = format!("cannot read `{}`: {error}", path.display());
                self.wrong(
                    place,
                    message,
                    "a text file with one secret a line, relative to the scenario file",
                );
                Vec::new()
            }
        }
    }

    fn feeders(&mut self, document: &Document) -> Vec<FeederPlan> {
        let feeders = document.scenario.feeders.iter();
        feeders
            .map(|(name, feeder)| {
                let place = document.root.key("feeders").key(name);
                if name.contains(['.', '{', '}']) {
                    let message = format!("`{name}` cannot be a feeder's name");
                    self.wrong_key(place, message, "use letters, digits, `-` and `_`");
                }
                match CsvTable::read(&self.path(&feeder.csv)) {
                    Ok(table) => FeederPlan {
                        name: name.clone(),
                        columns: table.columns,
                        rows: table.rows.into_iter().map(|row| row.fields).collect(),
                    },
                    Err((message, help)) => {
                        self.wrong(place.key("csv"), message, help);
                        FeederPlan { name: name.clone(), columns: Vec::new(), rows: Vec::new() }
                    }
                }
            })
            .collect()
    }

    fn discover(&mut self, document: &Document, auths: &[AuthPlan]) -> Vec<DiscoverPlan> {
        let all = &document.scenario.discover;
        let mut plans = Vec::new();
        for (position, discover) in all.iter().enumerate() {
            let place = document.root.key("discover").item(position);
            if discover.name.is_empty() || discover.name.contains(['{', '}']) {
                let message = format!("`{}` cannot be a value's name", discover.name);
                self.wrong(place.key("name"), message, "use letters, digits, `-` and `_`");
            }
            if all[..position].iter().any(|other| other.name == discover.name) {
                let message = format!("`{}` is discovered twice", discover.name);
                self.wrong(place.key("name"), message, "give each value its own name");
            }
            self.plain_path(&discover.get, place.key("get"));
            let names = auths.iter().map(|auth| auth.name.as_str());
            let auth = discover
                .auth
                .as_ref()
                .and_then(|name| self.lookup(name, names, place.key("auth"), "auth").map(super::AuthId));
            let (name, path) = (discover.name.clone(), discover.get.clone());
            // A plan is kept for a wrong one too, so that templates that use it are not called wrong.
            let from = self.extract(&discover.from, place.key("from"));
            let from = from.unwrap_or_else(|| super::ExtractPlan::Header(String::new()));
            plans.push(DiscoverPlan { name, path, auth, from });
        }
        plans
    }

    fn gates(&mut self, document: &Document, routes: &[RoutePlan]) -> Vec<GateLine> {
        let stacks: Vec<&str> = document.scenario.stacks.iter().map(|(name, _)| name).collect();
        let routes: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
        let searched = document.scenario.load.model == Model::Search;
        let place = document.root.key("gates").key("pass");
        let gates = document.scenario.gates.pass.iter().enumerate();
        let mut read: Vec<(Gate, usize)> = Vec::new();
        gates
            .map(|(position, text)| {
                let place = place.item(position);
                let line = document.line(place);
                match crate::expression::parse(text, &stacks, &routes) {
                    Ok(gate)
                        if let Some((_, first)) =
                            read.iter().find(|(other, _)| other.asks_the_same(&gate)) =>
                    {
                        let help = format!("leave it out: line {first} has it");
                        self.wrong(place, "this gate stands twice", help);
                    }
                    Ok(gate) if gate.asks_for(Metric::Capacity) && !searched => {
                        let help = "set `model = \"search\"` and an `objective` in [load]";
                        self.wrong(place, "`capacity` is known only after a search", help);
                    }
                    Ok(gate) if gate.asks_for_baseline() && document.scenario.audit.baseline.is_none() => {
                        let help = "name its file in [audit]: `baseline = \"audit-baseline.json\"`";
                        self.wrong(
                            place,
                            "a new finding is one that the baseline lacks, and there is none",
                            help,
                        );
                    }
                    Ok(gate) => read.push((gate, line)),
                    Err(error) => {
                        let span = self.within(place, text, &error.span);
                        let name = text.get(error.span).unwrap_or_default();
                        self.mistakes.missing(span, name, error.message, error.help);
                    }
                }
                GateLine { text: text.clone(), line }
            })
            .collect()
    }
}

type Partial = Vec<(String, String)>;

/// Full names every stack has a value for; and names only some have, with a stack that lacks it.
fn stack_names(discover: &[DiscoverPlan], stacks: &[StackPlan]) -> (Vec<String>, Partial) {
    let mut everywhere: Vec<String> = discover.iter().map(|d| format!("discover.{}", d.name)).collect();
    let mut partial = Vec::new();
    for key in stacks.iter().flat_map(|stack| stack.vars.keys()) {
        let name = format!("vars.{key}");
        match stacks.iter().find(|stack| !stack.vars.contains_key(key)) {
            Some(lacking) => partial.push((name, lacking.name.clone())),
            None if everywhere.contains(&name) => {}
            None => everywhere.push(name),
        }
    }
    (everywhere, partial)
}
