//! What it costs to check a scenario: the starter's size, and five hundred routes.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shakedown::plan::Plan;

fn parsing(criterion: &mut Criterion) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/quickstart.toml"));
    let quickstart =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut large = String::from("title = \"Large\"\n[stacks.dev]\nurl = \"http://127.0.0.1:8000\"\n");
    for number in 0..500 {
        large.push_str(&format!(
            "[[routes]]\nname = \"route-{number}\"\nget = \"/{number}/{{{{uuid}}}}\"\nexpect = {{ status = [200, 404] }}\n"
        ));
    }
    let mut group = criterion.benchmark_group("scenario");
    for (name, text) in [("quickstart", &quickstart), ("500 routes", &large)] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| Plan::parse(path, black_box(text))));
    }
    group.finish();
}

criterion_group!(benches, parsing);
criterion_main!(benches);
