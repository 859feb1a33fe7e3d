//! What a run shows while it goes on: a bar on a terminal, a plain line every few seconds elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine;
use crate::report::foreign;
use crate::run::Event;

/// Between two plain lines of a running load.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Columns from which there is room for a bar beside the numbers.
const BAR_FROM: u16 = 110;

/// The view; where it goes is decided once.
pub struct Progress {
    view: View,
    load: Option<Load>,
    /// The load of a series that is under way.
    probe: Option<String>,
    /// The block that is under way.
    block: Option<String>,
}

enum View {
    Quiet,
    Lines { last: Option<Instant> },
    Bar(ProgressBar),
}

/// The load under way.
struct Load {
    stack: String,
    phase: &'static str,
    began: Instant,
    duration: Duration,
    requests: u64,
    errors: u64,
    rate: u64,
    wanted: u64,
    response: Histogram<u64>,
}

impl Progress {
    /// A view on stderr; quiet shows nothing.
    pub fn new(quiet: bool) -> Self {
        let view = if quiet {
            View::Quiet
        } else if std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            View::Bar(bar)
        } else {
            View::Lines { last: None }
        };
        Progress { view, load: None, probe: None, block: None }
    }

    /// Shows an event.
    pub fn show(&mut self, event: Event) {
        match event {
            Event::Step { stack, text } => {
                let text = foreign::line(&text, 200);
                self.step(&stack.map_or(text.clone(), |stack| format!("{stack}: {text}")));
            }
            Event::Tokens { stack, done, total } => {
                let text = format!("{stack}: {done} of {total} credentials");
                match &self.view {
                    View::Bar(bar) => bar.set_message(text),
                    View::Lines { .. } if done == total => self.step(&text),
                    _ => {}
                }
            }
            Event::Probe { stack, text, count } => {
                if let View::Lines { .. } = self.view {
                    self.step(&format!("{stack}: {text}, {count}"));
                }
                self.probe = Some(text);
            }
            Event::Block { number, count, .. } => self.block = Some(format!("block {number} of {count}")),
            Event::WarmUp { stack, duration } => self.begin(stack, "warm-up", duration),
            Event::Measuring { stack, duration } => self.begin(stack, "measuring", duration),
            Event::Second { tally, response, .. } => {
                if let Some(load) = &mut self.load {
                    load.requests += tally.counts.requests;
                    load.errors += tally.counts.errors.iter().sum::<u64>();
                    load.rate = tally.counts.requests;
                    load.wanted = tally.wanted;
                    // Same bounds, self-resizing: adding cannot fail.
                    let _ = load.response.add(&*response);
                }
                self.tick();
            }
            Event::Warning(text) => self.step(&format!("warning: {}", foreign::line(&text, 200))),
        }
    }

    /// Clears the bar.
    pub fn finish(&mut self) {
        if let View::Bar(bar) = &self.view {
            bar.finish_and_clear();
        }
    }

    fn step(&mut self, text: &str) {
        match &self.view {
            View::Quiet => {}
            View::Lines { .. } => anstream::eprintln!("{text}"),
            View::Bar(bar) => {
                bar.println(text);
                bar.set_message(text.to_owned());
            }
        }
    }

    fn begin(&mut self, stack: String, phase: &'static str, duration: Duration) {
        if let View::Bar(bar) = &self.view {
            // The window may have changed since the last load.
            if let Ok(style) = ProgressStyle::with_template(template(columns())) {
                bar.set_style(style.progress_chars("█▌░"));
            }
            bar.set_length(duration.as_secs().max(1));
            bar.set_position(0);
            let doing = self.probe.as_deref().or(self.block.as_deref()).unwrap_or(phase);
            bar.set_prefix(format!("{stack} {doing}"));
            bar.set_message("");
        }
        if let View::Lines { last } = &mut self.view {
            // Blocks are short: a line for each would be too many.
            if self.block.is_none() {
                *last = None;
            }
            // A series says what it tries before each load; its warm-ups and lengths are all the same.
            if self.probe.is_none() && self.block.is_none() {
                anstream::eprintln!("{stack}: {phase} for {:.0} s", duration.as_secs_f64());
            }
        }
        self.load = Some(Load {
            stack,
            phase,
            began: Instant::now(),
            duration,
            requests: 0,
            errors: 0,
            rate: 0,
            wanted: 0,
            response: engine::histogram(),
        });
    }

    fn tick(&mut self) {
        let Some(load) = &self.load else { return };
        match &mut self.view {
            View::Quiet => {}
            View::Bar(bar) => {
                bar.set_position(load.began.elapsed().as_secs());
                bar.set_message(load.line());
            }
            View::Lines { last } => {
                let due = last.is_none_or(|at| at.elapsed() >= LINE_EVERY);
                if due {
                    *last = Some(Instant::now());
                    let doing = self.block.as_deref().unwrap_or(load.phase);
                    anstream::eprintln!("{}: {doing}: {}", load.stack, load.line());
                }
            }
        }
    }
}

