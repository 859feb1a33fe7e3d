//! Populations: who the virtual users are.

use std::collections::BTreeSet;

use super::check::Check;
use super::csv_table::CsvTable;
use super::template::{Scope, Template, Variable};
use crate::scenario::Place;
use crate::scenario::model::Users;
use crate::secret::SecretString;

/// A group of users.
#[derive(Debug, Clone, Default)]
pub struct Population {
    /// Names of the columns a template may use: `username` first, never the password.
    pub columns: Vec<String>,
    /// The users; never has two of one name.
    pub users: Vec<User>,
}

/// A virtual user's identity.
#[derive(Debug, Clone)]
pub struct User {
    /// User name.
    pub name: String,
    /// Password, where the auth needs one.
    pub password: Option<SecretString>,
    /// Values of [`Population::columns`], in that order.
    pub values: Vec<String>,
}

/// Most users a pattern may name.
const MOST: u64 = 100_000;

impl Population {
    /// One user without a name, for credentials that belong to no user.
    pub(super) fn nameless() -> Self {
        let user = User { name: String::new(), password: None, values: Vec::new() };
        Population { columns: Vec::new(), users: vec![user] }
    }
}

impl Check<'_> {
    /// The users of a `users` table; `None` when something is wrong with them.
    pub fn population(&mut self, users: &Users, place: &Place) -> Option<Population> {
        let written: Vec<&str> =
            ["csv", "list", "pattern"].into_iter().filter(|key| place.has(key)).collect();
        if !self.exactly_one(&written, "`csv`, `list`, `pattern`", place, "`users`") {
            return None;
        }
        if !place.has("pattern") {
            for key in ["password", "password_env"].into_iter().filter(|key| place.has(key)) {
                let help = "with `csv` and `list` each user has a `password` column";
                self.wrong_key(place.key(key), format!("`{key}` goes with `pattern`"), help);
            }
        }
        if let Some(file) = &users.csv {
            self.users_of_csv(file, place.key("csv"))
        } else if let Some(pattern) = &users.pattern {
            self.users_of_pattern(pattern, users, place)
        } else {
            self.users_of_list(users, place.key("list"))
        }
    }

    fn users_of_csv(&mut self, file: &str, place: &Place) -> Option<Population> {
        let path = self.path(file);
        let table = match CsvTable::read(&path) {
            Ok(table) => table,
            Err((message, help)) => {
                self.wrong(place, message, help);
                return None;
            }
        };
        let name = path.display();
        let Some(username) = table.columns.iter().position(|column| column == "username") else {
            let found = table.columns.join("`, `");
            self.wrong(
                place,
                format!("{name}:1: there is no column `username`"),
                format!("the columns are `{found}`"),
            );
            return None;
        };
        let password = table.columns.iter().position(|column| column == "password");
        let others: Vec<usize> =
            (0..table.columns.len()).filter(|c| *c != username && Some(*c) != password).collect();
        let order = || std::iter::once(username).chain(others.iter().copied());
        let mut seen = BTreeSet::new();
        let mut list = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            let user = &row.fields[username];
            if user.is_empty() || !seen.insert(user.clone()) {
                let line = row.line;
                let what =
                    if user.is_empty() { "the user name is empty" } else { "the user name was there before" };
                self.wrong(place, format!("{name}:{line}: {what}"), "every user has a name of their own");
                return None;
            }
            list.push(User {
                name: user.clone(),
                password: password
                    .map(|c| row.fields[c].clone())
                    .filter(|p| !p.is_empty())
                    .map(SecretString::from),
                values: order().map(|c| row.fields[c].clone()).collect(),
            });
        }
        Some(Population { columns: order().map(|c| table.columns[c].clone()).collect(), users: list })
    }

    fn users_of_list(&mut self, users: &Users, place: &Place) -> Option<Population> {
        let Some(first) = users.list.first() else {
            self.wrong(place, "`list` has no users", "add `{ username = \"ada\", password = \"…\" }`");
            return None;
        };
        let others: Vec<&String> =
            first.keys().filter(|key| *key != "username" && *key != "password").collect();
        let mut seen = BTreeSet::new();
        let mut list = Vec::with_capacity(users.list.len());
        for (position, row) in users.list.iter().enumerate() {
            let place = place.item(position);
            let Some(name) = row.get("username").filter(|name| !name.is_empty()) else {
                self.wrong(place, "this user has no `username`", "add `username = \"…\"`");
                return None;
            };
            if !seen.insert(name) {
                self.wrong(
                    place.key("username"),
                    format!("user `{name}` was there before"),
                    "name each user once",
                );
                return None;
            }
            let mut values = vec![name.clone()];
            for column in &others {
                let Some(value) = row.get(*column) else {
                    let help = format!("the first user has it: add `{column} = \"…\"`");
                    self.wrong(place, format!("user `{name}` has no `{column}`"), help);
                    return None;
                };
                values.push(value.clone());
            }
            let unknown = row.keys().find(|k| *k != "username" && *k != "password" && !others.contains(k));
            if let Some(column) = unknown {
                let help = "every user has the same columns: give it to the first user too";
                self.wrong_key(place.key(column), format!("the first user has no `{column}`"), help);
                return None;
            }
            let password = row.get("password").filter(|p| !p.is_empty()).cloned().map(SecretString::from);
            list.push(User { name: name.clone(), password, values });
        }
        let columns = std::iter::once("username".to_owned()).chain(others.into_iter().cloned()).collect();
        Some(Population { columns, users: list })
    }

    fn users_of_pattern(&mut self, pattern: &str, users: &Users, place: &Place) -> Option<Population> {
        let names = match Numbered::parse(pattern) {
            Ok(names) => names,
            Err(message) => {
                self.wrong(place.key("pattern"), message, "for example `user{1..500}` or `user{001..500}`");
                return None;
            }
        };
        let password = self.pattern_password(users, place)?;
        let list = names.iter().map(|(number, name)| {
            let scope = [number, name.clone()];
            User { password: password.of(&scope), values: vec![name.clone()], name }
        });
        Some(Population { columns: vec!["username".into()], users: list.collect() })
    }

    fn pattern_password(&mut self, users: &Users, place: &Place) -> Option<Password> {
        match (&users.password, &users.password_env) {
            (Some(_), Some(_)) => {
                let help = "keep one of them; `password_env` keeps it out of the file";
                self.wrong_key(
                    place.key("password_env"),
                    "`password` and `password_env` exclude each other",
                    help,
                );
                None
            }
            (None, None) => Some(Password::None),
            (None, Some(variable)) => match (self.env)(variable).filter(|value| !value.is_empty()) {
                Some(value) => Some(Password::Fixed(value.into())),
                None => {
                    let help = format!("set it before: `export {variable}=…`");
                    let message = format!("the environment variable `{variable}` is not set");
                    self.wrong(place.key("password_env"), message, help);
                    None
                }
            },
            (Some(text), None) => {
                let parsed = Template::parse(text, |name| match name {
                    "n" => Some(Variable::User(0)),
                    "name" => Some(Variable::User(1)),
                    _ => None,
                });
                match parsed {
                    Ok(template) => Some(Password::Each(template)),
                    // The text is a secret: the message does not repeat it.
                    Err(_) => {
                        let message = "this password names an unknown value in `{{…}}`";
                        self.wrong(place.key("password"), message, "one of `{{n}}`, `{{name}}`");
                        None
                    }
                }
            }
        }
    }
}

