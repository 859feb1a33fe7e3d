//! Reads an HTTP/1.x answer from bytes, without I/O: any split of the bytes gives the same result.

use std::mem::MaybeUninit;

use super::chunked::{Chunk, Chunked};
use super::head::{HeaderBlock, ResponseHead};

/// Most bytes of a head, and of the trailers.
pub const MAX_HEAD: usize = 64 * 1024;
/// Most header lines, and most trailer lines.
pub const MAX_HEADERS: usize = 256;
/// Most interim (1xx) answers before the final one.
const MAX_INTERIM: u32 = 32;

/// Why bytes are no HTTP/1.x answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The head does not follow the grammar.
    #[error("the answer is not HTTP/1.x: {0}")]
    Head(httparse::Error),
    /// The first bytes are a TLS record.
    #[error("the server speaks TLS here: use https:// in the stack's `url`")]
    Tls,
    /// More than [`MAX_HEAD`] bytes.
    #[error("the answer's head or trailers are longer than 64 KiB")]
    TooLong,
    /// More than [`MAX_HEADERS`] lines.
    #[error("the answer has more than 256 header or trailer lines")]
    TooManyHeaders,
    /// Content-Length is not a number, or there are several that differ.
    #[error("Content-Length is not one number")]
    ContentLength,
    /// `chunked` is not the last transfer coding, or stands there twice.
    #[error("Transfer-Encoding is not usable: `chunked` has to come once and last")]
    TransferEncoding,
    /// The chunked coding is broken.
    #[error("the chunked coding is broken")]
    Chunk,
    /// The trailers do not follow the grammar.
    #[error("the trailers are broken: {0}")]
    Trailers(httparse::Error),
    /// More than 32 interim answers.
    #[error("too many interim (1xx) answers")]
    Interim,
    /// 101 although no upgrade was asked for.
    #[error("the server switched protocols (101) without being asked")]
    Switched,
    /// The bytes ended before the answer did. The one error that is not the server's grammar.
    #[error("the connection ended in the middle of the answer")]
    Ended,
}

/// What a piece of input held.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'i> {
    /// Nothing more in it; what is not used has to come again with what follows.
    More,
    /// The final answer's head is complete: [`ResponseParser::head`].
    Head,
    /// Body bytes, transfer coding removed.
    Body(&'i [u8]),
    /// The answer is complete.
    End,
}

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Head,
    Length(u64),
    Chunked(Chunked),
    Trailers,
    UntilClose,
    Done,
}

/// A parser for one answer after the other. Its memory is used again.
///
/// ```
/// use shakedown::wire::{ResponseParser, Step};
/// let mut parser = ResponseParser::default();
/// parser.begin(false);
/// let input = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
/// let (used, step) = parser.advance(input).unwrap();
/// assert_eq!((step, parser.head().status), (Step::Head, 200));
/// assert_eq!(parser.advance(&input[used..]).unwrap(), (2, Step::Body(b"hi")));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ResponseParser {
    state: State,
    /// Whether the request was HEAD.
    bodiless: bool,
    /// Bytes of an incomplete head or of incomplete trailers that were looked at already.
    seen: usize,
    interim: u32,
    continued: bool,
    keep_alive: bool,
    head: ResponseHead,
    /// Whether `head` is the same as the one before.
    repeats: bool,
    /// What follows `head`, once one was read.
    framing: Option<Framing>,
    trailers: HeaderBlock,
}

impl ResponseParser {
    /// Makes it ready for the next answer; `head_request` when the request was HEAD.
    pub fn begin(&mut self, head_request: bool) {
        self.state = State::Head;
        self.bodiless = head_request;
        self.seen = 0;
        self.interim = 0;
        self.continued = false;
        self.keep_alive = false;
        self.trailers.clear();
    }

    /// The head, from [`Step::Head`] on.
    pub fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// Whether the head is the same, byte by byte, as the one before it.
    pub fn head_repeats(&self) -> bool {
        self.repeats
    }

    /// The trailers, after [`Step::End`].
    pub fn trailers(&self) -> &HeaderBlock {
        &self.trailers
    }

    /// Whether the connection may serve another request after this answer (RFC 9112 9.3).
    pub fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether a 100 (Continue) came for this answer's request.
    pub fn continued(&self) -> bool {
        self.continued
    }

