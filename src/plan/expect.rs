//! What an answer must be, and values in JSON.

use serde_json::Value as Json;

use super::check::Check;
use super::variables::Names;
use super::{ExpectPlan, JsonValue, StatusRule};
use crate::scenario::Place;
use crate::scenario::model::{Expect, Owner, Statuses};

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
