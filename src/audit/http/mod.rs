//! HTTP-*: the protocol, its limits, and requests that no client should send.

mod framing;
mod limits;
mod manners;
mod probes;
#[cfg(test)]
pub(super) mod samples;
mod slow;

use super::AuditInput;
use super::check::{Check, Judgement, Mode};
use super::exchange::{Exchange, Facts, Purpose};
use super::probe::Probe;
use crate::record::Severity;
use crate::wire::FailureKind;
use framing::{FRAMING, HOSTS, SYNTAX};
use limits::{BODIES, FIELDS, HEADERS, URIS};
pub(super) use limits::{BODY, HEADER, URI};
use probes::{METHODS, TRACE};
use slow::{SLOW_BODY, SLOW_HEADER};

/// What most rows of the family share.
const ROW: Check = Check { mode: Mode::Active, fix: "R-LIMITS", ..Check::ROW };

/// The family.
pub const CHECKS: &[Check] = &[
    Check {
        probes: &[&TRACE],
        fix: "R-METHODS",
        rule: "Sends TRACE with a word of our own in a header. Fails when the body repeats it; notes a 200 that does not (an \
               application that looks at no method).",
        references: &["CWE-693", "ASVS v5.0.0-13.4.4"],
        ..ROW.of("HTTP-TRACE", "TRACE", Severity::Low, manners::trace)
    },
    Check {
        probes: &[&METHODS],
        fix: "R-METHODS",
        rule: "Sends PUT, DELETE, PATCH and CONNECT, without a body or a credential, to a public route of each kind. Passes a refusal; \
               notes a 405 without Allow, which nginx sends for files; warns when one is answered with 2xx; fails when the route no \
               longer answers afterwards.",
        references: &["CWE-650", "ASVS v5.0.0-4.1.4", "RFC 9110 15.5.6"],
        ..ROW.of("HTTP-METHODS", "Methods a route does not have", Severity::Low, manners::methods)
    },
    Check {
        probes: &[&HOSTS],
        fix: "R-HOST",
        rule: "Sends two Host lines, and a foreign host in the request line beside the right Host. Passes a refusal; fails on an answer \
               as to an ordinary request. Where a foreign Host alone is answered the second form proves nothing: DJ-HOST.",
        references: &["CWE-444", "RFC 9112 3.2"],
        ..ROW.of("HTTP-DUP-HOST", "Two hosts in one request", Severity::Medium, framing::hosts)
    },
    Check {
        probes: &[&FRAMING],
        fix: "R-SMUGGLE",
        rule: "Sends one request with Content-Length and Transfer-Encoding, its body whole by either, and then an ordinary GET on the \
               same connection. Passes a refusal and a connection that is closed; warns when both lengths are accepted; fails \
               when the GET gets another answer than it gets alone.",
        references: &["CWE-444", "ASVS v5.0.0-4.2.1", "RFC 9112 6.3"],
        ..ROW.of("HTTP-CL-TE", "Two lengths in one request", Severity::High, framing::two_lengths)
    },
    Check {
        probes: &[&FRAMING],
        fix: "R-SMUGGLE",
        rule: "Sends a Transfer-Encoding that is none (xchunked, a control character before chunked, identity after chunked) beside a \
               Content-Length that fits. Passes a refusal; warns when it is accepted.",
        references: &["CWE-444", "ASVS v5.0.0-4.2.1", "RFC 9112 6.1"],
        ..ROW.of("HTTP-TE-OBFUSCATED", "Disguised Transfer-Encoding", Severity::Medium, framing::disguised)
    },
    Check {
        probes: &[&SYNTAX],
        fix: "R-SMUGGLE",
        rule: "Sends a space before a header's colon, a NUL in a value, and line feeds alone as line ends. Passes a refusal; warns when \
               one of the first two is accepted. RFC 9112 allows the third, which is only noted.",
        references: &["RFC 9112 2.2", "RFC 9112 5.1", "RFC 9110 5.5"],
        ..ROW.of("HTTP-BARE-LF", "Malformed header lines", Severity::Low, framing::syntax)
    },
    Check {
        probes: &[&SLOW_HEADER],
        fix: "R-TIMEOUT",
        rule: "Sends one header a byte at a time for as long as `patience` in [audit] says (90s is a good value). Passes when the server \
               ends it within two thirds of that, warns within all of it, fails when it still waits.",
        references: &["CWE-400"],
        ..ROW.of("HTTP-SLOW-HEADER", "Slow headers", Severity::Medium, slow::header)
    },
    Check {
        probes: &[&SLOW_BODY],
        fix: "R-TIMEOUT",
        rule: "Sends one body a byte at a time for as long as `patience` in [audit] says, and an ordinary request beside it. Passes when the \
               server ends it within five sixths of that; warns when it still waits (nginx limits the time between bytes only); fails \
               when the ordinary request had to wait for it.",
        references: &["CWE-400"],
        ..ROW.of("HTTP-SLOW-BODY", "Slow bodies", Severity::Medium, slow::body)
    },
    Check {
        probes: &[&HEADERS],
        rule: "Sends one header line of 4, 8, 16, 32 and 64 KiB. Passes when one is refused; warns when 64 KiB are accepted; fails on \
               5xx and on silence.",
        references: &["CWE-770", "RFC 6585 5"],
        ..ROW.of("HTTP-HEADER-LIMIT", "Size of headers", Severity::Low, limits::headers)
    },
    Check {
        probes: &[&BODIES],
        rule: "Sends bodies of 1, 3 and 12 MiB to the first login, or to the root. Passes when one is refused for its size; warns when \
               12 MiB are taken; fails on 5xx and on silence.",
        references: &["CWE-770", "Django: DATA_UPLOAD_MAX_MEMORY_SIZE"],
        ..ROW.of("HTTP-BODY-LIMIT", "Size of bodies", Severity::Medium, limits::bodies)
    },
    Check {
        probes: &[&URIS],
        rule: "Sends queries of 2, 8 and 32 KiB. Passes when one is refused; warns when 32 KiB are accepted; fails on 5xx and on silence.",
        references: &["RFC 9110 15.5.15"],
        ..ROW.of("HTTP-URI-LIMIT", "Length of addresses", Severity::Low, limits::uris)
    },
    Check {
        probes: &[&FIELDS],
        rule: "Sends a form of 1001 fields and JSON nested 2000 deep to logins of that kind, or to the root. Fails on 5xx and on silence.",
        references: &["CWE-674", "Django: DATA_UPLOAD_MAX_NUMBER_FIELDS"],
        ..ROW.of("HTTP-FIELDS-LIMIT", "Number and depth of fields", Severity::Medium, limits::fields)
    },
    Check {
        mode: Mode::Passive,
        probes: Check::ROW.probes,
        fix: "R-KEEP",
        rule: "Warns when every answer closes its connection: the figures of a load then hold a connection, and its TLS handshake, for \
               each request.",
        references: &["RFC 9112 9.3"],
        ..ROW.of("HTTP-KEEPALIVE", "Connections are kept", Severity::Info, manners::keep_alive)
    },
    Check {
        mode: Mode::Passive,
        probes: Check::ROW.probes,
        fix: "R-CT",
        rule: "Fails when an answer ends before its Content-Length, and when bytes follow it, or a 204 or 304, that nobody asked for.",
        references: &["ASVS v5.0.0-4.2.2", "RFC 9112 6.3"],
        ..ROW.of("HTTP-CL-MISMATCH", "Bodies as long as they say", Severity::Medium, manners::length)
    },
];

