//! From text to the model: syntax, then shape, then serde.

use std::path::Path;

use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

use super::diagnostic::{Diagnostics, Mistake, Mistakes, line_and_column};
use super::mask;
use super::model::Scenario;
use super::place::Place;
use super::repair::repair;
use super::{schema, shape};
use crate::secret::SecretString;

/// A bigger scenario file is a mistake, not a scenario.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A scenario whose shape is right, with the places of its keys and its text without secrets.
#[derive(Debug)]
pub struct Document {
    /// What was written.
    pub scenario: Scenario,
    /// Where it was written.
    pub root: Place,
    /// The text with secrets overwritten, of the same length: for diagnostics.
    pub masked: String,
    /// The text with secrets replaced: for records.
    pub redacted: String,
    /// Values of inline secrets that are long and rare enough to be taken out of other texts.
    pub secrets: Vec<SecretString>,
    /// Mistakes of shape. What they are about was left out of `scenario`, or has a placeholder
    /// there, so that the rest could be read.
    pub mistakes: Mistakes,
    /// Names in what was left out: whoever uses one of them is not to blame that nobody defines it.
    pub left_out: Vec<String>,
}

impl Document {
    /// Line (1-based) of a place's value.
    pub fn line(&self, place: &Place) -> usize {
        line_and_column(&self.masked, place.value_span().start).0
    }
}

/// Reads a scenario file's text.
///
/// # Errors
/// A file that is absent, unreadable, not UTF-8 or larger than 4 MiB.
pub fn read_text(path: &Path) -> Result<String, Diagnostics> {
    let fail = |message: String, help: &str| {
        let mut mistakes = Mistakes::default();
        mistakes.push(Mistake {
            message,
            help: Some(help.to_owned()),
            span: None,
            alone: true,
            missing: None,
        });
        Diagnostics::new(path, String::new(), mistakes)
    };
    let size = std::fs::metadata(path)
        .map_err(|error| {
            fail(format!("cannot read it: {error}"), "`shakedown init --output FILE` writes a starter")
        })?
        .len();
    if size > LARGEST {
        return Err(fail("it is larger than 4 MiB".into(), "put long lists into CSV files"));
    }
    let bytes = std::fs::read(path).map_err(|error| {
        fail(format!("cannot read it: {error}"), "give the path of a scenario file, for example `my.toml`")
    })?;
    String::from_utf8(bytes).map_err(|_| fail("it is not UTF-8 text".into(), "save it as UTF-8"))
}

/// Parses a scenario and checks its shape; what it means is checked by the plan, which must look at
/// [`Document::mistakes`] too.
///
/// # Errors
/// Every mistake of syntax; or every mistake of shape, when what they leave is no scenario.
pub fn parse(path: &Path, text: &str) -> Result<Document, Diagnostics> {
    let mut mistakes = Mistakes::default();
    let (tree, errors) = DeTable::parse_recoverable(text);
    let secrets = mask::secrets(tree.get_ref(), text);
    let masked = mask::same_length(text, &secrets);
    if !errors.is_empty() {
        if let Some(language) = other_language(path, text) {
            mistakes.push(Mistake {
                message: format!("this is {language}, and a scenario is TOML"),
                help: Some("`shakedown init` prints one to start from".to_owned()),
                span: None,
                alone: true,
                missing: None,
            });
            return Err(Diagnostics::new(path, masked, mistakes));
        }
        for error in errors {
            mistakes.push(syntax(&error));
        }
        return Err(Diagnostics::new(path, masked, mistakes));
    }
    shape::check(&tree, schema::json_schema(), &mut mistakes);
    let mut tree = tree;
    let mut left_out = Vec::new();
    if !mistakes.is_empty() && !repair(&mut tree, schema::json_schema(), &mistakes, &mut left_out) {
        // What is left is no scenario: the rest would be guesswork.
        return Err(Diagnostics::new(path, masked, mistakes));
    }
    let root = Place::of_document(&tree);
    match Scenario::deserialize(Deserializer::from(tree)) {
        Ok(scenario) => {
            let redacted = mask::redact(text, &secrets);
            let secrets =
                secrets.into_iter().flat_map(|hidden| hidden.values).map(SecretString::from).collect();
            Ok(Document { scenario, root, masked, redacted, secrets, mistakes, left_out })
        }
        Err(error) => {
            // Beside other mistakes it may only follow from what was put in their place.
            if mistakes.is_empty() {
                mistakes.push(syntax(&error));
            }
            Err(Diagnostics::new(path, masked, mistakes))
        }
    }
}

/// The language of a file that is no TOML, where that is plain to see.
fn other_language(path: &Path, text: &str) -> Option<&'static str> {
    let ends = |end: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end));
    let first = text.trim_start_matches('\u{feff}').trim_start();
    match first {
        text if text.starts_with(['{']) => Some("JSON"),
        text if ends("yaml") || ends("yml") || text.starts_with("---\n") => Some("YAML"),
        _ => None,
    }
}

