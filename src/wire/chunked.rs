//! The chunked transfer coding (RFC 9112 7.1), read byte by byte or in slices.

use super::parser::ParseError;

/// Most bytes of all chunk extensions of one answer: nobody needs them, an endless one is an attack.
const MAX_EXTENSIONS: usize = 16 * 1024;

/// A decoder, up to the last chunk; what follows it (trailers) is the parser's.
#[derive(Debug, Clone, Default)]
pub(super) struct Chunked {
    state: State,
    left: u64,
    digits: u8,
    extensions: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Space,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
}

/// What a piece of input held.
pub(super) enum Chunk<'i> {
    /// Nothing more in it.
    More,
    /// Body bytes.
    Data(&'i [u8]),
    /// The last chunk's line ended; trailers follow.
    Last,
}

impl Chunked {
    /// Reads on; says how much of the input is used.
    pub(super) fn advance<'i>(&mut self, input: &'i [u8]) -> Result<(usize, Chunk<'i>), ParseError> {
        let mut used = 0;
        while let Some(&byte) = input.get(used) {
            if self.state == State::Data {
                let rest = &input[used..];
                let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
                self.left -= n as u64;
                if self.left == 0 {
                    self.state = State::DataCr;
                }
                return Ok((used + n, Chunk::Data(&rest[..n])));
            }
            used += 1;
            self.state = match (self.state, byte) {
                (State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte)?,
                (State::Size, b'\r') if self.digits > 0 => State::SizeEnd,
                (State::Size | State::Space, b';') if self.digits > 0 => State::Extension,
                (State::Size, b' ' | b'\t') if self.digits > 0 => State::Space,
                (State::Space, b' ' | b'\t') => State::Space,
                (State::Space | State::Extension, b'\r') => State::SizeEnd,
                // A lone LF in an extension is how requests are smuggled past lenient readers.
                (State::Extension, byte) if byte != b'\n' => self.extension()?,
                (State::SizeEnd, b'\n') if self.left == 0 => return Ok((used, Chunk::Last)),
                (State::SizeEnd, b'\n') => {
                    self.digits = 0;
                    State::Data
                }
                (State::DataCr, b'\r') => State::DataLf,
                (State::DataLf, b'\n') => State::Size,
                _ => return Err(ParseError::Chunk),
            };
        }
        Ok((used, Chunk::More))
    }

    fn digit(&mut self, byte: u8) -> Result<State, ParseError> {
        let value = char::from(byte).to_digit(16).ok_or(ParseError::Chunk)?;
        // Sixteen hex digits fill 64 bits; more than that is no size but an overflow attempt.
        self.digits = self.digits.checked_add(1).filter(|&n| n <= 16).ok_or(ParseError::Chunk)?;
        self.left = (self.left << 4) | u64::from(value);
        Ok(State::Size)
    }

    fn extension(&mut self) -> Result<State, ParseError> {
        self.extensions += 1;
        if self.extensions > MAX_EXTENSIONS { Err(ParseError::Chunk) } else { Ok(State::Extension) }
    }
}
