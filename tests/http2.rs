//! The load over HTTP/2, against servers that keep to it and servers that do not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod harness;
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::{Request, Response};
use shakedown::auth::Wallet;
use shakedown::engine::{ErrorClass, LoadInput, LoadTally, load};
use shakedown::plan::Plan;
use shakedown::wire::{self, Endpoint};
use support::{After, Raw, SelfSigned};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// A scenario over HTTP/2 with these streams a connection.
fn plan(streams: usize, text: &str) -> Plan {
    let head = "title = \"t\"\n[stacks.prod]\nurl = \"http://127.0.0.1:1\"\nhttp = \"2\"\n";
    Plan::parse(Path::new("test.toml"), &format!("{head}streams = {streams}\n{text}")).unwrap()
}

async fn run_on(endpoint: Endpoint, plan: &Plan) -> LoadTally {
    let endpoint = endpoint.over_http2(plan.stacks[0].http2.unwrap());
    let wallet = Wallet::default();
    let (events, _said) = mpsc::unbounded_channel();
    let (_renew, renewals) = mpsc::unbounded_channel();
    let (_stopper, stop) = watch::channel(false);
    let input = LoadInput {
        redactor: &wallet.redactor(plan),
        plan,
        endpoint: &endpoint,
        values: &BTreeMap::new(),
        wallet: &wallet,
        renewals,
        stop,
        events,
    };
    load(input).await.unwrap()
}

async fn run(url: &str, streams: usize, text: &str) -> LoadTally {
    run_on(Endpoint::resolve(&url.parse().unwrap(), None, None).await.unwrap(), &plan(streams, text)).await
}

fn requests(tally: &LoadTally) -> u64 {
    tally.routes.iter().map(|route| route.counts.requests).sum()
}

fn errors(tally: &LoadTally) -> BTreeMap<&'static str, u64> {
    let count = |class: ErrorClass| tally.routes.iter().map(|r| r.counts.errors[class as usize]).sum::<u64>();
    ErrorClass::ALL.iter().map(|class| (class.name(), count(*class))).filter(|(_, n)| *n > 0).collect()
}

/// What a server saw.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    first: Mutex<Option<Request<()>>>,
    bodies: Mutex<Vec<usize>>,
}

type Stream = (Request<RecvStream>, SendResponse<Bytes>);

/// A server over plain TCP. `serve` gets each stream with its number in the whole and the connection's in the whole.
async fn server<F>(
    builder: Builder,
    serve: impl Fn(Stream, usize, usize, Arc<Seen>) -> F + Send + Sync + 'static,
) -> (String, Arc<Seen>)
where
    F: Future<Output = Then> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Seen::default());
    let (all, serve) = (seen.clone(), Arc::new(serve));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = all.connections.fetch_add(1, Ordering::Relaxed);
            let (builder, all, serve) = (builder.clone(), all.clone(), serve.clone());
            tokio::spawn(async move {
                let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else { return };
                let (tell, mut told) = mpsc::unbounded_channel();
                loop {
                    tokio::select! {
                        accepted = connection.accept() => {
                            let Some(Ok(stream)) = accepted else { return };
                            let n = all.requests.fetch_add(1, Ordering::Relaxed);
                            let (all, serve, tell) = (all.clone(), serve.clone(), tell.clone());
                            tokio::spawn(async move {
                                let now = all.under_way.fetch_add(1, Ordering::Relaxed) + 1;
                                all.most_under_way.fetch_max(now, Ordering::Relaxed);
                                let then = serve(stream, n, number, all.clone()).await;
                                all.under_way.fetch_sub(1, Ordering::Relaxed);
                                let _ = tell.send(then);
                            });
                        }
                        Some(then) = told.recv() => then.to(&mut connection),
                    }
                }
            });
        }
    });
    (url, seen)
}

/// What happens to the connection after a stream.
enum Then {
    GoOn,
    /// GOAWAY, and the streams under way are finished.
    EndGently,
    /// GOAWAY with an error, at once.
    EndAbruptly,
}

