//! What an answer must be, and values in JSON.

use serde_json::Value as Json;

use super::check::Check;
use super::template::Template;
use super::variables::Names;
use crate::scenario::Place;
use crate::scenario::model::{Expect, Owner, Statuses};

/// What an answer must be.
#[derive(Debug, Clone)]
pub struct ExpectPlan {
    /// Accepted statuses.
    pub status: StatusRule,
    /// Header name (lower case) and the pattern of its value.
    pub headers: Vec<(String, regex::bytes::Regex)>,
    /// Text the body must contain.
    pub contains: Option<String>,
    /// Pattern the body must match.
    pub matches: Option<regex::bytes::Regex>,
    /// JSONPath and the value it must have.
    pub json: Vec<(serde_json_path::JsonPath, JsonValue)>,
    /// JSONPath all of whose values must equal this column of the user.
    pub owner: Option<(serde_json_path::JsonPath, Template)>,
}

/// Patterns are the same where they are written the same.
impl PartialEq for ExpectPlan {
    fn eq(&self, other: &Self) -> bool {
        let ExpectPlan { status, headers, contains, matches, json, owner } = self;
        let pattern = regex::bytes::Regex::as_str;
        let others = &other.headers;
        *status == other.status
            && headers.len() == others.len()
            && headers.iter().zip(others).all(|(a, b)| a.0 == b.0 && pattern(&a.1) == pattern(&b.1))
            && *contains == other.contains
            && matches.as_ref().map(pattern) == other.matches.as_ref().map(pattern)
            && *json == other.json
            && *owner == other.owner
    }
}

impl ExpectPlan {
    /// Whether the body has to be kept to judge the answer.
    pub fn needs_body(&self) -> bool {
        self.contains.is_some() || self.matches.is_some() || !self.json.is_empty() || self.owner.is_some()
    }
}

/// An expected JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonValue {
    /// A string template.
    Text(Template),
    /// Any other value.
    Value(serde_json::Value),
}

/// Which statuses are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusRule {
    /// 200 to 299: the default with auth.
    Success,
    /// 200 to 399: the default without auth.
    SuccessOrRedirect,
    /// Just these.
    Any(Vec<u16>),
}

impl StatusRule {
    /// Whether a status is good.
    pub fn accepts(&self, status: u16) -> bool {
        match self {
            StatusRule::Success => (200..300).contains(&status),
            StatusRule::SuccessOrRedirect => (200..400).contains(&status),
            StatusRule::Any(list) => list.contains(&status),
        }
    }
}

impl Check<'_> {
    /// What a route's answer must be.
    pub fn expect(
        &mut self,
        expect: Option<&Expect>,
        place: &Place,
        names: &Names<'_>,
        with_auth: bool,
    ) -> ExpectPlan {
        let default = if with_auth { StatusRule::Success } else { StatusRule::SuccessOrRedirect };
        let mut plan = ExpectPlan {
            status: default,
            headers: Vec::new(),
            contains: None,
            matches: None,
            json: Vec::new(),
            owner: None,
        };
        let Some(expect) = expect else { return plan };
        if let Some(statuses) = &expect.status {
            plan.status = self.statuses(statuses, place.key("status"));
        }
        for (name, pattern) in &expect.headers {
            let place = place.key("headers").key(name);
            self.header_name(name, place, true);
            if let Some(regex) = self.regex(pattern, place) {
                plan.headers.push((name.to_ascii_lowercase(), regex));
            }
        }
        plan.contains.clone_from(&expect.contains);
        if let Some(pattern) = &expect.matches {
            plan.matches = self.regex(pattern, place.key("matches"));
        }
        for (path, value) in &expect.json {
            let place = place.key("json").key(path);
            let value = match value {
                toml::Value::String(text) => JsonValue::Text(self.template(text, place, names)),
                other => JsonValue::Value(self.json(other, place)),
            };
            if let Some(path) = self.json_path(path, place, true) {
                plan.json.push((path, value));
            }
        }
        if let Some(owner) = &expect.owner {
            plan.owner = self.owner(owner, place.key("owner"), names);
        }
        plan
    }

    fn statuses(&mut self, statuses: &Statuses, place: &Place) -> StatusRule {
        let list = match statuses {
            Statuses::One(status) => {
                self.status(*status, place);
                vec![*status]
            }
            Statuses::Any(list) => {
                for (position, status) in list.iter().enumerate() {
                    self.status(*status, place.item(position));
                }
                if list.is_empty() {
                    self.wrong(
                        place,
                        "no status would be good",
                        "write one or several, or leave `status` out",
                    );
                }
                list.clone()
            }
        };
        StatusRule::Any(list)
    }

    fn owner(
        &mut self,
        owner: &Owner,
        place: &Place,
        names: &Names<'_>,
    ) -> Option<(serde_json_path::JsonPath, super::Template)> {
        let path = self.json_path(&owner.json, place.key("json"), false);
        let column = owner.equals.trim();
        if !column.starts_with("user.") {
            let message = format!("`{column}` is no column of the user who asks");
            self.wrong(place.key("equals"), message, "for example `user.username`");
            return None;
        }
        let template = self.template(&format!("{{{{{column}}}}}"), place.key("equals"), names);
        (!template.is_empty()).then_some(())?;
        path.map(|path| (path, template))
    }

    /// A TOML value as JSON; dates become strings.
    pub fn json(&mut self, value: &toml::Value, place: &Place) -> Json {
        match value {
            toml::Value::String(text) => Json::String(text.clone()),
            toml::Value::Integer(number) => Json::from(*number),
            toml::Value::Float(number) => serde_json::Number::from_f64(*number).map_or_else(
                || {
                    self.wrong(place, "JSON has no such number", "write a finite number");
                    Json::Null
                },
                Json::Number,
            ),
            toml::Value::Boolean(value) => Json::Bool(*value),
            toml::Value::Datetime(date) => Json::String(date.to_string()),
            toml::Value::Array(items) => {
                let items = items.iter().enumerate();
                Json::Array(items.map(|(i, item)| self.json(item, place.item(i))).collect())
            }
            toml::Value::Table(table) => {
                let pairs = table.iter();
                Json::Object(
                    pairs.map(|(key, item)| (key.clone(), self.json(item, place.key(key)))).collect(),
                )
            }
        }
    }
}
