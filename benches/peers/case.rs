//! What is asked for.

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
}

/// All of them.
pub const CASES: [Case; 3] = [
    Case { name: "small", title: "150 B over http", path: "/small.txt", body: 150, tls: false },
    Case { name: "large", title: "10 KiB over http", path: "/large.txt", body: 10 * 1024, tls: false },
    Case { name: "tls", title: "150 B over TLS 1.3", path: "/small.txt", body: 150, tls: true },
];
