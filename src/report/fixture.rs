//! A record as a run would write it, for tests: figures of the shape that real stacks have.

use std::collections::BTreeMap;

use crate::engine::{ErrorClass, ErrorSample, histogram};
use crate::plan::{Role, RouteKind};
use crate::record::{
    Acceptance, BlockRecord, BlockRoute, BlocksRecord, CapacityRecord, CheckOutcome, Confidence, Ending,
    Evidence, GateText, GeneratorRecord, Judging, LatencyRecord, LoadRecord, Machine, MachineLook, Outcome,
    Phase, Place, ProbeRecord, ProbeVerdict, Record, ResourceRecord, RouteRecord, ScenarioText, SecondRecord,
    Severity, StackRecord, Standing, SweepRecord, Tool, VERSION,
};
use crate::stack::Sample;

/// A distribution: `samples` around `median_ms`, skewed to the right with a tail of `spread`.
pub fn latency(samples: u64, median_ms: f64, spread: f64, seed: u64) -> LatencyRecord {
    let mut histogram = histogram();
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for _ in 0..samples {
        let mut sum = 0.0;
        for _ in 0..6 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5;
        }
        histogram.record((median_ms * (sum * spread).exp() * 1e6) as u64 + 1).unwrap();
    }
    LatencyRecord::of(&histogram)
}

/// One route: as many requests as asked, of which `failed` got a 500.
#[allow(clippy::too_many_arguments)]
pub fn route(
    name: &str,
    kind: RouteKind,
    auth: Option<&str>,
    requests: u64,
    failed: u64,
    first_byte_ms: f64,
    service_ms: f64,
    response_ms: f64,
) -> RouteRecord {
    let seed = name.bytes().map(u64::from).sum::<u64>() + requests;
    let good = requests - failed;
    RouteRecord {
        name: name.into(),
        kind: Some(kind),
        method: "GET".into(),
        path: format!("/{name}/"),
        auth: auth.map(Into::into),
        requests,
        errors: if failed > 0 { BTreeMap::from([("status".into(), failed)]) } else { BTreeMap::new() },
        statuses: if failed > 0 {
            BTreeMap::from([(200, good), (500, failed)])
        } else {
            BTreeMap::from([(200, good)])
        },
        bytes_in: requests * 1_480,
        bytes_out: requests * 310,
        connections: 8,
        throughput_rps: requests as f64 / 20.0,
        response: latency(good, response_ms, 0.35, seed),
        service: latency(good, service_ms, 0.22, seed + 1),
        first_byte: latency(good, first_byte_ms, 0.25, seed + 2),
        failed: latency(failed, service_ms / 3.0, 0.2, seed + 3),
    }
}

/// A stack with these routes; `rate` requests a second for 20 s.
pub fn stack(name: &str, role: Role, url: &str, routes: Vec<RouteRecord>, median_ms: f64) -> StackRecord {
    let requests: u64 = routes.iter().map(|route| route.requests).sum();
    let failed: u64 = routes.iter().map(RouteRecord::error_count).sum();
    let mut total =
        route("all", RouteKind::Json, None, requests, failed, median_ms / 2.0, median_ms, median_ms);
    total.kind = None;
    total.method = String::new();
    total.path = String::new();
    let seconds = (0..20_u32)
        .map(|second| {
            let wave = 1.0 + 0.12 * f64::from(second % 5) - 0.2 * f64::from(second % 3);
            SecondRecord {
                second,
                wanted: requests / 20,
                requests: (requests as f64 / 20.0 * (1.0 + 0.02 * (f64::from(second % 4) - 1.5))) as u64,
                errors: if second % 6 == 5 { failed / 3 } else { 0 },
                p50_ms: Some(median_ms * (0.95 + 0.05 * wave)),
                p99_ms: Some(median_ms * 2.0 * wave),
                max_ms: Some(median_ms * 3.0 * wave),
                in_flight: 3,
                backlog: 0,
            }
        })
        .collect();
    let processes: u64 = if role == Role::Dev { 1 } else { 4 };
    let samples = (0..=20)
        .map(|at| Sample {
            at_s: f64::from(at),
            cpu_s: f64::from(at) * median_ms / 60.0,
            rss_bytes: processes * 41_000_000 + u64::from(at as u32) * 310_000,
            processes: processes as u32,
        })
        .collect();
    StackRecord {
        name: name.into(),
        role,
        url: url.into(),
        http2_streams: None,
        server: Some(if role == Role::Dev { "WSGIServer/0.2 CPython/3.11.2" } else { "nginx/1.22.1" }.into()),
        startup_s: Some(1.2),
        failure: None,
        wall_s: 20.0,
        total,
        routes,
        seconds,
        generator: GeneratorRecord {
            schedule_lag: latency(requests, 0.08, 0.3, 7),
            cpu_s: 1.4,
            cpu_share: 0.07,
            threads: 1,
            queued: 0,
            unsent: 0,
            peak_connections: 8,
            saturated: false,
        },
        resources: Some(ResourceRecord {
            cpu_s: median_ms / 3.0,
            cpu_s_per_1k: Some(median_ms / 3.0 / (requests as f64 / 1e3)),
            peak_rss_bytes: processes * 41_000_000 + 6_200_000,
            samples,
        }),
        blocks: Vec::new(),
        capacity: None,
        sweep: None,
        samples: Vec::new(),
        warnings: Vec::new(),
    }
}

