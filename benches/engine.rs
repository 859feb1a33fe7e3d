//! The pieces of the hot path, each alone: what one request costs beside its system calls.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

#[path = "instructions/pieces.rs"]
#[allow(dead_code, reason = "the counts of instructions use the rest")]
mod pieces;

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shakedown::engine;
use shakedown::plan::{Scope, Template, Variable};
use shakedown::wire::{ResponseParser, Step};
use std::hint::black_box;

const SHORT: &[u8] = b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\n\
    Content-Type: application/json\r\nContent-Length: 20\r\nConnection: keep-alive\r\nETag: \"654e-14\"\r\n\
    Accept-Ranges: bytes\r\n\r\n{\"owner\": \"ada lov\"}";

/// Reads a whole answer; the length of its body.
fn read(parser: &mut ResponseParser, input: &[u8]) -> usize {
    parser.begin(false);
    let (mut used, mut body) = (0, 0);
    loop {
        let (n, step) = parser.advance(&input[used..]).unwrap();
        used += n;
        match step {
            Step::Body(bytes) => body += bytes.len(),
            Step::Head => {}
            Step::More | Step::End => return body,
        }
    }
}

fn parsing(c: &mut Criterion) {
    let chunked = pieces::chunked();
    let mut group = c.benchmark_group("parse");
    let mut parser = ResponseParser::default();
    for (name, input) in [("short answer", SHORT), ("10 KiB in chunks", &chunked)] {
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_function(name, |b| b.iter(|| read(&mut parser, black_box(input))));
    }
}

fn recording(c: &mut Criterion) {
    let mut histogram = engine::histogram();
    let mut nanos = 1_000_u64;
    c.bench_function("record a latency", |b| {
        b.iter(|| {
            // Spread over 1 µs to 17 s, so that one cache line does not serve all.
            nanos = nanos.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            histogram.record(black_box(1_000 + (nanos >> 30))).unwrap();
        });
    });
}

fn rendering(c: &mut Criterion) {
    let template = Template::parse("/api/notes/{{id}}?user={{user}}&n={{n}}", |name| {
        Some(match name {
            "id" => Variable::Extracted(0),
            "user" => Variable::User(0),
            _ => Variable::Counter,
        })
    })
    .unwrap();
    let (user, extracted) = (["ada".to_owned()], ["4711".to_owned()]);
    let mut out = Vec::new();
    let mut counter = 0;
    c.bench_function("render a path", |b| {
        b.iter(|| {
            out.clear();
            counter += 1;
            let scope = Scope { user: &user, feeders: &[], extracted: &extracted, counter, random: 1 };
            template.render(black_box(&scope), &mut out);
            out.len()
        });
    });
}

/// Whole requests but for their system calls, with one route and one user and with hundreds and thousands. Beside other work 64 KiB
/// of other memory are read before each, 4 MiB in turn, so that nothing stays near the core between two requests of a route:
/// more than a kernel reads for one. Only the request is timed, by two looks at the clock.
fn requests(c: &mut Criterion) {
    let mut bench = pieces::Bench::new();
    let answer = bench.answers[0].clone();
    let mut group = c.benchmark_group("request");
    for (name, pieces) in [("1 route 1 user", &mut bench.one), ("500 routes 5000 users", &mut bench.many)] {
        group.bench_function(name, |b| b.iter(|| pieces.request(black_box(&answer)).unwrap()));
        let other = vec![1_u8; 4 << 20];
        let mut turns = other.chunks(64 << 10).cycle();
        group.bench_function(format!("{name} beside other work"), |b| {
            b.iter_custom(|times| {
                let mut taken = Duration::ZERO;
                for _ in 0..times {
                    black_box(
                        turns.next().unwrap().iter().step_by(64).map(|byte| u64::from(*byte)).sum::<u64>(),
                    );
                    let begun = Instant::now();
                    black_box(pieces.request(black_box(&answer)).unwrap());
                    taken += begun.elapsed();
                }
                taken
            });
        });
    }
}

criterion_group!(benches, parsing, recording, rendering, requests);
criterion_main!(benches);
