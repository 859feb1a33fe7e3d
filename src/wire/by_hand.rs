//! Bytes that no [`Request`](super::Request) can say: malformed heads, several messages on one connection, messages that
//! come slowly. For probes only.

use std::cell::Cell;
use std::future::poll_fn;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::failure::rounded;
use super::fetch::{self, Collector};
use super::{Endpoint, Failure, FailureKind, Limits, Response};

/// Sends messages as they are, one after the other on one connection, each once the answer to the one before has come.
/// As many answers come back as could be had: the last one may be a failure. A connection that an answer has closed
/// gets no further message.
pub async fn converse(
    endpoint: &Endpoint,
    messages: &[Vec<u8>],
    limits: Limits,
) -> Vec<Result<Response, Failure>> {
    let mut answers = Vec::new();
    let late = |doing: &str| {
        let message =
            format!("no whole answer from {} within {} ({doing})", endpoint.address, rounded(limits.timeout));
        Failure::new(FailureKind::Timeout, message)
    };
    let mut connection = match tokio::time::timeout(limits.timeout, Connection::open(endpoint)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(failure)) => return vec![Err(failure)],
        Err(_) => return vec![Err(late("connecting"))],
    };
    for message in messages {
        let doing = Cell::new("waiting for the answer");
        let exchange = fetch::exchange(&mut connection, message, false, limits, &doing);
        let answer = tokio::time::timeout(limits.timeout, exchange).await;
        let answer = answer.unwrap_or_else(|_| Err(late(doing.get())));
        let over = answer.as_ref().map_or(true, |answer| answer.closed);
        answers.push(answer);
        if over {
            break;
        }
    }
    answers
}

/// How a message ended that came slowly.
#[derive(Debug, Clone)]
pub struct Dripped {
    /// How long the connection was open for it.
    pub open: Duration,
    /// What the server did about it. A time-out: it was still waiting when we gave up.
    pub answer: Result<Response, Failure>,
}

/// How slowly a message is sent.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two bytes.
    pub pause: Duration,
    /// When to give up.
    pub longest: Duration,
}

/// Sends the first part of a message at once and then a byte `x` at a time, never its end.
pub async fn drip(endpoint: &Endpoint, start: &[u8], pace: Pace, limits: Limits) -> Dripped {
    let begun = Instant::now();
    let mut connection = match tokio::time::timeout(limits.timeout, Connection::open(endpoint)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(failure)) => return Dripped { open: begun.elapsed(), answer: Err(failure) },
        Err(_) => {
            let failure = Failure::new(FailureKind::Timeout, "no connection in time");
            return Dripped { open: begun.elapsed(), answer: Err(failure) };
        }
    };
    let begun = Instant::now();
    let mut message = start.to_vec();
    let mut scratch = vec![0; 16 * 1024];
    let mut collector = Collector::new(limits.body);
    connection.begin(false);
    loop {
        let poll = poll_fn(|cx| connection.poll_exchange(cx, &message, &mut scratch, &mut collector));
        match tokio::time::timeout(pace.pause, poll).await {
            Ok(Ok(exchanged)) => {
                let answer = fetch::response(&connection, collector, exchanged, begun);
                return Dripped { open: begun.elapsed(), answer: Ok(answer) };
            }
            Ok(Err(broken)) => return Dripped { open: begun.elapsed(), answer: Err(broken.failure) },
            Err(_) if begun.elapsed() >= pace.longest => {
                let words = format!("still waiting for the rest after {}", rounded(pace.longest));
                return Dripped {
                    open: begun.elapsed(),
                    answer: Err(Failure::new(FailureKind::Timeout, words)),
                };
            }
            Err(_) => message.push(b'x'),
        }
    }
}
