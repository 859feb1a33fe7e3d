//! What is sent to protected routes to see who gets in.

use crate::audit::AuditInput;
use crate::audit::collect::SessionAuth;
use crate::audit::exchange::Purpose;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, get, nonsense, site};
use crate::audit::scene::{self, Target};
use crate::audit::turned_away::LOGIN_PAGE;
use crate::plan::RouteKind;
use crate::secret::ExposeSecret;
use crate::wire::Request;

/// Most protected routes that are asked for without a credential.
const ROUTES: usize = 50;
/// Most login pages that are looked at beside them.
const LOGINS: usize = 5;
/// Requests with two credentials.
const MIXED_ROUNDS: usize = 6;

/// A protected route without any credential.
pub const ANONYMOUS: Purpose = Purpose::Own("auth-anonymous");
pub const BAD_TOKEN: Purpose = Purpose::Own("auth-bad-token");
pub const METHOD: Purpose = Purpose::Own("auth-method");
pub const PATH: Purpose = Purpose::Own("auth-path");
pub const PROXY_HEADER: Purpose = Purpose::Own("auth-proxy-header");
pub const IN_URL: Purpose = Purpose::Own("auth-in-url");
pub const MIXED: Purpose = Purpose::Own("auth-mixed");
pub const SECOND_USER: Purpose = Purpose::Own("auth-second-user");
pub const FORBIDDEN: Purpose = Purpose::Own("auth-forbidden");

/// Variants of [`SECOND_USER`] and of [`MIXED`], which their judges tell apart.
pub const NOBODY: &str = "then nobody";
pub const SECOND: &str = "then another user";

