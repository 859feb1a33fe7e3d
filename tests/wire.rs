//! HTTP on the wire: the parser on a corpus and on anything, `fetch` against servers that misbehave.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod feed;
mod support;

use std::time::Duration;

use proptest::prelude::*;
use shakedown::wire::{
    Endpoint, Failure, FailureKind, Limits, ParseError, Request, Response, ResponseParser, Step, fetch,
};
use support::{After, Raw, SelfSigned, closed_port};

#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    trailers: usize,
    keep_alive: bool,
    surplus: usize,
}

/// Feeds pieces as a connection does: what was not used comes again with what follows.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, head_request: bool) -> Result<Answer, ParseError> {
    read_on(&mut ResponseParser::default(), pieces, head_request)
}

fn read_on<'a>(
    parser: &mut ResponseParser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    head_request: bool,
) -> Result<Answer, ParseError> {
    let (body, pending) = feed::feed(parser, pieces, head_request)?;
    Ok(Answer {
        status: parser.head().status,
        headers: parser.head().headers.lines().map(|(n, v)| (n.to_owned(), v.into_owned())).collect(),
        body,
        trailers: parser.trailers().lines().count(),
        keep_alive: parser.keep_alive(),
        surplus: pending.len(),
    })
}

fn whole(bytes: &[u8]) -> Result<Answer, ParseError> {
    read([bytes], false)
}

fn summary(bytes: &str) -> String {
    match whole(bytes.as_bytes()) {
        Ok(a) => format!(
            "{} {:?}{}{}{}",
            a.status,
            String::from_utf8_lossy(&a.body),
            if a.keep_alive { "" } else { " close" },
            if a.trailers > 0 { format!(" {} trailers", a.trailers) } else { String::new() },
            if a.surplus > 0 { format!(" {} surplus", a.surplus) } else { String::new() },
        ),
        Err(error) => format!("{error:?}"),
    }
}

/// Answers and how they are read (RFC 9112 6.3, 7.1, 9.3).
const CORPUS: &[(&str, &str)] = &[
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 \"hi\""),
    ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "200 \"hi\""),
    ("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "200 \"hi\""),
    ("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 \"\""),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", "200 \"hi\" close"),
    ("HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n", "200 \"\" close"),
    ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 \"hi\" close"),
    ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi", "200 \"hi\""),
    ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 \"until the end\" close"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz", "200 \"xyz\" close"),
    ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 \"\""),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 \"\""),
    ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "304 \"\""),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP", "200 \"hi\" 4 surplus"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nhi", "200 \"hi\""),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "ContentLength"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nhi", "ContentLength"),
    ("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi", "ContentLength"),
    ("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi", "ContentLength"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nhi", "ContentLength"),
    ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhi", "ContentLength"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhi", "ContentLength"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", "Ended"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "200 \"hi\""),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n00\r\n\r\n", "200 \"hi\""),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "200 \"hi\""),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;x=\"y\";z\r\n0123456789\r\n0;q\r\n\r\n",
        "200 \"0123456789\"",
    ),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 \t;x\r\nhi\r\n0\r\n\r\n", "200 \"hi\""),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nA: 1\r\nB: 2\r\n\r\n",
        "200 \"hi\" 2 trailers",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "200 \"hi\" close",
    ),
    (
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "200 \"hi\" close",
    ),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "TransferEncoding"),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "TransferEncoding",
    ),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", "Chunk"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nhi\r\n0\r\n\r\n", "Chunk"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n", "Chunk"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a\nb\r\nhi\r\n0\r\n\r\n", "Chunk"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhix\r\n0\r\n\r\n", "Chunk"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", "Chunk"),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nbad trailer\r\n\r\n",
        "Trailers(HeaderName)",
    ),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n", "Ended"),
    ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 \"hi\""),
    (
        "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        "404 \"\"",
    ),
    ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "Switched"),
    ("HTTP/1.1 099 Low\r\n\r\n", "Head(Status)"),
    ("HTTP/2 200 OK\r\n\r\n", "Head(Version)"),
    ("SSH-2.0-OpenSSH_9.6\r\n", "Head(Version)"),
    ("\x16\x03\x03\x00\x10", "Tls"),
    ("\x16", "Ended"),
    ("\x16\x04", "Head(Version)"),
    ("HTTP/1.1 2x0 OK\r\n\r\n", "Head(Status)"),
    ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "Head(HeaderName)"),
    ("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "Head(HeaderValue)"),
    ("HTTP/1.1 200 OK\r\nX : 1\r\n\r\n", "Head(HeaderName)"),
    ("HTTP/1.1 200 OK\r\nX: 1\r\n", "Ended"),
    ("", "Ended"),
];

