//! The values a stack's own texts may name: `{{port}}`, `{{state}}`, `{{vars.x}}` and their kin.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use super::port;
use crate::plan::{Plan, StackPlan, Template, TemplateError, Variable};

/// Values of one stack, or of the scenario's own steps. Free ports are found when they are first named,
/// and one name stands for the same port from then on.
pub(super) struct Values {
    fixed: BTreeMap<String, String>,
    ports: BTreeMap<String, String>,
    offers_ports: bool,
    /// Keeps the ports free of others until the processes that want them start.
    held: Vec<TcpListener>,
}

impl Values {
    /// Values of the steps that all stacks share.
    pub(super) fn of_scenario(plan: &Plan) -> std::io::Result<Self> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let fixed = BTreeMap::from([
            ("state".to_owned(), text(&std::path::absolute(&plan.state)?)),
            ("scenario".to_owned(), text(&folder(plan)?)),
            ("shakedown".to_owned(), text(&std::env::current_exe()?)),
        ]);
        Ok(Values { fixed, ports: BTreeMap::new(), offers_ports: false, held: Vec::new() })
    }

    /// Values of one stack's steps: no ports, since a step runs once and ports are new at each start.
    pub(super) fn of_steps(plan: &Plan, stack: &StackPlan) -> std::io::Result<Self> {
        let mut values = Values::of_scenario(plan)?;
        values.fixed.insert("stack".into(), stack.name.clone());
        values.fixed.extend(stack.vars.iter().map(|(name, value)| (format!("vars.{name}"), value.clone())));
        Ok(values)
    }

    /// Values of one stack's start, ports among them.
    pub(super) fn of_start(plan: &Plan, stack: &StackPlan) -> std::io::Result<Self> {
        Ok(Values { offers_ports: true, ..Values::of_steps(plan, stack)? })
    }

    /// The text with its values put in.
    ///
    /// # Errors
    /// In words: the name nobody provides and the ones there are, or that there is no free port.
    pub(super) fn render(&mut self, text: &str) -> Result<String, String> {
        let mut broken = None;
        let template = Template::parse(text, |name| match self.look_up(name) {
            Ok(known) => known.then(|| Variable::Stack(name.to_owned())),
            Err(error) => {
                broken = Some(format!("no free port for `{{{{{name}}}}}`: {error}"));
                None
            }
        });
        let template = template.map_err(|error| match (broken, error) {
            (Some(broken), _) => broken,
            (None, TemplateError::Unknown { name, .. }) => self.unknown(text, &name),
            (None, unclosed) => format!("in `{text}`: {unclosed}"),
        })?;
        let bound = template.bind(&self.all()).map_err(|name| self.unknown(text, &name))?;
        Ok(bound.as_literal().unwrap_or_default().to_owned())
    }

    /// Lets go of the ports, for the processes that are about to start.
    pub(super) fn release(&mut self) {
        self.held.clear();
    }

    /// Every value so far.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        self.fixed.iter().chain(&self.ports).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The ports that were handed out.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> {
        self.ports.values().filter_map(|port| port.parse().ok())
    }

    fn look_up(&mut self, name: &str) -> std::io::Result<bool> {
        if self.fixed.contains_key(name) || self.ports.contains_key(name) {
            return Ok(true);
        }
        let is_port = name == "port" || name.strip_prefix("port.").is_some_and(|rest| !rest.is_empty());
        if !is_port || !self.offers_ports {
            return Ok(false);
        }
        let (listener, port) = port::free()?;
        self.held.push(listener);
        self.ports.insert(name.to_owned(), port.to_string());
        Ok(true)
    }

    fn unknown(&self, text: &str, name: &str) -> String {
        let mut known: Vec<&str> = self.fixed.keys().map(String::as_str).collect();
        if self.offers_ports {
            known.extend(["port", "port.NAME"]);
        }
        known.sort_unstable();
        format!("`{text}` names the unknown value `{name}`; here one may use {}", known.join(", "))
    }
}

/// The absolute folder of the scenario file.
pub(super) fn folder(plan: &Plan) -> std::io::Result<PathBuf> {
    std::path::absolute(plan.source.folder())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(offers_ports: bool) -> Values {
        let fixed = BTreeMap::from([
            ("state".to_owned(), "/s".to_owned()),
            ("vars.workers".to_owned(), "2".to_owned()),
        ]);
        Values { fixed, ports: BTreeMap::new(), offers_ports, held: Vec::new() }
    }

    #[test]
    fn one_name_is_one_port() {
        let mut values = values(true);
        let first = values.render("{{port}}:{{port.app}}").unwrap();
        let (public, app) = first.split_once(':').unwrap();
        assert_ne!(public, app);
        assert_eq!(values.render("{{ port.app }}-{{port}}").unwrap(), format!("{app}-{public}"));
        assert_eq!(values.all()["port.app"], app);
        assert_eq!(values.ports().count(), 2);
    }

    #[test]
    fn only_named_ports_are_taken() {
        let mut values = values(true);
        assert_eq!(values.render("{{state}}/{{vars.workers}} { }").unwrap(), "/s/2 { }");
        assert_eq!(values.ports().count(), 0);
    }

    #[test]
    fn an_unknown_name_tells_the_known_ones() {
        let message = values(true).render("x{{prot}}").unwrap_err();
        assert!(
            message.contains("`prot`") && message.contains("port, port.NAME, state, vars.workers"),
            "{message}"
        );
        let message = values(false).render("{{port}}").unwrap_err();
        assert!(message.ends_with("one may use state, vars.workers"), "{message}");
        assert!(values(true).render("{{port").unwrap_err().contains("has no"));
        assert!(values(true).render("{{port.}}").is_err());
    }
}
