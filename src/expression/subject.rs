//! Whose number a gate asks for: `prod`, `prod/notes`, and the two sides of `prod vs dev`.

use super::GateError;
use super::parser::Parser;
use super::slip::{listed, nearest, short};

/// Whose number it is. No stack: each of them; no route: all together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) stack: Option<String>,
    pub(crate) route: Option<String>,
}

impl<'a> Parser<'a> {
    /// The two sides of ` vs `; where a name holds the word itself, the split that makes both sides known.
    pub(super) fn versus(&self, subject: &'a str) -> Option<(&'a str, &'a str)> {
        let splits: Vec<_> = subject
            .match_indices(" vs ")
            .map(|(at, word)| (subject[..at].trim(), subject[at + word.len()..].trim()))
            .filter(|(a, b)| !a.is_empty() && !b.is_empty())
            .collect();
        if self.knows(subject) {
            return None;
        }
        splits.iter().find(|(a, b)| self.knows(a) && self.knows(b)).or(splits.first()).copied()
    }

    pub(super) fn knows(&self, subject: &str) -> bool {
        if self.names.stacks.contains(&subject) {
            return true;
        }
        subject.split_once('/').is_some_and(|(stack, route)| {
            (stack.is_empty() || self.names.stacks.contains(&stack.trim()))
                && self.names.routes.contains(&route.trim())
        })
    }

    pub(super) fn example_pair(&self) -> String {
        match self.names.stacks {
            [first, second, ..] => format!("{second} vs {first}"),
            _ => "prod vs dev".to_owned(),
        }
    }

    pub(super) fn subject(&self, part: &'a str) -> Result<Subject, GateError> {
        if part.is_empty() {
            return Ok(Subject { stack: None, route: None });
        }
        if self.names.stacks.contains(&part) {
            return Ok(Subject { stack: Some(part.to_owned()), route: None });
        }
        let Some((stack, route)) = part.split_once('/') else {
            return Ok(Subject { stack: Some(self.stack(part)?), route: None });
        };
        let (stack, route) = (stack.trim(), route.trim());
        let stack = if stack.is_empty() { None } else { Some(self.stack(stack)?) };
        if route.is_empty() {
            return Err(self.wrong(
                part,
                "the route after `/` is missing",
                "write `prod/notes: …`, or no slash",
            ));
        }
        if self.names.checked && !self.names.routes.contains(&route) {
            let help = match nearest(route, self.names.routes.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => listed("routes", self.names.routes),
            };
            return Err(self.wrong(route, format!("no route `{}`", short(route)), help));
        }
        Ok(Subject { stack, route: Some(route.to_owned()) })
    }

    pub(super) fn stack(&self, name: &str) -> Result<String, GateError> {
        if !self.names.checked || self.names.stacks.contains(&name) {
            return Ok(name.to_owned());
        }
        let help = if self.names.routes.contains(&name) {
            let stack = self.names.stacks.last().copied().unwrap_or("prod");
            format!("`{name}` is a route: write `{stack}/{name}`, or `/{name}` for every stack")
        } else if matches!(name, "*" | "all" | "any" | "each" | "every") {
            "a gate without a stack asks every stack, as in `p99 < 250ms` or `/notes: p99 < 250ms`".to_owned()
        } else if [" versus ", " VS ", " Vs ", " vs. "].iter().any(|word| name.contains(word)) {
            format!("a comparison is written with `vs`, as in `{}: p95 < 0.8x`", self.example_pair())
        } else {
            match nearest(name, self.names.stacks.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => listed("stacks", self.names.stacks),
            }
        };
        Err(self.wrong(name, format!("no stack `{}`", short(name)), help))
    }
}
