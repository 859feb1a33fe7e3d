//! What the audit looks at: exchanges, each with the purpose it was sent for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::curl::Origin;
use super::load::UnderLoad;
use super::probe::Unsent;
use crate::plan::{Profile, Role, RouteKind, RoutePlan};
use crate::wire::hello::Reply;
use crate::wire::{Failure, Handshake, Request, Response};

/// Why a request was sent. Purposes of active probes are sent with consent only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A route of the scenario as it stands, with its credential. Passive.
    Rest,
    /// The same route once more (nonces). Passive.
    Repeat,
    /// The login page. Passive.
    LoginPage,
    /// A login that succeeded, with its fresh cookies. Active.
    Login,
    /// A path that cannot exist. Active.
    NotFound,
    /// A method the route does not have. Active.
    WrongMethod,
    /// One header line beyond usual limits. Active.
    LongHeader,
    /// A body beyond usual limits. Active.
    LargeBody,
    /// A Host header of somebody else. Active.
    ForeignHost,
    /// The login form without its CSRF token. Active.
    LoginWithoutCsrf,
    /// A login that came with a session cookie chosen by us. Active.
    FixationLogin,
    /// Control: a session-authenticated POST with everything right. Active.
    PostWithCsrf,
    /// The same POST without the CSRF token. Active.
    PostWithoutCsrf,
    /// The same POST with the Origin of another site. Active.
    PostForeignOrigin,
    /// Control: the protected page without any session. Active.
    AnonymousPage,
    /// Control: a protected page with a session before its logout. Active.
    BeforeLogout,
    /// A logout by POST. Active.
    Logout,
    /// The old session cookie after that logout. Active.
    AfterLogout,
    /// A logout by GET, on a session of its own. Active.
    LogoutByGet,
    /// That session's cookie after the logout by GET. Active.
    AfterLogoutByGet,
    /// A genuine request before or after those that should be refused: without it their refusal proves nothing. Active.
    Control,
    /// What a family of checks sends for itself, by a name of its own: `jwt-alg-none`.
    Own(&'static str),
}

/// Where an exchange belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The route's name, or the probe's.
    pub name: String,
    /// What of the route's request was different: `no credential`; empty for the route as it stands.
    pub variant: String,
    /// What it is.
    pub kind: RouteKind,
    /// Line (1-based) in the scenario file; absent for probes.
    pub line: Option<usize>,
    /// Whether the request carried a credential of the scenario.
    pub authenticated: bool,
}

impl Site {
    /// A route's, asked for in this way; an empty `variant` is the route as it stands.
    pub fn of(route: &RoutePlan, variant: impl Into<String>, authenticated: bool) -> Site {
        Site {
            name: route.name.clone(),
            variant: variant.into(),
            kind: route.kind,
            line: Some(route.line),
            authenticated,
        }
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.variant.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}: {}", self.name, self.variant)
        }
    }
}

/// One request and what came of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Why it was sent.
    pub purpose: Purpose,
    /// Where it belongs.
    pub site: Site,
    /// As sent; holds secrets, so it is never printed but through `evidence`.
    pub request: Request,
    /// The answer, or why there is none.
    pub answer: Result<Response, Failure>,
    /// What was written by hand in place of the request; boxed, since few exchanges have it.
    pub by_hand: Option<Box<ByHand>>,
    /// Where it was sent, when not to the stack's own address.
    pub(super) elsewhere: Option<Box<Origin>>,
}

impl Exchange {
    /// A request that says all that was sent, to the stack's own address.
    pub fn new(
        purpose: Purpose,
        site: Site,
        request: Request,
        answer: Result<Response, Failure>,
    ) -> Exchange {
        Exchange { purpose, site, request, answer, by_hand: None, elsewhere: None }
    }

    /// The same, written by hand.
    pub(super) fn by_hand(self, by_hand: ByHand) -> Exchange {
        Exchange { by_hand: Some(Box::new(by_hand)), ..self }
    }

    /// The same, sent to another address than the stack's.
    pub(super) fn elsewhere(self, origin: Origin) -> Exchange {
        Exchange { elsewhere: Some(Box::new(origin)), ..self }
    }
}

