//! The pieces that are counted.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;

use shakedown::auth::{Credential, Wallet};
use shakedown::engine::LoadInput;
use shakedown::engine::pieces::Pieces;
use shakedown::plan::Plan;
use shakedown::secret::SecretString;
use shakedown::wire::Endpoint;

type Piece = fn(&mut Bench, u64);

/// Each with its name.
pub const PIECES: [(&str, Piece); 11] = [
    ("schedule, constant", |bench, _| _ = black_box(bench.one.schedule())),
    ("schedule, poisson", |bench, _| _ = black_box(bench.poisson.schedule())),
    ("render, fixed path", |bench, _| _ = black_box(bench.one.render())),
    ("render, template", |bench, _| _ = black_box(bench.template.render())),
    ("parse, same head", |bench, _| bench.read(0)),
    ("parse, another head", |bench, turn| bench.read((turn % 2) as usize)),
    ("parse, 10 KiB in chunks", |bench, _| {
        black_box(bench.one.parse(black_box(&bench.chunked))).unwrap();
    }),
    ("judge, status and header", |bench, _| assert!(black_box(bench.one.judge()))),
    ("record", |bench, turn| bench.one.record(100_000 + turn * 7919 % 1_000_000)),
    ("request, 1 route 1 user", |bench, _| assert!(bench.one.request(&bench.answers[0]).unwrap())),
    ("request, 500 routes 5000 users", |bench, _| assert!(bench.many.request(&bench.answers[0]).unwrap())),
];

/// Runs one of them so many times.
pub fn run(name: &str, times: u64) {
    let (_, piece) = PIECES.iter().find(|(piece, _)| *piece == name).unwrap();
    let mut bench = Bench::new();
    bench.read(0);
    for turn in 0..times {
        piece(&mut bench, turn);
    }
}

/// What they work on.
pub struct Bench {
    pub one: Pieces,
    poisson: Pieces,
    template: Pieces,
    pub many: Pieces,
    pub answers: [Vec<u8>; 2],
    chunked: Vec<u8>,
}

impl Bench {
    pub fn new() -> Bench {
        let route = |name: &str, path: &str| {
            format!(
                "[[routes]]\nname = \"{name}\"\nget = \"{path}\"\nauth = \"token\"\n\
                 expect = {{ status = 200, headers = {{ X-Content-Type-Options = \"nosniff\" }} }}\n"
            )
        };
        let mut many = String::new();
        for number in 0..500 {
            write!(many, "{}", route(&format!("r{number}"), &format!("/{number}/"))).unwrap();
        }
        let answer = |second: u32| {
            format!(
                "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 23 Nov 2026 10:00:0{second} GMT\r\n\
                 Content-Type: application/json\r\nContent-Length: 20\r\nConnection: keep-alive\r\n\
                 X-Content-Type-Options: nosniff\r\nETag: \"654e-14\"\r\n\r\n{{\"owner\": \"ada lov\"}}"
            )
            .into_bytes()
        };
        Bench {
            one: pieces(&route("whoami", "/api/whoami/"), 1, "constant"),
            poisson: pieces(&route("whoami", "/api/whoami/"), 1, "poisson"),
            template: pieces(&route("note", "/api/{{counter}}/?user={{user.username}}"), 1, "constant"),
            many: pieces(&many, 5000, "constant"),
            answers: [answer(0), answer(1)],
            chunked: chunked(),
        }
    }

    fn read(&mut self, which: usize) {
        black_box(self.one.parse(black_box(&self.answers[which]))).unwrap();
    }
}

/// An answer of 10 KiB in chunks.
pub fn chunked() -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..10 {
        answer.extend_from_slice(b"400\r\n");
        answer.extend_from_slice(&[b'x'; 1024]);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    answer
}

fn pieces(routes: &str, users: usize, arrivals: &str) -> Pieces {
    let text = format!(
        "title = \"Pieces\"\n[stacks.prod]\nurl = \"http://127.0.0.1:1\"\n\
         [users]\npattern = \"user{{1..{users}}}\"\npassword = \"p\"\n\
         [auth.token]\nkind = \"drf-token\"\nobtain = \"/t/\"\n\
         [load]\nrate = 1000\narrivals = \"{arrivals}\"\nthreads = 1\nduration = \"1h\"\n{routes}"
    );
    let plan = Plan::parse(Path::new("pieces.toml"), &text).unwrap_or_else(|error| panic!("{error:?}"));
    let credential = |user: usize| Credential {
        headers: vec![("Authorization".into(), SecretString::from(format!("Token of-user-{user}")))],
        ..Credential::default()
    };
    let wallet = Wallet { credentials: vec![(0..users).map(credential).collect()], ..Wallet::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = "http://127.0.0.1:1".parse().unwrap();
    let endpoint = runtime.block_on(Endpoint::resolve(&url, None, None)).unwrap();
    let (_, renewals) = tokio::sync::mpsc::unbounded_channel();
    let (_, stop) = tokio::sync::watch::channel(false);
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    Pieces::new(&LoadInput {
        plan: &plan,
        endpoint: &endpoint,
        values: &BTreeMap::new(),
        wallet: &wallet,
        redactor: &wallet.redactor(&plan),
        renewals,
        stop,
        events,
    })
    .unwrap()
}
