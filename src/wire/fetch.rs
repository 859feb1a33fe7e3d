//! One exchange on a connection of its own, for probes and readiness.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::Write as _;
use std::time::Instant;

use super::connection::{Connection, Exchanged, Sink};
use super::failure::rounded;
use super::head::{HeaderBlock, ResponseHead};
use super::{Endpoint, Failure, FailureKind, Http2, Limits, Request, Response};

/// One exchange on a connection of its own. For probes and readiness; the load path has its own loop.
///
/// # Errors
/// The class and the words of what went wrong.
pub async fn fetch(endpoint: &Endpoint, request: &Request, limits: Limits) -> Result<Response, Failure> {
    let bytes = request.to_bytes(&endpoint.host)?;
    let doing = Cell::new("connecting");
    let exchange = async {
        // Over TLS both protocols are to be had; a plain port that was told to speak HTTP/2 may speak nothing else.
        if endpoint.http2.is_some() && endpoint.tls.is_none() {
            return exchange_with_prior_knowledge(endpoint, &bytes, limits, &doing).await;
        }
        let mut connection = Connection::open(endpoint).await?;
        doing.set("waiting for the answer");
        exchange(&mut connection, &bytes, request.method == "HEAD", limits, &doing).await
    };
    match tokio::time::timeout(limits.timeout, exchange).await {
        Ok(result) => result,
        Err(_) => Err(Failure::new(
            FailureKind::Timeout,
            format!(
                "no whole answer from {} within {} ({})",
                endpoint.address,
                rounded(limits.timeout),
                doing.get()
            ),
        )),
    }
}

/// One exchange on a connection that is open.
pub(super) async fn exchange(
    connection: &mut Connection,
    bytes: &[u8],
    head_request: bool,
    limits: Limits,
    doing: &Cell<&'static str>,
) -> Result<Response, Failure> {
    let mut scratch = vec![0; 16 * 1024];
    let mut collector = Collector::new(limits.body);
    connection.begin(head_request);
    let sent = Instant::now();
    let exchanged = poll_fn(|cx| {
        let polled = connection.poll_exchange(cx, bytes, &mut scratch, &mut collector);
        if collector.length > 0 {
            doing.set("reading the body");
        }
        polled
    })
    .await
    .map_err(|broken| broken.failure)?;
    Ok(response(connection, collector, exchanged, sent))
}

/// One exchange over HTTP/2 on a plain connection of its own.
async fn exchange_with_prior_knowledge(
    endpoint: &Endpoint,
    bytes: &[u8],
    limits: Limits,
    doing: &Cell<&'static str>,
) -> Result<Response, Failure> {
    let (http2, mut driver) = Http2::open(endpoint, doing).await?;
    doing.set("waiting for the answer");
    let mut collector = Collector::new(limits.body);
    let mut head = ResponseHead::default();
    let sent = Instant::now();
    let mut stream = http2.begin(bytes).map_err(|broken| broken.failure)?;
    let mut over = false;
    let exchanged = poll_fn(|cx| {
        over = over || driver.as_mut().poll(cx).is_ready();
        stream.poll_exchange(cx, &mut head, &mut collector)
    })
    .await
    .map_err(|broken| broken.failure)?;
    Ok(Response {
        status: head.status,
        minor_version: head.minor_version,
        headers: owned(&head.headers),
        head: head.headers.raw().to_vec(),
        body: collector.kept,
        body_length: collector.length,
        first_byte: exchanged.first_byte.saturating_duration_since(sent),
        total: exchanged.done.saturating_duration_since(sent),
        closed: true,
        ..Response::default()
    })
}

/// The answer that a connection has just received.
pub(super) fn response(
    connection: &Connection,
    collector: Collector,
    exchanged: Exchanged,
    sent: Instant,
) -> Response {
    let head = connection.head();
    Response {
        status: head.status,
        reason: head.reason().to_owned(),
        minor_version: head.minor_version,
        headers: owned(&head.headers),
        head: head.headers.raw().to_vec(),
        body: collector.kept,
        body_length: collector.length,
        trailers: owned(connection.trailers()),
        first_byte: exchanged.first_byte.saturating_duration_since(sent),
        total: exchanged.done.saturating_duration_since(sent),
        closed: !exchanged.reusable,
        resumed: connection.resumed(),
    }
}

fn owned(block: &HeaderBlock) -> Vec<(String, Vec<u8>)> {
    block.lines().map(|(name, value)| (name.to_owned(), value.into_owned())).collect()
}

/// Keeps the start of a body and counts the rest.
#[derive(Default)]
pub(super) struct Collector {
    limit: usize,
    kept: Vec<u8>,
    length: u64,
}

impl Collector {
    pub(super) fn new(limit: usize) -> Self {
        Collector { limit, ..Collector::default() }
    }
}

impl Sink for Collector {
    fn head(&mut self, _: &ResponseHead) {}

    fn body(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let room = self.limit.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
}

impl Request {
    /// The bytes on the wire.
    ///
    /// # Errors
    /// A line break or NUL where it would end the line: nothing is sent.
    pub(crate) fn to_bytes(&self, host: &str) -> Result<Vec<u8>, Failure> {
        let refuse = |what: &str| {
            Failure::new(FailureKind::Local, format!("{what} holds a line break or a space: not sent"))
        };
        let token = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !token(&self.method) {
            return Err(refuse("the method"));
        }
        if self.target.is_empty() || self.target.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(refuse("the request target"));
        }
        let has = |name: &str| self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let mut out = Vec::with_capacity(256 + self.body.len());
        // Writing to a Vec cannot fail.
        let _ = write!(out, "{} {} HTTP/1.1\r\n", self.method, self.target);
        if !has("host") {
            let _ = write!(out, "Host: {host}\r\n");
        }
        for (name, value) in &self.headers {
            if !token(name) || value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                return Err(refuse("a header line"));
            }
            let _ = write!(out, "{name}: {value}\r\n");
        }
        let wants_length = !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        if wants_length && !has("content-length") && !has("transfer-encoding") {
            let _ = write!(out, "Content-Length: {}\r\n", self.body.len());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        Ok(out)
    }
}