/// The terminal's width; 80 where it does not say.
fn columns() -> u16 {
    rustix::termios::tcgetwinsize(std::io::stderr()).map_or(80, |size| size.ws_col)
}

/// What a load's line looks like: the bar has to go where it would push out the numbers.
fn template(columns: u16) -> &'static str {
    if columns < BAR_FROM {
        "{spinner} {prefix:.bold} {wide_msg}"
    } else {
        "{spinner} {prefix:.bold} [{bar:24}] {wide_msg}"
    }
}

impl Load {
    /// Time and errors first: a narrow terminal cuts the end.
    fn line(&self) -> String {
        let p99 = if self.response.is_empty() {
            "–".to_owned()
        } else {
            format!("{:.1} ms", self.response.value_at_quantile(0.99) as f64 / 1e6)
        };
        let left = self.duration.saturating_sub(self.began.elapsed()).as_secs_f64().ceil();
        format!(
            "{left:.0} s left, {} errors, {} req/s ({} arrivals), p99 {p99}",
            self.errors, self.rate, self.wanted
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_reads_in_one_line() {
        let mut load = Load {
            stack: "prod".into(),
            phase: "measuring",
            began: Instant::now(),
            duration: Duration::ZERO,
            requests: 10,
            errors: 2,
            rate: 10,
            wanted: 12,
            response: engine::histogram(),
        };
        assert_eq!(load.line(), "0 s left, 2 errors, 10 req/s (12 arrivals), p99 –");
        load.response.record(2_000_000).unwrap();
        assert_eq!(load.line(), "0 s left, 2 errors, 10 req/s (12 arrivals), p99 2.0 ms");
    }
    /// What is seen of a load in so many columns: the template filled in, the message cut to the room that is left.
    fn seen(columns: u16, prefix: &str, message: &str) -> String {
        let bar = format!("[{}]", "#".repeat(24));
        let before = template(columns)
            .replace("{spinner}", "-")
            .replace("{prefix:.bold}", prefix)
            .replace("[{bar:24}]", &bar)
            .replace("{wide_msg}", "");
        let room = usize::from(columns).saturating_sub(before.chars().count());
        before + &message.chars().take(room).collect::<String>()
    }

    #[test]
    fn errors_and_time_left_are_seen_at_every_width() {
        let line = "118 s left, 20461 errors, 1200 req/s (1200 arrivals), p99 10000.0 ms";
        for (columns, has_bar) in [(80, false), (100, false), (109, false), (110, true), (120, true)] {
            assert_eq!(template(columns).contains("bar"), has_bar, "{columns}");
            for prefix in ["prod measuring", "production searching 4,000/s … 8,000/s at 5,657/s"] {
                let seen = seen(columns, prefix, line);
                assert!(seen.contains("118 s left, 20461 errors"), "{columns}: {seen}");
            }
            let seen =
                seen(columns, "prod measuring", "58 s left, 2 errors, 200 req/s (200 arrivals), p99 46.1 ms");
            assert!(seen.ends_with("p99 46.1 ms"), "{columns}: {seen}");
        }
    }
}