/// An audit outcome; a finding gets one place with evidence.
pub fn outcome(
    check: &str,
    stack: &str,
    outcome: Outcome,
    severity: Severity,
    summary: &str,
) -> CheckOutcome {
    let found = matches!(outcome, Outcome::Fail | Outcome::Warn);
    CheckOutcome {
        check: check.into(),
        revision: 1,
        stack: stack.into(),
        outcome,
        severity,
        confidence: Confidence::Certain,
        summary: summary.into(),
        places: if found {
            vec![Place {
                route: "notes".into(),
                line: Some(42),
                subject: "strict-transport-security".into(),
                detail: "the answer has no Strict-Transport-Security line".into(),
                outcome: Some(outcome),
                accepted: None,
                known: false,
                evidence: Some(Evidence {
                    request: "GET /api/notes/ HTTP/1.1\r\nHost: 127.0.0.1:8443\r\nAuthorization: Bearer [redacted 180 b 9f86d081]".into(),
                    response: "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: application/json".into(),
                    body: Some("[{\"id\":1,\"text\":\"milk\"}]".into()),
                    curl: "curl -sS -D - -H \"Authorization: Bearer $TOKEN\" https://127.0.0.1:8443/api/notes/".into(),
                }),
            }]
        } else {
            Vec::new()
        },
        accepted: false,
        unlocked: false,
    }
}

/// A probe of a search or sweep.
pub fn probe(
    level: f64,
    phase: Phase,
    p50_ms: f64,
    p99_ms: f64,
    verdict: ProbeVerdict,
    reason: &str,
) -> ProbeRecord {
    let requests = (level * 5.0) as u64;
    ProbeRecord {
        level,
        phase,
        wall_s: 5.0,
        requests,
        errors: 0,
        reached_rps: level,
        p50_ms: Some(p50_ms),
        p90_ms: Some(p99_ms * 0.6),
        p95_ms: Some(p99_ms * 0.8),
        p99_ms: (requests >= 500).then_some(p99_ms),
        p999_ms: None,
        mean_ms: Some(p50_ms * 1.1),
        max_ms: Some(p99_ms * 1.3),
        queued: 0,
        unsent: 0,
        verdict,
        reason: reason.into(),
    }
}

