//! One TCP or TLS connection that carries one exchange after the other. In the steady state an exchange
//! allocates nothing: the caller lends the bytes of the request and the buffer to read into.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, SendFlags};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::head::{HeaderBlock, ResponseHead};
use super::parser::{ParseError, ResponseParser, Step};
use super::{Endpoint, Failure};

/// After so many reads in a row the others get their turn: a server may send as fast as this reads.
const READS: u32 = 64;

/// Where an answer goes while it comes in.
pub trait Sink {
    /// The final answer's head.
    fn head(&mut self, head: &ResponseHead);
    /// A piece of the body, transfer coding removed.
    fn body(&mut self, bytes: &[u8]);
}

/// An answer that came in whole.
#[derive(Debug, Clone, Copy)]
pub struct Exchanged {
    /// When its first byte was there.
    pub first_byte: Instant,
    /// When its last byte was there.
    pub done: Instant,
    /// Bytes received, head and framing included.
    pub received: u64,
    /// Whether the connection may serve another request.
    pub reusable: bool,
}

/// An exchange that failed.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Why.
    pub failure: Failure,
    /// Whether not one byte of an answer had come. On a connection that served before, this means that the
    /// server had closed it while it was idle, and the request may be sent once more on a fresh one.
    pub untouched: bool,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection.
pub struct Connection {
    stream: Stream,
    parser: ResponseParser,
    /// Bytes of an incomplete head or of incomplete trailers.
    partial: Vec<u8>,
    exchange: Exchange,
    served: u64,
    last_used: Option<Instant>,
}

/// How far the exchange under way is.
#[derive(Default)]
struct Exchange {
    written: usize,
    flushed: bool,
    write_error: Option<io::Error>,
    first_byte: Option<Instant>,
    received: u64,
    /// So much of the request goes out before the server has said 100 (Continue).
    held_at: Option<usize>,
}

impl Connection {
    /// Connects, and shakes hands where the endpoint has TLS. Has no time-out of its own.
    ///
    /// # Errors
    /// Connect, Tls, Reset or Local.
    pub async fn open(endpoint: &Endpoint) -> Result<Self, Failure> {
        let address = endpoint.address;
        let tcp = TcpStream::connect(address).await.map_err(|error| Failure::connecting(&error, address))?;
        // Fails only for a connection that is gone already, which the first write will say better.
        let _ = tcp.set_nodelay(true);
        let stream = match &endpoint.tls {
            None => Stream::Plain(tcp),
            Some(tls) => {
                let connector = TlsConnector::from(tls.config.clone());
                let stream = connector.connect(tls.name.clone(), tcp).await;
                Stream::Tls(Box::new(stream.map_err(|error| Failure::handshaking(&error, address))?))
            }
        };
        Ok(Connection {
            stream,
            parser: ResponseParser::default(),
            partial: Vec::new(),
            exchange: Exchange::default(),
            served: 0,
            last_used: None,
        })
    }

    /// Whether its TLS took up the session of a connection before.
    pub fn resumed(&self) -> bool {
        match &self.stream {
            Stream::Plain(_) => false,
            Stream::Tls(tls) => tls.get_ref().1.handshake_kind() == Some(rustls::HandshakeKind::Resumed),
        }
    }

    /// Exchanges it has carried.
    pub fn served(&self) -> u64 {
        self.served
    }

    /// Bytes of the answer under way that came so far.
    pub fn received(&self) -> u64 {
        self.exchange.received
    }

    /// When the last answer was complete.
    pub fn last_used(&self) -> Option<Instant> {
        self.last_used
    }

    /// Head of the last answer.
    pub fn head(&self) -> &ResponseHead {
        self.parser.head()
    }

    /// Whether that head is the same, byte by byte, as the one before it.
    pub fn head_repeats(&self) -> bool {
        self.parser.head_repeats()
    }

    /// Trailers of the last answer.
    pub fn trailers(&self) -> &HeaderBlock {
        self.parser.trailers()
    }

