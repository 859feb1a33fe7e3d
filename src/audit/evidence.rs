//! An exchange as evidence: nothing in it is secret, and nothing in it moves a terminal's cursor.

use std::collections::BTreeSet;

use super::check::Check;
use super::curl;
use super::exchange::{Exchange, Facts};
use super::tls::words;
use crate::plan::RouteKind;
use crate::record::Evidence;
use crate::secret::{Redactor, mark, of_token};
use crate::wire::{Request, Response, escaped, printable};

/// Most bytes of one text of an evidence.
const TEXT: usize = 8 * 1024;
/// Bytes of a body that are shown, where a check is about bodies.
const BODY: usize = 512;
/// Longer header values of a request are our own padding.
pub(super) const LONG_VALUE: usize = 2048;
/// Values of cookies that long are taken for secrets wherever else they stand. Browsers keep no longer ones, and to look
/// for them would take long.
const SECRET: std::ops::RangeInclusive<usize> = 12..=4096;

/// Writes evidence of one stack's exchanges.
pub(super) struct Reporter<'a> {
    known: &'a Redactor,
    /// What the audit's own logins brought.
    found: Redactor,
    /// Names (lower case) of headers whose values are secret.
    secret_headers: BTreeSet<String>,
    origin: &'a curl::Origin,
}