/// Dev and production searched for the highest rate that keeps an objective.
pub fn searched() -> Record {
    use Phase::{Bisection, Confirmation, Ramp};
    use ProbeVerdict::{Fail, Pass};
    let mut record = two_stacks();
    record.load.model = "search".into();
    record.load.profile = Vec::new();
    record.audit.clear();
    record.gates = ["prod: capacity > 400/s", "prod: capacity > 500/s"]
        .map(|text| GateText { text: text.into(), line: 90 })
        .to_vec();
    record.load.summary =
        "search, the highest rate from 50/s to 5000/s with p99 < 200ms and errors < 0.1%, to 5 %, \
                           constant arrivals, each 5 s after 2 s of warm-up, kept-alive connections"
            .into();
    for (stack, lower) in record.stacks.iter_mut().zip([120.0, 490.0]) {
        let upper = if lower == 490.0 { 512.0 } else { 126.0 };
        let slow = |rate: f64| 10.0 / (1.0 - (rate / upper).min(0.98));
        let mut probes = Vec::new();
        for (rate, phase) in [
            (50.0, Ramp),
            (lower * 0.8, Ramp),
            (upper * 1.6, Ramp),
            (lower, Bisection),
            (upper, Bisection),
            (lower, Confirmation),
            (upper, Confirmation),
        ] {
            let (p99, holds) =
                if rate < upper { (slow(rate), true) } else { (1_400.0 * rate / upper, false) };
            let p99 = p99.min(if holds { 190.0 } else { 5_000.0 });
            let verdict = if holds { Pass } else { Fail };
            probes.push(probe(rate, phase, p99 / 4.0, p99, verdict, &format!("p99 {p99:.0} ms, errors 0%")));
        }
        stack.capacity = Some(CapacityRecord {
            objective: vec!["p99 < 200ms".into(), "errors < 0.1%".into()],
            from: 50.0,
            to: 5_000.0,
            precision: 0.05,
            needed: 2,
            lower: Some(lower),
            upper: Some(upper),
            ending: Ending::Found,
            probes,
        });
    }
    record
}

/// Dev and production over numbers of users: dev has one worker, production loses to coherency.
pub fn swept() -> Record {
    let mut record = two_stacks();
    record.load.model = "sweep".into();
    record.load.profile = Vec::new();
    record.audit.clear();
    record.gates.clear();
    record.load.summary =
        "sweep, 1, 2, 4, 8, 16, 32 users in turn, no think time, each 5 s after 1 s of warm-up, kept-alive connections"
            .into();
    for (stack, (lambda, sigma, kappa)) in
        record.stacks.iter_mut().zip([(22.0, 1.0, 0.0), (106.0, 0.05, 0.002)])
    {
        let probes = [1.0_f64, 2.0, 4.0, 8.0, 16.0, 32.0]
            .into_iter()
            .zip([1.004, 0.995, 1.003, 0.997, 1.002, 0.999])
            .map(|(n, noise)| {
                let rate = lambda * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0)) * noise;
                let ms = n / rate * 1e3;
                let probe = probe(n, Phase::Level, ms, ms * 2.0, ProbeVerdict::Measured, "");
                ProbeRecord { requests: (rate * 5.0) as u64, reached_rps: rate, ..probe }
            })
            .collect();
        stack.sweep = Some(SweepRecord { probes });
    }
    record
}