    /// Reads on; says how many bytes of `input` are used.
    ///
    /// # Errors
    /// The bytes are no HTTP/1.x answer, or beyond a limit.
    pub fn advance<'i>(&mut self, input: &'i [u8]) -> Result<(usize, Step<'i>), ParseError> {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            match &mut self.state {
                State::Head => match self.read_head(rest)? {
                    None => return Ok((used, Step::More)),
                    Some((n, true)) => {
                        used += n;
                        self.interim += 1;
                        if self.interim > MAX_INTERIM {
                            return Err(ParseError::Interim);
                        }
                    }
                    Some((n, false)) => return Ok((used + n, Step::Head)),
                },
                State::Length(0) => self.state = State::Done,
                State::Length(left) => {
                    if rest.is_empty() {
                        return Ok((used, Step::More));
                    }
                    let n = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left -= n as u64;
                    return Ok((used + n, Step::Body(&rest[..n])));
                }
                State::Chunked(chunked) => {
                    let (n, chunk) = chunked.advance(rest)?;
                    match chunk {
                        Chunk::More => return Ok((used + n, Step::More)),
                        Chunk::Data(data) => return Ok((used + n, Step::Body(data))),
                        Chunk::Last => {
                            used += n;
                            self.seen = 0;
                            self.state = State::Trailers;
                        }
                    }
                }
                State::Trailers => match self.read_trailers(rest)? {
                    None => return Ok((used, Step::More)),
                    Some(n) => {
                        used += n;
                        self.state = State::Done;
                    }
                },
                State::UntilClose if rest.is_empty() => return Ok((used, Step::More)),
                State::UntilClose => return Ok((input.len(), Step::Body(rest))),
                State::Done => return Ok((used, Step::End)),
            }
        }
    }

    /// Says that no more bytes come; `rest` is what was not used.
    ///
    /// # Errors
    /// [`ParseError::Ended`] when the answer is not complete, or what is wrong with what came of it.
    pub fn finish(&mut self, rest: &[u8]) -> Result<(), ParseError> {
        match self.state {
            State::UntilClose | State::Done => {
                self.state = State::Done;
                self.keep_alive = false;
                Ok(())
            }
            // A head that came in pieces was looked at as a whole only if its end came.
            State::Head if !rest.is_empty() => {
                self.seen = 0;
                self.read_head(rest).and(Err(ParseError::Ended))
            }
            State::Trailers if !rest.is_empty() => {
                self.seen = 0;
                self.read_trailers(rest).and(Err(ParseError::Ended))
            }
            _ => Err(ParseError::Ended),
        }
    }

    /// Bytes of the head and whether it is an interim one; `None` when incomplete.
    fn read_head(&mut self, input: &[u8]) -> Result<Option<(usize, bool)>, ParseError> {
        match input {
            [] | [0x15 | 0x16] => return Ok(None),
            [0x15 | 0x16, 0x03, ..] => return Err(ParseError::Tls),
            // Under load a server says the same for a second, until its Date moves on: the same bytes mean the same.
            _ if let Some(framing) = self.framing
                && input.starts_with(self.head.headers.raw()) =>
            {
                self.seen = 0;
                self.repeats = true;
                self.settle(framing);
                return Ok(Some((self.head.headers.raw().len(), false)));
            }
            _ if !worth_parsing(input, &mut self.seen) => return Ok(None),
            _ => {}
        }
        let window = &input[..input.len().min(MAX_HEAD)];
        let mut storage = [const { MaybeUninit::<httparse::Header<'_>>::uninit() }; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let mut config = httparse::ParserConfig::default();
        config.allow_obsolete_multiline_headers_in_responses(true);
        let length = match config.parse_response_with_uninit_headers(&mut response, window, &mut storage) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if input.len() >= MAX_HEAD => return Err(ParseError::TooLong),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(ParseError::TooManyHeaders),
            Err(error) => return Err(ParseError::Head(error)),
        };
        self.seen = 0;
        let status = response.code.unwrap_or_default();
        match status {
            101 => return Err(ParseError::Switched),
            100..=199 => {
                self.continued |= status == 100;
                return Ok(Some((length, true)));
            }
            0..=99 => return Err(ParseError::Head(httparse::Error::Status)),
            _ => {}
        }
        self.framing = None;
        self.repeats = false;
        self.head.fill(&window[..length], status, &response);
        let framing = Framing::of(&response)?;
        self.framing = Some(framing);
        self.settle(framing);
        Ok(Some((length, false)))
    }

    /// Makes it ready for what follows the head.
    fn settle(&mut self, framing: Framing) {
        self.keep_alive = framing.keep_alive;
        self.state = if self.bodiless || matches!(self.head.status, 204 | 304) {
            State::Done
        } else if framing.chunked {
            State::Chunked(Chunked::default())
        } else if let Some(length) = framing.length {
            State::Length(length)
        } else {
            self.keep_alive = false;
            State::UntilClose
        };
    }

    fn read_trailers(&mut self, input: &[u8]) -> Result<Option<usize>, ParseError> {
        if input.starts_with(b"\r\n") {
            return Ok(Some(2));
        }
        if input.len() < 2 || !worth_parsing(input, &mut self.seen) {
            return Ok(None);
        }
        let window = &input[..input.len().min(MAX_HEAD)];
        let mut storage = [httparse::EMPTY_HEADER; MAX_HEADERS];
        match httparse::parse_headers(window, &mut storage) {
            Ok(httparse::Status::Complete((length, headers))) => {
                self.trailers.fill(&window[..length], headers);
                Ok(Some(length))
            }
            Ok(httparse::Status::Partial) if input.len() >= MAX_HEAD => Err(ParseError::TooLong),
            Ok(httparse::Status::Partial) => Ok(None),
            Err(httparse::Error::TooManyHeaders) => Err(ParseError::TooManyHeaders),
            Err(error) => Err(ParseError::Trailers(error)),
        }
    }
}

