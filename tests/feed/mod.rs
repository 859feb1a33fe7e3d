//! The parser fed as a connection feeds it. The fuzz targets use this file too, with the parser that they build themselves.

use super::{ParseError, ResponseParser, Step};

/// Begins an answer and feeds pieces: what was not used comes again with what follows. The body, and what is left behind its end.
pub fn feed<'a>(
    parser: &mut ResponseParser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    head_request: bool,
) -> Result<(Vec<u8>, Vec<u8>), ParseError> {
    parser.begin(head_request);
    let (mut pending, mut body, mut ended) = (Vec::new(), Vec::new(), false);
    for piece in pieces {
        pending.extend_from_slice(piece);
        let mut used = 0;
        while !ended {
            let (n, step) = parser.advance(&pending[used..])?;
            assert!(used + n <= pending.len(), "more used than there is");
            used += n;
            match step {
                Step::More => break,
                Step::Head => assert!((200..1000).contains(&parser.head().status)),
                Step::Body(bytes) => body.extend_from_slice(bytes),
                Step::End => ended = true,
            }
        }
        pending.drain(..used);
    }
    if !ended {
        parser.finish(&pending)?;
    }
    Ok((body, pending))
}
