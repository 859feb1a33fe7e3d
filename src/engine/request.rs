//! Requests compiled for one stack: what can be rendered before the load is rendered before the load.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::EngineError;
use super::credentials::Lines;
use crate::plan::{
    AuthId, BodyContent, ExpectPlan, ExtractPlan, JsonValue, PopulationId, RouteKind, RoutePlan, Scope,
    Template,
};

/// A route's request, ready to be rendered: what each request reads, in two cache lines. With hundreds of routes every line
/// is one that has to come from far away, so what is the same for several routes is shared, and what few routes have
/// stands elsewhere.
#[repr(align(64))]
pub(super) struct CompiledRoute {
    /// Time-out of the whole request.
    pub(super) timeout: Duration,
    /// Auth.
    pub(super) auth: Option<AuthId>,
    /// Whose columns `{{user.*}}` are.
    pub(super) population: PopulationId,
    /// Redirects to follow on the same stack.
    pub(super) follow: u8,
    /// Whether the body has to be kept to judge the answer or to take values from it.
    pub(super) needs_body: bool,
    /// Whether values are taken from the answer.
    pub(super) extracts: bool,
    /// Whether there are lines that change, or a body.
    has_more: bool,
    /// Whether the body waits for a 100 (Continue).
    expects_continue: bool,
    /// What the answer must be.
    pub(super) expect: Arc<ExpectPlan>,
    method: Cow<'static, str>,
    target: Target,
    /// Lines that never change.
    fixed: Arc<Vec<u8>>,
    more: Box<More>,
}

const _: () = assert!(size_of::<CompiledRoute>() == 128, "two cache lines");

/// Where a request goes.
enum Target {
    /// The whole request line, where the path never changes.
    Line(Box<[u8]>),
    Path(Template),
}

/// What few routes have.
struct More {
    /// Lines that change.
    lines: Vec<(Vec<u8>, Template)>,
    /// Lines about the body: only sent with it.
    body_lines: Vec<u8>,
    body: Body,
    extract: Vec<(usize, ExtractPlan)>,
}

/// What routes have in common, each once.
#[derive(Default)]
pub(super) struct Shared {
    expect: Vec<Arc<ExpectPlan>>,
    fixed: Vec<Arc<Vec<u8>>>,
}

fn shared<T: PartialEq>(all: &mut Vec<Arc<T>>, one: T) -> Arc<T> {
    if let Some(same) = all.iter().find(|other| ***other == one) {
        return same.clone();
    }
    let one = Arc::new(one);
    all.push(one.clone());
    one
}

enum Body {
    None,
    Fixed(Vec<u8>),
    Template(Template),
    Form(Vec<(String, Template)>),
}

/// What differs from the route as planned, after a redirect.
#[derive(Clone, Copy, Default)]
pub(super) struct Turn<'a> {
    /// Where to; `None`: the route's own path.
    pub(super) target: Option<&'a str>,
    /// GET without body instead of the route's method.
    pub(super) get: bool,
}

/// Why a request was not sent.
pub(super) type Unsendable = &'static str;