impl Then {
    fn to(self, connection: &mut Connection<TcpStream, Bytes>) {
        match self {
            Then::GoOn => {}
            Then::EndGently => connection.graceful_shutdown(),
            Then::EndAbruptly => connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM),
        }
    }
}

fn ok(answer: &mut SendResponse<Bytes>, body: &'static str) {
    let head = Response::builder().status(200).header("x-a", "1").header("x-a", "2").body(()).unwrap();
    let mut sender = answer.send_response(head, body.is_empty()).unwrap();
    if !body.is_empty() {
        sender.send_data(Bytes::from_static(body.as_bytes()), true).unwrap();
    }
}

const ROUTE: &str = "[[routes]]\nname = \"r\"\nget = \"/\"\n";
const BRIEF: &str = "[load]\nrate = 20\nduration = \"1s\"\nwarmup = \"0s\"\n";

#[tokio::test]
async fn a_load_with_prior_knowledge_is_judged_as_any_other() {
    let (url, seen) = server(Builder::new(), async |(request, mut answer), _, _, seen: Arc<Seen>| {
        seen.first.lock().unwrap().get_or_insert(request.map(drop));
        ok(&mut answer, "{\"id\": 7}");
        Then::GoOn
    })
    .await;
    let route = "[[routes]]\nname = \"r\"\nget = \"/a?b=c\"\nheaders = { X-Own = \"{{counter}}\" }\n\
                 expect = { status = 200, headers = { x-a = \"^1$\" }, json = { \"$.id\" = 7 } }\n\
                 [[routes]]\nname = \"wrong\"\nget = \"/w\"\nexpect = { status = 404 }\n";
    let tally = run(&url, 10, &format!("{route}{BRIEF}")).await;
    let counts = &tally.routes[0].counts;
    assert_eq!(requests(&tally), 20);
    assert_eq!(counts.statuses.keys().collect::<Vec<_>>(), [&200]);
    assert_eq!(counts.errors.iter().sum::<u64>(), 0, "{:?}", tally.samples);
    let wrong = &tally.routes[1].counts;
    assert_eq!((errors(&tally), wrong.requests > 0), (BTreeMap::from([("status", wrong.requests)]), true));
    assert_eq!(seen.connections.load(Ordering::Relaxed), 1, "one connection is enough");
    let connections: u64 = tally.routes.iter().map(|r| r.counts.connections).sum();
    assert_eq!((connections, tally.generator.peak_connections), (1, 1));
    let first = seen.first.lock().unwrap().take().unwrap();
    assert_eq!(first.version(), http::Version::HTTP_2);
    assert_eq!(first.uri().scheme_str(), Some("http"));
    assert!(!first.headers().contains_key("connection") && !first.headers().contains_key("host"));
    assert_eq!(first.headers()["accept"], "*/*");
    assert_eq!(
        counts.bytes_in,
        counts.requests * "HTTP/2 200\r\nx-a: 1\r\nx-a: 2\r\n\r\n{\"id\": 7}".len() as u64
    );
}

#[tokio::test]
async fn users_share_connections_by_the_streams_asked_for() {
    let (url, seen) = server(Builder::new(), async |(_, mut answer), _, _, seen: Arc<Seen>| {
        // Everybody waits until all eight are under way at once: one user fewer and nobody would be answered.
        while seen.most_under_way.load(Ordering::Relaxed) < 8 {
            tokio::task::yield_now().await;
        }
        ok(&mut answer, "hi");
        Then::GoOn
    })
    .await;
    let load =
        "[load]\nmodel = \"closed\"\nusers = 8\nthink = \"50ms\"\nduration = \"1s\"\nwarmup = \"0s\"\n";
    let tally = run(&url, 3, &format!("{ROUTE}{load}")).await;
    assert!(requests(&tally) >= 8 && errors(&tally).is_empty(), "{:?}", tally.samples);
    assert_eq!(seen.most_under_way.load(Ordering::Relaxed), 8);
    assert_eq!(seen.connections.load(Ordering::Relaxed), 3, "three streams a connection, eight users");
    assert_eq!(tally.generator.peak_connections, 3);
}

