//! Requests that two servers in a row may read differently. Each is whole by every reading, goes over a connection of its
//! own, and nothing of it can reach anybody else's answer.

use super::{Taken, nothing_sent, of, only_http2, taken};
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Exchange, Facts, Purpose, Site};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense, site};
use crate::audit::scene;
use crate::plan::RouteKind;
use crate::wire::{AGENT, Request};

/// Well-formed: what the others are compared with.
pub const CONTROL: Purpose = Purpose::Own("http-framing-control");
pub const TWO_LENGTHS: Purpose = Purpose::Own("http-two-lengths");
pub const DISGUISED: Purpose = Purpose::Own("http-te-disguised");
/// An ordinary GET behind another request on its connection.
pub const MARKER: Purpose = Purpose::Own("http-marker");
/// The same GET alone.
pub const ALONE: Purpose = Purpose::Own("http-marker-alone");
pub const HOST: Purpose = Purpose::Own("http-host");
/// A foreign Host header by itself.
pub const FOREIGN: Purpose = Purpose::Own("http-host-foreign");
pub const SYNTAX_LINE: Purpose = Purpose::Own("http-syntax");

/// A chunked body of nothing: five bytes by Content-Length too.
const BODY: &str = "0\r\n\r\n";
pub const TWO_LINES: &str = "two Host lines";
pub const IN_LINE: &str = "a foreign host in the request line";
pub const BARE_LF: &str = "line feeds alone";

pub static FRAMING: Probe = Probe {
    name: "http-framing",
    consent: Consent::Guarded,
    about: "POSTs to the front page with Content-Length and (malformed) Transfer-Encoding, whole by either, each on a connection \
            of its own with an ordinary GET behind it",
    most: 12,
    lacks: only_http2,
    send: |prober| Box::pin(framing(prober)),
};

