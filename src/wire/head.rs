//! Heads and trailers as they came in: raw bytes, and where each line stands in them.

use std::borrow::Cow;

/// A range in [`HeaderBlock::raw`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Where `part` stands in `whole`; empty when it is not a piece of it.
    fn of(part: &[u8], whole: &[u8]) -> Span {
        let offset = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
        match offset.checked_add(part.len()) {
            Some(end) if end <= whole.len() => match (u32::try_from(offset), u32::try_from(end)) {
                (Ok(start), Ok(end)) => Span { start, end },
                _ => Span::default(),
            },
            _ => Span::default(),
        }
    }

    /// Adds `part` to `whole`, and says where it stands.
    fn append(part: &[u8], whole: &mut Vec<u8>) -> Span {
        let start = u32::try_from(whole.len()).unwrap_or(u32::MAX);
        whole.extend_from_slice(part);
        Span { start, end: u32::try_from(whole.len()).unwrap_or(u32::MAX) }
    }

    fn of_text(self, raw: &[u8]) -> &[u8] {
        raw.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Header lines in the order and spelling they came in. Its memory is used again for the next answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderBlock {
    raw: Vec<u8>,
    lines: Vec<(Span, Span)>,
}

impl HeaderBlock {
    pub(super) fn clear(&mut self) {
        self.raw.clear();
        self.lines.clear();
    }

    pub(super) fn fill(&mut self, raw: &[u8], headers: &[httparse::Header<'_>]) {
        self.clear();
        self.raw.extend_from_slice(raw);
        self.lines.extend(
            headers.iter().map(|line| (Span::of(line.name.as_bytes(), raw), Span::of(line.value, raw))),
        );
    }

    /// Every byte, first line to blank line.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Name and value of each line, in order. Folded values (obsolete, RFC 9112 5.2) come as one line.
    pub fn lines(&self) -> impl Iterator<Item = (&str, Cow<'_, [u8]>)> {
        self.lines.iter().map(|(name, value)| {
            (str::from_utf8(name.of_text(&self.raw)).unwrap_or_default(), unfold(value.of_text(&self.raw)))
        })
    }

    /// Values of a header, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
        self.lines
            .iter()
            .filter(move |(n, _)| n.of_text(&self.raw).eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| unfold(value.of_text(&self.raw)))
    }
}

/// A fold, with the white space around it, is one space (RFC 9112 5.2).
fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\r', b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    let lines = value.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::trim_ascii);
    let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
    Cow::Owned(lines.join(&b' '))
}

/// Status line and headers of a final answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// Status.
    pub status: u16,
    /// Minor version: 0 or 1.
    pub minor_version: u8,
    reason: Span,
    /// Its lines.
    pub headers: HeaderBlock,
}

impl ResponseHead {
    pub(super) fn fill(&mut self, raw: &[u8], status: u16, response: &httparse::Response<'_, '_>) {
        self.status = status;
        self.minor_version = response.version.unwrap_or(1);
        self.reason = Span::of(response.reason.unwrap_or_default().as_bytes(), raw);
        self.headers.fill(raw, response.headers);
    }

    /// Fills it with an answer of HTTP/2, written out as a head: names in lower case, in the order they came in.
    pub(super) fn fill_http2<'h>(&mut self, status: u16, headers: impl Iterator<Item = (&'h str, &'h [u8])>) {
        self.status = status;
        self.minor_version = 1;
        self.reason = Span::default();
        let HeaderBlock { raw, lines } = &mut self.headers;
        raw.clear();
        lines.clear();
        raw.extend_from_slice(b"HTTP/2 ");
        for digit in [status / 100, status / 10 % 10, status % 10] {
            raw.push(b'0' + u8::try_from(digit % 10).unwrap_or_default());
        }
        raw.extend_from_slice(b"\r\n");
        for (name, value) in headers {
            let name = Span::append(name.as_bytes(), raw);
            raw.extend_from_slice(b": ");
            lines.push((name, Span::append(value, raw)));
            raw.extend_from_slice(b"\r\n");
        }
        raw.extend_from_slice(b"\r\n");
    }

    /// Reason phrase.
    pub fn reason(&self) -> &str {
        str::from_utf8(self.reason.of_text(self.headers.raw())).unwrap_or_default()
    }
}