/// What went over a connection where a request cannot say it.
#[derive(Debug, Clone, Default)]
pub struct ByHand {
    /// The bytes. They hold no secret.
    pub bytes: Vec<u8>,
    /// How long the connection was open, where that is the point.
    pub open: Duration,
    /// How long it was meant to be kept open.
    pub longest: Duration,
    /// The TLS handshake, where nothing else was of interest.
    pub tls: Option<TlsTrace>,
}

/// A TLS handshake without a request behind it.
#[derive(Debug, Clone)]
pub enum TlsTrace {
    /// As browsers shake hands.
    Whole {
        /// What it showed.
        seen: Handshake,
        /// When.
        at: SystemTime,
    },
    /// An offer of one version and some suites, and what the server made of it.
    Offer {
        /// The version.
        version: u16,
        /// The suites.
        suites: &'static [u16],
        /// The server's answer.
        reply: Reply,
    },
}

/// A failing check whose probes were sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// The check's id.
    pub check: &'static str,
    /// How often it failed.
    pub failed: usize,
    /// How often it was judged.
    pub times: usize,
}

impl Repeat {
    /// Whether it failed each time.
    pub fn stable(&self) -> bool {
        self.failed == self.times
    }
}

/// All that is known of one stack when the checks judge it.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its name.
    pub stack: String,
    /// What it is for.
    pub role: Role,
    /// How strictly to judge.
    pub profile: Profile,
    /// Whether it answers over https.
    pub https: bool,
    /// Whether its load goes over HTTP/2.
    pub http2: bool,
    /// Whether active probes were allowed.
    pub active: bool,
    /// Host and port as in the Host header.
    pub host: String,
    /// Names of the session cookies of the scenario's `session` auths (default `sessionid`).
    pub session_cookies: Vec<String>,
    /// Names of their CSRF cookies (default `csrftoken`).
    pub csrf_cookies: Vec<String>,
    /// Names of the first two users who ask for protected routes.
    pub users: Vec<String>,
    /// Secrets that the scenario wants to be tried on JWTs.
    pub secrets: Vec<String>,
    /// Whether the scenario has a `session` auth at all.
    pub has_session: bool,
    /// Everything that was sent.
    pub exchanges: Vec<Exchange>,
    /// Probes that were not sent, or not as a whole, by name.
    pub unsent: BTreeMap<&'static str, Unsent>,
    /// What the project's own deployment checks say, by Django's ids; `None`: they were not run.
    pub declared: Option<BTreeMap<String, String>>,
    /// What a load showed; `None`: none was sent.
    pub load: Option<UnderLoad>,
    /// Why the audit ended before its end.
    pub gave_up: Option<String>,
    /// Failing checks whose probes were sent again.
    pub repeats: Vec<Repeat>,
    /// The dev stack's facts, where this is the production stack of a run that had both.
    pub beside: Option<Arc<Facts>>,
}

impl Facts {
    /// Answers that came, with their position in [`Facts::exchanges`].
    pub fn answers(&self) -> impl Iterator<Item = (usize, &Exchange, &Response)> {
        self.exchanges.iter().enumerate().filter_map(|(i, e)| Some((i, e, e.answer.as_ref().ok()?)))
    }

    /// Answers to requests of one purpose.
    pub fn of(&self, purpose: Purpose) -> impl Iterator<Item = (usize, &Exchange, &Response)> {
        self.answers().filter(move |(_, exchange, _)| exchange.purpose == purpose)
    }

    /// Whether the stack's name is one of this machine's own.
    pub fn on_this_machine(&self) -> bool {
        let name = match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => self.host.as_str(),
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost")
            || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// TLS handshakes without a request, with their position in [`Facts::exchanges`].
    pub fn handshakes(&self) -> impl Iterator<Item = (usize, &TlsTrace)> {
        let traced = self.exchanges.iter().enumerate();
        traced.filter_map(|(index, exchange)| Some((index, exchange.by_hand.as_ref()?.tls.as_ref()?)))
    }

    /// Whether a session was begun that nothing in the scenario ends.
    pub fn names_no_logout(&self) -> bool {
        let sent = |purpose| self.exchanges.iter().any(|exchange| exchange.purpose == purpose);
        sent(Purpose::Login) && !sent(Purpose::PostWithCsrf)
    }

    /// Why there is no answer to a purpose: the first failure's words, when one was sent.
    pub fn failure(&self, purpose: Purpose) -> Option<&Failure> {
        self.exchanges.iter().find(|e| e.purpose == purpose).and_then(|e| e.answer.as_ref().err())
    }
}
