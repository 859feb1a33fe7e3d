//! HTTP/2 over the `h2` crate: a connection whose streams each carry one exchange, told as HTTP/1.1 exchanges are.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::uri::{Authority, Scheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::connection::{Broken, Exchanged, Sink};
use super::head::ResponseHead;
use super::http2_request::{Origin, convert};
use super::parser::MAX_HEAD;
use super::{Endpoint, Failure, FailureKind};

/// What one stream may have on its way before it was taken in. A body of any size passes through it.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// The same for all streams of a connection.
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// Most bytes of a request's body handed over at once.
const PIECE: usize = 64 * 1024;

/// Streams allowed until the server's settings say otherwise: an odd number, to tell whether they came.
const UNHEARD: usize = 101;

/// A connection; a clone is another handle to it. It ends when no handle and no stream is left.
#[derive(Clone)]
pub struct Http2 {
    send: SendRequest<Bytes>,
    origin: Origin,
}

/// Keeps a connection going; comes back when it is over.
pub type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Http2 {
    /// Connects: by ALPN over TLS, with prior knowledge over plain TCP. Has no time-out of its own; `doing` says what one
    /// would have cut short.
    ///
    /// # Errors
    /// Connect, Tls (also where the server does not offer HTTP/2), Reset, Protocol or Local.
    pub async fn open(endpoint: &Endpoint, doing: &Cell<&'static str>) -> Result<(Self, Driver), Failure> {
        doing.set("connecting");
        let address = endpoint.address;
        let tcp = TcpStream::connect(address).await.map_err(|error| Failure::connecting(&error, address))?;
        // Fails only for a connection that is gone already, which the first write will say better.
        let _ = tcp.set_nodelay(true);
        let Some(tls) = &endpoint.tls else {
            return shake_hands(tcp, endpoint, Scheme::HTTP).await;
        };
        doing.set("in the TLS handshake");
        let connector = TlsConnector::from(tls.config.clone());
        let stream = connector.connect(tls.name.clone(), tcp).await;
        let stream = stream.map_err(|error| Failure::handshaking(&error, address))?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(Failure::new(
                FailureKind::Tls,
                format!("{address} does not offer HTTP/2 (ALPN): set the stack's `http` to \"1.1\""),
            ));
        }
        shake_hands(stream, endpoint, Scheme::HTTPS).await
    }

    /// Streams the server allows at once, as far as it has said so.
    pub fn most_streams(&self) -> usize {
        self.send.current_max_send_streams()
    }

    /// Sends a request, rendered as for HTTP/1.1, on a stream of its own.
    ///
    /// # Errors
    /// The connection takes no more requests, or the request cannot be sent over HTTP/2 at all (Local).
    pub fn begin(&self, request: &[u8]) -> Result<Http2Stream, Broken> {
        let local = |why: &str| Broken { failure: Failure::new(FailureKind::Local, why), untouched: false };
        let (request, body) = convert(request, &self.origin).map_err(local)?;
        let mut send = self.send.clone();
        let whole = body.is_empty();
        let (response, mut sender) = send.send_request(request, whole).map_err(|error| Broken {
            // Nothing of it went out.
            untouched: true,
            failure: failure(&error, speaks(&self.send)),
        })?;
        // What fits one piece is queued at once: no capacity to wait for in the steady state.
        let queued = whole || (body.len() <= PIECE && sender.send_data(body.clone(), true).is_ok());
        let sending = (!queued).then_some((sender, body));
        Ok(Http2Stream {
            sending,
            stage: Stage::Head(response),
            first_byte: None,
            received: 0,
            connection: send,
        })
    }
}

async fn shake_hands<S>(stream: S, endpoint: &Endpoint, scheme: Scheme) -> Result<(Http2, Driver), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let authority = Authority::try_from(endpoint.host.as_str()).map_err(|_| {
        Failure::new(FailureKind::Local, format!("`{}` cannot stand in a request", endpoint.host))
    })?;
    let (send, connection) = Builder::new()
        .enable_push(false)
        .initial_max_send_streams(UNHEARD)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
        .handshake(stream)
        .await
        .map_err(|error| failure(&error, false))?;
    // How it ended is told to each of its streams.
    let driver = Box::pin(async move { drop(connection.await) });
    Ok((Http2 { send, origin: Origin { scheme, authority } }, driver))
}

/// One exchange on a stream of its own. Dropped before its end, it is reset; the connection goes on.
pub struct Http2Stream {
    sending: Option<(SendStream<Bytes>, Bytes)>,
    stage: Stage,
    first_byte: Option<Instant>,
    received: u64,
    connection: SendRequest<Bytes>,
}

enum Stage {
    Head(ResponseFuture),
    /// And whether its data is over, so that trailers follow.
    Body(RecvStream, bool),
}