impl CompiledRoute {
    /// Binds the stack's values and renders what does not change.
    pub(super) fn new(
        plan: &RoutePlan,
        host: &str,
        values: &BTreeMap<String, String>,
        close: bool,
        common: &mut Shared,
    ) -> Result<Self, EngineError> {
        let bind = |template: &Template| {
            template.bind(values).map_err(|name| EngineError::Unbound { route: plan.name.clone(), name })
        };
        let mut expect = plan.expect.clone();
        for (_, value) in &mut expect.json {
            if let JsonValue::Text(text) = value {
                *text = bind(text)?;
            }
        }
        if let Some((_, owner)) = &mut expect.owner {
            *owner = bind(owner)?;
        }
        let needs_body = expect.needs_body()
            || plan.extract.iter().any(|(_, from)| !matches!(from, ExtractPlan::Header(_)));
        let has = |name: &str| plan.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));

        let mut fixed = Vec::new();
        let agent = concat!("shakedown/", env!("CARGO_PKG_VERSION"));
        for (name, value) in [("Host", host), ("User-Agent", agent), ("Accept", "*/*")] {
            if !has(name) {
                push_line(&mut fixed, name, value.as_bytes());
            }
        }
        // A compressed body cannot be searched.
        if plan.kind == RouteKind::Static && !needs_body && !has("Accept-Encoding") {
            push_line(&mut fixed, "Accept-Encoding", b"gzip, br");
        }
        // The server then closes first, and the TIME_WAIT is its own.
        if close && !has("Connection") {
            push_line(&mut fixed, "Connection", b"close");
        }
        let mut lines = Vec::new();
        let mut body_lines = Vec::new();
        for (name, template) in &plan.headers {
            let template = bind(template)?;
            // An expectation is about the body too: a redirect that is followed by GET has neither.
            let about_body = name.len() > 8 && name.as_bytes()[..8].eq_ignore_ascii_case(b"content-")
                || name.eq_ignore_ascii_case("expect");
            match template.as_literal() {
                _ if name.eq_ignore_ascii_case("content-length") => {}
                Some(text) if !breaks_line(text.as_bytes()) => {
                    push_line(if about_body { &mut body_lines } else { &mut fixed }, name, text.as_bytes());
                }
                _ => lines.push((format!("{name}: ").into_bytes(), template)),
            }
        }
        let body = match &plan.body {
            None => Body::None,
            Some(body) => {
                if !has("Content-Type") {
                    push_line(&mut body_lines, "Content-Type", body.content_type.as_bytes());
                }
                match &body.content {
                    BodyContent::Fixed(bytes) => Body::Fixed(bytes.clone()),
                    BodyContent::Template(template) => {
                        let template = bind(template)?;
                        match template.as_literal() {
                            Some(text) => Body::Fixed(text.as_bytes().to_vec()),
                            None => Body::Template(template),
                        }
                    }
                    BodyContent::Form(fields) => Body::Form(
                        fields
                            .iter()
                            .map(|(name, value)| Ok((encode_form(name.as_bytes()), bind(value)?)))
                            .collect::<Result<_, EngineError>>()?,
                    ),
                }
            }
        };
        let path = bind(&plan.path)?;
        let target = match path.as_literal() {
            Some(target) => {
                let mut line = Vec::new();
                push_request_line(&mut line, &plan.method, target.as_bytes());
                Target::Line(line.into_boxed_slice())
            }
            None => Target::Path(path),
        };
        let expects_continue = plan.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("expect")
                && value.as_literal().is_some_and(|text| text.trim().eq_ignore_ascii_case("100-continue"))
        });
        Ok(CompiledRoute {
            timeout: plan.timeout,
            auth: plan.auth,
            population: plan.population,
            follow: plan.follow,
            needs_body,
            extracts: !plan.extract.is_empty(),
            has_more: !lines.is_empty() || !matches!(body, Body::None),
            expects_continue,
            expect: shared(&mut common.expect, expect),
            method: plan.method.clone(),
            target,
            fixed: shared(&mut common.fixed, fixed),
            more: Box::new(More { lines, body_lines, body, extract: plan.extract.clone() }),
        })
    }

    /// Values to take from the answer: slot, and where they stand.
    pub(super) fn extract(&self) -> &[(usize, ExtractPlan)] {
        if self.extracts { &self.more.extract } else { &[] }
    }

    /// The method this turn has.
    pub(super) fn method(&self, turn: Turn<'_>) -> &str {
        if turn.get { "GET" } else { &self.method }
    }

    /// Length of a rendered request's head where its body has to wait for a 100 (Continue).
    pub(super) fn held_at(&self, request: &[u8]) -> Option<usize> {
        if !self.expects_continue {
            return None;
        }
        let end = memchr::memmem::find(request, b"\r\n\r\n")? + 4;
        (end < request.len()).then_some(end)
    }

    /// Writes the request into `out`; `spare` holds what is rendered apart.
    pub(super) fn render(
        &self,
        turn: Turn<'_>,
        scope: &Scope<'_>,
        credential: Option<Lines<'_>>,
        out: &mut Vec<u8>,
        spare: &mut Vec<u8>,
    ) -> Result<(), Unsendable> {
        out.clear();
        let method = self.method(turn);
        match (&self.target, turn) {
            (Target::Line(line), Turn { target: None, get: false }) => out.extend_from_slice(line),
            (own, _) => {
                spare.clear();
                match (turn.target, own) {
                    (Some(target), _) => spare.extend_from_slice(target.as_bytes()),
                    (None, Target::Path(path)) => path.render(scope, spare),
                    // Only a redirect asks in another way, and it leads somewhere.
                    (None, Target::Line(_)) => {}
                }
                push_request_line(out, method, spare);
            }
        }
        out.extend_from_slice(&self.fixed);
        let more = self.has_more.then_some(&*self.more);
        for (name, template) in more.map_or(&[][..], |more| &more.lines) {
            out.extend_from_slice(name);
            let from = out.len();
            template.render(scope, out);
            if breaks_line(out.get(from..).unwrap_or_default()) {
                return Err("a header line would hold a line break: not sent");
            }
            out.extend_from_slice(b"\r\n");
        }
        if let Some(credential) = credential {
            if credential.broken {
                return Err("the credential holds a line break: not sent");
            }
            let changing = !matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE");
            let end = if changing { credential.all.len() } else { credential.safe };
            out.extend_from_slice(credential.all.get(..end).unwrap_or_default());
        }
        spare.clear();
        let more = more.filter(|_| !turn.get);
        let (has_body, body): (bool, &[u8]) = match more.map(|more| &more.body) {
            None | Some(Body::None) => (false, &[]),
            Some(Body::Fixed(bytes)) => (true, bytes),
            Some(Body::Template(template)) => {
                template.render(scope, spare);
                (true, spare)
            }
            Some(Body::Form(fields)) => {
                render_form(fields, scope, spare);
                (true, spare)
            }
        };
        if has_body {
            out.extend_from_slice(more.map_or(&[], |more| &more.body_lines));
        }
        if has_body || matches!(method, "POST" | "PUT" | "PATCH") {
            out.extend_from_slice(b"Content-Length: ");
            push_number(out, body.len());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
        Ok(())
    }
}

