//! Request bodies.

use super::check::Check;
use super::template::Template;
use super::variables::Names;
use crate::scenario::Place;
use crate::scenario::model::Body;

/// A request body.
#[derive(Debug, Clone)]
pub struct BodyPlan {
    /// Value of Content-Type.
    pub content_type: &'static str,
    /// The bytes.
    pub content: BodyContent,
}

/// Where a body's bytes come from.
#[derive(Debug, Clone)]
pub enum BodyContent {
    /// Rendered for each request.
    Template(Template),
    /// Form fields, rendered and percent-encoded for each request.
    Form(Vec<(String, Template)>),
    /// The same bytes each time (a file).
    Fixed(Vec<u8>),
}

/// A larger file is no body for a load: every connection holds one.
const LARGEST: u64 = 64 * 1024 * 1024;

impl Check<'_> {
    /// A body: exactly one of four.
    pub fn body(&mut self, body: &Body, place: &Place, names: &Names<'_>) -> Option<BodyPlan> {
        let keys = ["text", "json", "form", "file"];
        let written: Vec<&str> = keys.into_iter().filter(|key| place.has(key)).collect();
        if !self.exactly_one(&written, "`text`, `json`, `form`, `file`", place, "`body`") {
            return None;
        }
        if let Some(text) = &body.text {
            let content = BodyContent::Template(self.template(text, place.key("text"), names));
            return Some(BodyPlan { content_type: "text/plain; charset=utf-8", content });
        }
        if let Some(value) = &body.json {
            let content = BodyContent::Template(self.json_template(value, place.key("json"), names));
            return Some(BodyPlan { content_type: "application/json", content });
        }
        if let Some(file) = &body.file {
            let content = BodyContent::Fixed(self.body_file(file, place.key("file"))?);
            return Some(BodyPlan { content_type: content_type(file), content });
        }
        let place = place.key("form");
        let fields = body.form.iter();
        let fields = fields.map(|(name, text)| (name.clone(), self.template(text, place.key(name), names)));
        let content = BodyContent::Form(fields.collect());
        Some(BodyPlan { content_type: "application/x-www-form-urlencoded", content })
    }

    fn json_template(&mut self, value: &toml::Value, place: &Place, names: &Names<'_>) -> Template {
        let before = self.mistakes.len();
        self.json_strings(value, place, names);
        let json = self.json(value, place).to_string();
        if self.mistakes.len() > before {
            return Template::literal("");
        }
        // Each string was checked by itself, where its place is known.
        Template::parse(&json, |name| names.resolve(name))
            .map_or_else(|_| Template::literal(json), Template::in_json)
    }

    fn json_strings(&mut self, value: &toml::Value, place: &Place, names: &Names<'_>) {
        match value {
            toml::Value::String(text) => {
                self.template(text, place, names);
            }
            toml::Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.json_strings(item, place.item(position), names);
                }
            }
            toml::Value::Table(table) => {
                for (key, item) in table {
                    if key.contains("{{") {
                        let help = "templates stand in values, not in keys";
                        self.wrong_key(
                            place.key(key),
                            format!("the key `{key}` looks like a template"),
                            help,
                        );
                    }
                    self.json_strings(item, place.key(key), names);
                }
            }
            _ => {}
        }
    }

    fn body_file(&mut self, file: &str, place: &Place) -> Option<Vec<u8>> {
        let path = self.path(file);
        let help = "the path is relative to the scenario file";
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.len() > LARGEST => {
                self.wrong(
                    place,
                    format!("`{}` is larger than 64 MiB", path.display()),
                    "use a smaller file",
                );
                return None;
            }
            _ => {}
        }
        match std::fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.wrong(place, format!("cannot read `{}`: {error}", path.display()), help);
                None
            }
        }
    }
}

fn content_type(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("xml") => "application/xml",
        Some("csv") => "text/csv",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => "application/octet-stream",
    }
}