#[tokio::test]
async fn a_server_may_allow_fewer_streams() {
    let mut builder = Builder::new();
    builder.max_concurrent_streams(2);
    let (url, seen) = server(builder, async |(_, mut answer), _, _, _| {
        ok(&mut answer, "hi");
        Then::GoOn
    })
    .await;
    let load = "[load]\nrate = 400\nduration = \"1s\"\nwarmup = \"0s\"\nconnections = 2\n";
    let tally = run(&url, 50, &format!("{ROUTE}{load}")).await;
    let due = requests(&tally) + tally.generator.unsent;
    assert_eq!((due, errors(&tally)), (400, BTreeMap::new()), "{:?}", tally.samples);
    assert!(seen.connections.load(Ordering::Relaxed) <= 2, "the limit of connections holds");
    assert!(seen.most_under_way.load(Ordering::Relaxed) <= 4);
}

#[tokio::test]
async fn each_request_may_have_a_connection_of_its_own() {
    let (url, seen) = server(Builder::new(), async |(_, mut answer), _, _, _| {
        ok(&mut answer, "hi");
        Then::GoOn
    })
    .await;
    let tally = run(&url, 10, &format!("{ROUTE}{BRIEF}connection = \"new\"\n")).await;
    assert_eq!((requests(&tally), errors(&tally)), (20, BTreeMap::new()), "{:?}", tally.samples);
    assert_eq!(seen.connections.load(Ordering::Relaxed), 20);
    assert_eq!(tally.routes[0].counts.connections, 20);
}

#[tokio::test]
async fn refused_streams_are_sent_once_more() {
    let (url, seen) = server(Builder::new(), async |(_, mut answer), n, _, _| {
        if n % 2 == 0 {
            answer.send_reset(Reason::REFUSED_STREAM);
        } else {
            ok(&mut answer, "hi");
        }
        Then::GoOn
    })
    .await;
    let tally = run(&url, 1, &format!("{ROUTE}{BRIEF}connections = 1\n")).await;
    assert_eq!((requests(&tally), errors(&tally)), (20, BTreeMap::new()), "{:?}", tally.samples);
    assert_eq!(seen.requests.load(Ordering::Relaxed), 40);
}

#[tokio::test]
async fn a_stream_that_is_reset_is_an_error_and_not_sent_again() {
    let (url, seen) = server(Builder::new(), async |(_, mut answer), _, _, _| {
        answer.send_reset(Reason::INTERNAL_ERROR);
        Then::GoOn
    })
    .await;
    let tally = run(&url, 10, &format!("{ROUTE}{BRIEF}")).await;
    assert_eq!((requests(&tally), errors(&tally)), (20, BTreeMap::from([("reset", 20)])));
    assert!(tally.samples[0].message.contains("reset the stream: INTERNAL_ERROR"), "{:?}", tally.samples);
    assert_eq!(seen.requests.load(Ordering::Relaxed), 20);
    assert_eq!(seen.connections.load(Ordering::Relaxed), 1, "the connection goes on");
}

#[tokio::test]
async fn a_connection_that_ends_gently_is_replaced_without_an_error() {
    let (url, seen) = server(Builder::new(), async |(_, mut answer), _, _, _| {
        ok(&mut answer, "hi");
        Then::EndGently
    })
    .await;
    let tally = run(&url, 10, &format!("{ROUTE}{BRIEF}")).await;
    assert_eq!((requests(&tally), errors(&tally)), (20, BTreeMap::new()), "{:?}", tally.samples);
    assert!(seen.connections.load(Ordering::Relaxed) > 1);
}

#[tokio::test]
async fn a_connection_that_ends_abruptly_is_an_error_of_its_streams() {
    let (url, seen) = server(Builder::new(), async |(_, answer), _, _, _| {
        // The answer lives until the connection is gone.
        tokio::spawn(async move {
            let _kept = answer;
            std::future::pending::<()>().await;
        });
        Then::EndAbruptly
    })
    .await;
    let tally = run(&url, 10, &format!("{ROUTE}{BRIEF}")).await;
    assert_eq!(
        (requests(&tally), errors(&tally)),
        (20, BTreeMap::from([("reset", 20)])),
        "{:?}",
        tally.samples
    );
    assert!(
        tally.samples[0].message.contains("closed the connection before the whole answer"),
        "{:?}",
        tally.samples
    );
    assert!(seen.connections.load(Ordering::Relaxed) > 1);
}

