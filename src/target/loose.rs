//! A connection whose reader forgives what it should refuse: it drops or mends parts of a request before the server
//! sees them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Fault;
use super::app::App;

/// What is taken for what, never for something longer; the first only together with the second.
type Rule = (&'static str, &'static str, &'static str);

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

/// The rules of the faults that are on.
pub(super) fn rules(app: &App) -> Vec<Rule> {
    [
        (Fault::BothLengths, ("Content-Length: 5\r\n", CHUNKED, "")),
        (Fault::DisguisedEncoding, ("Transfer-Encoding: xchunked\r\n", "Content-Length: ", "")),
        (Fault::LooseHeaders, (" : ", "HTTP/1.1", ": ")),
    ]
    .into_iter()
    .filter(|(fault, _)| app.has(*fault))
    .map(|(_, rule)| rule)
    .collect()
}

/// The connection.
pub(super) struct Loose<S> {
    inner: S,
    rules: Vec<Rule>,
}

impl<S> Loose<S> {
    pub(super) fn new(inner: S, rules: Vec<Rule>) -> Self {
        Loose { inner, rules }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Loose<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rules.is_empty() {
            return Pin::new(&mut self.inner).poll_read(context, into);
        }
        let mut bytes = vec![0; into.remaining()];
        let mut read = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.inner).poll_read(context, &mut read))?;
        into.put_slice(&mended(read.filled(), &self.rules));
        Poll::Ready(Ok(()))
    }
}

fn mended(bytes: &[u8], rules: &[Rule]) -> Vec<u8> {
    // Latin-1 keeps each byte.
    let mut text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    for (what, beside, by) in rules {
        if text.contains(beside) {
            text = text.replace(what, by);
        }
    }
    text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Loose<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_rule_says_is_changed() {
        let rules = [("Content-Length: 5\r\n", CHUNKED, ""), (" : ", "HTTP/1.1", ": ")];
        let both = b"GET / HTTP/1.1\r\nX : \xff\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(mended(both, &rules), b"GET / HTTP/1.1\r\nX: \xff\r\nTransfer-Encoding: chunked\r\n\r\n");
        let one = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(mended(one, &rules), one);
    }
}