fn no_route(input: &AuditInput<'_>) -> Option<&'static str> {
    scene::protected(input, 0).is_empty().then_some("the scenario has no protected GET route")
}

fn no_token(input: &AuditInput<'_>) -> Option<&'static str> {
    let tokens = scene::protected(input, 0).iter().any(|target| target.token().is_some());
    (!tokens).then_some("the scenario has no protected route with a token")
}

fn no_second_user(input: &AuditInput<'_>) -> Option<&'static str> {
    scene::protected(input, 1).is_empty().then_some("the scenario has no second user")
}

/// Each protected route without a credential, beside its control.
pub static WITHOUT_CREDENTIAL: Probe = Probe {
    name: "auth-anonymous",
    consent: Consent::Active,
    about: "each protected GET route with its credential, and without; login pages",
    most: 2 * ROUTES + LOGINS,
    lacks: no_route,
    send: |prober| {
        Box::pin(async move {
            for target in scene::protected(prober.input, 0).into_iter().take(ROUTES) {
                prober.control(&target).await;
                prober.send(ANONYMOUS, target.site("no credential", false), target.bare.clone()).await;
            }
            for auth in SessionAuth::all(prober.input.plan).take(LOGINS) {
                let place = site(&format!("login page of {}", auth.name), RouteKind::Login);
                prober.send(LOGIN_PAGE, place, get(auth.login)).await;
            }
        })
    },
};

/// Runs `each` on a protected route of each auth, between two genuine requests.
async fn between_controls<'i>(prober: &mut Prober<'i>, each: impl AsyncFn(&mut Prober<'i>, &Target<'i>)) {
    for target in scene::one_of_each_auth(prober.input, 0) {
        prober.control(&target).await;
        each(prober, &target).await;
        prober.control(&target).await;
    }
}

pub static BAD_TOKENS: Probe = Probe {
    name: "auth-bad-tokens",
    consent: Consent::Active,
    about: "one route of each token auth with unknown and malformed Authorization headers",
    most: 60,
    lacks: no_token,
    send: |prober| {
        Box::pin(between_controls(prober, async |prober, target| {
            let Some(genuine) = target.with_token("") else { return };
            let Some((name, value)) = genuine.headers.last().cloned() else { return };
            let scheme = value.trim();
            let unknown = nonsense();
            for (variant, values) in [
                ("unknown token", vec![format!("{scheme} {unknown}")]),
                ("empty value", vec![String::new()]),
                ("scheme alone", vec![scheme.to_owned()]),
                ("two spaces", vec![format!("{scheme}  {unknown}")]),
                ("unknown scheme", vec![format!("Shakedown {unknown}")]),
                ("token of 10 KiB", vec![format!("{scheme} {}", "x".repeat(10 * 1024))]),
                ("not ASCII", vec![format!("{scheme} caf\u{e9}\u{2603}")]),
                ("two headers", vec![format!("{scheme} {unknown}"), format!("{scheme} {}", nonsense())]),
            ] {
                let mut request = target.bare.clone();
                request.headers.extend(values.into_iter().map(|value| (name.clone(), value)));
                prober.send(BAD_TOKEN, target.site(variant, false), request).await;
            }
        }))
    },
};

pub static METHODS: Probe = Probe {
    name: "auth-methods",
    consent: Consent::Guarded,
    about: "one route of each auth without a credential by HEAD, OPTIONS, POST and PUT without a body, and with method overrides",
    most: 40,
    lacks: no_route,
    send: |prober| {
        Box::pin(between_controls(prober, async |prober, target| {
            for method in ["HEAD", "OPTIONS", "POST", "PUT"] {
                let request = Request { method: method.to_owned(), ..target.bare.clone() };
                prober.send(METHOD, target.site(method, false), request).await;
            }
            for header in ["X-HTTP-Method-Override", "X-Method-Override"] {
                let mut request = Request { method: "POST".to_owned(), ..target.bare.clone() };
                request.headers.push((header.to_owned(), "GET".to_owned()));
                prober.send(METHOD, target.site(&format!("POST with {header}: GET"), false), request).await;
            }
        }))
    },
};

pub static PATHS: Probe = Probe {
    name: "auth-paths",
    consent: Consent::Active,
    about: "one route of each auth without a credential, its path written otherwise (//, /./, %2e, ;x, case, slash, dot)",
    most: 50,
    lacks: no_route,
    send: |prober| {
        Box::pin(between_controls(prober, async |prober, target| {
            for path in rewritten(&target.bare.target) {
                let request = Request { target: path.clone(), ..target.bare.clone() };
                prober.send(PATH, target.site(&path, false), request).await;
            }
        }))
    },
};

/// Other ways to write a path that a careless router or proxy takes for the same.
fn rewritten(target: &str) -> Vec<String> {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let rest = path.trim_start_matches('/');
    let (first, tail) = rest.split_once('/').unwrap_or((rest, ""));
    let bare = path.trim_end_matches('/');
    let mut paths = vec![
        format!("//{rest}"),
        format!("/./{rest}"),
        format!("/%2e/{rest}"),
        format!("/{first}//{tail}"),
        format!("{bare};x"),
        format!("{bare}."),
        format!("{bare}%20"),
        path.to_uppercase(),
        if path.ends_with('/') { bare.to_owned() } else { format!("{path}/") },
    ];
    paths.retain(|other| other != path && other.starts_with('/'));
    if let Some(query) = query {
        paths.iter_mut().for_each(|path| *path = format!("{path}?{query}"));
    }
    paths
}

pub static PROXY_HEADERS: Probe = Probe {
    name: "auth-proxy-headers",
    consent: Consent::Active,
    about: "one route of each auth without a credential, with headers that a proxy may set (X-Forwarded-User, X-Original-URL, …)",
    most: 50,
    lacks: no_route,
    send: |prober| {
        Box::pin(between_controls(prober, async |prober, target| {
            let user = target.user.name.as_str();
            for (name, value) in [
                ("X-Forwarded-User", user),
                ("X-Remote-User", user),
                ("Remote-User", user),
                ("X-Forwarded-For", "127.0.0.1"),
                ("X-Real-IP", "127.0.0.1"),
            ] {
                let mut request = target.bare.clone();
                request.headers.push((name.to_owned(), value.to_owned()));
                prober.send(PROXY_HEADER, target.site(name, false), request).await;
            }
            for name in ["X-Original-URL", "X-Rewrite-URL"] {
                let mut request = get("/");
                request.headers.push((name.to_owned(), target.bare.target.clone()));
                prober.send(PROXY_HEADER, target.site(name, false), request).await;
            }
        }))
    },
};

pub static TOKEN_IN_URL: Probe = Probe {
    name: "auth-token-in-url",
    consent: Consent::Active,
    about: "one route of each token auth with the genuine token in the query only (token, access_token, jwt)",
    most: 25,
    lacks: no_token,
    send: |prober| {
        Box::pin(between_controls(prober, async |prober, target| {
            let Some(token) = target.token() else { return };
            let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
            for name in ["token", "access_token", "jwt"] {
                let separator = if target.bare.target.contains('?') { '&' } else { '?' };
                let path = format!("{}{separator}{name}={token}", target.bare.target);
                let request = Request { target: path, ..target.bare.clone() };
                prober.send(IN_URL, target.site(&format!("token in ?{name}="), false), request).await;
            }
        }))
    },
};

pub static REPLAYS: Probe = Probe {
    name: "auth-replays",
    consent: Consent::Active,
    about: "one route of each auth as the first user, then without a credential, then as the second user, twice; also with \
            /x.css behind its path",
    most: 60,
    lacks: |input| no_route(input).or_else(|| no_second_user(input)),
    send: |prober| {
        Box::pin(between_controls(prober, async |prober, target| {
            let second = scene::protected(prober.input, 1);
            let Some(second) = second.iter().find(|other| other.route.name == target.route.name) else {
                return;
            };
            let path = target.bare.target.as_str();
            let beneath = format!("{}/x.css", path.trim_end_matches('/'));
            // Twice: what a cache had kept before may end just before the next user asks.
            for (path, what) in
                [(path, "first"), (path, "first again"), (&beneath, "a style sheet's name behind it")]
            {
                let at = |request: Request| Request { target: path.to_owned(), ..request };
                prober.send(SECOND_USER, target.site(what, true), at(target.genuine())).await;
                prober.send(SECOND_USER, target.site(NOBODY, false), at(target.bare.clone())).await;
                prober.send(SECOND_USER, target.site(SECOND, true), at(second.genuine())).await;
            }
        }))
    },
};

pub static MIXED_CREDENTIALS: Probe = Probe {
    name: "auth-mixed",
    consent: Consent::Active,
    about: "one route of each token auth with the second user's token and the first user's session cookie, six times",
    most: 40,
    lacks: |input| {
        no_token(input).or_else(|| no_second_user(input)).or_else(|| {
            SessionAuth::all(input.plan).next().is_none().then_some("the scenario has no session login")
        })
    },
    send: |prober| {
        Box::pin(async move {
            let first = scene::protected(prober.input, 0);
            let cookie = first.iter().flat_map(|target| &target.credential.headers);
            let Some((name, cookie)) =
                cookie.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("cookie"))
            else {
                return prober.lack("no protected route is opened by a session");
            };
            let cookie = (name.clone(), cookie.expose_secret().to_owned());
            for target in scene::one_of_each_auth(prober.input, 1) {
                if target.token().is_none() {
                    continue;
                }
                prober.control(&target).await;
                for _ in 0..MIXED_ROUNDS {
                    let mut request = target.genuine();
                    request.headers.push(cookie.clone());
                    prober
                        .send(MIXED, target.site("another user's session beside the token", true), request)
                        .await;
                }
            }
        })
    },
};

pub static FORBIDDEN_PATHS: Probe = Probe {
    name: "auth-forbidden",
    consent: Consent::Active,
    about: "each path of `forbidden` in [audit] with the credential of each auth's first user",
    most: 60,
    lacks: |input| {
        let none = input.plan.forbidden.is_empty();
        no_route(input)
            .or(none
                .then_some("the scenario names no path that its users must not see: `forbidden` in [audit]"))
    },
    send: |prober| {
        Box::pin(between_controls(prober, async |prober, target| {
            for path in &prober.input.plan.forbidden {
                let request = Request { target: path.clone(), ..target.genuine() };
                prober.send(FORBIDDEN, target.site(path, true), request).await;
            }
        }))
    },
};
