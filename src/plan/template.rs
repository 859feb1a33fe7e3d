//! Templates: `{{user.username}}`, `{{feeder.NAME.column}}`, `{{uuid}}`, `{{counter}}`, `{{extracted}}`,
//! and the stack's own values (`{{discover.css}}`, `{{vars.x}}`), which are bound before the load.

use std::collections::BTreeMap;
use std::io::Write as _;

/// A compiled template. Rendering allocates nothing but what the output buffer grows by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
    escape: Escape,
}

/// What a value goes through before it is put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Escape {
    #[default]
    None,
    /// The inside of a JSON string (RFC 8259 7).
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Variable(Variable),
}

/// What a template may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// A column of the user who asks, by its position in the population's columns.
    User(usize),
    /// A column of a feeder's row: feeder, column.
    Feeder(usize, usize),
    /// A random UUID (version 4).
    Uuid,
    /// A number that no other request of this run has.
    Counter,
    /// A value extracted by an earlier step: its slot.
    Extracted(usize),
    /// A value of the stack, by its full name (`discover.css`, `vars.x`); gone after [`Template::bind`].
    Stack(String),
}

/// What variables stand for while one request is rendered.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Values of the user who asks, in the order of the population's columns.
    pub user: &'a [String],
    /// The rows of each feeder.
    pub feeders: &'a [Vec<Vec<String>>],
    /// Values extracted so far in this flow, by slot.
    pub extracted: &'a [String],
    /// The run's next number; also picks the feeders' rows, in turn.
    pub counter: u64,
    /// Random bits for `{{uuid}}`.
    pub random: u128,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{{{{` at byte {offset} has no `}}}}`")]
    Unclosed {
        /// Byte offset of the `{{`.
        offset: usize,
    },
    /// A name nobody provides.
    #[error("unknown value `{name}`")]
    Unknown {
        /// The name between the braces.
        name: String,
        /// Byte offset of the name.
        offset: usize,
    },
}

impl Template {
    /// A template without variables.
    pub fn literal(text: impl Into<String>) -> Self {
        Template { pieces: vec![Piece::Literal(text.into())], escape: Escape::None }
    }

    /// Compiles a text; `resolve` says what each name between braces is.
    ///
    /// # Errors
    /// A brace pair that is not closed, or a name `resolve` does not know.
    pub fn parse(
        text: &str,
        mut resolve: impl FnMut(&str) -> Option<Variable>,
    ) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = 0;
        while let Some(open) = text[rest..].find("{{").map(|i| rest + i) {
            let close =
                text[open..].find("}}").map(|i| open + i).ok_or(TemplateError::Unclosed { offset: open })?;
            if open > rest {
                pieces.push(Piece::Literal(text[rest..open].to_owned()));
            }
            let name = text[open + 2..close].trim();
            let variable = resolve(name)
                .ok_or_else(|| TemplateError::Unknown { name: name.to_owned(), offset: open + 2 })?;
            pieces.push(Piece::Variable(variable));
            rest = close + 2;
        }
        if rest < text.len() {
            pieces.push(Piece::Literal(text[rest..].to_owned()));
        }
        Ok(Template { pieces, escape: Escape::None })
    }

    /// The same template for a text that is JSON: values are escaped as the inside of a JSON string.
    #[must_use]
    pub fn in_json(self) -> Self {
        Template { escape: Escape::Json, ..self }
    }

    /// The same template with the stack's values put in; names that are missing come back as the error.
    ///
    /// # Errors
    /// The first stack value that `values` lacks.
    pub fn bind(&self, values: &BTreeMap<String, String>) -> Result<Template, String> {
        let mut pieces: Vec<Piece> = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let piece = match piece {
                Piece::Variable(Variable::Stack(name)) => {
                    let value = values.get(name).ok_or_else(|| name.clone())?;
                    let mut text = Vec::with_capacity(value.len());
                    self.escape.push(value, &mut text);
                    Piece::Literal(String::from_utf8(text).unwrap_or_default())
                }
                other => other.clone(),
            };
            match (pieces.last_mut(), piece) {
                (Some(Piece::Literal(last)), Piece::Literal(next)) => last.push_str(&next),
                (_, piece) => pieces.push(piece),
            }
        }
        Ok(Template { pieces, escape: self.escape })
    }

    /// The text, when the template has no variables.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends the rendered text. A stack value that was never bound renders as nothing.
    pub fn render(&self, scope: &Scope<'_>, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Variable(variable) => variable.render(scope, self.escape, out),
            }
        }
    }

    /// The rendered text as a string.
    pub fn to_text(&self, scope: &Scope<'_>) -> String {
        let mut out = Vec::new();
        self.render(scope, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

impl Variable {
    fn render(&self, scope: &Scope<'_>, escape: Escape, out: &mut Vec<u8>) {
        let text = match self {
            Variable::User(column) => scope.user.get(*column),
            Variable::Feeder(feeder, column) => scope.feeders.get(*feeder).and_then(|rows| {
                let row = usize::try_from(scope.counter).unwrap_or(0) % rows.len().max(1);
                rows.get(row)?.get(*column)
            }),
            Variable::Extracted(slot) => scope.extracted.get(*slot),
            Variable::Uuid => {
                let mut buffer = uuid::Uuid::encode_buffer();
                let id = uuid::Builder::from_random_bytes(scope.random.to_le_bytes()).into_uuid();
                out.extend_from_slice(id.as_hyphenated().encode_lower(&mut buffer).as_bytes());
                return;
            }
            Variable::Counter => {
                // Writing to a Vec cannot fail.
                let _ = write!(out, "{}", scope.counter);
                return;
            }
            Variable::Stack(_) => None,
        };
        escape.push(text.map_or("", String::as_str), out);
    }
}

impl Escape {
    fn push(self, text: &str, out: &mut Vec<u8>) {
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
        if self == Escape::None || !text.as_bytes().iter().any(special) {
            return out.extend_from_slice(text.as_bytes());
        }
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                // Writing to a Vec cannot fail.
                0..0x20 => drop(write!(out, "\\u{byte:04x}")),
                _ => out.push(byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(name: &str) -> Option<Variable> {
        match name {
            "user.username" => Some(Variable::User(0)),
            "feeder.q.term" => Some(Variable::Feeder(0, 0)),
            "uuid" => Some(Variable::Uuid),
            "counter" => Some(Variable::Counter),
            "id" => Some(Variable::Extracted(0)),
            "discover.css" => Some(Variable::Stack("discover.css".into())),
            _ => None,
        }
    }

    fn render(text: &str) -> String {
        let feeders = vec![vec![vec!["one".to_owned()], vec!["two".to_owned()]]];
        let scope = Scope {
            user: &["ada".to_owned()],
            feeders: &feeders,
            extracted: &["42".to_owned()],
            counter: 7,
            random: 1,
        };
        Template::parse(text, resolve).unwrap().to_text(&scope)
    }

    #[test]
    fn renders_every_variable() {
        assert_eq!(
            render("/n/{{id}}?u={{ user.username }}&c={{counter}}&q={{feeder.q.term}}"),
            "/n/42?u=ada&c=7&q=two"
        );
        assert_eq!(render("{{uuid}}").len(), 36);
        assert_eq!(render("plain {json}"), "plain {json}");
    }

    #[test]
    fn binding_joins_literals() {
        let template = Template::parse("/static/{{discover.css}}?v", resolve).unwrap();
        let bound =
            template.bind(&BTreeMap::from([("discover.css".to_owned(), "a.css".to_owned())])).unwrap();
        assert_eq!(bound.as_literal(), Some("/static/a.css?v"));
        assert_eq!(template.bind(&BTreeMap::new()), Err("discover.css".to_owned()));
    }

    #[test]
    fn values_in_json_stay_inside_their_string() {
        let template =
            Template::parse(r#"{"a":"{{id}}","b":"{{discover.css}}"}"#, resolve).unwrap().in_json();
        let evil = "x\"},\n\\é";
        let bound = template.bind(&BTreeMap::from([("discover.css".to_owned(), evil.to_owned())])).unwrap();
        let scope = Scope { user: &[], feeders: &[], extracted: &[evil.to_owned()], counter: 0, random: 0 };
        let json: serde_json::Value = serde_json::from_str(&bound.to_text(&scope)).unwrap();
        assert_eq!((json["a"].as_str(), json["b"].as_str()), (Some(evil), Some(evil)));
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(Template::parse("a {{b", resolve), Err(TemplateError::Unclosed { offset: 2 }));
        assert_eq!(
            Template::parse("a {{nope}}", resolve),
            Err(TemplateError::Unknown { name: "nope".into(), offset: 4 })
        );
    }
}
