//! What a run shows while it goes on: a bar on a terminal, a plain line every few seconds elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::pulse::Pulse;
use crate::report::foreign;
use crate::run::Event;

/// Between two plain lines of a running load.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Columns from which there is room for a bar beside the numbers.
const BAR_FROM: u16 = 110;

/// The view; where it goes is decided once.
pub struct Progress {
    view: View,
    /// The loads of the stacks that take turns; else the one load there is. The last is under way.
    loads: Vec<Pulse>,
    /// The load of a series that is under way.
    probe: Option<String>,
    /// The block that is under way, from 1, and how many there are.
    block: Option<(u32, u32)>,
}

enum View {
    Quiet,
    Lines {
        last: Option<Instant>,
    },
    /// With the columns it was laid out for.
    Bar(ProgressBar, u16),
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
            View::Bar(bar, 0)
        } else {
            View::Lines { last: None }
        };
        Progress { view, loads: Vec::new(), probe: None, block: None }
    }

    /// Shows an event.
    pub fn show(&mut self, event: Event) {
        match event {
            Event::Step { stack, text } => {
                let text = foreign::line(&text, 200);
                self.step(&stack.map_or(text.clone(), |stack| format!("{stack}: {text}")));
            }
            Event::Probing { stack, text } => self.glance(&format!("{stack}: audit: {text}")),
            Event::Tokens { stack, done, total } => {
                let text = format!("{stack}: {done} of {total} credentials");
                match &self.view {
                    View::Bar(bar, _) => bar.set_message(text),
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
            Event::Block { number, count, .. } => self.block = Some((number, count)),
            Event::WarmUp { stack, duration } => self.begin(stack, "warm-up", duration),
            Event::Measuring { stack, duration } => self.begin(stack, "measuring", duration),
            Event::Second { tally, response, .. } => {
                if let Some(load) = self.loads.last_mut() {
                    load.add(&tally, &response);
                }
                self.tick();
            }
            Event::Warning(text) => self.step(&format!("warning: {}", foreign::line(&text, 200))),
        }
    }

    /// Clears the bar.
    pub fn finish(&mut self) {
        if let View::Bar(bar, _) = &self.view {
            bar.finish_and_clear();
        }
    }

    fn step(&mut self, text: &str) {
        match &self.view {
            View::Quiet => {}
            View::Lines { .. } => anstream::eprintln!("{text}"),
            View::Bar(bar, _) => {
                bar.println(text);
                bar.set_message(text.to_owned());
            }
        }
    }

    /// One of many steps of which the last is enough to know: a line of them every few seconds.
    fn glance(&mut self, text: &str) {
        match &mut self.view {
            View::Quiet => {}
            View::Bar(bar, _) => bar.set_message(text.to_owned()),
            View::Lines { last } => {
                if last.is_none_or(|at| at.elapsed() >= LINE_EVERY) {
                    *last = Some(Instant::now());
                    anstream::eprintln!("{text}");
                }
            }
        }
    }

    fn begin(&mut self, stack: String, phase: &'static str, duration: Duration) {
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
        let earlier = self.loads.iter().position(|load| self.block.is_some() && load.stack == stack);
        let load = match earlier {
            Some(at) => self.loads.remove(at),
            None => Pulse::new(stack, phase, self.block.is_none().then_some(duration)),
        };
        if self.block.is_none() {
            self.loads.clear();
        }
        if let View::Bar(bar, laid_out) = &mut self.view {
            let columns = lay_out(bar, laid_out);
            let (at, of) = self.block.map_or((0, duration.as_secs()), |(at, of)| (at.into(), of.into()));
            bar.set_length(of.max(1));
            bar.set_position(at);
            bar.set_prefix(format!("{} {}", load.stack, doing(self.probe.as_deref(), self.block, phase)));
            // What a stack's last block showed stands until its next is over.
            bar.set_message(if earlier.is_some() {
                load.line(room(columns, &bar.prefix()))
            } else {
                String::new()
            });
        }
        self.loads.push(load);
    }

    fn tick(&mut self) {
        let Some(load) = self.loads.last() else { return };
        match &mut self.view {
            View::Quiet => {}
            View::Bar(bar, laid_out) => {
                let columns = lay_out(bar, laid_out);
                if self.block.is_none() {
                    bar.set_position(load.elapsed());
                }
                bar.set_message(load.line(room(columns, &bar.prefix())));
            }
            View::Lines { last } => {
                let due = last.is_none_or(|at| at.elapsed() >= LINE_EVERY);
                if due {
                    *last = Some(Instant::now());
                    let doing = doing(None, self.block, load.phase);
                    anstream::eprintln!("{}: {doing}: {}", load.stack, load.line(usize::MAX));
                }
            }
        }
    }
}

/// What is being done with a load, in words.
fn doing(probe: Option<&str>, block: Option<(u32, u32)>, phase: &str) -> String {
    match (probe, block) {
        (Some(probe), _) => probe.to_owned(),
        (None, Some((number, count))) => format!("block {number} of {count}"),
        (None, None) => phase.to_owned(),
    }
}

/// Lays a bar out for the window, which may have changed, and gives its columns.
fn lay_out(bar: &ProgressBar, laid_out: &mut u16) -> u16 {
    let columns = columns();
    if *laid_out != columns
        && let Ok(style) = ProgressStyle::with_template(template(columns))
    {
        bar.set_style(style.progress_chars("█▌░"));
        *laid_out = columns;
    }
    columns
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

/// Columns that the template leaves to the numbers.
fn room(columns: u16, prefix: &str) -> usize {
    let bar = if columns < BAR_FROM { 0 } else { 27 };
    usize::from(columns).saturating_sub(3 + prefix.chars().count() + bar)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands before the numbers in so many columns: the template filled in.
    fn before(columns: u16, prefix: &str) -> String {
        template(columns)
            .replace("{spinner}", "-")
            .replace("{prefix:.bold}", prefix)
            .replace("{bar:24}", &"#".repeat(24))
            .replace("{wide_msg}", "")
    }

    #[test]
    fn the_numbers_get_the_room_that_is_left() {
        for (columns, has_bar) in [(80, false), (100, false), (109, false), (110, true), (120, true)] {
            assert_eq!(template(columns).contains("bar"), has_bar, "{columns}");
            for prefix in ["prod measuring", "production searching 4,000/s … 8,000/s at 5,657/s"] {
                let before = before(columns, prefix).chars().count();
                assert_eq!(before + room(columns, prefix), usize::from(columns), "{columns}: {prefix}");
            }
        }
        assert_eq!(room(10, "a long name"), 0);
    }
}
