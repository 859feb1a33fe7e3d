//! The load engine against servers whose behaviour is known.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use shakedown::auth::{Credential, Renewed, Wallet};
use shakedown::engine::{ErrorClass, Event, LoadInput, LoadTally, load};
use shakedown::plan::{AuthId, Plan};
use shakedown::secret::SecretString;
use shakedown::wire::Endpoint;
use support::{After, App, Raw, SelfSigned, Truth, closed_port, response};
use tokio::sync::{mpsc, watch};

/// A scenario around routes and load.
fn plan(text: &str) -> Plan {
    let head = "title = \"t\"\n[stacks.prod]\nurl = \"http://127.0.0.1:1\"\n";
    Plan::parse(Path::new("test.toml"), &format!("{head}{text}")).unwrap_or_else(|error| panic!("{error:?}"))
}

const USERS: &str = "[users]\nlist = [{ username = \"ada\", password = \"pw-of-ada\" }, \
                     { username = \"bob\", password = \"pw-of-bob\" }]\n\
                     [auth.token]\nkind = \"drf-token\"\nobtain = \"/t/\"\n";

fn wallet() -> Wallet {
    let credential = |name: &str| Credential {
        headers: vec![("Authorization".into(), SecretString::from(format!("Token secret-of-{name}")))],
        unsafe_headers: vec![("X-CSRFToken".into(), SecretString::from(format!("csrf-of-{name}")))],
        ..Credential::default()
    };
    Wallet { credentials: vec![vec![credential("ada"), credential("bob")]], ..Wallet::default() }
}

struct Trial {
    plan: Plan,
    endpoint: Endpoint,
    wallet: Wallet,
    values: BTreeMap<String, String>,
}

impl Trial {
    async fn new(url: url::Url, text: &str) -> Trial {
        Trial {
            plan: plan(text),
            endpoint: Endpoint::resolve(&url, None, None).await.unwrap(),
            wallet: wallet(),
            values: BTreeMap::new(),
        }
    }

    /// Runs it; `act` says what happens meanwhile.
    async fn run_with(
        &self,
        act: impl AsyncFnOnce(mpsc::UnboundedReceiver<Event>, mpsc::UnboundedSender<Renewed>, watch::Sender<bool>),
    ) -> LoadTally {
        let (events, said) = mpsc::unbounded_channel();
        let (renew, renewals) = mpsc::unbounded_channel();
        let (stopper, stop) = watch::channel(false);
        let redactor = self.wallet.redactor(&self.plan);
        let input = LoadInput {
            redactor: &redactor,
            plan: &self.plan,
            endpoint: &self.endpoint,
            values: &self.values,
            wallet: &self.wallet,
            renewals,
            stop,
            events,
        };
        let (tally, ()) = tokio::join!(load(input), act(said, renew, stopper));
        tally.unwrap()
    }

    async fn run(&self) -> LoadTally {
        self.run_with(async |_, _, _| {}).await
    }
}

async fn run(url: url::Url, text: &str) -> LoadTally {
    Trial::new(url, text).await.run().await
}

/// Runs a load on a server of its own, and again, twice at most, when the machine was too busy for the last arrivals of the
/// schedule: they are then counted as unsent, and rightly, which proves nothing about what the test asks.
async fn whole<S>(text: &str, start: impl AsyncFn() -> (S, url::Url)) -> (S, LoadTally) {
    let mut tries = 3;
    loop {
        tries -= 1;
        let (server, url) = start().await;
        let tally = run(url, text).await;
        if tally.generator.unsent == 0 || tries == 0 {
            return (server, tally);
        }
    }
}

/// As [`whole`], on a server that counts nothing.
async fn whole_at(url: url::Url, text: &str) -> LoadTally {
    whole(text, async || ((), url.clone())).await.1
}

