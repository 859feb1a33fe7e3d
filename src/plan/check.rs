//! The values every part of a scenario has in common, each checked where it stands: durations, patterns,
//! templates, paths, names.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json_path::JsonPath;

use super::template::{Template, TemplateError, Variable};
use super::variables::Names;
use crate::scenario::model::Extract;
use crate::scenario::{Mistakes, Place, did_you_mean, one_of, parse_duration};
use crate::wire::is_odd;

/// Reads an environment variable; a parameter so that checking stays a pure function.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What every check needs: where files are, the text for exact spans, and the mistakes found so far.
pub(super) struct Check<'a> {
    pub folder: PathBuf,
    pub text: &'a str,
    pub env: Environment<'a>,
    pub mistakes: Mistakes,
}

impl Check<'_> {
    /// Notes a mistake in a value.
    pub fn wrong(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.at(place.value_span(), message, help);
    }

    /// Notes a mistake in a key.
    pub fn wrong_key(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.at(place.key_span(), message, help);
    }

    /// Notes a mistake of a value that is wrong whatever else its table says.
    fn wrong_alone(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.alone(place.value_span(), message, help);
    }

    /// A file named in the scenario.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(Path::new(file))
    }

    /// A duration, or the default when nothing was written or what was written is wrong.
    pub fn duration(&mut self, text: Option<&str>, place: &Place, default: Duration) -> Duration {
        match text.map(parse_duration) {
            None => default,
            Some(Ok(duration)) => duration,
            Some(Err(error)) => {
                self.wrong_alone(place, error.to_string(), "for example `500ms`, `20s`, `2m` or `1h`");
                default
            }
        }
    }

    /// A duration that must not be zero.
    pub fn positive_duration(&mut self, text: Option<&str>, place: &Place, default: Duration) -> Duration {
        let duration = self.duration(text, place, default);
        if duration.is_zero() {
            self.wrong(place, "this must be longer than zero", "for example `10s`");
            return default.max(Duration::from_secs(1));
        }
        duration
    }

    /// A regular expression over bytes.
    pub fn regex(&mut self, pattern: &str, place: &Place) -> Option<regex::bytes::Regex> {
        match regex::bytes::Regex::new(pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
                self.wrong_alone(
                    place,
                    format!("this regular expression does not compile: {reason}"),
                    "see the syntax of Rust's `regex`; single quotes keep backslashes as they are: '\\d+'",
                );
                None
            }
        }
    }

    /// A JSONPath.
    pub fn json_path(&mut self, path: &str, place: &Place, key: bool) -> Option<JsonPath> {
        match JsonPath::parse(path) {
            Ok(path) => Some(path),
            Err(error) => {
                let message = format!("`{path}` is no JSONPath: {}", error.message());
                let help = "it begins with `$`: `$.username`, `$[*].owner`, `$.results[0].id` (RFC 9535)";
                if key {
                    self.wrong_key(place, message, help)
                } else {
                    self.wrong(place, message, help)
                }
                None
            }
        }
    }

    /// A template; every unknown name in it is noted, and one that is wrong comes back empty.
    pub fn template(&mut self, text: &str, place: &Place, names: &Names<'_>) -> Template {
        let mut unknown = Vec::new();
        let parsed = Template::parse(text, |name| {
            names.resolve(name).or_else(|| {
                unknown.push(name.to_owned());
                Some(Variable::Uuid)
            })
        });
        let wrong = parsed.is_err() || !unknown.is_empty();
        for name in unknown {
            let message = format!("unknown value `{{{{{name}}}}}`");
            let error = TemplateError::Unknown { name, offset: 0 };
            let span = self.template_span(&error, place);
            let TemplateError::Unknown { name, .. } = error else { continue };
            self.mistakes.missing(span, &name, message, names.help(&name));
        }
        if let Err(error) = &parsed {
            self.unclosed(self.template_span(error, place));
        }
        parsed.ok().filter(|_| !wrong).unwrap_or_else(|| Template::literal(""))
    }

    /// A text of a stack (`{{port}}`, `{{state}}`, `{{vars.*}}`), rendered when the stack starts.
    pub fn stack_text(&mut self, text: &str, place: &Place, vars: &[String]) {
        const FIXED: [&str; 5] = ["port", "stack", "state", "scenario", "shakedown"];
        let known = |name: &str| {
            let port = name.strip_prefix("port.").is_some_and(|port| !port.is_empty());
            port || FIXED.contains(&name) || vars.iter().any(|var| var == name)
        };
        let parsed = Template::parse(text, |name| known(name).then(|| Variable::Stack(name.into())));
        if let Err(error) = parsed {
            let span = self.template_span(&error, place);
            match error {
                TemplateError::Unclosed { .. } => self.unclosed(span),
                TemplateError::Unknown { name, .. } => {
                    let all = FIXED.into_iter().chain(["port.NAME"]).chain(vars.iter().map(String::as_str));
                    let message = format!("unknown value `{{{{{name}}}}}`");
                    self.mistakes.missing(span, &name, message, one_of(&name, all));
                }
            }
        }
    }

    fn unclosed(&mut self, span: Range<usize>) {
        self.mistakes.alone(span, "`{{` without `}}`", "close it: `{{user.username}}`");
    }

    /// The name in a template error, found in the file's text; the whole value when escapes hide it.
    fn template_span(&self, error: &TemplateError, place: &Place) -> Range<usize> {
        let whole = place.value_span();
        let wanted = match error {
            TemplateError::Unclosed { .. } => "{{",
            TemplateError::Unknown { name, .. } => name.as_str(),
        };
        let raw = self.text.get(whole.clone()).unwrap_or_default();
        match raw.find(wanted).filter(|_| !wanted.is_empty()) {
            Some(found) => whole.start + found..whole.start + found + wanted.len(),
            None => whole,
        }
    }

    /// A part of a string, found in the file's text; the whole value when escapes move it.
    pub fn within(&self, place: &Place, value: &str, part: &Range<usize>) -> Range<usize> {
        let whole = place.value_span();
        let raw = self.text.get(whole.clone()).unwrap_or_default();
        let plain = raw.len() == value.len() + 2 && raw.get(1..raw.len() - 1) == Some(value);
        if plain { whole.start + 1 + part.start..whole.start + 1 + part.end } else { whole }
    }

    /// A path on a stack without templates.
    pub fn plain_path(&mut self, path: &str, place: &Place) {
        if path.contains("{{") {
            self.wrong(place, "templates cannot be used here", "write the path as it is: `/login/`");
        }
        self.request_target(path, place);
    }

    /// A path as it goes into a request line, templates aside.
    pub fn request_target(&mut self, path: &str, place: &Place) {
        let literal = without_templates(path);
        if path.starts_with("http://") || path.starts_with("https://") {
            self.wrong_alone(
                place,
                "this is a whole URL",
                "write the path alone; each stack's `url` goes before it",
            );
        } else if !path.starts_with('/') && !path.starts_with("{{") {
            self.wrong_alone(
                place,
                format!("the path `{path}` does not begin with `/`"),
                format!("write `/{path}`"),
            );
        } else if let Some(c) = literal.chars().find(|c| c.is_whitespace() || c.is_control() || !c.is_ascii())
        {
            let encoded = percent_encoding::utf8_percent_encode(
                c.encode_utf8(&mut [0; 4]),
                percent_encoding::NON_ALPHANUMERIC,
            )
            .to_string();
            self.wrong_alone(place, format!("a path cannot hold {c:?}"), format!("write it as `{encoded}`"));
        } else if literal.contains('#') {
            self.wrong_alone(
                place,
                "a path cannot hold `#`",
                "a fragment is never sent; leave it out, or write `%23`",
            );
        }
    }

    /// A header's name.
    pub fn header_name(&mut self, name: &str, place: &Place, key: bool) {
        if !is_token(name) {
            let message = format!("`{name}` cannot be a header's name");
            let help = "letters, digits and `-`, for example `X-Request-Id`";
            if key { self.wrong_key(place, message, help) } else { self.wrong(place, message, help) }
        }
    }

    /// The name of a stack, route, flow or step: it appears in gates (`prod/notes: p99 < 250ms`) and files.
    pub fn name(&mut self, name: &str, place: &Place, what: &str) {
        if let Some(bad) = name.chars().find(|c| matches!(c, '/' | ':' | '\\' | '{' | '}') || is_odd(*c)) {
            self.wrong(
                place,
                format!("the name of {what} cannot hold {bad:?}"),
                "use letters, digits and `-`",
            );
        }
    }

    /// Where a value stands in an answer: exactly one of three.
    pub fn extract(&mut self, extract: &Extract, place: &Place) -> Option<super::ExtractPlan> {
        let written =
            ["json", "header", "regex"].into_iter().filter(|key| place.has(key)).collect::<Vec<_>>();
        if !self.exactly_one(&written, "`json`, `header`, `regex`", place, "a value to take") {
            return None;
        }
        if let Some(path) = &extract.json {
            return self.json_path(path, place.key("json"), false).map(super::ExtractPlan::Json);
        }
        if let Some(name) = &extract.header {
            self.header_name(name, place.key("header"), false);
            return Some(super::ExtractPlan::Header(name.to_ascii_lowercase()));
        }
        let pattern = extract.regex.as_deref()?;
        self.regex(pattern, place.key("regex")).map(super::ExtractPlan::Regex)
    }

    /// Notes when none or several of some keys were written.
    pub fn exactly_one(&mut self, written: &[&str], choices: &str, place: &Place, what: &str) -> bool {
        match written {
            [_] => return true,
            [] => self.wrong(place, format!("{what} needs one of {choices}"), "add exactly one"),
            [first, second, ..] => {
                let message = format!("{what} has both `{first}` and `{second}`");
                self.wrong_key(place.key(second), message, format!("keep exactly one of {choices}"));
            }
        }
        false
    }

    /// Position of a name among those defined, else a mistake.
    pub fn lookup<'n>(
        &mut self,
        name: &str,
        defined: impl Iterator<Item = &'n str> + Clone,
        place: &Place,
        what: &str,
    ) -> Option<usize> {
        let found = defined.clone().position(|known| known == name);
        if found.is_none() {
            let help = match did_you_mean(name, defined.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if defined.clone().next().is_none() => format!("add a table `[{what}.{name}]`"),
                None => one_of(name, defined),
            };
            self.mistakes.missing(place.value_span(), name, format!("there is no {what} `{name}`"), help);
        }
        found
    }
}

/// Whether a text is a token of HTTP (RFC 9110 5.6.2): a method or a header's name.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// The text with its `{{…}}` taken out.
pub(super) fn without_templates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    out + rest
}
