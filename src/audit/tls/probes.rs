//! Handshakes: one as browsers make it, and offers that no sound client makes.

use super::suites::{ANY, KINDS, OLD};
use super::words;
use crate::audit::AuditInput;
use crate::audit::exchange::{Purpose, Site};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::site;
use crate::plan::RouteKind;
use crate::wire::hello::{Offer, SSL3, TLS10, TLS11, TLS12};

pub const WHOLE: Purpose = Purpose::Own("tls-handshake");
pub const VERSION: Purpose = Purpose::Own("tls-version");
pub const SUITE: Purpose = Purpose::Own("tls-suite");

fn plain(input: &AuditInput<'_>) -> Option<&'static str> {
    input.endpoint.tls.is_none().then_some("the stack is plain http")
}

/// Where handshakes belong.
fn place(variant: &str) -> Site {
    Site { variant: variant.to_owned(), ..site("TLS handshake", RouteKind::Html) }
}

pub static HANDSHAKE: Probe = Probe {
    name: "tls-handshake",
    consent: Consent::Active,
    about: "two TLS handshakes as a browser makes them, without a request",
    most: 1,
    lacks: plain,
    send: |prober| Box::pin(async move { prober.shake_hands(WHOLE, place("")).await }),
};

pub static VERSIONS: Probe = Probe {
    name: "tls-versions",
    consent: Consent::Active,
    about: "the first message of a TLS handshake that offers TLS 1.2, 1.1, 1.0 or SSL 3.0 alone",
    most: 4,
    lacks: plain,
    send: |prober| {
        Box::pin(async move {
            for (version, suites) in [(TLS12, ANY), (TLS11, OLD), (TLS10, OLD), (SSL3, OLD)] {
                prober.offer(VERSION, place(&words::version(version)), Offer { version, suites }).await;
            }
        })
    },
};

pub static SUITES: Probe = Probe {
    name: "tls-suites",
    consent: Consent::Active,
    about: "the first message of a TLS 1.2 handshake that offers weak or old cipher suites of one kind alone",
    most: KINDS.len(),
    lacks: plain,
    send: |prober| {
        Box::pin(async move {
            for kind in KINDS {
                let offer = Offer { version: TLS12, suites: kind.suites };
                prober.offer(SUITE, place(kind.name), offer).await;
            }
        })
    },
};
