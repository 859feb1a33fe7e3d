//! The names a template may use at one place of the scenario.

use super::FeederPlan;
use super::template::Variable;
use crate::scenario::one_of;

/// What is known where a template stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    /// Columns of the users; `None` when the users are wrong themselves, so that one mistake is told once.
    pub user: Option<&'a [String]>,
    /// Feeders; one without columns is wrong itself.
    pub feeders: &'a [FeederPlan],
    /// Values extracted by earlier steps, by slot.
    pub extracted: &'a [String],
    /// Values every stack has, by full name (`discover.css`, `vars.x`).
    pub stack: &'a [String],
    /// Values that only some stacks have: full name, and a stack that lacks it.
    pub partial: &'a [(String, String)],
}

impl Names<'_> {
    /// What a name stands for.
    pub fn resolve(&self, name: &str) -> Option<Variable> {
        match name {
            "uuid" => return Some(Variable::Uuid),
            "counter" => return Some(Variable::Counter),
            _ => {}
        }
        if let Some(column) = name.strip_prefix("user.") {
            return match self.user {
                Some(columns) => columns.iter().position(|c| c == column).map(Variable::User),
                None => Some(Variable::User(0)),
            };
        }
        if let Some(path) = name.strip_prefix("feeder.") {
            let (feeder, column) = path.split_once('.')?;
            let position = self.feeders.iter().position(|f| f.name == feeder)?;
            let columns = &self.feeders[position].columns;
            let found = columns.iter().position(|c| c == column);
            return found
                .or(columns.is_empty().then_some(0))
                .map(|column| Variable::Feeder(position, column));
        }
        if let Some(slot) = self.extracted.iter().position(|known| known == name) {
            return Some(Variable::Extracted(slot));
        }
        self.stack.iter().any(|known| known == name).then(|| Variable::Stack(name.to_owned()))
    }

    /// What would be right instead of an unknown name.
    pub fn help(&self, name: &str) -> String {
        if name == "user.password" {
            return "passwords never go into templates; use an `[auth.*]` table to log in".into();
        }
        if name.starts_with("user.") && self.user.is_some_and(<[String]>::is_empty) {
            return "there are no users here: add `[users]`, or an auth that has users".into();
        }
        if let Some((_, stack)) = self.partial.iter().find(|(known, _)| known == name) {
            return format!("stack `{stack}` does not have it: add it to `[stacks.{stack}.vars]`");
        }
        let all = self.all();
        one_of(name, all.iter().map(String::as_str))
    }

    fn all(&self) -> Vec<String> {
        let users = self.user.unwrap_or_default().iter().map(|column| format!("user.{column}"));
        let feeders = self
            .feeders
            .iter()
            .flat_map(|feeder| feeder.columns.iter().map(move |c| format!("feeder.{}.{c}", feeder.name)));
        let own = self.extracted.iter().chain(self.stack).cloned();
        own.chain(users).chain(feeders).chain(["uuid".into(), "counter".into()]).collect()
    }
}