#[tokio::test]
async fn large_bodies_go_both_ways_through_small_windows() {
    const LENGTH: usize = 8 * 1024 * 1024;
    let mut builder = Builder::new();
    builder.initial_window_size(64 * 1024).initial_connection_window_size(64 * 1024);
    let (url, seen) = server(builder, async |(request, mut answer), _, _, seen: Arc<Seen>| {
        let mut body = request.into_body();
        let mut length = 0;
        while let Some(piece) = body.data().await {
            let piece = piece.unwrap();
            length += piece.len();
            body.flow_control().release_capacity(piece.len()).unwrap();
        }
        seen.bodies.lock().unwrap().push(length);
        let mut sender = answer.send_response(Response::new(()), false).unwrap();
        let mut left = LENGTH;
        while left > 0 {
            sender.reserve_capacity(left.min(64 * 1024));
            let room = std::future::poll_fn(|cx| sender.poll_capacity(cx)).await.unwrap().unwrap();
            sender.send_data(Bytes::from(vec![b'x'; room.min(left)]), room >= left).unwrap();
            left -= room.min(left);
        }
        Then::GoOn
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.bin");
    std::fs::write(&file, vec![b'y'; 3_000_000]).unwrap();
    let text = format!(
        "[[routes]]\nname = \"r\"\npost = \"/\"\nbody = {{ file = \"{}\" }}\n[load]\nrate = 2\nduration = \"1s\"\nwarmup = \"0s\"\n",
        file.display()
    );
    let tally = run(&url, 10, &text).await;
    assert_eq!((requests(&tally), errors(&tally)), (2, BTreeMap::new()), "{:?}", tally.samples);
    assert_eq!(*seen.bodies.lock().unwrap(), [3_000_000, 3_000_000]);
    assert!(tally.routes[0].counts.bytes_in >= 2 * LENGTH as u64);
}

#[tokio::test]
async fn an_answer_before_the_whole_body_counts() {
    let mut builder = Builder::new();
    builder.initial_window_size(1024);
    let (url, seen) = server(builder, async |(request, mut answer), _, _, _| {
        let head = Response::builder().status(413).body(()).unwrap();
        answer.send_response(head, true).unwrap();
        drop(request);
        Then::GoOn
    })
    .await;
    let body = "x".repeat(200_000);
    let text = format!(
        "[[routes]]\nname = \"r\"\npost = \"/\"\nbody = {{ text = \"{body}\" }}\nexpect = {{ status = 413 }}\n{BRIEF}"
    );
    let tally = run(&url, 10, &text).await;
    assert_eq!((requests(&tally), errors(&tally)), (20, BTreeMap::new()), "{:?}", tally.samples);
    assert_eq!(seen.connections.load(Ordering::Relaxed), 1, "the connection goes on");
}

#[tokio::test]
async fn trailers_and_endless_heads() {
    let (url, _) = server(Builder::new(), async |(request, mut answer), _, _, _| {
        if request.uri().path() == "/trailers" {
            let mut sender = answer.send_response(Response::new(()), false).unwrap();
            sender.send_data(Bytes::from_static(b"hi"), false).unwrap();
            let sum = http::HeaderMap::from_iter([(
                http::HeaderName::from_static("sum"),
                http::HeaderValue::from(1),
            )]);
            sender.send_trailers(sum).unwrap();
        } else {
            let mut head = Response::builder();
            for n in 0..80 {
                head = head.header(format!("x-{n}"), "v".repeat(1000));
            }
            answer.send_response(head.body(()).unwrap(), true).unwrap();
        }
        Then::GoOn
    })
    .await;
    let good = "[[routes]]\nname = \"r\"\nget = \"/trailers\"\nexpect = { contains = \"hi\" }\n";
    let tally = run(&url, 10, &format!("{good}{BRIEF}")).await;
    assert_eq!((requests(&tally), errors(&tally)), (20, BTreeMap::new()), "{:?}", tally.samples);
    let tally = run(&url, 10, &format!("{ROUTE}{BRIEF}")).await;
    assert_eq!(
        (requests(&tally), errors(&tally)),
        (20, BTreeMap::from([("protocol", 20)])),
        "{:?}",
        tally.samples
    );
}

#[tokio::test]
async fn a_server_without_http2_is_named_with_the_remedy() {
    let server = Raw::start("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", After::Close).await;
    let tally = run(server.url().as_str(), 10, &format!("{ROUTE}{BRIEF}")).await;
    assert_eq!(requests(&tally), 20);
    assert!(
        errors(&tally).keys().all(|class| matches!(*class, "protocol" | "reset")),
        "{:?}",
        errors(&tally)
    );
    for sample in &tally.samples {
        assert!(sample.message.contains("set the stack's `http` to \"1.1\""), "{}", sample.message);
    }

    let made = SelfSigned::new(&["localhost"]);
    let address = made.serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &made.pem).unwrap();
    let url = format!("https://{address}").parse().unwrap();
    let endpoint = Endpoint::resolve(&url, Some(&ca), Some("localhost")).await.unwrap();
    let tally = run_on(endpoint, &plan(10, &format!("{ROUTE}{BRIEF}"))).await;
    assert_eq!((requests(&tally), errors(&tally)), (20, BTreeMap::from([("tls", 20)])));
    assert!(tally.samples[0].message.contains("does not offer HTTP/2 (ALPN): set the stack's `http`"));
}

#[tokio::test]
async fn a_plain_port_is_asked_with_prior_knowledge() {
    let (url, _) = server(Builder::new(), async |(_, mut answer), _, _, _| {
        ok(&mut answer, "hello");
        Then::GoOn
    })
    .await;
    let endpoint = Endpoint::resolve(&url.parse().unwrap(), None, None).await.unwrap().over_http2(1);
    let request = wire::Request { method: "GET".into(), target: "/".into(), ..wire::Request::default() };
    let response = wire::fetch(&endpoint, &request, wire::Limits::default()).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, &b"hello"[..]));
    assert_eq!(response.header_lines("x-a").collect::<Vec<_>>(), ["1", "2"]);
}

