//! The parser by its files, and an answer read piece by piece.

#![allow(dead_code, reason = "the load path uses more of it")]

#[path = "../../src/wire/chunked.rs"]
mod chunked;
#[path = "../../tests/feed/mod.rs"]
mod feed;
#[path = "../../src/wire/head.rs"]
mod head;
#[path = "../../src/wire/parser.rs"]
mod parser;

pub use parser::{ParseError, ResponseParser, Step};

/// What can be seen of an answer.
#[derive(Debug, PartialEq)]
pub struct Answer {
    status: u16,
    head: Vec<u8>,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    trailers: Vec<(String, Vec<u8>)>,
    keep_alive: bool,
    surplus: usize,
}

/// Feeds pieces as a connection does: what was not used comes again with what follows.
pub fn read<'a>(
    parser: &mut ResponseParser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    head_request: bool,
) -> Result<Answer, ParseError> {
    let (body, pending) = feed::feed(parser, pieces, head_request)?;
    let owned = |block: &head::HeaderBlock| {
        block.lines().map(|(name, value)| (name.to_owned(), value.into_owned())).collect()
    };
    Ok(Answer {
        status: parser.head().status,
        head: parser.head().headers.raw().to_vec(),
        fields: owned(&parser.head().headers),
        body,
        trailers: owned(parser.trailers()),
        keep_alive: parser.keep_alive(),
        surplus: pending.len(),
    })
}

/// Any split, and a parser that read something before, must read the same as a new one reads the whole.
pub fn reads_the_same(bytes: &[u8], place: usize, head_request: bool) {
    let whole = read(&mut ResponseParser::default(), [bytes], head_request);
    let (before, after) = bytes.split_at(place % (bytes.len() + 1));
    let mut used = ResponseParser::default();
    let _ = read(&mut used, [after], !head_request);
    assert_eq!(read(&mut used, [before, after], head_request), whole, "split");
    assert_eq!(read(&mut used, [bytes], head_request), whole, "read again");
    if bytes.len() < 512 {
        assert_eq!(read(&mut used, bytes.chunks(1), head_request), whole, "byte by byte");
    }
}
