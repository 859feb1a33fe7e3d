//! How much a server takes: header lines, bodies, addresses, fields.

use super::{Taken, nothing_sent, of, taken};
use crate::audit::AuditInput;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense, post, post_json, site};
use crate::audit::scene::{self, Entrance};
use crate::plan::RouteKind;
use crate::wire::Request;

pub const HEADER: Purpose = Purpose::Own("http-header-size");
pub const BODY: Purpose = Purpose::Own("http-body-size");
pub const URI: Purpose = Purpose::Own("http-uri-size");
pub const FIELD: Purpose = Purpose::Own("http-fields");

const MIB: usize = 1024 * 1024;
/// Beyond Django's DATA_UPLOAD_MAX_NUMBER_FIELDS.
const MANY: usize = 1001;
/// Beyond Python's limit of recursion.
const DEEP: usize = 2000;

pub static HEADERS: Probe = Probe {
    name: "http-headers",
    consent: Consent::Active,
    about: "a header line of 4, 8, 16, 32 and 64 KiB",
    most: 5,
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            for kib in [4, 8, 16, 32, 64] {
                let mut request = scene::front(prober.input);
                request.headers.push(("X-Shakedown-Padding".to_owned(), "x".repeat(kib * 1024)));
                prober.send(HEADER, of_size(&format!("header line of {kib} KiB")), request).await;
            }
        })
    },
};

pub static BODIES: Probe = Probe {
    name: "http-bodies",
    consent: Consent::Guarded,
    about: "bodies of 1, 3 and 12 MiB to the first login, or to the root; no credential in them",
    most: 4,
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            // What a small one gets: a refusal for another reason is none for the size.
            for (name, size) in [("small", 1), ("1 MiB", MIB), ("3 MiB", 3 * MIB), ("12 MiB", 12 * MIB)] {
                let request = padded(prober.input, size);
                prober.send(BODY, of_size(&format!("body of {name}")), request).await;
            }
        })
    },
};

pub static URIS: Probe = Probe {
    name: "http-uris",
    consent: Consent::Active,
    about: "queries of 2, 8 and 32 KiB",
    most: 3,
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            for kib in [2, 8, 32] {
                let front = scene::front(prober.input);
                let path = front.target.split('?').next().unwrap_or("/").to_owned();
                let target = format!("{path}?shakedown={}", "x".repeat(kib * 1024));
                prober.send(URI, of_size(&format!("query of {kib} KiB")), Request { target, ..front }).await;
            }
        })
    },
};

pub static FIELDS: Probe = Probe {
    name: "http-fields",
    consent: Consent::Guarded,
    about: "a form of 1001 fields and JSON nested 2000 deep to the first login of each kind, or to the root",
    most: 2,
    lacks: |_| None,
    send: |prober| Box::pin(fields_of(prober)),
};

async fn fields_of(prober: &mut Prober<'_>) {
    let entrances = scene::entrances(prober.input);
    let of_kind = |form: bool| {
        let found = entrances.iter().find(|entrance| entrance.form == form);
        found.map_or("/", |entrance| entrance.path)
    };
    let names: Vec<String> = (0..MANY).map(|n| format!("field{n}")).collect();
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    prober.send(FIELD, of_size("form of 1001 fields"), post(of_kind(true), &fields)).await;
    let mut deep = post_json(of_kind(false), &serde_json::Value::Null);
    deep.body = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)).into_bytes();
    prober.send(FIELD, of_size("JSON nested 2000 deep"), deep).await;
}

/// A body of so many bytes, and a little more, for the first login.
fn padded(input: &AuditInput<'_>, size: usize) -> Request {
    let padding = "x".repeat(size);
    match scene::entrances(input).first() {
        Some(Entrance { path, form: false, .. }) => {
            post_json(*path, &serde_json::json!({ "padding": padding, "word": nonsense() }))
        }
        Some(entrance) => post(entrance.path, &[("padding", &padding)]),
        None => post("/", &[("padding", &padding)]),
    }
}

fn of_size(name: &str) -> crate::audit::Site {
    site(name, RouteKind::Html)
}

/// Judges sizes that grow: none may end in 5xx or silence, and the largest should be refused.
fn growing(facts: &Facts, purpose: Purpose, subject: &str, refused: impl Fn(&Exchange) -> bool) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let (mut any_refused, mut last) = (false, None);
    for (index, exchange) in of(facts, purpose) {
        places += 1;
        last = Some((index, exchange));
        any_refused |= refused(exchange);
        let wrong = match taken(exchange) {
            Taken::Status(status) if status >= 500 && status != 501 => {
                Some(format!("is answered with {status}"))
            }
            Taken::Silent => Some("is not answered in time".to_owned()),
            _ => None,
        };
        if let Some(wrong) = wrong {
            let detail = format!("a {} {wrong}", exchange.site.name);
            observations.push(Observation::new(Level::Fail, index, subject, detail));
        }
    }
    if let (Some((index, exchange)), false, true) = (last, any_refused, observations.is_empty()) {
        let detail = format!("a {} is taken", exchange.site.name);
        observations.push(Observation::new(Level::Warn, index, subject, detail));
    }
    // A server that answers none of them may be gone.
    let answered = of(facts, purpose).any(|(_, exchange)| matches!(taken(exchange), Taken::Status(_)));
    if answered { Judgement::Judged { places, observations } } else { nothing_sent() }
}

pub fn headers(facts: &Facts) -> Judgement {
    growing(facts, HEADER, "header", |exchange| match taken(exchange) {
        Taken::Status(status) => matches!(status, 400 | 413 | 414 | 431 | 494),
        Taken::Closed => true,
        Taken::Silent => false,
    })
}

pub fn uris(facts: &Facts) -> Judgement {
    growing(facts, URI, "query", |exchange| match taken(exchange) {
        Taken::Status(status) => matches!(status, 400 | 404 | 413 | 414 | 431),
        Taken::Closed => true,
        Taken::Silent => false,
    })
}

pub fn bodies(facts: &Facts) -> Judgement {
    let small = of(facts, BODY).map(|(_, exchange)| taken(exchange)).next();
    growing(facts, BODY, "body", |exchange| match taken(exchange) {
        Taken::Status(413) | Taken::Closed => true,
        // Django refuses what is larger than DATA_UPLOAD_MAX_MEMORY_SIZE with 400.
        status @ Taken::Status(400) => small != Some(status),
        _ => false,
    })
}

pub fn fields(facts: &Facts) -> Judgement {
    growing(facts, FIELD, "fields", |_| true)
}
