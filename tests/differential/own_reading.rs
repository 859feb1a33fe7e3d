//! An answer as this crate's parser reads it.

use shakedown::wire::{HeaderBlock, ResponseParser};

use crate::feed::feed;
use crate::forms::Form;
use crate::{Read, Reading};

/// All bytes at once, then the end of the connection.
pub fn read(form: &Form) -> Read {
    read_pieces(form, &[&form.bytes])
}

/// Piece by piece, as a connection gives them.
pub fn read_pieces(form: &Form, pieces: &[&[u8]]) -> Read {
    let mut parser = ResponseParser::default();
    let (body, pending) = feed(&mut parser, pieces.iter().copied(), form.method == "HEAD").map_err(drop)?;
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
