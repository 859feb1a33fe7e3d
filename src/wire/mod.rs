//! HTTP on the wire, as the load path and the audit need it: own HTTP/1.1 framing over `httparse`, HTTP/2 by `h2`,
//! TLS by rustls, raw header lines in the order and spelling they came in.

mod by_hand;
mod certificate;
mod chunked;
mod connection;
mod endpoint;
mod failure;
mod fetch;
mod head;
pub mod hello;
mod http2;
mod http2_request;
mod parser;
mod printable;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use url::Url;

pub use by_hand::{Dripped, Pace, converse, drip};
pub use certificate::{Handshake, certificate, handshake};
pub use connection::{Broken, Connection, Exchanged, Sink};
pub use failure::rounded;
pub use fetch::fetch;
pub use head::{HeaderBlock, ResponseHead};
pub use http2::{Driver, Http2, Http2Stream};
pub use parser::{MAX_HEAD, MAX_HEADERS, ParseError, ResponseParser, Step};
pub use printable::{escaped, is_odd, printable};

/// Where a stack is: resolved once, before any measurement.
#[derive(Clone)]
pub struct Endpoint {
    /// Base URL.
    pub url: Url,
    /// Address to connect to.
    pub address: SocketAddr,
    /// Value of the Host header (port included unless it is the scheme's own).
    pub host: String,
    /// TLS, for https.
    pub tls: Option<Tls>,
    /// Streams of a connection where the load goes over HTTP/2; `None`: over HTTP/1.1.
    pub http2: Option<usize>,
}

/// TLS settings of an endpoint.
#[derive(Clone)]
pub struct Tls {
    /// Roots, ALPN `http/1.1`.
    pub config: Arc<rustls::ClientConfig>,
    /// Name for SNI and the certificate check.
    pub name: ServerName<'static>,
}

/// Why an exchange failed; the classes of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// No TCP connection (refused, unreachable).
    Connect,
    /// The TLS handshake failed (certificate, protocol).
    Tls,
    /// No whole answer in time.
    Timeout,
    /// The connection ended before the whole answer.
    Reset,
    /// What came was not HTTP.
    Protocol,
    /// The generator's own limits: ports, file descriptors, memory.
    Local,
}

/// A failed exchange, in words a person can act on. Holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Its class.
    pub kind: FailureKind,
    /// What happened: `connection refused by 127.0.0.1:8000`.
    pub message: String,
}

/// A request as it goes out. `Host` is added unless it is among the headers; so is `Content-Length`
/// for a body.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header lines in order.
    pub headers: Vec<(String, String)>,
    /// Body; empty: none.
    pub body: Vec<u8>,
}

/// How this program names itself.
pub const AGENT: &str = concat!("shakedown/", env!("CARGO_PKG_VERSION"));

impl Request {
    /// A GET that says who asks.
    pub fn get(target: impl Into<String>) -> Request {
        let headers = vec![("User-Agent".to_owned(), AGENT.to_owned())];
        Request { method: "GET".to_owned(), target: target.into(), headers, body: Vec::new() }
    }
}

/// A response as it came in.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// Status of the final (not 1xx) answer.
    pub status: u16,
    /// Reason phrase.
    pub reason: String,
    /// Minor version: 0 or 1.
    pub minor_version: u8,
    /// Header lines in the order and spelling they came in.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The head's raw bytes, status line to blank line.
    pub head: Vec<u8>,
    /// Body after transfer decoding (not content decoding), up to the limit.
    pub body: Vec<u8>,
    /// Bytes of the whole body.
    pub body_length: u64,
    /// Trailers after a chunked body.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// From the send to the first byte.
    pub first_byte: Duration,
    /// From the send to the last byte.
    pub total: Duration,
    /// Whether the server said or showed that it closes the connection.
    pub closed: bool,
    /// Whether its TLS connection took up the session of one before.
    pub resumed: bool,
}

/// Bounds of one [`fetch()`].
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For connecting, sending and the whole answer together.
    pub timeout: Duration,
    /// Body bytes kept; the rest is counted and dropped.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { timeout: Duration::from_secs(10), body: 256 * 1024 }
    }
}

impl Response {
    /// All values of a header, in order, as text (invalid UTF-8 replaced).
    pub fn header_lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        self.headers
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| String::from_utf8_lossy(v).into_owned())
    }

    /// First value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.header_lines(name).next()
    }
}