/// Dev against production: ten routes, findings, gates, a split write on dev.
pub fn two_stacks() -> Record {
    use RouteKind::{Html, Json, Login, Protected, Static};
    let shape: [(&str, RouteKind, Option<&str>, u64); 10] = [
        ("notes", Protected, Some("jwt"), 900),
        ("note-create", Protected, Some("jwt"), 600),
        ("note-read", Protected, Some("jwt"), 600),
        ("note-delete", Protected, Some("jwt"), 120),
        ("whoami", Protected, Some("token"), 540),
        ("account", Protected, Some("session"), 300),
        ("home", Html, None, 260),
        ("healthz", Json, None, 240),
        ("stylesheet", Static, None, 300),
        ("login", Login, None, 140),
    ];
    let dev = shape.map(|(name, kind, auth, n)| {
        let failed = if name == "note-create" { 24 } else { 0 };
        let split = if kind == Static { 1.1 } else { 2.6 };
        route(name, kind, auth, n, failed, split, 44.2, 46.0)
    });
    let prod = shape.map(|(name, kind, auth, n)| {
        let ms = if kind == Static { 0.31 } else { 9.4 };
        route(name, kind, auth, n, 0, ms * 0.9, ms, ms * 1.02)
    });
    let mut dev = stack("dev", Role::Dev, "http://127.0.0.1:8000", dev.to_vec(), 46.0);
    dev.samples.push(ErrorSample {
        route: 1,
        class: ErrorClass::Status,
        user: Some("user7".into()),
        message: "expected status 201, got 500: database is locked".into(),
    });
    dev.generator.queued = 212;
    dev.warnings.push(
        "212 arrivals waited because all 8 connections were busy; the wait is part of their response time"
            .into(),
    );
    let prod = stack("prod", Role::Production, "https://127.0.0.1:8443", prod.to_vec(), 9.4);
    Record {
        version: VERSION,
        tool: Tool { name: "shakedown".into(), version: "0.1.0".into() },
        title: "Notes API: runserver against nginx + gunicorn".into(),
        description: Some(
            "What changes when the notes API moves from the development server to production.".into(),
        ),
        scenario: ScenarioText {
            path: "scenarios/django.toml".into(),
            slug: "django".into(),
            text: "title = \"Notes API\"\n\n[stacks.dev]\nurl = \"http://127.0.0.1:{{port}}\"\n".into(),
        },
        started: "2026-03-01T12:00:00Z".parse().unwrap(),
        finished: Some("2026-03-01T12:00:58Z".parse().unwrap()),
        partial: None,
        machine: Machine {
            os: "Linux 6.1.0".into(),
            cpu: "AMD EPYC 7B13".into(),
            cores: 4,
            memory_bytes: 16 * 1024 * 1024 * 1024,
        },
        load: LoadRecord {
            summary:
                "open model, 200/s, constant arrivals, 20 s after 3 s of warm-up, kept-alive connections"
                    .into(),
            model: "open".into(),
            duration_s: 20.0,
            warmup_s: 3.0,
            profile: vec![(0.0, 200.0), (20.0, 200.0)],
            requests_per_arrival: Some(1.0),
            connection: "keep-alive".into(),
            blocks: None,
        },
        stacks: vec![dev, prod],
        left_out: Vec::new(),
        audit_left_out: false,
        audit: audit(),
        accepted: Vec::new(),
        baseline: None,
        gates: [
            ("prod: errors < 0.1%", 80),
            ("prod/notes: p99 < 250ms", 81),
            ("prod vs dev: p95 < 0.8x", 82),
            ("dev: errors < 0.1%", 83),
            ("prod/notes: p99.9 < 400ms", 84),
            ("audit prod: no high", 85),
        ]
        .map(|(text, line)| GateText { text: text.into(), line })
        .to_vec(),
        judging: Judging { strict: true, ..Judging::default() },
        warnings: Vec::new(),
    }
}

/// The same, loaded in twenty blocks a stack, in turn: both swing with the machine, and prod by a little on its own.
pub fn duet() -> Record {
    let mut record = two_stacks();
    record.judging = Judging::default();
    record.load.summary.push_str(", in 20 blocks of 1 s, the stacks taking turns");
    record.load.blocks =
        Some(BlocksRecord { count: 20, length_s: 1.0, settle_s: 0.25, order: "balanced".into() });
    for (at, stack) in (0_u32..).zip(&mut record.stacks) {
        stack.blocks = (0..20).map(|round| block(stack, at, round)).collect();
    }
    record
}

fn block(stack: &StackRecord, at: u32, round: u32) -> BlockRecord {
    let wave = 1.0 + 0.1 * f64::from(round % 5) / 5.0;
    let own = 1.0 + 0.02 * f64::from((round * (7 + at)) % 11) / 11.0;
    let of = |route: &RouteRecord| {
        let share = |n: u64| n * u64::from(round + 1) / 20 - n * u64::from(round) / 20;
        let (requests, errors) = (share(route.requests), share(route.error_count()));
        let median = route.response.p50_ms.unwrap_or_default() * wave * own;
        let seed = u64::from(at * 1_000 + round) + route.requests;
        BlockRoute {
            name: route.name.clone(),
            requests,
            errors,
            statuses: BTreeMap::from([(200, requests - errors), (500, errors)]),
            response: latency(requests - errors, median, 0.35, seed),
        }
    };
    let place = round * 2 + if round.is_multiple_of(2) { at } else { 1 - at };
    BlockRecord {
        round,
        place,
        at_s: f64::from(place) * 1.3,
        wall_s: 1.0,
        total: of(&stack.total),
        routes: stack.routes.iter().map(of).collect(),
        cpu_s: stack.resources.as_ref().map(|of| of.cpu_s / 20.0 * wave * own),
        peak_rss_bytes: stack.resources.as_ref().map(|of| of.peak_rss_bytes - u64::from(20 - round) * 10_000),
        generator: GeneratorRecord { schedule_lag: LatencyRecord::default(), ..stack.generator.clone() },
        machine: MachineLook { stolen: Some(0.004), mhz: Some(2_450.0) },
    }
}

