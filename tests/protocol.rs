//! HTTP/1.1 and TLS as the load speaks them: expectations, early answers, half-closed connections, resumption.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shakedown::auth::Wallet;
use shakedown::engine::{ErrorClass, LoadInput, LoadTally, load};
use shakedown::plan::Plan;
use shakedown::wire::{Broken, Connection, Endpoint, Exchanged, ResponseHead, Sink};
use support::{SelfSigned, read_request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

async fn run(endpoint: &Endpoint, text: &str) -> LoadTally {
    let head = "title = \"t\"\n[stacks.prod]\nurl = \"http://127.0.0.1:1\"\n";
    let plan = Plan::parse(Path::new("test.toml"), &format!("{head}{text}")).unwrap();
    let wallet = Wallet::default();
    let (events, _said) = mpsc::unbounded_channel();
    let (_renew, renewals) = mpsc::unbounded_channel();
    let (_stopper, stop) = watch::channel(false);
    let input = LoadInput {
        redactor: &wallet.redactor(&plan),
        plan: &plan,
        endpoint,
        values: &BTreeMap::new(),
        wallet: &wallet,
        renewals,
        stop,
        events,
    };
    load(input).await.unwrap()
}

fn errors(tally: &LoadTally) -> u64 {
    ErrorClass::ALL.iter().map(|class| tally.routes[0].counts.errors[*class as usize]).sum()
}

/// A server that does as it is told with each connection, one after the other or at once.
async fn server<F>(serve: impl Fn(TcpStream, usize) -> F + Send + 'static) -> (Endpoint, Arc<AtomicUsize>)
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let accepted = count.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, accepted.fetch_add(1, Ordering::Relaxed)));
        }
    });
    (Endpoint::resolve(&url, None, None).await.unwrap(), count)
}

/// Reads up to the blank line; what came of the body with it is in the rest.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

const EXPECTING: &str = "[[routes]]\nname = \"r\"\npost = \"/\"\nbody = { text = \"0123456789\" }\n\
    headers = { Expect = \"100-continue\" }\nexpect = { status = STATUS }\n\
    [load]\nrate = 4\nduration = \"1s\"\nwarmup = \"0s\"\nconnections = 1\n";