#[test]
fn the_corpus_is_read_as_the_standard_says() {
    for (bytes, expected) in CORPUS {
        assert_eq!(summary(bytes), *expected, "{bytes:?}");
    }
}

#[test]
fn lines_keep_their_order_spelling_and_repetition() {
    let answer =
        whole(b"HTTP/1.1 200 OK\r\nset-COOKIE: a\r\nX: \xff\r\nSet-Cookie: b\r\nFold: one\r\n two\r\n\r\n")
            .unwrap();
    let names: Vec<&str> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["set-COOKIE", "X", "Set-Cookie", "Fold"]);
    assert_eq!(answer.headers[1].1, b"\xff");
    assert_eq!(answer.headers[3].1, b"one two");
}

#[test]
fn head_requests_have_no_body() {
    let answer = read([&b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"[..]], true).unwrap();
    assert!(answer.body.is_empty() && answer.keep_alive);
}

#[test]
fn what_grows_is_capped() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(70_000));
    assert_eq!(whole(long.as_bytes()), Err(ParseError::TooLong));
    let blank = "\r\n".repeat(40_000);
    assert_eq!(whole(blank.as_bytes()), Err(ParseError::TooLong));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: 1\r\n".repeat(300));
    assert_eq!(whole(many.as_bytes()), Err(ParseError::TooManyHeaders));
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(100);
    assert_eq!(whole(interim.as_bytes()), Err(ParseError::Interim));
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(whole(format!("{chunked}1;{}", "x".repeat(20_000)).as_bytes()), Err(ParseError::Chunk));
    let trailers = format!("{chunked}0\r\n{}", "X: 1\r\n".repeat(300));
    assert_eq!(whole(trailers.as_bytes()), Err(ParseError::TooManyHeaders));
    let trailers = format!("{chunked}0\r\nX: {}", "1".repeat(70_000));
    assert_eq!(whole(trailers.as_bytes()), Err(ParseError::TooLong));
}

/// Cuts bytes at places, which may be anywhere.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for place in places {
        pieces.push(&bytes[from..place]);
        from = place;
    }
    pieces.push(&bytes[from..]);
    pieces
}

/// What a pushy server could send: corpus pieces, mixed and damaged.
/// What a parser remembers of the last head must not show: it reads every answer after every other as a new one would.
#[test]
fn no_answer_is_read_by_the_one_before() {
    for (before, _) in CORPUS {
        for (answer, _) in CORPUS {
            for head_request in [false, true] {
                let mut used = ResponseParser::default();
                let _ = read_on(&mut used, [before.as_bytes()], !head_request);
                assert_eq!(
                    read_on(&mut used, [answer.as_bytes()], head_request),
                    read([answer.as_bytes()], head_request),
                    "{before:?} then {answer:?}"
                );
            }
        }
    }
}

fn wild() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        (0..CORPUS.len()).prop_map(|i| CORPUS[i].0.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n\r\n".to_vec()),
        Just(b"5\r\nhello\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_reads_the_same(bytes in wild(), places in proptest::collection::vec(any::<usize>(), 0..12)) {
        prop_assert_eq!(whole(&bytes), read(cut(&bytes, &places), false));
    }

    #[test]
    fn byte_by_byte_reads_the_same(bytes in wild(), head_request: bool) {
        prop_assert_eq!(read([&bytes[..]], head_request), read(bytes.chunks(1), head_request));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = whole(&bytes);
    }
}

