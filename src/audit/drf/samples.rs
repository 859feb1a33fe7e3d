//! A sound stack's answers to the probes of this family, and what breaks each check.

use super::probes::{BROWSER, LARGE_PAGE, OPTIONS, SCHEMA, TOKEN};
use crate::audit::auth::ANONYMOUS;
use crate::audit::exchange::Facts;
use crate::audit::samples::{change, plain};

pub fn sound(facts: &mut Facts) {
    for (purpose, status, body) in [
        (TOKEN, 200, "{\"token\":\"a-token-of-its-own-1\"}"),
        (TOKEN, 200, "{\"token\":\"a-token-of-its-own-2\"}"),
        (BROWSER, 406, "{}"),
        (OPTIONS, 401, "{}"),
        (SCHEMA, 404, "{}"),
        (LARGE_PAGE, 200, "[1,2,3]"),
    ] {
        plain(facts, purpose, status, body);
        if let Some(last) = facts.exchanges.last_mut() {
            last.site.name = "protected".into();
        }
    }
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    let body = |text: &str| text.as_bytes().to_vec();
    match check {
        "DRF-TOKEN-FOREVER" => {
            let token = format!("{{\"token\":\"{}\"}}", "0123456789abcdef0123".repeat(2));
            change(facts, TOKEN, |answer| answer.body = body(&token));
        }
        "DRF-BROWSABLE" => change(facts, BROWSER, |answer| {
            answer.status = 200;
            answer.body = body("<title>Notes – Django REST framework</title>");
        }),
        "DRF-SESSION-FIRST" => change(facts, ANONYMOUS, |answer| {
            answer.status = 403;
            answer.headers.retain(|(name, _)| name != "WWW-Authenticate");
        }),
        "DRF-OPTIONS-META" => change(facts, OPTIONS, |answer| {
            answer.status = 200;
            answer.body = body("{\"actions\":{\"POST\":{\"title\":{\"type\":\"string\"}}}}");
        }),
        "DRF-SCHEMA-OPEN" => change(facts, SCHEMA, |answer| {
            answer.status = 200;
            answer.body = body("{\"openapi\":\"3.0.3\"}");
        }),
        "DRF-PAGE-SIZE" => change(facts, LARGE_PAGE, |answer| {
            answer.body = body(&format!("[{}1]", "1,".repeat(2000)));
            answer.body_length = 4002;
        }),
        _ => return false,
    }
    true
}