fn syntax(error: &toml::de::Error) -> Mistake {
    Mistake {
        message: error.message().trim().replace('\n', "; "),
        help: None,
        span: Some(error.span().unwrap_or(0..0)),
        alone: false,
        missing: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        let path = Path::new("s.toml");
        match parse(path, text) {
            Ok(document) if document.mistakes.is_empty() => String::from("fine"),
            Ok(document) => Diagnostics::new(path, document.masked, document.mistakes).plain(),
            Err(diagnostics) => diagnostics.plain(),
        }
    }

    #[test]
    fn another_language_is_named() {
        assert!(
            plain("{\"title\": \"t\"}").contains("this is JSON, and a scenario is TOML (`shakedown init`")
        );
        assert!(plain("\u{feff} {").contains("this is JSON"));
        assert!(plain("---\ntitle: t\n").contains("this is YAML"));
        assert!(!plain("title = {").contains("this is"), "{}", plain("title = {"));
    }

    #[test]
    fn syntax_errors_come_together() {
        let text = plain("title = \n[stacks.dev\nurl = \"x\n");
        assert!(text.lines().count() >= 2, "{text}");
        assert!(text.contains("s.toml:1:") && text.contains("s.toml:2:"), "{text}");
    }

    #[test]
    fn unknown_keys_types_choices_and_absent_keys_come_together() {
        let text = plain(
            "titel = 1\n[stacks.dev]\nrole = \"prod\"\n[[routes]]\nwieght = 2\nget = 3\nexpect = { status = \"ok\" }\n\
             [auth.a]\nkind = \"jwtt\"\n[auth.b]\nkind = \"jwt\"\nobtian = \"/\"\n[auth.c]\n",
        );
        assert_eq!(
            text,
            "s.toml:1:1: unknown key `titel` in the scenario (did you mean `title`?)\n\
             s.toml:1:1: the scenario has no `title` (`title`: One line that names the trial; the heading of the report)\n\
             s.toml:2:1: `dev` has no `url` (`url`: Base URL)\n\
             s.toml:3:8: `role` cannot be `prod` (one of `dev`, `production`)\n\
             s.toml:5:1: unknown key `wieght` in an element of `routes` (did you mean `weight`?)\n\
             s.toml:6:7: `get` is an integer (it must be a string in quotes)\n\
             s.toml:7:21: `status` is a string (it must be a whole number or an array)\n\
             s.toml:9:8: unknown kind `jwtt` (did you mean `jwt`?)\n\
             s.toml:10:1: `b` has no `obtain` (`obtain`: Path of the obtain endpoint)\n\
             s.toml:12:1: unknown key `obtian` in `b` (did you mean `obtain`?)\n\
             s.toml:13:1: `c` has no `kind` (add `kind`: one of `drf-token`, `jwt`, `session`, `basic`, `oauth2-client-credentials`, `static`, `mint`)\n"
        );
    }

    #[test]
    fn a_key_in_another_place_hears_of_its_own() {
        let text = plain(
            "title=\"t\"\nrate = 5\n[stacks.a]\nurl=\"http://localhost\"\nauthorized = true\naccept = 1\ngates = 1\n",
        );
        for (line, help) in [
            (2, "unknown key `rate` in the scenario (`rate` is a key of `[load]`)"),
            (5, "(`authorized` is a key of the scenario itself: it stands above the first table)"),
            (6, "(`accept` is a list of the scenario itself)"),
            (7, "(`[gates]` is a table of the scenario itself)"),
        ] {
            let told =
                text.lines().any(|told| told.starts_with(&format!("s.toml:{line}:")) && told.ends_with(help));
            assert!(told, "{help}: {text}");
        }
    }

    #[test]
    fn a_time_without_a_unit_gets_one() {
        let text = plain(
            "title=\"t\"\nstacks.a.url=\"http://localhost\"\n[load]\nduration = 15\nwarmup = 0.5\nprecision = 5\n",
        );
        assert!(
            text.contains("s.toml:4:12: `duration` is a number without a unit (write `\"15s\"` for seconds"),
            "{text}"
        );
        assert!(text.contains("(write `\"0.5s\"` for seconds"), "{text}");
        assert!(text.contains("`precision` is an integer (it must be a string in quotes)"), "{text}");
    }

    #[test]
    fn what_should_be_a_table_hears_of_its_keys() {
        let text = plain("title=\"t\"\nusers = [{ name = \"a\" }]\nstacks.a.url=\"http://localhost\"\n");
        assert!(
            text.contains(
                "s.toml:2:9: `users` is an array (it must be a table with `csv`, `list`, `pattern`"
            ),
            "{text}"
        );
    }

    #[test]
    fn numbers_have_ranges() {
        let text = plain(
            "title=\"t\"\nstacks.a.url=\"http://localhost\"\n[load]\nusers = -1\nseed = -4\nrate = \"fast\"\n[stacks.a.ready]\nstatus = 70000\n",
        );
        assert!(
            text.contains("s.toml:4:9: `users` is out of range (write a number that is 0 or more)"),
            "{text}"
        );
        assert!(text.contains("`status` is out of range (write a number from 0 to 65535)"), "{text}");
        assert!(text.contains("`rate` is a string (it must be a number)"), "{text}");
    }
}