    /// Whether it can no longer be used: the server closed it while it was idle, or said something nobody asked
    /// for. Costs no system call when nothing came.
    pub fn is_stale(&mut self, cx: &mut Context<'_>, scratch: &mut [u8]) -> bool {
        self.stream.poll_read(cx, scratch).is_ready()
    }

    /// Begins an exchange; `head_request` when the method is HEAD.
    pub fn begin(&mut self, head_request: bool) {
        self.parser.begin(head_request);
        self.partial.clear();
        self.exchange = Exchange::default();
    }

    /// Holds the body of the exchange that began back, until the server says 100 (Continue) or [`Self::go_ahead`] is
    /// called; `head` is the length of the request's head. When the final answer comes first, the body is never sent
    /// (RFC 9110 10.1.1).
    pub fn hold_body(&mut self, head: usize) {
        self.exchange.held_at = Some(head);
    }

    /// Sends a body that is held back with the next [`Self::poll_exchange`]: a server may never say 100.
    pub fn go_ahead(&mut self) {
        self.exchange.held_at = None;
    }

    /// Sends what is left of `request` and reads what is there of the answer. Reading does not wait for the
    /// sending to end: a server may answer early. `scratch` is used within the call only.
    pub fn poll_exchange(
        &mut self,
        cx: &mut Context<'_>,
        request: &[u8],
        scratch: &mut [u8],
        sink: &mut impl Sink,
    ) -> Poll<Result<Exchanged, Broken>> {
        self.exchange.send(&mut self.stream, cx, request);
        for _ in 0..READS {
            let n = match self.stream.poll_read(cx, scratch) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(n)) => n,
                Poll::Ready(Err(error)) => return Poll::Ready(self.ended(Some(error), request)),
            };
            if n == 0 {
                return Poll::Ready(self.ended(None, request));
            }
            let now = Instant::now();
            self.exchange.first_byte.get_or_insert(now);
            self.exchange.received += n as u64;
            match self.take_in(scratch.get(..n).unwrap_or_default(), sink) {
                Err(error) => return Poll::Ready(Err(self.broken(error.into()))),
                Ok(None) if self.exchange.held_at.is_some() && self.parser.continued() => {
                    self.exchange.held_at = None;
                    self.exchange.send(&mut self.stream, cx, request);
                }
                Ok(None) => {}
                Ok(Some(surplus)) => {
                    let sent = self.exchange.written >= request.len() && self.exchange.flushed;
                    let reusable = self.parser.keep_alive() && surplus == 0 && sent;
                    return Poll::Ready(Ok(self.exchanged(now, reusable)));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Gives bytes to the parser; how many were left over when the answer is complete.
    fn take_in(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<Option<usize>, ParseError> {
        if self.partial.is_empty() {
            let (used, ended) = parse(&mut self.parser, bytes, sink)?;
            let rest = bytes.get(used..).unwrap_or_default();
            if ended {
                return Ok(Some(rest.len()));
            }
            self.partial.extend_from_slice(rest);
            return Ok(None);
        }
        self.partial.extend_from_slice(bytes);
        let (used, ended) = parse(&mut self.parser, &self.partial, sink)?;
        let left = self.partial.len() - used;
        self.partial.drain(..used);
        Ok(ended.then_some(left))
    }

    /// No more bytes come: the answer is complete, or broken.
    fn ended(&mut self, error: Option<io::Error>, request: &[u8]) -> Result<Exchanged, Broken> {
        // Many servers close without TLS's close_notify; for a body that ends with the connection that is its end.
        let quiet = error.as_ref().is_none_or(|error| error.kind() == io::ErrorKind::UnexpectedEof);
        let whole = self.parser.finish(&self.partial);
        if quiet && whole.is_ok() {
            return Ok(self.exchanged(Instant::now(), false));
        }
        let untouched = self.exchange.first_byte.is_none();
        let failure = match (whole, error, self.exchange.write_error.take()) {
            (Err(parse), _, _) if parse != ParseError::Ended => parse.into(),
            (_, Some(error), _) if !quiet => Failure::exchanging(&error),
            (_, _, Some(error)) => Failure::exchanging(&error),
            _ if untouched && self.exchange.written < request.len() => Failure::new(
                super::FailureKind::Reset,
                "the server closed the connection before the whole request",
            ),
            _ if untouched => {
                Failure::new(super::FailureKind::Reset, "the server closed the connection without an answer")
            }
            _ => ParseError::Ended.into(),
        };
        Err(Broken { failure, untouched })
    }

    fn exchanged(&mut self, done: Instant, reusable: bool) -> Exchanged {
        self.served += 1;
        self.last_used = Some(done);
        Exchanged {
            first_byte: self.exchange.first_byte.unwrap_or(done),
            done,
            received: self.exchange.received,
            reusable,
        }
    }

    fn broken(&self, failure: Failure) -> Broken {
        Broken { failure, untouched: self.exchange.first_byte.is_none() }
    }
}

/// Runs the parser over a piece of input: bytes used, and whether the answer is complete.
fn parse(
    parser: &mut ResponseParser,
    input: &[u8],
    sink: &mut impl Sink,
) -> Result<(usize, bool), ParseError> {
    let mut used = 0;
    loop {
        let (n, step) = parser.advance(input.get(used..).unwrap_or_default())?;
        used += n;
        match step {
            Step::More => return Ok((used, false)),
            Step::Head => sink.head(parser.head()),
            Step::Body(bytes) => sink.body(bytes),
            Step::End => return Ok((used, true)),
        }
    }
}

impl Exchange {
    /// Sends as much as goes now. An error is kept: the server may have answered before it stopped reading.
    fn send(&mut self, stream: &mut Stream, cx: &mut Context<'_>, request: &[u8]) {
        while self.write_error.is_none() {
            let end = self.held_at.unwrap_or(request.len());
            let rest = request.get(self.written..end).unwrap_or_default();
            if rest.is_empty() {
                if !self.flushed {
                    match stream.poll_flush(cx) {
                        Poll::Ready(Ok(())) => self.flushed = true,
                        Poll::Ready(Err(error)) => self.write_error = Some(error),
                        Poll::Pending => {}
                    }
                }
                return;
            }
            match stream.poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => self.write_error = Some(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(n)) => {
                    self.written += n;
                    self.flushed = false;
                }
                Poll::Ready(Err(error)) => self.write_error = Some(error),
                Poll::Pending => return,
            }
        }
    }
}

impl Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Plain(tcp) => receive(tcp, cx, into),
            Stream::Tls(tls) => {
                let mut buffer = ReadBuf::new(into);
                Pin::new(tls.as_mut()).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Plain(tcp) => send(tcp, cx, bytes),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Plain(_) => Poll::Ready(Ok(())),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }
}

/// Reads what is there. As the stream's own `poll_read`, but a task that was woken does not register itself once more
/// before it reads, and the system call does not go through the C library.
fn receive(tcp: &TcpStream, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
    loop {
        let mut part = None;
        let tried = tcp.try_io(Interest::READABLE, || {
            let (n, _) = retry_on_intr(|| rustix::net::recv(tcp, &mut *into, RecvFlags::empty()))?;
            if n == 0 || n == into.len() {
                return Ok(n);
            }
            // All that was there: what comes next is told anew, and another call would only find that out.
            part = Some(n);
            Err(io::ErrorKind::WouldBlock.into())
        });
        match (tried, part) {
            (_, Some(n)) => return Poll::Ready(Ok(n)),
            (Err(error), None) if error.kind() == io::ErrorKind::WouldBlock => {}
            (tried, None) => return Poll::Ready(tried),
        }
        ready!(tcp.poll_read_ready(cx))?;
    }
}

/// Writes what goes now; as [`receive`] reads.
fn send(tcp: &TcpStream, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    loop {
        let write = || Ok(retry_on_intr(|| rustix::net::send(tcp, bytes, SendFlags::NOSIGNAL))?);
        match tcp.try_io(Interest::WRITABLE, write) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return Poll::Ready(sent),
        }
        ready!(tcp.poll_write_ready(cx))?;
    }
}
