//! Content-Security-Policy of the production profile.

use super::app::App;
use super::{Fault, random};

/// The nonce of one page; the page's scripts and its policy carry the same one.
#[derive(Debug, Clone)]
pub(super) struct Nonce(pub(super) String);

/// A nonce for a page: 24 letters and digits, 142 bits.
pub(super) fn nonce(app: &App) -> Nonce {
    Nonce(if app.has(Fault::CspStaticNonce) {
        "c3RhdGljLW5vbmNlLW9mLXRoZS10YXJnZXQ".to_owned()
    } else if app.has(Fault::CspShortNonce) {
        random::alphanumeric(4)
    } else {
        random::alphanumeric(24)
    })
}

/// The policy of anything but a page: nothing may load, nobody may frame it.
pub(super) fn for_data(app: &App) -> Option<String> {
    if app.has(Fault::NoCsp) {
        return None;
    }
    Some(if app.has(Fault::NoFrameOptions) {
        "default-src 'none'".to_owned()
    } else {
        "default-src 'none'; frame-ancestors 'none'".to_owned()
    })
}

/// The policy of a page; without a nonce (error pages) no script may run at all.
pub(super) fn for_page(app: &App, nonce: Option<&Nonce>) -> Option<String> {
    if app.has(Fault::NoCsp) {
        return None;
    }
    let mut directives = vec!["default-src 'none'".to_owned(), script_src(app, nonce)];
    if app.has(Fault::CspElem) {
        directives.push("script-src-elem 'self' 'unsafe-inline'".to_owned());
    }
    directives.push("style-src 'self'; img-src 'self'; connect-src 'self'".to_owned());
    if app.has(Fault::CspNoObjectBase) {
        directives.push("object-src 'self'".to_owned());
    } else {
        directives.push("object-src 'none'; base-uri 'none'".to_owned());
    }
    if !app.has(Fault::CspNoFormAction) {
        directives.push("form-action 'self'".to_owned());
    }
    if !app.has(Fault::NoFrameOptions) {
        directives.push("frame-ancestors 'none'".to_owned());
    }
    directives.push("require-trusted-types-for 'script'".to_owned());
    let policy = directives.join("; ");
    Some(if app.has(Fault::CspSyntax) {
        policy.replace("style-src 'self'; img-src", "style-src self img-src")
    } else {
        policy
    })
}

fn script_src(app: &App, nonce: Option<&Nonce>) -> String {
    const SPOILT: [(Fault, &str); 6] = [
        (Fault::CspUnsafeInline, "script-src 'self' 'unsafe-inline'"),
        (Fault::CspWildcard, "script-src *"),
        (Fault::CspBypassHost, "script-src 'self' https://ajax.googleapis.com"),
        (Fault::CspHttpSource, "script-src 'self' http://scripts.example"),
        (Fault::CspLoneStrictDynamic, "script-src 'strict-dynamic'"),
        (Fault::CspElem, "script-src 'self'"),
    ];
    if let Some((_, directive)) = SPOILT.iter().find(|(fault, _)| app.has(*fault)) {
        return (*directive).to_owned();
    }
    let eval = if app.has(Fault::CspUnsafeEval) { " 'unsafe-eval'" } else { "" };
    match nonce {
        Some(Nonce(nonce)) => format!("script-src 'nonce-{nonce}' 'strict-dynamic'{eval}"),
        None => "script-src 'none'".to_owned(),
    }
}