#[tokio::test]
async fn silence_is_a_time_out_and_leaves_the_connection() {
    let (url, seen) = server(Builder::new(), async |(_, mut answer), n, _, _| {
        if n == 0 {
            tokio::spawn(async move {
                let _kept = answer;
                std::future::pending::<()>().await;
            });
        } else {
            ok(&mut answer, "hi");
        }
        Then::GoOn
    })
    .await;
    let tally = run(&url, 10, &format!("{ROUTE}{BRIEF}timeout = \"500ms\"\n")).await;
    assert_eq!(
        (requests(&tally), errors(&tally)),
        (20, BTreeMap::from([("timeout", 1)])),
        "{:?}",
        tally.samples
    );
    assert_eq!(seen.connections.load(Ordering::Relaxed), 1);
    assert!(tally.samples[0].message.contains("(waiting for the answer)"), "{:?}", tally.samples);
}

#[tokio::test]
async fn a_time_out_says_what_hung() {
    const ONE: &str = "[load]\nrate = 2\nduration = \"1s\"\nwarmup = \"0s\"\ntimeout = \"500ms\"\n";
    // Takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let said = |tally: &LoadTally| tally.samples.iter().map(|s| s.message.clone()).collect::<String>();
    let tally = run(&format!("http://{address}"), 10, &format!("{ROUTE}{ONE}")).await;
    assert!(said(&tally).contains("(waiting for the server's first word of HTTP/2)"), "{}", said(&tally));

    let made = SelfSigned::new(&["localhost"]);
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &made.pem).unwrap();
    let url = format!("https://{address}").parse().unwrap();
    let endpoint = Endpoint::resolve(&url, Some(&ca), Some("localhost")).await.unwrap();
    let tally = run_on(endpoint, &plan(10, &format!("{ROUTE}{ONE}"))).await;
    assert!(said(&tally).contains("(in the TLS handshake)"), "{}", said(&tally));

    // Reads no body, or begins an answer and never ends it.
    let (url, _) = server(Builder::new(), async |(request, mut answer), _, _, _| {
        tokio::spawn(async move {
            let _unread = request;
            std::future::pending::<()>().await;
            answer.send_reset(Reason::CANCEL);
        });
        Then::GoOn
    })
    .await;
    let body = "x".repeat(200_000);
    let post = format!("[[routes]]\nname = \"r\"\npost = \"/\"\nbody = {{ text = \"{body}\" }}\n{ONE}");
    let tally = run(&url, 10, &post).await;
    assert!(said(&tally).contains("(sending the request, "), "{}", said(&tally));

    let (url, _) = server(Builder::new(), async |(_, mut answer), _, _, _| {
        let mut sender = answer.send_response(Response::new(()), false).unwrap();
        sender.send_data(Bytes::from_static(b"part"), false).unwrap();
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            sender.send_reset(Reason::CANCEL);
        });
        Then::GoOn
    })
    .await;
    let tally = run(&url, 10, &format!("{ROUTE}{ONE}")).await;
    assert!(said(&tally).contains("(reading the answer, "), "{}", said(&tally));
}