#[tokio::test]
async fn a_body_waits_for_its_100() {
    let (endpoint, connections) = server(async |mut stream, _| {
        loop {
            let (head, mut body) = read_head(&mut stream).await?;
            let early = !body.is_empty() || !head.contains("\r\nExpect: 100-continue\r\n");
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            while body.len() < 10 {
                stream.read_buf(&mut body).await?;
            }
            let status = if early || body != b"0123456789" { 500 } else { 201 };
            stream.write_all(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").as_bytes()).await?;
        }
    })
    .await;
    let tally = run(&endpoint, &EXPECTING.replace("STATUS", "201")).await;
    assert_eq!((tally.routes[0].counts.requests, errors(&tally)), (4, 0), "{:?}", tally.samples);
    assert_eq!(connections.load(Ordering::Relaxed), 1, "the connection is used again");
}

#[tokio::test]
async fn a_final_answer_keeps_the_body_back() {
    let sent = Arc::new(AtomicUsize::new(0));
    let body_bytes = sent.clone();
    let (endpoint, connections) = server(move |mut stream: TcpStream, _| {
        let sent = body_bytes.clone();
        async move {
            let (_, mut rest) = read_head(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await?;
            stream.read_to_end(&mut rest).await?;
            sent.fetch_add(rest.len(), Ordering::Relaxed);
            Ok(())
        }
    })
    .await;
    let tally = run(&endpoint, &EXPECTING.replace("STATUS", "413")).await;
    assert_eq!((tally.routes[0].counts.requests, errors(&tally)), (4, 0), "{:?}", tally.samples);
    assert_eq!(connections.load(Ordering::Relaxed), 4, "a connection with half a request is not used again");
    assert_eq!(sent.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_server_that_never_says_100_gets_the_body_all_the_same() {
    let (endpoint, _) = server(async |mut stream, _| {
        let mut buffer = Vec::new();
        while read_request(&mut stream, &mut buffer).await?.is_some() {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
        }
        Ok(())
    })
    .await;
    let tally = run(&endpoint, &EXPECTING.replace("STATUS", "200").replace("rate = 4", "rate = 1")).await;
    assert_eq!((tally.routes[0].counts.requests, errors(&tally)), (1, 0), "{:?}", tally.samples);
}

#[derive(Default)]
struct Kept(u16, Vec<u8>);

impl Sink for Kept {
    fn head(&mut self, head: &ResponseHead) {
        self.0 = head.status;
    }
    fn body(&mut self, bytes: &[u8]) {
        self.1.extend_from_slice(bytes);
    }
}

async fn exchange(endpoint: &Endpoint, request: &[u8]) -> (Result<Exchanged, Broken>, Kept) {
    let mut connection = Connection::open(endpoint).await.unwrap();
    let (mut scratch, mut kept) = (vec![0; 4096], Kept::default());
    connection.begin(false);
    let exchanged = poll_fn(|cx| connection.poll_exchange(cx, request, &mut scratch, &mut kept)).await;
    (exchanged, kept)
}

#[tokio::test]
async fn an_answer_before_the_whole_request_counts() {
    let (endpoint, _) = server(async |mut stream, _| {
        read_head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await?;
        // Never reads the body, and never closes either.
        std::future::pending().await
    })
    .await;
    let length = 64 * 1024 * 1024;
    let mut request = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    request.resize(request.len() + length, b'x');
    let (exchanged, kept) = exchange(&endpoint, &request).await;
    assert!(!exchanged.unwrap().reusable);
    assert_eq!((kept.0, kept.1.as_slice()), (413, &b"no"[..]));
}

#[tokio::test]
async fn a_server_may_close_its_half_after_the_answer() {
    for (answer, body) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"[..], &b"hi"[..]),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\nSum: 1\r\n\r\n", b"hi"),
    ] {
        let (endpoint, connections) = server(move |mut stream: TcpStream, _| async move {
            read_head(&mut stream).await?;
            stream.write_all(answer).await?;
            stream.shutdown().await?;
            // The other half stays open: this waits until the client closes.
            stream.read_to_end(&mut Vec::new()).await.map(drop)
        })
        .await;
        let (exchanged, kept) = exchange(&endpoint, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(exchanged.is_ok());
        assert_eq!((kept.0, kept.1.as_slice()), (200, body));
        let route =
            "[[routes]]\nname = \"r\"\nget = \"/\"\n[load]\nrate = 4\nduration = \"1s\"\nwarmup = \"0s\"\n";
        let tally = run(&endpoint, route).await;
        assert_eq!((tally.routes[0].counts.requests, errors(&tally)), (4, 0), "{:?}", tally.samples);
        assert_eq!(connections.load(Ordering::Relaxed), 5, "each request has a connection of its own");
    }
}

#[tokio::test]
async fn tls_sessions_are_resumed_or_not_as_asked() {
    let made = SelfSigned::new(&["localhost"]);
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &made.pem).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (full, resumed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (full.clone(), resumed.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, (full, resumed)) = (made.acceptor.clone(), counters.clone());
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let kind = stream.get_ref().1.handshake_kind();
                let counter = if kind == Some(rustls::HandshakeKind::Resumed) { &resumed } else { &full };
                counter.fetch_add(1, Ordering::Relaxed);
                let mut buffer = Vec::new();
                while read_request(&mut stream, &mut buffer).await?.is_some() {
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                        .await?;
                }
                stream.shutdown().await
            });
        }
    });
    // One user: each handshake is over before the next begins.
    let text = "[[routes]]\nname = \"r\"\nget = \"/\"\n[load]\nmodel = \"closed\"\nusers = 1\nthink = \"20ms\"\n\
                duration = \"1s\"\nwarmup = \"0s\"\nconnection = \"new\"\ntls_resumption = SWITCH\n";
    for (switch, begun) in [("true", 1), ("false", 0)] {
        let endpoint = Endpoint::resolve(&url, Some(&ca), Some("localhost")).await.unwrap();
        full.store(0, Ordering::Relaxed);
        resumed.store(0, Ordering::Relaxed);
        let tally = run(&endpoint, &text.replace("SWITCH", switch)).await;
        let requests = usize::try_from(tally.routes[0].counts.requests).unwrap();
        assert!(requests > 2 && errors(&tally) == 0, "{requests} {:?}", tally.samples);
        let (full, resumed) = (full.load(Ordering::Relaxed), resumed.load(Ordering::Relaxed));
        if begun == 1 {
            assert_eq!((full, resumed), (1, requests - 1), "one full handshake, then the session");
        } else {
            assert_eq!((full, resumed), (requests, 0));
        }
    }
}
