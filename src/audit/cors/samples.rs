//! A sound stack's answers to the probes of this family, and what breaks each check.

use super::probes::{AFFIX, FOREIGN, NULL, PREFLIGHT};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::samples::{change, plain};
use crate::wire::Response;

const ORIGIN: &str = "https://shakedown.invalid";

pub fn sound(facts: &mut Facts) {
    for (purpose, origin) in [(FOREIGN, ORIGIN), (NULL, "null"), (AFFIX, ORIGIN), (PREFLIGHT, ORIGIN)] {
        plain(facts, purpose, 200, "{}");
        if let Some(last) = facts.exchanges.last_mut() {
            last.site.name = "cors".into();
            last.request.headers.push(("Origin".into(), origin.into()));
        }
    }
}

fn allow(answer: &mut Response, origin: &str, more: &[(&str, &str)]) {
    for (name, value) in [("Access-Control-Allow-Origin", origin)].iter().chain(more) {
        answer.headers.push(((*name).to_owned(), value.as_bytes().to_vec()));
    }
}

const CREDENTIALS: (&str, &str) = ("Access-Control-Allow-Credentials", "true");

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "CORS-REFLECT" => change(facts, FOREIGN, |a| allow(a, ORIGIN, &[CREDENTIALS, ("Vary", "Origin")])),
        "CORS-NULL" => change(facts, NULL, |a| allow(a, "null", &[CREDENTIALS])),
        "CORS-AFFIX" => change(facts, AFFIX, |a| allow(a, ORIGIN, &[CREDENTIALS])),
        "CORS-STAR" => change(facts, Purpose::Rest, |a| allow(a, "*", &[CREDENTIALS])),
        "CORS-VARY" => change(facts, FOREIGN, |a| allow(a, ORIGIN, &[])),
        "CORS-PREFLIGHT" => {
            change(facts, PREFLIGHT, |a| allow(a, ORIGIN, &[("Access-Control-Max-Age", "604800")]))
        }
        _ => return false,
    }
    true
}
