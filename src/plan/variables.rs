//! The names a template may use at one place of the scenario.

use super::FeederPlan;
use super::template::Variable;
use crate::scenario::{did_you_mean, one_of};

/// What a name with a point begins with.
const GROUPS: [&str; 4] = ["user", "feeder", "discover", "vars"];

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
        let all = || all.iter().map(String::as_str);
        let Some((written, column)) = name.split_once('.') else { return one_of(name, all()) };
        // Each part by itself: a slip in one costs as many letters as the other may have wrong.
        let group = did_you_mean(written, GROUPS).unwrap_or(written);
        if group != written {
            let whole = format!("{group}.{column}");
            return match self.resolve(&whole).filter(|_| whole != "user.password") {
                Some(_) => format!("did you mean `{whole}`?"),
                None => self.help(&whole),
            };
        }
        let columns: Vec<&str> =
            all().filter_map(|known| known.strip_prefix(group)?.strip_prefix('.')).collect();
        match did_you_mean(column, columns.iter().copied()) {
            Some(near) => format!("did you mean `{group}.{near}`?"),
            None if columns.is_empty() => one_of(name, all()),
            None => {
                let known: Vec<String> =
                    columns.iter().take(24).map(|column| format!("`{group}.{column}`")).collect();
                format!("there is {}", known.join(", "))
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_before_the_point_is_seen_through() {
        let columns = ["username".to_owned(), "team".to_owned()];
        let stack = ["vars.tenant".to_owned()];
        let names = Names { user: Some(&columns), feeders: &[], extracted: &[], stack: &stack, partial: &[] };
        assert_eq!(names.help("usr.username"), "did you mean `user.username`?");
        assert_eq!(names.help("usr.name"), "there is `user.username`, `user.team`");
        assert_eq!(names.help("user.name"), "there is `user.username`, `user.team`");
        assert_eq!(names.help("var.tenant"), "did you mean `vars.tenant`?");
        assert!(names.help("usr.password").starts_with("passwords never go into templates"));
        let nobody = Names { user: Some(&[]), ..names };
        assert!(nobody.help("usr.username").starts_with("there are no users here"));
        // The users themselves are wrong, and that is told where they stand.
        assert_eq!(Names { user: None, ..names }.help("usr.name"), "did you mean `user.name`?");
    }
}
