//! The HTTP client for tokens: reqwest on the stack's own address and trust, never following a redirect.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, redirect};
use url::{Host, Url};

use crate::secret::{Redactor, spellings};
use crate::wire::{AGENT, Endpoint, printable};

/// Of one attempt: a login may hash a password for a while.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer that are read; a token answer is far smaller.
const LARGEST_ANSWER: usize = 64 * 1024;
/// Attempts when the endpoint says that there were too many.
const TRIES: u32 = 5;
/// Longest wait that a `Retry-After` is granted.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Characters of an answer that an error quotes.
const EXCERPT: usize = 200;
/// Oddities noted of one stack's auth: a server that words each answer differently cannot fill the report.
const MOST_WARNINGS: usize = 20;

/// A client for one stack.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    host: String,
    warnings: Mutex<Vec<String>>,
}

/// What goes in a request's body.
pub(super) enum Payload {
    Nothing,
    Json(serde_json::Value),
    Form(Vec<(String, String)>),
}

/// A request for a token.
pub(super) struct Call<'a> {
    pub method: Method,
    /// Path on the stack, or a whole URL.
    pub path: &'a str,
    pub headers: Vec<(String, String)>,
    pub payload: Payload,
    /// What must not be quoted from the answer.
    pub secrets: Vec<String>,
}

/// An answer, cut to size.
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// `POST https://…/api/token/`, for errors.
    pub asked: String,
    /// How often it was asked until this answer.
    tries: u32,
    redactor: Redactor,
}

impl Client {
    /// # Errors
    /// A TLS configuration that the client does not take, or a name that leads elsewhere, in words.
    pub fn new(endpoint: &Endpoint) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .user_agent(AGENT);
        let mut base = endpoint.url.clone();
        if let Some(tls) = &endpoint.tls {
            builder = builder.tls_backend_preconfigured((*tls.config).clone());
            // The certificate is checked against the URL's host: with an SNI override that is the override.
            let name = tls.name.to_str();
            if base.host_str() != Some(&name) {
                let _ = base.set_host(Some(&name));
            }
        }
        // The load goes to one address. A name that has others (`localhost` is ::1 too) must not take the
        // passwords there.
        let elsewhere = match base.host() {
            Some(Host::Domain(name)) => {
                builder = builder.resolve(name, endpoint.address);
                false
            }
            Some(Host::Ipv4(ip)) => endpoint.address.ip() != ip,
            Some(Host::Ipv6(ip)) => endpoint.address.ip() != ip,
            None => true,
        };
        if elsewhere {
            return Err(format!("`sni` is an address other than {}: give a name", endpoint.address.ip()));
        }
        let http = builder.build().map_err(|error| error.to_string())?;
        Ok(Client { http, base, host: endpoint.host.clone(), warnings: Mutex::default() })
    }

    /// Scheme, host and port, as `Origin` wants them.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.base.scheme(), self.host)
    }

    /// The whole URL of a path, as `Referer` wants it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Whether the stack answers over https.
    pub fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Notes an oddity for the report, once.
    pub fn warn(&self, text: String) {
        let mut warnings = self.warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if warnings.len() < MOST_WARNINGS && !warnings.contains(&text) {
            warnings.push(text);
        }
    }

    /// The oddities noted so far.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Sends a request; waits and tries again when the endpoint asks for that.
    ///
    /// # Errors
    /// No answer, or still too many requests at the last try, in words that hold no secret.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, String> {
        let own = call.path.starts_with('/');
        let origin = self.base.origin().ascii_serialization();
        // Not `Url::join`: it takes `//login/` for another host, and the password would go there.
        let url = if own { format!("{origin}{}", call.path) } else { call.path.to_owned() };
        let url: Url = url.parse().map_err(|error| format!("{}: {error}", call.path))?;
        let shown = if own { self.url(call.path) } else { bare(&url) };
        let asked = format!("{} {}", call.method, printable(&shown, EXCERPT));
        let redactor = Redactor::new(call.secrets.iter().flat_map(|secret| spellings(secret)));
        for attempt in 1..=TRIES {
            let mut request = self.http.request(call.method.clone(), url.clone());
            if own {
                request = request.header("Host", &self.host);
            }
            for (name, value) in &call.headers {
                request = request.header(name, value);
            }
            let answer =
                attempt_once(payload(request, &call.payload)).await.map_err(|e| format!("{asked}: {e}"))?;
            let wait = retry_after(&answer.1, Timestamp::now());
            let throttled = answer.0 == 429 || (answer.0 == 503 && wait.is_some());
            if !throttled || attempt == TRIES {
                let (status, headers, body) = answer;
                return Ok(Answer { status, headers, body, asked, tries: attempt, redactor });
            }
            let wait = wait.unwrap_or(Duration::from_secs(1 << attempt)).min(LONGEST_WAIT);
            self.warn(format!("{asked} answered {}: logins are throttled and were slowed down", answer.0));
            tokio::time::sleep(wait).await;
        }
        Err(format!("{asked}: too many requests"))
    }
}

/// A URL without what may be secret in it.
fn bare(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

fn payload(request: RequestBuilder, payload: &Payload) -> RequestBuilder {
    match payload {
        Payload::Nothing => request,
        Payload::Json(value) => request.json(value),
        Payload::Form(fields) => request.form(fields),
    }
}

async fn attempt_once(request: RequestBuilder) -> Result<(u16, HeaderMap, Vec<u8>), String> {
    // The URL stands in the sentence already; without it the error cannot repeat a query either.
    let words = |error: reqwest::Error| {
        if error.is_connect() {
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                let refused = inner.downcast_ref::<std::io::Error>();
                if refused.is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused) {
                    return "connection refused; start the stack, or check its `url`".to_owned();
                }
                cause = inner.source();
            }
        }
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        printable(&text, 2 * EXCERPT)
    };
    let mut response = request.send().await.map_err(words)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(words)? {
        let room = LARGEST_ANSWER - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LARGEST_ANSWER {
            break;
        }
    }
    Ok((status, headers, body))
}