fn audit() -> Vec<CheckOutcome> {
    use Outcome::{Fail, Info, NotApplicable, NotRun, Pass, Warn};
    vec![
        outcome(
            "HDR-HSTS",
            "dev",
            NotApplicable,
            Severity::Info,
            "plain http: browsers ignore the header there",
        ),
        outcome("HDR-HSTS", "prod", Fail, Severity::Medium, "no Strict-Transport-Security on 3 of 10 routes"),
        outcome("CSP-MISSING", "dev", Warn, Severity::Low, "no Content-Security-Policy on html"),
        outcome("CSP-MISSING", "prod", Pass, Severity::Info, "a policy on every html answer"),
        outcome("CK-SECURE", "dev", Info, Severity::Info, "cookies without Secure, as plain http needs"),
        outcome("CK-SECURE", "prod", Pass, Severity::Info, "every cookie is Secure"),
        outcome(
            "DJ-DEBUG-404",
            "dev",
            Fail,
            Severity::High,
            "the 404 page lists the URL patterns (DEBUG = True)",
        ),
        outcome("DJ-DEBUG-404", "prod", Pass, Severity::Info, "a plain 404 page"),
        outcome("CSRF-REQUIRED", "dev", NotRun, Severity::Medium, "needs consent: audit.active"),
        outcome("CSRF-REQUIRED", "prod", NotRun, Severity::Medium, "needs consent: audit.active"),
    ]
}

/// Somebody takes the risk that production has no HSTS.
pub fn accepted() -> Record {
    let mut record = two_stacks();
    let hsts = |outcome: &&mut CheckOutcome| outcome.check == "HDR-HSTS" && outcome.stack == "prod";
    for outcome in record.audit.iter_mut().filter(hsts) {
        outcome.accepted = true;
        outcome.places[0].accepted = Some(0);
    }
    record.accepted = vec![acceptance("HDR-HSTS", "the load balancer sends it")];
    record
}

fn acceptance(check: &str, text: &str) -> Acceptance {
    Acceptance {
        check: check.into(),
        stack: Some("prod".into()),
        route: None,
        subject: None,
        reason: text.into(),
        owner: "platform team".into(),
        ticket: Some("OPS-12".into()),
        until: "2026-06-30".parse().unwrap(),
        max_severity: None,
        line: 90,
        standing: Standing::Used,
    }
}

/// Only production.
pub fn one_stack() -> Record {
    let mut record = two_stacks();
    record.stacks.remove(0);
    record.audit.retain(|outcome| outcome.stack == "prod");
    record.gates.retain(|gate| !gate.text.contains("dev"));
    record
}

/// Production did not start.
pub fn failed_stack() -> Record {
    let mut record = two_stacks();
    let prod = &mut record.stacks[1];
    prod.failure = Some("stack `prod` did not become ready within 30 s: GET /healthz answers 502\nlast lines of gunicorn.log:\nModuleNotFoundError: No module named 'notes.wsgi'".into());
    prod.startup_s = None;
    prod.server = None;
    prod.wall_s = 0.0;
    prod.total = RouteRecord { name: "all".into(), ..RouteRecord::default() };
    prod.routes.clear();
    prod.seconds.clear();
    prod.resources = None;
    prod.generator.schedule_lag = LatencyRecord::default();
    record.audit.retain(|outcome| outcome.stack == "dev");
    record
}