fn push_request_line(out: &mut Vec<u8>, method: &str, target: &[u8]) {
    out.extend_from_slice(method.as_bytes());
    out.push(b' ');
    push_target(out, target);
    out.extend_from_slice(b" HTTP/1.1\r\n");
}

pub(super) fn push_line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

pub(super) fn breaks_line(bytes: &[u8]) -> bool {
    memchr::memchr3(b'\r', b'\n', 0, bytes).is_some()
}

/// A request target; what cannot stand in one is percent-encoded.
fn push_target(out: &mut Vec<u8>, target: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    if target.iter().all(u8::is_ascii_graphic) {
        return out.extend_from_slice(target);
    }
    for &byte in target {
        if byte.is_ascii_graphic() {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

fn push_number(out: &mut Vec<u8>, number: usize) {
    use std::io::Write as _;
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{number}");
}

fn encode_form(bytes: &[u8]) -> String {
    url::form_urlencoded::byte_serialize(bytes).collect()
}

fn render_form(fields: &[(String, Template)], scope: &Scope<'_>, out: &mut Vec<u8>) {
    for (i, (name, template)) in fields.iter().enumerate() {
        if i > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        match template.as_literal() {
            Some(text) => push_encoded(text.as_bytes(), out),
            None => {
                let mut value = Vec::new();
                template.render(scope, &mut value);
                push_encoded(&value, out);
            }
        }
    }
}

fn push_encoded(bytes: &[u8], out: &mut Vec<u8>) {
    for piece in url::form_urlencoded::byte_serialize(bytes) {
        out.extend_from_slice(piece.as_bytes());
    }
}
