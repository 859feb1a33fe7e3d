//! What a stack's own limit on requests refused is asked again, later and more slowly.

use std::time::Duration;

use super::turns::PAUSE;
use crate::audit::exchange::{Purpose, Site};
use crate::plan::RouteKind;
use crate::wire::{Failure, Request, Response};

/// What was refused by a limit on requests, and asked again later.
pub(super) const LIMITED: Purpose = Purpose::Own("limited");
/// The wait for a limit that does not say how long, and the longest one.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
/// So many such waits, and none after them.
pub(super) const WAITS: u32 = 20;
pub(super) const REFUSED_BY_LIMIT: &str = "the stack's limit on requests refused some of it (429)";

/// The waits that are left, and the pause between requests that they make longer.
pub(super) struct Patience {
    /// `None`: what a limit refuses is an answer like any other.
    pub waits: Option<u32>,
    pub pause: Duration,
}

/// What is done with an answer.
pub(super) enum Next {
    /// It is the answer.
    Keep,
    /// A limit refused the request for good.
    Refused,
    /// The request is sent again after this.
    Again(Duration),
}

impl Patience {
    /// From the first refusal on, this asks as slowly as another machine would be asked, and half as fast from each further
    /// one on. Refused logins are what some rows are about.
    pub fn after(&mut self, site: &Site, request: &Request, answer: &Result<Response, Failure>) -> Next {
        let limited = answer.as_ref().ok().filter(|answer| matches!(answer.status, 429 | 503));
        let login = site.kind == RouteKind::Login && request.method == "POST";
        let (Some(answer), Some(waits), false) = (limited, self.waits, login) else { return Next::Keep };
        let Some(left) = waits.checked_sub(1) else {
            return if answer.status == 429 { Next::Refused } else { Next::Keep };
        };
        self.waits = Some(left);
        self.pause = (self.pause * 2).clamp(PAUSE, WAIT.0);
        let said = answer.header("retry-after").and_then(|said| said.trim().parse().ok());
        Next::Again(said.map_or(WAIT.0, Duration::from_secs).min(WAIT.1))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::super::samples::{EIGHT, ask};
    use super::super::{get, site};
    use super::*;
    use crate::audit::probe::{Probe, Unsent};

    #[tokio::test]
    async fn what_a_limit_refuses_is_asked_again() {
        let once = Probe {
            send: |prober| {
                Box::pin(async move {
                    prober.send(Purpose::Rest, site("home", RouteKind::Html), get("/")).await;
                })
            },
            ..EIGHT
        };
        let limited = Some(Unsent::Limited(REFUSED_BY_LIMIT.into()));
        for (statuses, unsent) in [([429, 200], None), ([503, 404], None), ([429, 429], limited)] {
            let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = server.local_addr().unwrap();
            let answering = std::thread::spawn(move || {
                for status in statuses {
                    let (mut stream, _) = server.accept().unwrap();
                    let _ = stream.read(&mut [0; 4096]).unwrap();
                    let head = format!("HTTP/1.1 {status} x\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
                    stream.write_all(head.as_bytes()).unwrap();
                }
            });
            assert_eq!(ask(address, &once).await, (statuses.map(Some).to_vec(), unsent));
            answering.join().unwrap();
        }
    }
}
