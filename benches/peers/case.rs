//! What is asked for.

/// Requests under way at once; over HTTP/1.1 each has a connection.
pub const UNDER_WAY: usize = 50;

/// A file of the server, asked for again and again.
pub struct Case {
    /// As `--only` names it.
    pub name: &'static str,
    /// The table's heading.
    pub title: &'static str,
    /// Path of the file.
    pub path: &'static str,
    /// Bytes of its body.
    pub body: usize,
    /// Over TLS 1.3.
    pub tls: bool,
    /// Streams a connection, over HTTP/2.
    pub streams: Option<usize>,
}

impl Case {
    /// Connections of every generator: what is under way at once is the same in all cases.
    pub fn connections(&self) -> usize {
        UNDER_WAY / self.streams.unwrap_or(1)
    }
}

/// All of them.
pub const CASES: [Case; 5] = [
    Case { title: "150 B over http", path: "/small.txt", body: 150, tls: false, ..SMALL },
    Case {
        name: "large",
        title: "10 KiB over http",
        path: "/large.txt",
        body: 10 * 1024,
        tls: false,
        ..SMALL
    },
    Case { name: "tls", title: "150 B over TLS 1.3", ..SMALL },
    Case {
        name: "h2",
        title: "150 B over HTTP/2 and TLS 1.3, 10 streams a connection",
        streams: Some(10),
        ..SMALL
    },
    Case {
        name: "h2-single",
        title: "150 B over HTTP/2 and TLS 1.3, one stream a connection",
        streams: Some(1),
        ..SMALL
    },
];

const SMALL: Case =
    Case { name: "small", title: "", path: "/small.txt", body: 150, tls: true, streams: None };