#[test]
fn streams_belong_to_http2() {
    let wrong = |lines: &str| {
        let text = format!("title = \"t\"\n[stacks.prod]\nurl = \"http://127.0.0.1:1\"\n{lines}{ROUTE}");
        format!("{:?}", Plan::parse(Path::new("test.toml"), &text).unwrap_err())
    };
    assert!(wrong("streams = 5\n").contains("`streams` is for HTTP/2"));
    assert!(wrong("http = \"2\"\nstreams = 0\n").contains("so many streams cannot be"));
    assert!(wrong("http = \"3\"\n").contains("http"));
}

/// The whole way: the embedded target behind TLS, chosen by ALPN; tokens and readiness over HTTP/1.1 as ever.
#[test]
fn a_run_over_http2_says_so() {
    let trial = harness::Trial::new(
        r#"
title = "HTTP/2"

[stacks.prod]
url = "https://127.0.0.1:{{port}}"
ca = "{{state}}/tls/ca.pem"
http = "2"
streams = 4
start = [
  { run = ["{{shakedown}}", "target", "--profile", "production", "--port", "{{port}}", "--tls-dir", "{{state}}/tls"] },
]

[users]
pattern = "user{1..3}"
password = "shakedown-{{n}}"

[auth.jwt]
kind = "jwt"
obtain = "/api/token/"
refresh = "/api/token/refresh/"

[[routes]]
name = "whoami"
get = "/api/whoami/"
auth = "jwt"
expect = { status = 200, owner = { json = "$.username", equals = "user.username" } }

[[flows]]
name = "notes"
[[flows.steps]]
name = "create"
post = "/api/notes/"
auth = "jwt"
body = { json = { title = "a note", body = "x" } }
expect = { status = 201 }
extract = { id = { json = "$.id" } }
[[flows.steps]]
name = "read"
get = "/api/notes/{{id}}/"
auth = "jwt"
expect = { status = 200 }

[load]
rate = 40
duration = "1s"
warmup = "0s"

[audit]
off = true

[gates]
pass = ["prod: errors < 0.1%"]
"#,
    );
    trial.run(&[]).expect(0);
    let record = trial.record();
    let prod = &record.stacks[0];
    assert_eq!(prod.http2_streams, Some(4));
    assert!(record.load.summary.contains("HTTP/2 with 4 streams a connection"), "{}", record.load.summary);
    assert_eq!(prod.total.error_count(), 0, "{:?}", prod.samples);
    assert!(prod.total.requests >= 40 && prod.total.connections >= 1);
    assert!(prod.total.connections < 10, "connections are shared: {}", prod.total.connections);
    assert_eq!(prod.routes.iter().filter(|route| route.requests > 0).count(), 3);
}