/// Ctrl-C before production was measured.
pub fn partial() -> Record {
    let mut record = two_stacks();
    record.stacks.truncate(1);
    record.audit.retain(|outcome| outcome.stack == "dev");
    record.finished = None;
    record.partial = Some("interrupted while loading `prod`".into());
    record
}

/// Sixty routes, few samples each.
pub fn many_routes() -> Record {
    let mut record = two_stacks();
    for (at, stack) in record.stacks.iter_mut().enumerate() {
        stack.routes = (0..60)
            .map(|n| {
                let ms = if at == 0 { 30.0 } else { 8.0 } + f64::from(n) / 4.0;
                route(
                    &format!("route-{n:02}"),
                    RouteKind::Json,
                    None,
                    60 + n as u64 * 20,
                    0,
                    ms / 2.0,
                    ms,
                    ms,
                )
            })
            .collect();
    }
    record
}

/// What a hostile server, scenario or user name can hold.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J",
    "a|b\nc\r\nd\te",
    "`code` ``` fence **bold** [link](javascript:alert(1)) <!-- x",
    "]]></style></details><img src=x onerror=alert(1)>",
    "\u{202e}evil\u{2066}\u{200f}\u{feff}\u{0}",
    "\"onmouseover=\"alert(1)' &amp; {{user.password}}",
    "</title></script></textarea><svg/onload=alert(1)><a href=javascript:alert(1)>",
    "\u{1b}]8;;http://x.test\u{7}link\u{1b}]52;c;aGk=\u{7}\u{90}q\u{9c}\u{1b}[2J\u{8}\u{8}",
];

/// A record in which every free text is hostile.
pub fn hostile() -> Record {
    let long = "A".repeat(50_000);
    let text: String = HOSTILE.concat() + &long;
    let mut record = two_stacks();
    record.title.clone_from(&text);
    record.description = Some(text.clone());
    record.partial = Some(text.clone());
    record.warnings = vec![text.clone()];
    record.scenario = ScenarioText { path: text.clone(), slug: "hostile".into(), text: text.clone() };
    record.machine.cpu.clone_from(&text);
    record.machine.os.clone_from(&text);
    record.load.summary.clone_from(&text);
    record.gates = vec![GateText { text: text.clone(), line: 1 }];
    record.accepted =
        vec![Acceptance { owner: text.clone(), ticket: Some(text.clone()), ..acceptance(&text, &text) }];
    // One finding is accepted as a whole, and then told in every report.
    if let Some(outcome) = record.audit.iter_mut().find(|outcome| !outcome.places.is_empty()) {
        outcome.accepted = true;
        outcome.places[0].accepted = Some(0);
    }
    for stack in &mut record.stacks {
        stack.name.push_str(&text);
        stack.url.clone_from(&text);
        stack.server = Some(text.clone());
        stack.warnings = vec![text.clone()];
        for sample in &mut stack.samples {
            sample.message.clone_from(&text);
            sample.user = Some(text.clone());
        }
        for (at, hostile) in HOSTILE.iter().enumerate() {
            stack.routes[at].name = (*hostile).to_owned();
            stack.routes[at].path = (*hostile).to_owned();
            stack.routes[at].method = (*hostile).to_owned();
            stack.routes[at].auth = Some((*hostile).to_owned());
            stack.routes[at].errors = BTreeMap::from([((*hostile).to_owned(), 3)]);
        }
        stack.routes[9].name.clone_from(&text);
    }
    let mut failed = record.stacks[1].clone();
    failed.failure = Some(text.clone());
    record.stacks.push(failed);
    for check in &mut record.audit {
        check.check.push_str(&text);
        check.stack.push_str(&text);
        check.summary.clone_from(&text);
        for place in &mut check.places {
            place.route.clone_from(&text);
            place.subject.clone_from(&text);
            place.detail.clone_from(&text);
            if let Some(evidence) = &mut place.evidence {
                evidence.request.clone_from(&text);
                evidence.response.clone_from(&text);
                evidence.body = Some(text.clone());
                evidence.curl.clone_from(&text);
            }
        }
    }
    record
}