async fn framing(prober: &mut Prober<'_>) {
    let head = Head::new(prober);
    prober.send(ALONE, head.site("GET alone"), head.page.clone()).await;
    let post = |lines: &str| head.bytes("POST", lines, BODY);
    let get = head.bytes("GET", "", "");
    for (purpose, variant, lines) in [
        (CONTROL, "Content-Length alone", "Content-Length: 5\r\n"),
        (TWO_LENGTHS, "Content-Length first", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        (TWO_LENGTHS, "Transfer-Encoding first", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        (DISGUISED, "xchunked", "Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n"),
        (DISGUISED, "vertical tab", "Content-Length: 5\r\nTransfer-Encoding: \x0bchunked\r\n"),
        (
            DISGUISED,
            "identity after chunked",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        ),
    ] {
        let site = head.site(variant);
        let mut messages = vec![(purpose, head.request("POST"), post(lines))];
        if purpose == TWO_LENGTHS {
            messages.push((MARKER, head.request("GET"), get.clone()));
        }
        prober.send_by_hand(&site, messages).await;
    }
}

pub static HOSTS: Probe = Probe {
    name: "http-hosts",
    consent: Consent::Active,
    about: "the front page with two Host lines, with a foreign host in the request line, and with a foreign Host alone",
    most: 4,
    lacks: only_http2,
    send: |prober| {
        Box::pin(async move {
            let head = Head::new(prober);
            let foreign = format!("{}.invalid", nonsense());
            prober.send(ALONE, head.site("GET alone"), head.page.clone()).await;
            let mut alone = head.page.clone();
            alone.headers.insert(0, ("Host".to_owned(), foreign.clone()));
            prober.send(FOREIGN, head.site("foreign Host"), alone).await;
            let twice = head.bytes("GET", &format!("Host: {foreign}\r\n"), "");
            prober.send_by_hand(&head.site(TWO_LINES), vec![(HOST, head.request("GET"), twice)]).await;
            let scheme = if prober.input.endpoint.tls.is_some() { "https" } else { "http" };
            let target = format!("{scheme}://{foreign}{}", head.page.target);
            let absolute =
                format!("GET {target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {AGENT}\r\n\r\n", head.host);
            let request = Request { target, ..head.request("GET") };
            prober.send_by_hand(&head.site(IN_LINE), vec![(HOST, request, absolute.into_bytes())]).await;
        })
    },
};

pub static SYNTAX: Probe = Probe {
    name: "http-syntax",
    consent: Consent::Active,
    about: "the front page with a space before a header's colon, a NUL in a value, and line feeds alone as line ends",
    most: 4,
    lacks: only_http2,
    send: |prober| {
        Box::pin(async move {
            let head = Head::new(prober);
            prober.send(ALONE, head.site("GET alone"), head.page.clone()).await;
            let bare = String::from_utf8_lossy(&head.bytes("GET", "", "")).replace("\r\n", "\n");
            for (variant, bytes) in [
                ("space before the colon", head.bytes("GET", "X-Shakedown : 1\r\n", "")),
                ("NUL in a value", head.bytes("GET", "X-Shakedown: a\0b\r\n", "")),
                (BARE_LF, bare.into_bytes()),
            ] {
                let message = vec![(SYNTAX_LINE, head.request("GET"), bytes)];
                prober.send_by_hand(&head.site(variant), message).await;
            }
        })
    },
};

/// The front page as bytes.
struct Head {
    page: Request,
    host: String,
}

impl Head {
    fn new(prober: &Prober<'_>) -> Head {
        Head { page: scene::front(prober.input), host: prober.input.endpoint.host.clone() }
    }

    fn bytes(&self, method: &str, lines: &str, body: &str) -> Vec<u8> {
        let (target, host) = (&self.page.target, &self.host);
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\n{lines}\r\n{body}")
            .into_bytes()
    }

    fn request(&self, method: &str) -> Request {
        Request { method: method.to_owned(), target: self.page.target.clone(), ..Request::default() }
    }

    fn site(&self, variant: &str) -> Site {
        Site { variant: variant.to_owned(), ..site("front page", RouteKind::Html) }
    }
}

/// How a refusal looks: a status of its own, or other words under the control's status, or no answer.
fn refuses(exchange: &Exchange, control: &Exchange) -> bool {
    let body = |exchange: &Exchange| exchange.answer.as_ref().map(|answer| answer.body.clone()).ok();
    match taken(exchange) {
        Taken::Closed => true,
        answered @ Taken::Status(status) => {
            (answered != taken(control) || body(exchange) != body(control))
                && matches!(status, 400 | 403 | 404 | 405 | 411 | 413 | 421 | 422 | 444 | 501)
        }
        Taken::Silent => false,
    }
}

/// The first that was answered: without an answer it is no control.
fn answered(facts: &Facts, purpose: Purpose) -> Option<&Exchange> {
    of(facts, purpose).map(|(_, exchange)| exchange).find(|exchange| exchange.answer.is_ok())
}

fn first(facts: &Facts, purpose: Purpose) -> Option<Taken> {
    answered(facts, purpose).map(taken)
}

pub fn two_lengths(facts: &Facts) -> Judgement {
    let (Some(control), Some(alone)) = (answered(facts, CONTROL), first(facts, ALONE)) else {
        return nothing_sent();
    };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange) in of(facts, TWO_LENGTHS) {
        places += 1;
        // With Transfer-Encoding first the server may go on, if it closes the connection (RFC 9112 6.3).
        let closes = exchange.answer.as_ref().is_ok_and(|answer| answer.closed);
        if refuses(exchange, control) || closes {
            continue;
        }
        let subject = exchange.site.variant.clone();
        let marker = facts.exchanges.get(index + 1).filter(|next| next.purpose == MARKER);
        let confused = marker.is_some_and(|marker| match (taken(marker), alone) {
            // The server may close whenever it likes; that is no answer to somebody else's request.
            (Taken::Closed, _) => false,
            (got, alone) => got != alone,
        });
        observations.push(if taken(exchange) == Taken::Silent {
            Observation::new(
                Level::Fail,
                index,
                subject,
                "the server waits for more of a request that was whole",
            )
        } else if confused {
            let detail = "the request behind it on the connection gets another answer than it gets alone";
            Observation::new(Level::Fail, index + 1, subject, detail)
        } else {
            Observation::new(
                Level::Warn,
                index,
                subject,
                "Content-Length beside Transfer-Encoding is accepted",
            )
        });
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

pub fn disguised(facts: &Facts) -> Judgement {
    let Some(control) = answered(facts, CONTROL) else { return nothing_sent() };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange) in of(facts, DISGUISED) {
        places += 1;
        if !refuses(exchange, control) {
            let detail = format!("accepted: {}", exchange.site.variant);
            observations.push(Observation::new(Level::Warn, index, exchange.site.variant.clone(), detail));
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

pub fn syntax(facts: &Facts) -> Judgement {
    let Some(alone) = first(facts, ALONE) else { return nothing_sent() };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange) in of(facts, SYNTAX_LINE) {
        places += 1;
        if taken(exchange) == alone {
            let variant = exchange.site.variant.as_str();
            let level = if variant == BARE_LF { Level::Info } else { Level::Warn };
            observations.push(Observation::new(level, index, variant, format!("accepted: {variant}")));
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}

pub fn hosts(facts: &Facts) -> Judgement {
    let Some(alone) = first(facts, ALONE) else { return nothing_sent() };
    let foreign_opens = first(facts, FOREIGN) == Some(alone);
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange) in of(facts, HOST) {
        let variant = exchange.site.variant.as_str();
        if variant == IN_LINE && foreign_opens {
            continue;
        }
        places += 1;
        if taken(exchange) == alone {
            if let Taken::Status(status @ 400..) = alone {
                return Judgement::Inconclusive(format!(
                    "{variant}: answered {status}, as an ordinary request is"
                ));
            }
            let detail = format!("{variant}: answered as an ordinary request");
            observations.push(Observation::new(Level::Fail, index, variant, detail));
        }
    }
    if places == 0 { nothing_sent() } else { Judgement::Judged { places, observations } }
}