impl Http2Stream {
    /// Sends what is left of the request and takes in what is there of the answer; its head is written into `head`.
    pub fn poll_exchange(
        &mut self,
        cx: &mut Context<'_>,
        head: &mut ResponseHead,
        sink: &mut impl Sink,
    ) -> Poll<Result<Exchanged, Broken>> {
        self.send(cx);
        loop {
            match &mut self.stage {
                Stage::Head(response) => {
                    let answer = match Pin::new(response).poll(cx) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(answer) => answer.map_err(|error| self.broken(&error))?,
                    };
                    self.first_byte = Some(Instant::now());
                    let (parts, body) = answer.into_parts();
                    let lines = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
                    head.fill_http2(parts.status.as_u16(), lines);
                    self.received = head.headers.raw().len() as u64;
                    sink.head(head);
                    if body.is_end_stream() {
                        return Poll::Ready(Ok(self.exchanged()));
                    }
                    self.stage = Stage::Body(body, false);
                }
                Stage::Body(body, false) => match body.poll_data(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(bytes))) => {
                        // Fails only for a stream that is over, and then nobody waits for room.
                        let _ = body.flow_control().release_capacity(bytes.len());
                        let ended = body.is_end_stream();
                        self.received += bytes.len() as u64;
                        sink.body(&bytes);
                        if ended {
                            return Poll::Ready(Ok(self.exchanged()));
                        }
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(self.broken(&error))),
                    Poll::Ready(None) => {
                        if let Stage::Body(_, over) = &mut self.stage {
                            *over = true;
                        }
                    }
                },
                Stage::Body(body, true) => {
                    return body
                        .poll_trailers(cx)
                        .map_ok(|_| self.exchanged())
                        .map_err(|error| self.broken(&error));
                }
            }
        }
    }

    /// What a time-out would cut short, in words.
    pub fn doing(&self) -> String {
        match (&self.stage, &self.sending) {
            (Stage::Body(..), _) => format!("reading the answer, {} bytes so far", self.received),
            _ if !speaks(&self.connection) => "waiting for the server's first word of HTTP/2".to_owned(),
            (Stage::Head(_), Some((_, left))) => {
                format!("sending the request, {} bytes of its body left", left.len())
            }
            (Stage::Head(_), None) => "waiting for the answer".to_owned(),
        }
    }

    /// Hands over as much of the body as the server has room for.
    fn send(&mut self, cx: &mut Context<'_>) {
        while let Some((sender, body)) = &mut self.sending {
            sender.reserve_capacity(body.len().min(PIECE));
            let room = match sender.poll_capacity(cx) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(room))) => room.min(body.len()),
                // The answer tells why.
                Poll::Ready(_) => 0,
            };
            let piece = body.split_to(room);
            let last = body.is_empty();
            if room == 0 || sender.send_data(piece, last).is_err() || last {
                self.sending = None;
            }
        }
    }

    fn exchanged(&self) -> Exchanged {
        let done = Instant::now();
        Exchanged {
            first_byte: self.first_byte.unwrap_or(done),
            done,
            received: self.received,
            reusable: true,
        }
    }

    fn broken(&self, error: &h2::Error) -> Broken {
        let untouched = self.first_byte.is_none() && refused(error);
        Broken { failure: failure(error, speaks(&self.connection)), untouched }
    }
}

/// Whether the server says that it has not looked at the request (RFC 9113 8.7): once more is safe.
fn refused(error: &h2::Error) -> bool {
    match error.reason() {
        Some(Reason::REFUSED_STREAM) => error.is_remote(),
        Some(Reason::NO_ERROR) => error.is_go_away() && error.is_remote(),
        _ => false,
    }
}

/// Whether the server's settings came: then it speaks HTTP/2.
fn speaks(connection: &SendRequest<Bytes>) -> bool {
    connection.current_max_send_streams() != UNHEARD
}

/// Class and words. `speaks` says that the server has shown that it speaks HTTP/2.
fn failure(error: &h2::Error, speaks: bool) -> Failure {
    if let Some(error) = error.get_io() {
        if !speaks && error.raw_os_error().is_none() {
            return Failure::new(
                FailureKind::Reset,
                "the server closed the connection without a word of HTTP/2: if it does not speak it, set the stack's \
                 `http` to \"1.1\"",
            );
        }
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe if error.raw_os_error().is_none() => {
                Failure::new(FailureKind::Reset, "the server closed the connection before the whole answer")
            }
            _ => Failure::exchanging(error),
        };
    }
    let reason = error.reason().map_or_else(|| error.to_string(), |reason| format!("{reason:?}"));
    if error.is_remote() {
        let what = if error.is_go_away() { "ended the connection" } else { "reset the stream" };
        return Failure::new(FailureKind::Reset, format!("the server {what}: {reason}"));
    }
    if speaks {
        Failure::new(FailureKind::Protocol, format!("the answer breaks HTTP/2: {reason}"))
    } else {
        let help = "if the server does not speak HTTP/2, set the stack's `http` to \"1.1\"";
        Failure::new(FailureKind::Protocol, format!("the answer is not HTTP/2 ({reason}): {help}"))
    }
}