/// Whether a look at the whole block can tell more than the last look did. Without this, a server that
/// sends its head byte by byte makes the client read it once for each byte.
fn worth_parsing(input: &[u8], seen: &mut usize) -> bool {
    let from = seen.saturating_sub(3);
    let first = *seen == 0;
    *seen = input.len();
    first || input.len() >= MAX_HEAD || has_blank_line(input.get(from..).unwrap_or_default())
}

fn has_blank_line(input: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', input).any(|at| matches!(&input[at + 1..], [b'\n', ..] | [b'\r', b'\n', ..]))
}

/// How long the body is and what happens after it (RFC 9112 6.3, 9.3).
#[derive(Debug, Clone, Copy)]
struct Framing {
    chunked: bool,
    length: Option<u64>,
    keep_alive: bool,
}

impl Framing {
    fn of(response: &httparse::Response<'_, '_>) -> Result<Framing, ParseError> {
        let mut length = None;
        let mut coded = false;
        let mut chunked = false;
        let mut close = false;
        let mut keep = false;
        for line in response.headers.iter() {
            // Lengths first: most names are told apart without comparing a byte.
            match line.name.len() {
                14 if line.name.eq_ignore_ascii_case("content-length") => {
                    for item in line.value.split(|&byte| byte == b',') {
                        let value = number(item.trim_ascii()).ok_or(ParseError::ContentLength)?;
                        if length.is_some_and(|before| before != value) {
                            return Err(ParseError::ContentLength);
                        }
                        length = Some(value);
                    }
                }
                17 if line.name.eq_ignore_ascii_case("transfer-encoding") => {
                    // A line that names no coding is a line all the same: the length beside it is in doubt.
                    coded = true;
                    for item in tokens(line.value) {
                        if chunked {
                            return Err(ParseError::TransferEncoding);
                        }
                        chunked = item.eq_ignore_ascii_case(b"chunked");
                    }
                }
                10 if line.name.eq_ignore_ascii_case("connection") => {
                    for item in tokens(line.value) {
                        close |= item.eq_ignore_ascii_case(b"close");
                        keep |= item.eq_ignore_ascii_case(b"keep-alive");
                    }
                }
                _ => {}
            }
        }
        let old = response.version == Some(0);
        // Length and coding together, or a coding in HTTP/1.0, may be an attempt to desynchronise
        // (RFC 9112 6.1): the coding counts, and the connection is not used again.
        let doubtful = coded && (length.is_some() || old);
        if coded {
            length = None;
        }
        Ok(Framing { chunked, length, keep_alive: !close && !doubtful && (!old || keep) })
    }
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty())
}

/// Digits only: no sign, no space, no overflow.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| match byte {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}
