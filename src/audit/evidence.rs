//! An exchange as evidence: nothing in it is secret, and nothing in it moves a terminal's cursor.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::check::Check;
use super::curl;
use super::exchange::{Exchange, Facts};
use crate::record::Evidence;
use crate::secret::{Redactor, mark};
use crate::wire::{Request, Response, printable};

/// Most bytes of one text of an evidence.
const TEXT: usize = 8 * 1024;
/// Bytes of a body that are shown, where a check is about bodies.
const BODY: usize = 512;
/// Longer header values of a request are our own padding.
pub(super) const LONG_VALUE: usize = 2048;
/// Values of cookies that long are taken for secrets wherever else they stand.
const SECRET: usize = 12;
/// Checks that are about bodies.
const ABOUT_BODIES: [&str; 3] = ["DJ-DEBUG", "HDR-CTYPE", "DJ-STATIC-INSECURE"];

/// Writes evidence of one stack's exchanges.
pub(super) struct Reporter<'a> {
    known: &'a Redactor,
    /// What the audit's own logins brought.
    found: Redactor,
    /// Names (lower case) of headers whose values are secret.
    secret_headers: BTreeSet<String>,
    origin: curl::Origin,
}

impl<'a> Reporter<'a> {
    /// For these facts; `secret_headers` are the names of the headers that carry the scenario's credentials.
    pub(super) fn new(
        facts: &Facts,
        redactor: &'a Redactor,
        secret_headers: impl IntoIterator<Item = String>,
        origin: curl::Origin,
    ) -> Self {
        let mut names: BTreeSet<String> =
            secret_headers.into_iter().map(|name| name.to_ascii_lowercase()).collect();
        for name in ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-csrftoken"] {
            names.insert(name.to_owned());
        }
        let found = Redactor::new(facts.exchanges.iter().flat_map(secrets_of));
        Reporter { known: redactor, found, secret_headers: names, origin }
    }

    /// A check's own words: without secrets, on one line.
    pub(super) fn clean(&self, text: &str, longest: usize) -> String {
        printable(&self.scrub(text), longest)
    }

    /// The exchange as evidence for a check.
    pub(super) fn evidence(&self, check: &Check, exchange: &Exchange) -> Evidence {
        let body = ABOUT_BODIES.iter().any(|prefix| check.id.starts_with(prefix));
        Evidence {
            request: capped(self.request(&exchange.request)),
            response: capped(match &exchange.answer {
                Ok(response) => self.response(response),
                Err(failure) => format!("no answer: {}", self.clean(&failure.message, 600)),
            }),
            body: exchange.answer.as_ref().ok().filter(|_| body).and_then(|answer| self.body(answer)),
            curl: capped(curl::command(&self.origin, &exchange.request, self)),
        }
    }

    /// Whether a request's header carries a secret.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        self.secret_headers.contains(&name.to_ascii_lowercase())
    }

    /// The text without any secret that is known.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.found.scrub(&self.known.scrub(text))
    }

    fn request(&self, request: &Request) -> String {
        let mut out = String::new();
        self.line(&mut out, &format!("{} {} HTTP/1.1", request.method, request.target));
        if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            self.line(&mut out, &format!("Host: {}", self.origin.host));
        }
        for (name, value) in &request.headers {
            let value = if self.is_secret(name) { concealed(name, value) } else { shortened(value) };
            self.line(&mut out, &format!("{name}: {value}"));
        }
        if !request.body.is_empty() {
            self.line(&mut out, &format!("(and a body of {} bytes)", request.body.len()));
        }
        out
    }

    fn response(&self, response: &Response) -> String {
        let mut out = String::new();
        let status = format!("HTTP/1.{} {} {}", response.minor_version, response.status, response.reason);
        self.line(&mut out, status.trim_end());
        for (name, value) in &response.headers {
            let value = String::from_utf8_lossy(value);
            let value = if self.is_secret(name) { concealed(name, &value) } else { value.into_owned() };
            self.line(&mut out, &format!("{name}: {value}"));
            if out.len() > TEXT {
                break;
            }
        }
        out
    }

    fn body(&self, response: &Response) -> Option<String> {
        if response.body.is_empty() {
            return None;
        }
        // Scrubbed before it is cut: half a secret would not be recognised.
        let text = self.scrub(&String::from_utf8_lossy(&response.body));
        let mut end = text.len().min(BODY);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut shown =
            text.get(..end).unwrap_or_default().lines().map(escaped).collect::<Vec<_>>().join("\n");
        if end < text.len() {
            shown.push('…');
        }
        Some(capped(shown))
    }

    fn line(&self, out: &mut String, text: &str) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&escaped(&self.scrub(text)));
    }
}

/// Values of cookies, and of Authorization, in either direction.
fn secrets_of(exchange: &Exchange) -> Vec<String> {
    let mut secrets = Vec::new();
    for (name, value) in &exchange.request.headers {
        if name.eq_ignore_ascii_case("cookie") {
            secrets
                .extend(value.split(';').filter_map(|pair| Some(pair.split_once('=')?.1.trim().to_owned())));
        } else if name.eq_ignore_ascii_case("authorization") {
            secrets.extend(value.split_whitespace().last().map(str::to_owned));
        }
    }
    if let Ok(answer) = &exchange.answer {
        for line in answer.header_lines("set-cookie") {
            let pair = line.split(';').next().unwrap_or_default();
            secrets.extend(pair.split_once('=').map(|(_, value)| value.trim().trim_matches('"').to_owned()));
        }
    }
    secrets.retain(|secret| secret.len() >= SECRET);
    secrets
}

/// A secret header's value: cookies keep their names and attributes, Authorization its scheme.
fn concealed(name: &str, value: &str) -> String {
    let hidden = |secret: &str| mark(secret.as_bytes());
    if name.eq_ignore_ascii_case("set-cookie") {
        let (pair, attributes) = match value.split_once(';') {
            Some((pair, rest)) => (pair, format!(";{rest}")),
            None => (value, String::new()),
        };
        return match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}{attributes}", hidden(value)),
            None => format!("{}{attributes}", hidden(pair)),
        };
    }
    if name.eq_ignore_ascii_case("cookie") {
        let pairs: Vec<String> = value
            .split(';')
            .map(|pair| match pair.trim().split_once('=') {
                Some((name, value)) => format!("{name}={}", hidden(value)),
                None => hidden(pair.trim()),
            })
            .collect();
        return pairs.join("; ");
    }
    if name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("proxy-authorization") {
        return match value.split_once(' ') {
            Some((scheme, secret)) => format!("{scheme} {}", hidden(secret)),
            None => hidden(value),
        };
    }
    hidden(value)
}

fn shortened(value: &str) -> String {
    if value.len() <= LONG_VALUE {
        return value.to_owned();
    }
    let start: String = value.chars().take(16).collect();
    format!("{start}… ({} bytes)", value.len())
}

/// Control and direction characters as `\x1b` and `\u{202e}`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Writing to a String cannot fail.
        match c {
            c if (c as u32) < 0x80 && c.is_control() => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}') =>
            {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

fn capped(mut text: String) -> String {
    if text.len() > TEXT {
        let mut end = TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}
