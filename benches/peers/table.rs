//! Medians, spreads and ratios in a table.

use std::path::Path;
use std::time::Duration;

use crate::Failure;
use crate::case::Case;
use crate::peer::Peer;

/// What ratios are to.
const REFERENCE: &str = "wrk";
/// The same over HTTP/2.
const HTTP2_REFERENCE: &str = "h2load";

/// One run of one generator.
#[derive(Clone, Copy)]
pub struct Sample {
    /// CPU of the whole process for each completed request, in microseconds.
    pub cpu_us: f64,
    /// Completed requests a second.
    pub rate: f64,
}

/// The samples of one case.
pub struct Rows {
    title: &'static str,
    connections: usize,
    reference: &'static str,
    rows: Vec<(&'static str, Vec<Sample>)>,
}

impl Rows {
    pub fn new(peers: &[Peer], case: &Case) -> Rows {
        let names = peers.iter().filter(|peer| peer.can(case)).map(|peer| (peer.name, Vec::new()));
        Rows {
            title: case.title,
            connections: case.connections(),
            reference: if case.streams.is_some() { HTTP2_REFERENCE } else { REFERENCE },
            rows: names.collect(),
        }
    }

    pub fn add(&mut self, name: &str, sample: Sample) {
        if let Some((_, samples)) = self.rows.iter_mut().find(|(row, _)| *row == name) {
            samples.push(sample);
        }
    }

    /// A row a generator. Ratios are of the same round, and then the median of these.
    pub fn markdown(&self, rounds: usize, length: Duration) -> String {
        let mut text = format!(
            "### {}\n\n{} connections, {rounds} rounds of {} s each in turn; median (least to most)\n\n\
             | generator | CPU a request | ratio to {} | requests a second | ratio |\n|---|---|---|---|---|\n",
            self.title,
            self.connections,
            length.as_secs(),
            self.reference
        );
        let reference =
            self.rows.iter().find(|(name, _)| *name == self.reference).map(|(_, samples)| samples);
        for (name, samples) in &self.rows {
            let of = |pick: fn(&Sample) -> f64| samples.iter().map(pick).collect::<Vec<f64>>();
            let ratio = |pick: fn(&Sample) -> f64| {
                let Some(reference) = reference else { return "–".to_owned() };
                let pairs = samples.iter().zip(reference);
                let (middle, least, most) = spread(pairs.map(|(a, b)| pick(a) / pick(b)).collect());
                format!("{middle:.2} ({least:.2} to {most:.2})")
            };
            let (cpu, rate) = (spread(of(|s| s.cpu_us)), spread(of(|s| s.rate)));
            text += &format!(
                "| {name} | {:.2} µs ({:.2} to {:.2}) | {} | {:.0} ({:.0} to {:.0}) | {} |\n",
                cpu.0,
                cpu.1,
                cpu.2,
                ratio(|s| s.cpu_us),
                rate.0,
                rate.1,
                rate.2,
                ratio(|s| s.rate)
            );
        }
        text
    }
}

/// Median, least and most.
pub fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    match (values.first(), values.get(values.len() / 2), values.last()) {
        (Some(least), Some(middle), Some(most)) => (*middle, *least, *most),
        _ => (f64::NAN, f64::NAN, f64::NAN),
    }
}

/// Puts the text between the document's marks of this name.
pub fn write(path: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let document = std::fs::read_to_string(path)?;
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let parts =
        document.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{}: the marks are missing", path.display()))?;
    std::fs::write(path, format!("{before}{begin}\n{text}\n{end}{after}"))?;
    Ok(())
}