async fn app(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (App, url::Url) {
    let server = App::start(answer).await;
    let url = server.url();
    (server, url)
}

async fn raw(answer: &'static str, after: After) -> (Raw, url::Url) {
    let server = Raw::start(answer, after).await;
    let url = server.url();
    (server, url)
}

async fn truth(period: Duration, frozen: Duration) -> (Truth, url::Url) {
    let server = Truth::start(period, frozen).await;
    let url = server.url();
    (server, url)
}

fn requests(tally: &LoadTally) -> u64 {
    tally.routes.iter().map(|route| route.counts.requests).sum()
}

fn errors(tally: &LoadTally, class: ErrorClass) -> u64 {
    tally.routes.iter().map(|route| route.counts.errors[class as usize]).sum()
}

fn all_errors(tally: &LoadTally) -> u64 {
    ErrorClass::ALL.iter().map(|class| errors(tally, *class)).sum()
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

const ROUTE: &str = "[[routes]]\nname = \"r\"\nget = \"/\"\n";

#[tokio::test]
async fn constant_arrivals_come_as_the_schedule_wants() {
    for threads in [1, 2] {
        let load = format!(
            "{ROUTE}[load]\nrate = 200\nduration = \"1500ms\"\nwarmup = \"250ms\"\nthreads = {threads}\n"
        );
        let (server, tally) = whole(&load, async || app(|_| response(200, "", "hello")).await).await;
        let counts = &tally.routes[0].counts;
        assert_eq!(counts.requests, 300);
        assert_eq!(counts.statuses, BTreeMap::from([(200, 300)]));
        assert_eq!(all_errors(&tally), 0, "{:?}", tally.samples);
        assert_eq!(server.requests().len(), 350, "the warm-up is sent and left out");
        let answer = response(200, "", "hello").len() as u64;
        assert_eq!(counts.bytes_in, 300 * answer);
        let asked: usize = server.requests()[0].len();
        assert_eq!(counts.bytes_out, 300 * asked as u64);
        assert_eq!(tally.routes[0].latencies.response.len(), 300);
        assert_eq!(tally.seconds.iter().map(|s| s.wanted).collect::<Vec<_>>(), [200, 100]);
        assert_eq!(tally.seconds.iter().map(|s| s.counts.requests).sum::<u64>(), 300);
        assert_eq!(tally.seconds.iter().map(|s| s.response.count).sum::<u64>(), 300);
        assert_eq!((tally.generator.unsent, tally.generator.threads, tally.interrupted), (0, threads, false));
        assert!(tally.generator.cpu_s > 0.0);
    }
}

#[tokio::test]
async fn a_ramp_is_its_integral() {
    let server = Raw::start(OK, After::Keep).await;
    let load = format!(
        "{ROUTE}[load]\nrate = 0\nwarmup = \"0s\"\nstages = [{{ target = 200, duration = \"1s\" }}, \
         {{ target = 100, duration = \"0s\" }}, {{ target = 0, duration = \"500ms\" }}]\n"
    );
    let tally = whole_at(server.url(), &load).await;
    assert!(requests(&tally).abs_diff(125) <= 1, "{}", requests(&tally));
}

#[tokio::test]
async fn poisson_arrivals_are_seeded() {
    let server = Raw::start(OK, After::Keep).await;
    let load = |seed: u32| {
        format!(
            "{ROUTE}[load]\nrate = 400\nduration = \"1s\"\nwarmup = \"0s\"\narrivals = \"poisson\"\nseed = {seed}\n"
        )
    };
    let first = requests(&whole_at(server.url(), &load(1)).await);
    let again = requests(&whole_at(server.url(), &load(1)).await);
    assert_eq!(first, again);
    assert!(first.abs_diff(400) < 100, "five standard deviations: {first}");
}

#[tokio::test]
async fn users_of_the_closed_model_wait_for_their_answers() {
    let server = App::start(|_| response(200, "", "")).await;
    let text = format!(
        "{USERS}[[routes]]\nname = \"r\"\nget = \"/{{{{user.username}}}}\"\nauth = \"token\"\n\
         [load]\nmodel = \"closed\"\nusers = 2\nthink = \"10ms\"\nduration = \"500ms\"\nwarmup = \"100ms\"\n"
    );
    let tally = run(server.url(), &text).await;
    assert_eq!(all_errors(&tally), 0, "{:?}", tally.samples);
    assert!((10..=101).contains(&requests(&tally)), "{}", requests(&tally));
    assert_eq!(server.connections(), 2);
    assert_eq!(tally.generator.peak_connections, 2);
    assert_eq!(tally.seconds.iter().map(|s| s.wanted).sum::<u64>(), requests(&tally));
    for request in server.requests() {
        let name = if request.starts_with("GET /ada ") { "ada" } else { "bob" };
        assert!(request.contains(&format!("\r\nAuthorization: Token secret-of-{name}\r\n")), "{request}");
    }
}

#[tokio::test]
async fn users_come_and_go_with_the_profile() {
    let server = App::start(|_| response(200, "", "")).await;
    let text = format!(
        "{ROUTE}[load]\nmodel = \"closed\"\nusers = 0\nthink = \"5ms\"\nwarmup = \"0s\"\n\
         stages = [{{ target = 6, duration = \"600ms\" }}, {{ target = 1, duration = \"0s\" }}, \
         {{ target = 1, duration = \"500ms\" }}]\n"
    );
    let tally = run(server.url(), &text).await;
    assert_eq!((server.connections(), tally.generator.peak_connections), (6, 6));
    assert_eq!(all_errors(&tally), 0);
}

#[tokio::test]
async fn connections_are_kept_or_not() {
    let text = |mode: &str| {
        format!(
            "{ROUTE}[load]\nmodel = \"closed\"\nusers = 2\nduration = \"300ms\"\nwarmup = \"0s\"\nthink = \"10ms\"\n\
             connection = \"{mode}\"\n"
        )
    };
    let server = App::start(|_| response(200, "", "")).await;
    let kept = run(server.url(), &text("keep-alive")).await;
    assert_eq!((server.connections(), kept.routes[0].counts.connections), (2, 2));
    assert!(requests(&kept) > 2);

    let server = App::start(|_| response(200, "", "")).await;
    let new = run(server.url(), &text("new")).await;
    assert_eq!(new.routes[0].counts.connections, requests(&new));
    assert_eq!(server.connections() as u64, requests(&new));
    assert!(server.requests()[0].contains("\r\nConnection: close\r\n"));
}

#[tokio::test]
async fn a_stalled_server_cannot_hide() {
    // A fifth of the arrivals waits U(0, 200 ms): p90 is 100 ms, p99 is 190 ms.
    let text = format!("{ROUTE}[load]\nrate = 200\nduration = \"3s\"\nwarmup = \"500ms\"\nconnections = 4\n");
    let (_server, tally) =
        whole(&text, async || truth(Duration::from_secs(1), Duration::from_millis(200)).await).await;
    assert_eq!((requests(&tally), all_errors(&tally)), (600, 0));
    let latencies = &tally.routes[0].latencies;
    let ms = |h: &hdrhistogram::Histogram<u64>, q| h.value_at_quantile(q) as f64 / 1e6;
    let (p50, p90, p99) =
        (ms(&latencies.response, 0.5), ms(&latencies.response, 0.9), ms(&latencies.response, 0.99));
    assert!(p50 < 40.0, "p50 {p50}");
    assert!((80.0..140.0).contains(&p90), "p90 {p90}");
    assert!((175.0..240.0).contains(&p99), "p99 {p99}");
    // Four connections see the freeze, the other arrivals wait outside: what coordinated omission would report.
    assert!(ms(&latencies.service, 0.9) < 60.0, "service p90 {}", ms(&latencies.service, 0.9));
    assert!(tally.generator.queued > 50, "{}", tally.generator.queued);
    assert!(tally.generator.peak_connections <= 4);
}

#[tokio::test]
async fn connections_grow_on_demand() {
    let text = format!("{ROUTE}[load]\nrate = 100\nduration = \"2s\"\nwarmup = \"0s\"\n");
    let (_server, tally) =
        whole(&text, async || truth(Duration::from_secs(1), Duration::from_millis(200)).await).await;
    assert_eq!((requests(&tally), all_errors(&tally), tally.generator.queued), (200, 0, 0));
    assert!((15..=60).contains(&tally.generator.peak_connections), "{}", tally.generator.peak_connections);
    assert_eq!(tally.generator.schedule_lag.len(), 200);
}

#[tokio::test]
async fn what_waits_beyond_the_limit_is_counted() {
    let server = Raw::start("", After::Hang).await;
    let text = format!(
        "{ROUTE}timeout = \"300ms\"\n[load]\nrate = 50\nduration = \"1s\"\nwarmup = \"0s\"\nconnections = 2\n"
    );
    let tally = run(server.url(), &text).await;
    let sent = requests(&tally);
    assert!((6..=8).contains(&sent), "two connections, 300 ms each: {sent}");
    assert_eq!(errors(&tally, ErrorClass::Timeout), sent);
    assert_eq!(tally.generator.unsent, 50 - sent);
    assert!(tally.generator.queued >= 4 && tally.seconds[0].backlog > 30, "{:?}", tally.seconds[0].backlog);
    assert!(tally.routes[0].latencies.failed.min() >= 299_000_000);
    assert!(tally.routes[0].latencies.response.is_empty());
}

/// One request every 50 ms for 200 ms.
fn brief(route: &str) -> String {
    format!("{route}\n[load]\nrate = 20\nduration = \"200ms\"\nwarmup = \"0s\"\ntimeout = \"2s\"\n")
}

#[tokio::test]
async fn errors_have_their_class() {
    let only = async |url: url::Url, route: &str, class: ErrorClass, words: &str| {
        let tally = whole_at(url, &brief(route)).await;
        assert_eq!(errors(&tally, class), 4, "{class:?}: {:?}", tally.samples);
        assert_eq!(all_errors(&tally), 4);
        assert_eq!(tally.routes[0].latencies.failed.len(), 4);
        let sample = &tally.samples[0];
        assert_eq!((sample.route, sample.class), (0, class));
        assert!(sample.message.contains(words), "{class:?}: {}", sample.message);
    };
    let raw = async |answer: &'static str, after| Raw::start(answer, after).await.url();
    let closed = format!("http://{}", closed_port()).parse().unwrap();
    only(closed, ROUTE, ErrorClass::Connect, "refused").await;
    let secure = SelfSigned::new(&["localhost"]).serve(OK.as_bytes()).await;
    only(format!("https://{secure}").parse().unwrap(), ROUTE, ErrorClass::Tls, "`ca`").await;
    let timeout = format!("{ROUTE}timeout = \"50ms\"\n");
    only(raw("", After::Hang).await, &timeout, ErrorClass::Timeout, "within 50ms").await;
    let torn = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi";
    only(raw(torn, After::Close).await, ROUTE, ErrorClass::Reset, "middle of the answer").await;
    only(raw("", After::Close).await, ROUTE, ErrorClass::Reset, "without an answer").await;
    only(raw("SSH-2.0-x\r\n", After::Hang).await, ROUTE, ErrorClass::Protocol, "not HTTP").await;
    let moved = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
    only(raw(moved, After::Keep).await, ROUTE, ErrorClass::Status, "expected status 2xx or 3xx, got 401")
        .await;
}

#[tokio::test]
async fn expectations_are_judged_in_order() {
    let server =
        App::start(|_| response(200, "X-A: one\r\nX-A: two\r\n", r#"{"n": 1, "l": [{"k": "a"}]}"#)).await;
    let judged = async |expect: &str| {
        let tally = whole_at(server.url(), &brief(&format!("{ROUTE}expect = {{ {expect} }}"))).await;
        let found = tally.samples.first().map(|sample| sample.message.clone());
        let class = if found.is_some() { 4 } else { 0 };
        assert_eq!((errors(&tally, ErrorClass::Expectation), all_errors(&tally)), (class, class));
        assert_eq!(tally.samples.len(), class as usize);
        found.unwrap_or_default()
    };
    for good in [
        r#"headers = { x-a = "two" }, contains = "\"n\"", matches = "\"n\": [0-9]""#,
        r#"json = { "$.n" = 1, "$.l[0].k" = "a" }"#,
        r#"json = { "$.n" = 1.0 }"#,
    ] {
        assert_eq!(judged(good).await, "", "{good}");
    }
    for (bad, words) in [
        (r#"headers = { x-b = "." }"#, "header `x-b` is missing"),
        (r#"headers = { x-a = "^t$" }"#, "header `x-a` is `one`, expected `^t$`"),
        (r#"contains = "zzz""#, "the body does not contain `zzz`"),
        (r#"matches = "^x""#, "the body does not match `^x`"),
        (r#"json = { "$.n" = 2 }"#, "json `$.n` is `1`, expected `2`"),
        (r#"json = { "$.q" = 2 }"#, "finds nothing"),
    ] {
        let message = judged(bad).await;
        assert!(message.contains(words), "{bad}: {message}");
    }
}

#[tokio::test]
async fn a_head_that_comes_again_is_judged_by_each_route_and_when_it_changes() {
    let answered = std::sync::atomic::AtomicU64::new(0);
    let server = App::start(move |request| {
        // `/turn` says it is good three times, then bad three times, and so on; the others say the same for ever.
        let turn = request.starts_with("GET /turn")
            && answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed) / 3 % 2 == 1;
        response(200, if turn { "X-A: bad\r\n" } else { "X-A: good\r\n" }, "hi")
    })
    .await;
    let one_user = "[load]\nmodel = \"closed\"\nusers = 1\nduration = \"300ms\"\nwarmup = \"0s\"\n";
    let route = |name: &str, value: &str| {
        format!(
            "[[routes]]\nname = \"{name}\"\nget = \"/{name}\"\nexpect = {{ headers = {{ x-a = \"{value}\" }} }}\n"
        )
    };
    let count = |tally: &LoadTally, route: usize| {
        let counts = &tally.routes[route].counts;
        (counts.requests, counts.errors[ErrorClass::Expectation as usize])
    };

    let both = format!("{}{}{one_user}", route("one", "good"), route("two", "bad"));
    let tally = whole_at(server.url(), &both).await;
    let ((good, none), (bad, all)) = (count(&tally, 0), count(&tally, 1));
    assert!(good > 20 && bad > 20, "{good} and {bad}");
    assert_eq!((none, all), (0, bad), "one connection, one head, two expectations");

    let tally = whole_at(server.url(), &format!("{}{one_user}", route("turn", "good"))).await;
    let (requests, errors) = count(&tally, 0);
    // Of each six, the last three.
    assert_eq!(errors, requests / 6 * 3 + (requests % 6).saturating_sub(3), "of {requests}");
    assert!(requests > 20, "{requests}");
}

#[tokio::test]
async fn bodies_too_large_to_judge_say_so_and_others_are_counted() {
    let server = App::start(|_| response(200, "", &"x".repeat(3 << 20))).await;
    let tally = whole_at(server.url(), &brief(&format!("{ROUTE}expect = {{ contains = \"x\" }}"))).await;
    assert_eq!(errors(&tally, ErrorClass::Expectation), 4);
    assert!(tally.samples[0].message.contains("too large to judge"));
    let tally = whole_at(server.url(), &brief(ROUTE)).await;
    assert_eq!(all_errors(&tally), 0);
    assert!(tally.routes[0].counts.bytes_in > 4 * (3 << 20));
}

#[tokio::test]
async fn data_of_another_user_is_an_error() {
    let server = App::start(|request| {
        let other = request.contains("secret-of-bob");
        response(200, "", if other { r#"[{"owner":"ada"}]"# } else { r#"[{"owner":"ada"},{"owner":"ada"}]"# })
    })
    .await;
    let route = format!(
        "{USERS}[[routes]]\nname = \"notes\"\nget = \"/notes\"\nauth = \"token\"\n\
         expect = {{ owner = {{ json = \"$[*].owner\", equals = \"user.username\" }} }}"
    );
    let tally = whole_at(server.url(), &brief(&route)).await;
    assert_eq!((errors(&tally, ErrorClass::Expectation), requests(&tally)), (2, 4));
    let sample = &tally.samples[0];
    assert_eq!(sample.user.as_deref(), Some("bob"));
    assert!(sample.message.contains("is `ada`, asked as `bob`"), "{}", sample.message);
}

/// The hot path without its system calls: so many answers come in seconds, each judged as under load.
#[test]
fn one_answer_of_another_user_in_a_hundred_thousand_is_seen() {
    const LEAK: u32 = 67_891;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = format!(
        "{USERS}[[routes]]\nname = \"notes\"\nget = \"/notes\"\nauth = \"token\"\n\
         expect = {{ owner = {{ json = \"$.owner\", equals = \"user.username\" }} }}\n\
         [load]\nrate = 1000\nduration = \"1h\"\nthreads = 1\n"
    );
    let trial = runtime.block_on(Trial::new("http://127.0.0.1:1".parse().unwrap(), &text));
    let redactor = trial.wallet.redactor(&trial.plan);
    let (events, _) = mpsc::unbounded_channel();
    let (_, renewals) = mpsc::unbounded_channel();
    let (_, stop) = watch::channel(false);
    let input = LoadInput {
        redactor: &redactor,
        plan: &trial.plan,
        endpoint: &trial.endpoint,
        values: &trial.values,
        wallet: &trial.wallet,
        renewals,
        stop,
        events,
    };
    let mut pieces = shakedown::engine::pieces::Pieces::new(&input).unwrap();
    let of = |name: &str| response(200, "", &format!("{{\"owner\": \"{name}\"}}")).into_bytes();
    let owners = [of("ada"), of("bob")];
    let bad: Vec<u32> = (0..100_000)
        .filter(|number| {
            // Users take turns, from the second on.
            let own = (number + 1) % 2;
            let leaked = u32::from(*number == LEAK);
            let answer = owners.get(((own + leaked) % 2) as usize).unwrap();
            !pieces.request(answer).unwrap()
        })
        .collect();
    assert_eq!(bad, [LEAK]);
}

#[tokio::test]
async fn flows_carry_values_from_step_to_step() {
    let server = App::start(|request| match request.split(' ').next() {
        Some("POST") => response(201, "X-Version: v7\r\n", r#"{"id": 42, "note": "key=k1;"}"#),
        Some("DELETE") => response(204, "", ""),
        _ => response(200, "", ""),
    })
    .await;
    let flow = format!(
        "{USERS}[[flows]]\nname = \"crud\"\n\
         [[flows.steps]]\nname = \"create\"\npost = \"/notes\"\nauth = \"token\"\n\
         body = {{ json = {{ title = \"of {{{{user.username}}}} {{{{counter}}}}\" }} }}\n\
         extract = {{ id = {{ json = \"$.id\" }}, version = {{ header = \"X-Version\" }}, key = {{ regex = \"key=(\\\\w+)\" }} }}\n\
         [[flows.steps]]\nname = \"read\"\nget = \"/notes/{{{{id}}}}?k={{{{key}}}}\"\nauth = \"token\"\n\
         headers = {{ If-Match = \"{{{{version}}}}\" }}\n\
         [[flows.steps]]\nname = \"delete\"\ndelete = \"/notes/{{{{id}}}}\"\nauth = \"token\"\n"
    );
    let tally = whole_at(server.url(), &brief(&flow)).await;
    assert_eq!(tally.routes.iter().map(|r| r.counts.requests).collect::<Vec<_>>(), [4, 4, 4]);
    assert_eq!(all_errors(&tally), 0, "{:?}", tally.samples);
    let asked = server.requests();
    assert!(
        asked[0].starts_with("POST /notes HTTP/1.1\r\n")
            && asked[0].contains("\r\nContent-Type: application/json\r\n")
    );
    assert!(asked[0].ends_with(r#"{"title":"of ada 0"}"#), "{}", asked[0]);
    assert!(asked[0].contains("\r\nX-CSRFToken: csrf-of-ada\r\n"));
    assert!(
        asked[1].starts_with("GET /notes/42?k=k1 HTTP/1.1\r\n") && asked[1].contains("\r\nIf-Match: v7\r\n")
    );
    assert!(!asked[1].contains("X-CSRFToken"));
    assert!(asked[2].starts_with("DELETE /notes/42 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_load_goes_on_from_the_number_where_one_before_left_off() {
    let server = App::start(|_| response(200, "", "")).await;
    let text = format!(
        "{USERS}[[routes]]\nname = \"r\"\nget = \"/{{{{user.username}}}}/{{{{counter}}}}\"\nauth = \"token\"\n\
         [load]\nrate = 30\nduration = \"100ms\"\nwarmup = \"0s\"\n"
    );
    let mut trial = Trial::new(server.url(), &text).await;
    for _ in 0..3 {
        trial.plan.load.first = trial.run().await.next;
    }
    let mut paths: Vec<String> =
        server.requests().iter().map(|request| request.split(' ').nth(1).unwrap().to_owned()).collect();
    paths.sort_by_key(|path| path.rsplit('/').next().unwrap().parse::<u64>().unwrap());
    let users = ["ada", "bob"];
    let wanted: Vec<String> = (0..paths.len()).map(|n| format!("/{}/{n}", users[n % 2])).collect();
    assert_eq!(paths, wanted, "no number twice, and each user's turn comes");
    assert!(paths.len() > 6, "{paths:?}");
}

#[tokio::test]
async fn bodies_and_paths_are_encoded() {
    let server = App::start(|_| response(200, "", "")).await;
    let route = "[users]\nlist = [{ username = \"ü & b\" }]\n[[routes]]\nname = \"r\"\npost = \"/q/{{user.username}}\"\n\
                 body = { form = { who = \"{{user.username}}\", n = \"1 2\" } }\n\
                 [[routes]]\nname = \"empty\"\nput = \"/empty\"\n";
    let text = brief(route).replace("rate = 20", "rate = 100");
    let tally = run(server.url(), &text).await;
    assert_eq!(all_errors(&tally), 0, "{:?}", tally.samples);
    let asked = server.requests();
    let form = asked.iter().find(|request| request.starts_with("POST")).unwrap();
    assert!(form.starts_with("POST /q/%C3%BC%20&%20b HTTP/1.1\r\n"), "{form}");
    assert!(form.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"), "{form}");
    assert!(form.ends_with("\r\n\r\nn=1+2&who=%C3%BC+%26+b"), "{form}");
    let empty = asked.iter().find(|request| request.starts_with("PUT")).unwrap();
    assert!(empty.contains("\r\nContent-Length: 0") && !empty.contains("Content-Type"), "{empty}");
}

#[tokio::test]
async fn a_body_from_a_file_goes_out_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("note.json");
    let body = "{\"title\": \"{{no template}}\",\n\"ü\": 1}\n";
    std::fs::write(&file, body).unwrap();
    let server = App::start(|_| response(201, "", "")).await;
    let route =
        format!("[[routes]]\nname = \"r\"\npost = \"/\"\nbody = {{ file = \"{}\" }}\n", file.display());
    let tally = whole_at(server.url(), &brief(&route)).await;
    assert_eq!((requests(&tally), all_errors(&tally)), (4, 0), "{:?}", tally.samples);
    for request in server.requests() {
        let (head, sent) = request.split_once("\r\n\r\n").unwrap();
        assert_eq!(sent, body);
        assert_eq!(support::header(head, "content-length"), Some(body.len().to_string().as_str()));
        assert_eq!(support::header(head, "content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_value_the_stack_lacks_is_named() {
    let text = "[[discover]]\nname = \"css\"\nget = \"/\"\nfrom = { regex = \"x\" }\n[[routes]]\nname = \"r\"\nget = \"/{{discover.css}}\"\n";
    let server = App::start(|_| response(200, "", "")).await;
    let mut trial = Trial::new(server.url(), &brief(text)).await;
    let (events, _said) = mpsc::unbounded_channel();
    let (_renew, renewals) = mpsc::unbounded_channel();
    let (_stopper, stop) = watch::channel(false);
    let redactor = trial.wallet.redactor(&trial.plan);
    let input = LoadInput {
        redactor: &redactor,
        plan: &trial.plan,
        endpoint: &trial.endpoint,
        values: &trial.values,
        wallet: &trial.wallet,
        renewals,
        stop,
        events,
    };
    let error = load(input).await.unwrap_err();
    assert_eq!(error.to_string(), "route `r`: this stack has no value `discover.css`");
    trial.values.insert("discover.css".into(), "app.1.css".into());
    let tally = trial.run().await;
    assert_eq!((requests(&tally), all_errors(&tally)), (4, 0));
    assert!(server.requests()[0].starts_with("GET /app.1.css HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_flow_ends_at_the_first_step_that_fails() {
    let server = App::start(|_| response(200, "", "{}")).await;
    let flow = "[[flows]]\nname = \"f\"\n[[flows.steps]]\nname = \"a\"\nget = \"/a\"\n\
                extract = { id = { json = \"$.id\" } }\n[[flows.steps]]\nname = \"b\"\nget = \"/{{id}}\"\n";
    let tally = whole_at(server.url(), &brief(flow)).await;
    assert_eq!(tally.routes.iter().map(|r| r.counts.requests).collect::<Vec<_>>(), [4, 0]);
    assert!(tally.samples[0].message.contains("extract: json `$.id` finds nothing"));
}

#[tokio::test]
async fn what_would_break_a_line_is_never_sent() {
    let server = App::start(|_| response(200, "", r#"{"id": "a\r\nX-Evil: 1"}"#)).await;
    let flow = "[[flows]]\nname = \"f\"\n[[flows.steps]]\nname = \"a\"\nget = \"/a\"\n\
                extract = { id = { json = \"$.id\" } }\n\
                [[flows.steps]]\nname = \"b\"\nget = \"/b\"\nheaders = { X = \"{{id}}\" }\n\
                [[flows]]\nname = \"g\"\n[[flows.steps]]\nname = \"a\"\nget = \"/a\"\n\
                extract = { id = { json = \"$.id\" } }\n\
                [[flows.steps]]\nname = \"b\"\nget = \"/{{id}}\"\n";
    let text = brief(flow).replace("rate = 20", "rate = 100");
    let tally = run(server.url(), &text).await;
    let counts = |i: usize| &tally.routes[i].counts;
    assert!(counts(1).requests > 0 && counts(1).errors[ErrorClass::Local as usize] == counts(1).requests);
    assert_eq!((counts(1).bytes_out, counts(3).errors), (0, [0; 8]));
    assert!(server.requests().iter().all(|request| !request.contains("\r\nX-Evil")));
    assert!(server.requests().iter().any(|request| request.starts_with("GET /a%0D%0AX-Evil:%201 HTTP/1.1")));
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_origin_only() {
    let elsewhere = App::start(|_| response(200, "", "")).await;
    let away = format!("Location: http://{}/x\r\n", elsewhere.address);
    let server = App::start(move |request| match request.split(' ').nth(1) {
        Some("/away") => response(302, &away, ""),
        Some("/one") => response(302, "Location: /two\r\n", ""),
        Some("/two") => response(307, "Location: three\r\n", ""),
        Some("/loop") => response(302, "Location: /loop\r\n", ""),
        _ => response(200, "", ""),
    })
    .await;
    let route = |method: &str, path: &str, follow: u8| {
        format!(
            "{USERS}[[routes]]\nname = \"r\"\n{method} = \"{path}\"\nauth = \"token\"\nfollow = {follow}\n\
             expect = {{ status = [200, 302] }}\n{}",
            if method == "post" { "body = { text = \"abc\" }\n" } else { "" }
        )
    };
    let status = async |method: &str, path: &str, follow: u8| {
        let tally = whole_at(server.url(), &brief(&route(method, path, follow))).await;
        assert_eq!((requests(&tally), all_errors(&tally)), (4, 0), "{:?}", tally.samples);
        *tally.routes[0].counts.statuses.first_key_value().unwrap().0
    };
    assert_eq!(status("get", "/one", 0).await, 302);
    assert_eq!(status("get", "/one", 5).await, 200);
    assert_eq!(status("get", "/loop", 3).await, 302);
    assert_eq!(status("get", "/away", 5).await, 302);
    assert_eq!(elsewhere.requests().len(), 0);
    let before = server.requests().len();
    assert_eq!(status("post", "/one", 5).await, 200);
    let asked = server.requests().split_off(before);
    assert!(
        asked[0].starts_with("POST /one ") && asked[0].ends_with("abc") && asked[0].contains("X-CSRFToken")
    );
    assert!(
        asked[1].starts_with("GET /two ") && !asked[1].contains("Content-") && !asked[1].contains("X-CSRF")
    );
    assert!(asked[2].starts_with("GET /three ") && asked[2].contains("secret-of-ada"));
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_no_error() {
    // Says nothing about closing and closes: the next request finds out.
    let (server, tally) = whole(&brief(ROUTE), async || raw(OK, After::Close).await).await;
    assert_eq!((requests(&tally), all_errors(&tally)), (4, 0), "{:?}", tally.samples);
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn a_request_that_meets_a_closing_connection_goes_out_once_more() {
    let (server, tally) = whole(&brief(ROUTE), async || raw(OK, After::Drop).await).await;
    assert_eq!((requests(&tally), all_errors(&tally)), (4, 0), "{:?}", tally.samples);
    assert_eq!((server.connections(), tally.routes[0].counts.connections), (4, 4));
}

#[tokio::test]
async fn requests_under_way_at_the_end_are_waited_for() {
    // Frozen for the first 600 ms of its life: all four answers come after the 200 ms of load.
    let frozen = (Duration::from_secs(3600), Duration::from_millis(600));
    let (_server, tally) = whole(&brief(ROUTE), async || truth(frozen.0, frozen.1).await).await;
    assert_eq!((requests(&tally), all_errors(&tally)), (4, 0), "{:?}", tally.samples);
    assert_eq!(tally.generator.peak_connections, 4);
    assert_eq!((tally.seconds.len(), tally.seconds[0].counts.requests), (1, 4));
    assert_eq!(tally.generator.wall_s, 0.2);
}

#[tokio::test]
async fn but_not_for_ever() {
    let server = Raw::start("", After::Hang).await;
    let text = brief(ROUTE).replace("timeout = \"2s\"", "timeout = \"1h\"");
    let tally = run(server.url(), &text).await;
    assert_eq!((requests(&tally), errors(&tally, ErrorClass::Timeout)), (4, 4));
    assert!(tally.samples[0].message.contains("when the run had ended"), "{:?}", tally.samples);
}

#[tokio::test]
async fn a_dead_server_is_not_hammered() {
    let text =
        format!("{ROUTE}[load]\nmodel = \"closed\"\nusers = 1\nduration = \"600ms\"\nwarmup = \"0s\"\n");
    let url = format!("http://{}", closed_port()).parse().unwrap();
    let tally = run(url, &text).await;
    // 10 + 20 + 40 + 80 + 160 + 320 ms of pauses.
    assert!((1..=7).contains(&requests(&tally)), "{}", requests(&tally));
    assert_eq!(errors(&tally, ErrorClass::Connect), requests(&tally));
}

#[tokio::test]
async fn a_stop_ends_it_at_once_with_what_there_is() {
    let server = Raw::start(OK, After::Keep).await;
    let text = format!("{ROUTE}[load]\nrate = 100\nduration = \"1h\"\nwarmup = \"0s\"\n");
    let trial = Trial::new(server.url(), &text).await;
    let tally = trial
        .run_with(async |mut events, _renew, stopper| {
            while let Some(event) = events.recv().await {
                if let Event::Second { tally: second, .. } = event {
                    assert_eq!(second.second, 0);
                    stopper.send_replace(true);
                    break;
                }
            }
        })
        .await;
    assert!(tally.interrupted);
    assert!(requests(&tally) >= 99 && tally.generator.wall_s < 1000.0);
    assert!(tally.generator.unsent < 1000);
}

#[tokio::test]
async fn renewed_credentials_are_used_and_secrets_never_shown() {
    let server = App::start(|request| {
        let authorization = support::header(request, "authorization").unwrap_or_default();
        response(200, "", &format!("you sent {authorization}"))
    })
    .await;
    let text = format!(
        "{USERS}[[routes]]\nname = \"r\"\nget = \"/\"\nauth = \"token\"\n\
         expect = {{ headers = {{ x = \"x\" }}, matches = \"^never$\" }}\n\
         [[routes]]\nname = \"echo\"\nget = \"/echo\"\nauth = \"token\"\nextract = {{ e = {{ json = \"$\" }} }}\n\
         [load]\nrate = 50\nduration = \"2s\"\nwarmup = \"0s\"\n"
    )
    .replace("extract = { e = { json = \"$\" } }\n", "expect = { contains = \"secret-of-ada\" }\n");
    let trial = Trial::new(server.url(), &text).await;
    let tally = trial
        .run_with(async |mut events, renew, _stopper| {
            while let Some(event) = events.recv().await {
                if matches!(event, Event::Second { .. }) {
                    let credential = Credential {
                        headers: vec![("Authorization".into(), SecretString::from("Token renewed-secret"))],
                        ..Credential::default()
                    };
                    let _ = renew.send(Renewed { auth: AuthId(0), user: 0, credential });
                }
            }
        })
        .await;
    let asked = server.requests();
    assert!(asked.iter().any(|request| request.contains("Token renewed-secret")));
    let told = format!("{:?}", tally.samples);
    assert!(!tally.samples.is_empty());
    assert!(!told.contains("secret-of-") && !told.contains("renewed-secret"), "{told}");
}

#[tokio::test]
async fn weights_share_the_arrivals() {
    let server = App::start(|_| response(200, "", "")).await;
    let text = "[[routes]]\nname = \"a\"\nget = \"/a\"\nweight = 3\n[[routes]]\nname = \"b\"\nget = \"/b\"\nkind = \"static\"\n\
                [load]\nrate = 400\nduration = \"1s\"\nwarmup = \"0s\"\n";
    let tally = whole_at(server.url(), text).await;
    let (a, b) = (tally.routes[0].counts.requests, tally.routes[1].counts.requests);
    assert_eq!(a + b, 400);
    assert!((260..=340).contains(&a), "four standard deviations around 300: {a}");
    for request in server.requests() {
        assert_eq!(request.contains("Accept-Encoding: gzip, br"), request.starts_with("GET /b"), "{request}");
        assert!(request.contains("\r\nUser-Agent: shakedown/") && request.contains("\r\nAccept: */*\r\n"));
    }
}

#[tokio::test]
async fn tls_connections_carry_load() {
    let made = SelfSigned::new(&["localhost"]);
    let address = made.serve(OK.as_bytes()).await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &made.pem).unwrap();
    let mut trial = Trial::new("http://127.0.0.1".parse().unwrap(), &brief(ROUTE)).await;
    let url = format!("https://{address}").parse().unwrap();
    trial.endpoint = Endpoint::resolve(&url, Some(&ca), Some("localhost")).await.unwrap();
    let tally = trial.run().await;
    assert_eq!((requests(&tally), all_errors(&tally)), (4, 0), "{:?}", tally.samples);
}