impl<'a> Reporter<'a> {
    /// For these facts; `secret_headers` are the names of the headers that carry the scenario's credentials.
    pub(super) fn new(
        facts: &Facts,
        redactor: &'a Redactor,
        secret_headers: impl IntoIterator<Item = String>,
        origin: &'a curl::Origin,
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
        // What a login answers may be a token that nobody knew before.
        let secret = exchange.site.kind == RouteKind::Login && !check.id.starts_with("DJ-");
        let body = check.shows_body && !secret;
        if let Some(trace) = exchange.by_hand.as_ref().and_then(|by_hand| by_hand.tls.as_ref()) {
            let lines =
                |text: String| capped(self.scrub(&text).lines().map(escaped).collect::<Vec<_>>().join("\n"));
            return Evidence {
                request: lines(words::said(trace)),
                response: lines(words::heard(trace)),
                body: None,
                curl: curl::handshake(self.origin, words::options(trace)),
            };
        }
        let origin = exchange.elsewhere.as_deref().unwrap_or(self.origin);
        Evidence {
            request: capped(match &exchange.by_hand {
                Some(by_hand) => self.by_hand(&by_hand.bytes),
                None => self.request(&exchange.request, origin),
            }),
            response: capped(match &exchange.answer {
                Ok(response) => self.response(response),
                Err(failure) => format!("no answer: {}", self.clean(&failure.message, 600)),
            }),
            body: exchange.answer.as_ref().ok().filter(|_| body).and_then(|answer| self.body(answer)),
            curl: whole(match &exchange.by_hand {
                Some(by_hand) => curl::by_hand(origin, &self.scrub_bytes(&by_hand.bytes)),
                None => curl::command(origin, &exchange.request, self),
            }),
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

    fn scrub_bytes(&self, bytes: &[u8]) -> String {
        self.scrub(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>())
    }

    /// Bytes as they went out, a line for each line feed.
    fn by_hand(&self, bytes: &[u8]) -> String {
        self.scrub_bytes(bytes).split_inclusive('\n').map(escaped).collect::<Vec<_>>().join("\n")
    }

    fn request(&self, request: &Request, origin: &curl::Origin) -> String {
        let mut out = String::new();
        // Scrubbed before it is cut: half a secret would not be recognised.
        let target = shortened(&self.scrub(&request.target));
        let version = if origin.prior_knowledge { "2" } else { "1.1" };
        self.line(&mut out, &format!("{} {target} HTTP/{version}", request.method));
        if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            self.line(&mut out, &format!("Host: {}", origin.host));
        }
        for (name, value) in &request.headers {
            let value =
                if self.is_secret(name) { concealed(name, value) } else { shortened(&self.scrub(value)) };
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
    secrets.retain(|secret| SECRET.contains(&secret.len()));
    let parts: Vec<String> = secrets.iter().flat_map(|secret| of_token(secret)).collect();
    [secrets, parts].concat()
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

/// A command as it is, or words in its place: cut within its quotes it would have the shell wait for more.
fn whole(command: String) -> String {
    if command.len() > TEXT {
        return format!("# too long to repeat here: the command would have {} bytes", command.len());
    }
    command
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::curl::Origin;
    use crate::audit::exchange::ByHand;
    use crate::audit::fixture::facts;
    use crate::audit::{Purpose, find};

    const COOKIE: &str = "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6";
    const BEARER: &str = "header.payload.signature-of-a-token";
    const KEY: &str = "key-of-the-programs-interface";
    const KNOWN: &str = "known-elsewhere";

    /// Evidence of one exchange that has secrets wherever they can stand.
    fn evidence(check: &str) -> Evidence {
        let body = format!("<pre>\x1b[2J{KNOWN} {COOKIE}\n{}", "x".repeat(2000));
        let session = format!("sessionid={COOKIE}; Path=/; HttpOnly");
        let place = format!("/next?session={COOKIE}");
        let headers = [
            ("Server", "nginx\x1b]0;gone\x07"),
            ("Set-Cookie", session.as_str()),
            ("Location", place.as_str()),
            ("X-Say", KNOWN),
        ];
        let mut facts = facts(true)
            .answer(Purpose::Rest, RouteKind::Html, 200, &headers, &body)
            .sent("Authorization", &format!("Bearer {BEARER}"))
            .sent("Cookie", &format!("sessionid={COOKIE}; lang=en"))
            .sent("X-Api-Key", KEY)
            .sent("X-CSRFToken", COOKIE)
            .sent("X-Note", "it's `id` $HOME")
            .sent("X-Pad", &"p".repeat(9000));
        facts.exchanges[0].request.target = format!("/a?token={KNOWN}");
        facts.exchanges[0].request.body = b"password=hunter2-hunter2".to_vec();
        let redactor = Redactor::new([KNOWN]);
        let origin = Origin {
            scheme: "https".into(),
            host: "127.0.0.1:8443".into(),
            authority: Some("our ca.pem".into()),
            ..Origin::default()
        };
        let reporter = Reporter::new(&facts, &redactor, ["X-Api-Key".to_owned()], &origin);
        reporter.evidence(find(check).unwrap_or_else(|| panic!("{check}")), &facts.exchanges[0])
    }

    #[test]
    fn no_secret_is_in_it() {
        let all = serde_json::to_string(&evidence("CK-SECURE")).unwrap();
        for secret in [COOKIE, BEARER, KEY, KNOWN, "hunter2"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }

    #[test]
    fn what_is_not_secret_stays() {
        let evidence = evidence("CK-SECURE");
        let (request, response) = (evidence.request.as_str(), evidence.response.as_str());
        assert!(request.contains("\nHost: 127.0.0.1:8443\nAuthorization: Bearer [redacted"), "{request}");
        assert!(request.contains("\nCookie: sessionid=[redacted "), "{request}");
        assert!(request.contains("; lang=[redacted "), "{request}");
        assert!(request.contains("\nX-Note: it's `id` $HOME\n"), "{request}");
        assert!(request.ends_with("(and a body of 24 bytes)"), "{request}");
        assert!(response.starts_with("HTTP/1.1 200\nServer: nginx"), "{response}");
        assert!(response.contains("]; Path=/; HttpOnly\n"), "{response}");
        assert_eq!(evidence.body, None);
    }

    #[test]
    fn no_control_character_is_in_it() {
        let evidence = evidence("CK-SECURE");
        assert!(evidence.response.contains(r"Server: nginx\x1b]0;gone\x07"), "{}", evidence.response);
        for text in [&evidence.request, &evidence.response, &evidence.curl] {
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        }
        assert_eq!(escaped("a\u{202e}b\u{85}\t"), r"a\u{202e}b\u{85}\x09");
    }

    #[test]
    fn what_went_elsewhere_is_shown_with_its_own_address() {
        let of = |host: &str, scheme: &str| Origin {
            scheme: scheme.into(),
            host: host.into(),
            ..Origin::default()
        };
        let mut facts = facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &[], "");
        facts.exchanges[0].elsewhere = Some(Box::new(of("127.0.0.1:8000", "http")));
        let (redactor, stack) = (Redactor::new([KNOWN]), of("127.0.0.1:8443", "https"));
        let reporter = Reporter::new(&facts, &redactor, [], &stack);
        let evidence = reporter.evidence(find("CK-SECURE").unwrap(), &facts.exchanges[0]);
        assert!(evidence.curl.contains(" http://127.0.0.1:8000/"), "{}", evidence.curl);
        assert!(evidence.request.contains("\nHost: 127.0.0.1:8000"), "{}", evidence.request);
    }

    #[test]
    fn the_command_names_secrets_and_quotes_the_rest() {
        let curl = evidence("CK-SECURE").curl;
        assert_eq!(curl.lines().count(), 1, "one line: {curl}");
        assert!(curl.starts_with("curl -sS -i --path-as-is -X GET --cacert 'our ca.pem' "), "{curl}");
        for part in [
            r#"-H "Authorization: $TOKEN""#,
            r#"-H "Cookie: $COOKIE""#,
            r#"-H "X-Api-Key: $X_API_KEY""#,
            r#"-H "X-CSRFToken: $CSRF_TOKEN""#,
            r#"-H "X-Pad: $LONG""#,
            r"-H 'X-Note: it'\''s `id` $HOME'",
            "--data-binary @-",
            "'https://127.0.0.1:8443/a?token=[redacted ",
        ] {
            assert!(curl.contains(part), "{part} in {curl}");
        }
    }

    #[test]
    fn a_command_too_long_to_repeat_is_still_one_for_a_shell() {
        let evidence = |target: String, headers: usize, bytes: Option<Vec<u8>>| {
            let mut facts = facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &[], "");
            for _ in 0..headers {
                facts = facts.sent("X-Note", &"it's".repeat(400));
            }
            facts.exchanges[0].request.target = target;
            facts.exchanges[0].by_hand = bytes.map(|bytes| Box::new(ByHand { bytes, ..ByHand::default() }));
            let origin = Origin { scheme: "http".into(), host: "h".into(), ..Origin::default() };
            let redactor = Redactor::new([KNOWN]);
            let reporter = Reporter::new(&facts, &redactor, [], &origin);
            reporter.evidence(find("CK-SECURE").unwrap(), &facts.exchanges[0])
        };
        let long = evidence(format!("/{KNOWN}?q={}", "é'".repeat(16 * 1024)), 0, None);
        assert!(!format!("{}{}", long.curl, long.request).contains("/known"), "{}", long.request);
        assert!(long.curl.ends_with("'\"$LONG\""), "{}", long.curl);
        assert!(long.request.contains(" bytes) HTTP/1.1\nHost: h"), "{}", long.request);
        let headers = evidence("/".into(), 20, None).curl;
        let by_hand = evidence("/".into(), 0, Some(b"\x00'".repeat(8 * 1024))).curl;
        for curl in [&long.curl, &headers, &by_hand] {
            assert!(curl.len() <= TEXT, "{}", curl.len());
            let read = std::process::Command::new("sh").args(["-n", "-c", curl]).status().unwrap();
            assert!(read.success(), "{curl}");
        }
        assert!(headers.starts_with("# too long") && by_hand.starts_with("# too long"));
    }

    #[test]
    fn the_texts_are_bounded() {
        let long = "é".repeat(TEXT);
        assert!(capped(long.clone()).len() <= TEXT + "…".len());
        let many: Vec<(&str, &str)> = (0..2000).map(|_| ("X-Many", "value")).collect();
        let facts = facts(true).answer(Purpose::Rest, RouteKind::Html, 200, &many, &long);
        let origin = Origin { scheme: "http".into(), host: "h".into(), ..Origin::default() };
        let redactor = Redactor::default();
        let reporter = Reporter::new(&facts, &redactor, [], &origin);
        let check = Check { shows_body: true, ..*find("CK-SECURE").unwrap() };
        let evidence = reporter.evidence(&check, &facts.exchanges[0]);
        assert!(evidence.response.len() <= TEXT + "…".len());
        assert!(evidence.body.unwrap().len() <= BODY + "…".len());
    }

    #[test]
    fn a_body_is_shown_scrubbed_and_escaped_where_it_matters() {
        let check = Check { shows_body: true, ..*find("DJ-DEBUG-404").unwrap() };
        let facts = facts(true).answer(Purpose::Rest, RouteKind::Html, 404, &[], &format!("a\x1bb\n{KNOWN}"));
        let redactor = Redactor::new([KNOWN]);
        let origin = Origin { scheme: "http".into(), host: "h".into(), ..Origin::default() };
        let reporter = Reporter::new(&facts, &redactor, [], &origin);
        let body = reporter.evidence(&check, &facts.exchanges[0]).body.unwrap();
        assert!(body.starts_with("a\\x1bb\n[redacted"), "{body}");
        let about_type = Check { id: "HDR-CTYPE", ..check };
        assert!(reporter.evidence(&about_type, &facts.exchanges[0]).body.is_some());
        let mut login = facts.exchanges[0].clone();
        login.site.kind = RouteKind::Login;
        assert_eq!(reporter.evidence(&about_type, &login).body, None);
    }
}