fn get(target: &str) -> Request {
    Request { method: "GET".into(), target: target.into(), ..Request::default() }
}

async fn ask(url: &str, limits: Limits) -> Result<Response, Failure> {
    let endpoint = Endpoint::resolve(&url.parse().unwrap(), None, None).await?;
    fetch(&endpoint, &get("/"), limits).await
}

#[tokio::test]
async fn fetches_raw_lines_body_and_trailers() {
    let server = Raw::start(
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 Fine\r\nServer: raw\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nabc\r\n2;e\r\nde\r\n0\r\nSum: 1\r\n\r\n",
        After::Keep,
    )
    .await;
    let limits = Limits { body: 4, ..Limits::default() };
    let response = ask(server.url().as_str(), limits).await.unwrap();
    assert_eq!((response.status, response.reason.as_str(), response.minor_version), (200, "Fine", 1));
    assert_eq!((response.body.as_slice(), response.body_length), (&b"abcd"[..], 5));
    assert_eq!(response.trailers, [("Sum".to_owned(), b"1".to_vec())]);
    assert_eq!(response.header("SERVER").as_deref(), Some("raw"));
    assert!(response.head.starts_with(b"HTTP/1.1 200 Fine\r\n") && response.head.ends_with(b"\r\n\r\n"));
    assert!(!response.closed && response.first_byte <= response.total);
}

#[tokio::test]
async fn a_body_may_end_with_the_connection() {
    let server = Raw::start("HTTP/1.0 200 OK\r\n\r\nall of it", After::Close).await;
    let response = ask(server.url().as_str(), Limits::default()).await.unwrap();
    assert_eq!(response.body, b"all of it");
    assert!(response.closed);
}

#[tokio::test]
async fn failures_have_their_class() {
    let kind = async |answer: &'static str, after| {
        let server = Raw::start(answer, after).await;
        let limits = Limits { timeout: Duration::from_millis(300), ..Limits::default() };
        ask(server.url().as_str(), limits).await.unwrap_err().kind
    };
    assert_eq!(kind("SSH-2.0-x\r\n", After::Hang).await, FailureKind::Protocol);
    assert_eq!(
        kind("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", After::Close).await,
        FailureKind::Reset
    );
    assert_eq!(kind("", After::Close).await, FailureKind::Reset);
    assert_eq!(kind("", After::Hang).await, FailureKind::Timeout);
    assert_eq!(
        kind("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", After::Hang).await,
        FailureKind::Timeout
    );
    let refused = ask(&format!("http://{}", closed_port()), Limits::default()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Connect);
    assert!(refused.message.contains("connection refused by 127.0.0.1:"), "{refused}");
}