/// Probes of sizes that grow.
pub(super) const SIZES: &[&Probe] = &[&HEADERS, &BODIES, &URIS];

/// Why bytes of HTTP/1.1 are not sent by hand: nothing else is asked over HTTP/1.1 either.
fn only_http2(input: &AuditInput<'_>) -> Option<&'static str> {
    (input.endpoint.http2.is_some() && input.endpoint.tls.is_none())
        .then_some("the stack is asked over HTTP/2 with prior knowledge, and this is about HTTP/1.1")
}

/// How the server took a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// With an answer of this status.
    Status(u16),
    /// By ending the connection.
    Closed,
    /// Not at all, in time.
    Silent,
}

fn taken(exchange: &Exchange) -> Taken {
    match &exchange.answer {
        Ok(answer) => Taken::Status(answer.status),
        Err(failure) if failure.kind == FailureKind::Timeout => Taken::Silent,
        Err(_) => Taken::Closed,
    }
}

/// Exchanges of a purpose, with their positions.
fn of(facts: &Facts, purpose: Purpose) -> impl Iterator<Item = (usize, &Exchange)> {
    facts.exchanges.iter().enumerate().filter(move |(_, exchange)| exchange.purpose == purpose)
}

fn nothing_sent() -> Judgement {
    Judgement::NotRun("nothing was sent for it".into())
}
