//! An answer as this crate's parser reads it.

use shakedown::wire::{HeaderBlock, ResponseParser, Step};

use crate::forms::Form;
use crate::{Read, Reading};

/// All bytes at once, then the end of the connection.
pub fn read(form: &Form) -> Read {
    read_pieces(form, &[&form.bytes])
}

/// Piece by piece, as a connection gives them.
pub fn read_pieces(form: &Form, pieces: &[&[u8]]) -> Read {
    let mut parser = ResponseParser::default();
    parser.begin(form.method == "HEAD");
    let (mut pending, mut body, mut ended) = (Vec::new(), Vec::new(), false);
    for piece in pieces {
        pending.extend_from_slice(piece);
        let mut used = 0;
        while !ended {
            let (n, step) = parser.advance(&pending[used..]).map_err(drop)?;
            used += n;
            match step {
                Step::More => break,
                Step::Head => {}
                Step::Body(bytes) => body.extend_from_slice(bytes),
                Step::End => ended = true,
            }
        }
        pending.drain(..used);
    }
    if !ended {
        parser.finish(&pending).map_err(drop)?;
    }
    Ok(Reading {
        status: parser.head().status,
        fields: fields(&parser.head().headers),
        body,
        trailers: fields(parser.trailers()),
        reusable: parser.keep_alive() && pending.is_empty(),
    })
}

fn fields(block: &HeaderBlock) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> =
        block.lines().map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned())).collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields
}