#[tokio::test]
async fn line_breaks_are_never_sent() {
    let server = Raw::start("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", After::Keep).await;
    let endpoint = Endpoint::resolve(&server.url(), None, None).await.unwrap();
    let mut bad = get("/");
    bad.headers.push(("X".into(), "a\r\nY: b".into()));
    for request in [bad, get("/ HTTP/1.1\r\nX: y"), get("")] {
        let failure = fetch(&endpoint, &request, Limits::default()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Local);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn certificates_are_judged_and_explained() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    let made = SelfSigned::new(&["shop.example"]);
    let address = made.serve(ANSWER).await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &made.pem).unwrap();
    let url = format!("https://{address}").parse().unwrap();
    let ask = async |ca: Option<&std::path::Path>, sni: Option<&str>| {
        let endpoint = Endpoint::resolve(&url, ca, sni).await?;
        fetch(&endpoint, &get("/"), Limits::default()).await
    };

    let unknown = ask(None, Some("shop.example")).await.unwrap_err();
    assert_eq!(unknown.kind, FailureKind::Tls);
    assert!(unknown.message.contains("`ca`"), "{unknown}");
    let misnamed = ask(Some(&ca), None).await.unwrap_err();
    assert_eq!(misnamed.kind, FailureKind::Tls);
    assert!(misnamed.message.contains("is for shop.example, not for 127.0.0.1"), "{misnamed}");
    assert_eq!(ask(Some(&ca), Some("shop.example")).await.unwrap().body, b"hi");

    // What `openssl req -x509` makes by default.
    let authority =
        SelfSigned::with(&["shop.example"], rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained));
    let its = folder.path().join("its.pem");
    std::fs::write(&its, &authority.pem).unwrap();
    let other = format!("https://{}", authority.serve(ANSWER).await).parse().unwrap();
    for ca in [Some(its.as_path()), None] {
        let endpoint = Endpoint::resolve(&other, ca, Some("shop.example")).await.unwrap();
        let refused = fetch(&endpoint, &get("/"), Limits::default()).await.unwrap_err();
        assert!(refused.message.contains("basicConstraints=critical,CA:FALSE"), "{refused}");
        assert!(!refused.message.ends_with('…') && !refused.message.contains("Other"), "{refused}");
    }

    let modern = SelfSigned::new(&["shop.example"]).speaking(&[b"h2"]);
    std::fs::write(&its, &modern.pem).unwrap();
    let url = format!("https://{}", modern.serve(ANSWER).await).parse().unwrap();
    let endpoint = Endpoint::resolve(&url, Some(&its), Some("shop.example")).await.unwrap();
    let refused = fetch(&endpoint, &get("/"), Limits::default()).await.unwrap_err();
    assert!(refused.message.contains("does not offer HTTP/1.1 over TLS (ALPN)"), "{refused}");

    let missing = ask(Some(&folder.path().join("none.pem")), None).await.unwrap_err();
    assert!(missing.message.contains("none.pem"), "{missing}");
    std::fs::write(&ca, "no certificate").unwrap();
    let empty = ask(Some(&ca), None).await.unwrap_err();
    assert!(empty.message.contains("holds no certificate"), "{empty}");
}

#[tokio::test]
async fn the_server_is_asked_for_the_configured_name() {
    let made = SelfSigned::new(&["shop.example"]);
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &made.pem).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = tokio_rustls::LazyConfigAcceptor::new(Default::default(), stream);
            let hello = acceptor.await.unwrap();
            say.send(hello.client_hello().server_name().map(str::to_owned)).unwrap();
        }
    });
    for (sni, seen) in [(Some("shop.example"), Some("shop.example")), (None, None)] {
        let endpoint = Endpoint::resolve(&url, Some(&ca), sni).await.unwrap();
        fetch(&endpoint, &get("/"), Limits::default()).await.unwrap_err();
        // An address is never sent as a name (RFC 6066, 3).
        assert_eq!(said.recv().await.unwrap().as_deref(), seen);
    }
}

#[tokio::test]
async fn the_wrong_scheme_is_named() {
    let made = SelfSigned::new(&["localhost"]);
    let secure = made.serve(b"").await;
    let failure = ask(&format!("http://{secure}"), Limits::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Protocol);
    assert!(failure.message.contains("use https://"), "{failure}");
    // A TLS hello has no blank line: a server that gives up on it answers in plain HTTP.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 2048]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read(&mut [0; 2048]).await;
    });
    let failure = ask(&format!("https://{address}"), Limits::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls);
    assert!(failure.message.contains("does not speak TLS"), "{failure}");
}

#[tokio::test]
async fn endpoints_know_their_host() {
    let resolve = async |url: &str, sni: Option<&str>| {
        Endpoint::resolve(&url.parse().unwrap(), None, sni).await.map(|endpoint| endpoint.host)
    };
    assert_eq!(resolve("http://127.0.0.1:8000", None).await.unwrap(), "127.0.0.1:8000");
    assert_eq!(resolve("http://127.0.0.1", None).await.unwrap(), "127.0.0.1");
    assert_eq!(resolve("http://[::1]:8000/", None).await.unwrap(), "[::1]:8000");
    assert_eq!(resolve("https://127.0.0.1:8443", Some("a.example")).await.unwrap(), "a.example:8443");
    for wrong in ["ftp://127.0.0.1", "http://127.0.0.1/api/", "http://u:p@127.0.0.1/"] {
        assert!(resolve(wrong, None).await.is_err(), "{wrong}");
    }
}