enum Password {
    None,
    Fixed(SecretString),
    Each(Template),
}

impl Password {
    fn of(&self, number_and_name: &[String]) -> Option<SecretString> {
        match self {
            Password::None => None,
            Password::Fixed(secret) => Some(secret.clone()),
            Password::Each(template) => {
                let scope =
                    Scope { user: number_and_name, feeders: &[], extracted: &[], counter: 0, random: 0 };
                Some(template.to_text(&scope)).filter(|text| !text.is_empty()).map(SecretString::from)
            }
        }
    }
}

/// `user{001..500}`: names by number.
#[derive(Debug, PartialEq, Eq)]
struct Numbered<'a> {
    before: &'a str,
    after: &'a str,
    first: u64,
    last: u64,
    width: usize,
}

impl<'a> Numbered<'a> {
    fn parse(pattern: &'a str) -> Result<Self, String> {
        let none = || format!("the pattern `{pattern}` has no range of numbers");
        let (before, rest) = pattern.split_once('{').ok_or_else(none)?;
        let (range, after) = rest.split_once('}').ok_or_else(none)?;
        let (first_text, last_text) = range.split_once("..").ok_or_else(none)?;
        if after.contains(['{', '}']) || before.contains('}') {
            return Err(format!("the pattern `{pattern}` has more than one range"));
        }
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u64>().ok().filter(|_| digits).ok_or_else(|| format!("`{text}` is no number"))
        };
        let (first, last) = (number(first_text)?, number(last_text)?);
        if last < first {
            return Err(format!("the range {first}..{last} runs backwards"));
        }
        if last - first >= MOST {
            return Err(format!("the range {first}..{last} names more than {MOST} users"));
        }
        let padded = first_text.len() > 1 && first_text.starts_with('0');
        Ok(Numbered { before, after, first, last, width: if padded { first_text.len() } else { 0 } })
    }

    /// Number and name of each.
    fn iter(&self) -> impl Iterator<Item = (String, String)> {
        (self.first..=self.last).map(|number| {
            let number = format!("{number:0width$}", width = self.width);
            let name = format!("{}{number}{}", self.before, self.after);
            (number, name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_count_and_pad() {
        let names =
            |pattern| Numbered::parse(pattern).unwrap().iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names("user{9..11}"), ["user9", "user10", "user11"]);
        assert_eq!(names("u{008..010}@x.org"), ["u008@x.org", "u009@x.org", "u010@x.org"]);
        assert_eq!(names("u{0..1}"), ["u0", "u1"]);
        assert_eq!(names("u{1..100000}").len(), 100_000);
    }

    #[test]
    fn wrong_patterns_are_told_apart() {
        for (pattern, part) in [
            ("user", "no range"),
            ("user{1-5}", "no range"),
            ("user{1..}", "no number"),
            ("user{-1..5}", "no number"),
            ("user{5..1}", "backwards"),
            ("user{0..100000}", "more than"),
            ("user{1..99999999999999999999999}", "no number"),
            ("a{1..2}b{1..2}", "more than one range"),
        ] {
            let error = Numbered::parse(pattern).unwrap_err();
            assert!(error.contains(part), "{pattern}: {error}");
        }
    }
}