/// The wait that a `Retry-After` asks for, in seconds or until a date (RFC 9110 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::from_secs((at.as_second() - now.as_second()).max(0).unsigned_abs()))
}

impl Answer {
    /// The answer as JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A JSON string of the answer.
    ///
    /// # Errors
    /// What came instead, in words.
    pub fn text_at(&self, key: &str) -> Result<String, String> {
        let found = self.json().and_then(|json| json.get(key)?.as_str().map(str::to_owned));
        // A token goes into a header line: what would end that line is no token.
        found.filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())).ok_or_else(
            || {
                format!(
                    "{} answered {} without a token under `{key}`; {}",
                    self.asked,
                    self.status,
                    self.shape()
                )
            },
        )
    }

    /// What an answer that means success looks like, without its values: the token may stand under another key.
    fn shape(&self) -> String {
        match self.json() {
            Some(serde_json::Value::Object(map)) if map.is_empty() => "it is an empty object".into(),
            Some(serde_json::Value::Object(map)) => {
                let keys: Vec<String> =
                    map.keys().take(10).map(|key| format!("`{}`", printable(key, 40))).collect();
                format!("its keys are {}", keys.join(", "))
            }
            Some(_) => "it is JSON but no object".into(),
            None if self.body.len() == LARGEST_ANSWER => format!("it has {LARGEST_ANSWER} bytes or more"),
            None => format!("it is no JSON ({} bytes)", self.body.len()),
        }
    }

    /// Values that the answer sets cookies to, by name; the last one counts.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(reqwest::header::SET_COOKIE);
        lines
            .iter()
            .filter_map(|line| line.to_str().ok()?.split(';').next()?.split_once('='))
            .rfind(|(n, v)| n.trim() == name && v.trim().bytes().all(|b| b.is_ascii_graphic()))
            .map(|(_, value)| value.trim().to_owned())
            // How servers delete a cookie.
            .filter(|value| !matches!(value.as_str(), "" | "\"\""))
    }

    /// The start of the answer, or the title of a page, harmless and without secrets.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        if let Some(title) = title(&text) {
            let title = printable(&self.redactor.scrub(title), EXCERPT);
            return format!("a page with the title `{title}`");
        }
        let text = printable(&self.redactor.scrub(&text), EXCERPT);
        if text.trim().is_empty() { "an empty answer".into() } else { text }
    }

    /// A refusal in words: who, where, status, the answer's start, and what to check.
    pub fn refusal(&self, user: &str, hint: &str) -> String {
        let status = self.status;
        let body = String::from_utf8_lossy(&self.body);
        let location = self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let tableless = body.contains("no such table")
            || (body.contains("relation") && body.contains("does not exist"))
            || body.contains("UndefinedTable");
        let general = if status >= 500 && tableless {
            "migrations are pending: run `manage.py migrate`"
        } else if (300..400).contains(&status)
            && location.starts_with("https://")
            && self.asked.contains(" http://")
        {
            "the endpoint redirects to https: write https:// in the stack's `url`"
        } else if (300..400).contains(&status) {
            "the endpoint redirects: check the stack's scheme, and the path's final slash"
        } else if status == 404 || status == 405 {
            "check the path of the endpoint in the scenario"
        } else if status == 415 {
            "the endpoint takes no JSON: is it a login form (kind `session`)?"
        } else if status == 429 {
            "logins are throttled: use fewer users, a lower `concurrency`, or raise the limit for the trial"
        } else if status >= 500 {
            "the endpoint itself failed: see the stack's log"
        } else {
            hint
        };
        let tried = if self.tries > 1 { format!(" at each of {} tries", self.tries) } else { String::new() };
        format!(
            "login of user `{}` was refused: {} answered {status}{tried} ({}); {general}",
            printable(user, 80),
            self.asked,
            self.excerpt()
        )
    }
}

/// The title of a page, where the text is one and has one.
fn title(text: &str) -> Option<&str> {
    let page = text.trim_start().starts_with('<');
    let (title, _) = text.split_once("<title>").filter(|_| page)?.1.split_once("</title>")?;
    Some(title.trim()).filter(|title| !title.is_empty())
}

/// What to check when a token endpoint says no to user name and password.
pub(super) fn credentials_hint(status: u16) -> &'static str {
    if status == 403 {
        "the endpoint forbids the request itself: a CSRF or Origin check, a permission, or a proxy's rule"
    } else {
        "check the user name and the password, and that the user is active"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_title() {
        assert_eq!(title("<!DOCTYPE html><head><title> Not found </title>"), Some("Not found"));
        for none in ["", "{\"a\": \"<title>x</title>\"}", "<p>x</p>", "<title></title>", "<title>x"] {
            assert_eq!(title(none), None, "{none}");
        }
    }

    #[test]
    fn a_url_is_shown_without_its_user_and_query() {
        let url = "https://me:pw@id.test:8443/oauth/token?key=1#x".parse().unwrap();
        assert_eq!(bare(&url), "https://id.test:8443/oauth/token");
    }

    #[test]
    fn retry_after_in_seconds_or_as_a_date() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        let wait = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO), "past: at once");
        assert_eq!(wait("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
