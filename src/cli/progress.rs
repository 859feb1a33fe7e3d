//! What a run shows while it goes on: a bar on a terminal, a plain line every few seconds elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::pulse::Pulse;
use super::say;
use crate::report::foreign;
use crate::run::Event;

/// Between two plain lines of a running load.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Columns from which there is room for a bar beside the numbers.
const BAR_FROM: u16 = 110;
/// Cells of the bar.
const BAR: usize = 24;

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
    /// One line that is redrawn.
    Bar(ProgressBar),
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
        if let View::Bar(bar) = &self.view {
            bar.finish_and_clear();
        }
    }

    fn step(&mut self, text: &str) {
        match &self.view {
            View::Quiet => {}
            View::Lines { .. } => say::err(text),
            View::Bar(bar) => {
                bar.println(text);
                bar.set_message(text.to_owned());
            }
        }
    }

    /// One of many steps of which the last is enough to know: a line of them every few seconds.
    fn glance(&mut self, text: &str) {
        match &mut self.view {
            View::Quiet => {}
            View::Bar(bar) => bar.set_message(text.to_owned()),
            View::Lines { last } => {
                if last.is_none_or(|at| at.elapsed() >= LINE_EVERY) {
                    *last = Some(Instant::now());
                    say::err(text);
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
                say::err(&format!("{stack}: {phase} for {:.0} s", duration.as_secs_f64()));
            }
        }
        let earlier = self.loads.iter().position(|load| self.block.is_some() && load.stack == stack);
        let mut load = match earlier {
            Some(at) => self.loads.remove(at),
            None => Pulse::new(stack, phase, self.block.is_none().then_some(duration)),
        };
        if self.block.is_none() {
            self.loads.clear();
        }
        load.lasts(duration);
        self.loads.push(load);
        // What a stack's last block showed stands until its next is over.
        if let View::Bar(bar) = &self.view {
            bar.set_message(self.line());
        }
    }

    /// The load under way as far as the window, which may have changed, has room. It is one message, so that no moment shows
    /// one stack's name beside another's numbers.
    fn line(&self) -> String {
        let Some(load) = self.loads.last() else { return String::new() };
        let doing = doing(self.probe.as_deref(), self.block, load.phase);
        let share = match self.block {
            Some((number, count)) => f64::from(number) / f64::from(count.max(1)),
            None => load.share(),
        };
        let (before, room) = laid_out(columns(), &format!("{} {doing}", load.stack), share);
        before + &load.line(room)
    }

    fn tick(&mut self) {
        if let View::Bar(bar) = &self.view {
            bar.set_message(self.line());
        }
        let Some(load) = self.loads.last() else { return };
        match &mut self.view {
            View::Quiet | View::Bar(_) => {}
            View::Lines { last } => {
                let due = last.is_none_or(|at| at.elapsed() >= LINE_EVERY);
                if due {
                    *last = Some(Instant::now());
                    let doing = doing(None, self.block, load.phase);
                    say::err(&format!("{}: {doing}: {}", load.stack, load.line(usize::MAX)));
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

/// The terminal's width; 80 where it does not say.
fn columns() -> u16 {
    rustix::termios::tcgetwinsize(std::io::stderr()).map_or(80, |size| size.ws_col)
}

/// What stands before a load's numbers, and the columns it leaves them: the bar has to go where it would push them out.
fn laid_out(columns: u16, name: &str, share: f64) -> (String, usize) {
    let bar = if columns < BAR_FROM {
        String::new()
    } else {
        let full = (share.clamp(0.0, 1.0) * BAR as f64).round() as usize;
        format!("[{}{}] ", "█".repeat(full), "░".repeat(BAR - full))
    };
    let before = format!("{name} {bar}");
    // A spinner and a space come first, and the last column stays free: some terminals wrap there.
    let room = usize::from(columns).saturating_sub(3 + before.chars().count());
    (before, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_get_the_room_that_is_left() {
        for (columns, has_bar) in [(80, false), (100, false), (109, false), (110, true), (120, true)] {
            for name in ["prod measuring", "production searching 4,000/s … 8,000/s at 5,657/s"] {
                let (before, room) = laid_out(columns, name, 0.5);
                assert_eq!(before.contains('█'), has_bar, "{columns}");
                assert_eq!(3 + before.chars().count() + room, usize::from(columns), "{columns}: {name}");
            }
        }
        assert_eq!(laid_out(10, "a long name", 0.5).1, 0);
        assert!(laid_out(120, "prod", 0.0).0.contains("[░░") && laid_out(120, "prod", 7.0).0.contains("██]"));
    }

    #[test]
    fn numbers_never_stand_beside_another_stacks_name() {
        let bar = ProgressBar::hidden();
        let mut progress =
            Progress { view: View::Bar(bar.clone()), loads: Vec::new(), probe: None, block: None };
        let second = Duration::from_secs(1);
        for (number, stack) in [(1, "dev"), (1, "prod"), (2, "prod"), (2, "dev")] {
            progress.show(Event::Block { stack: stack.into(), number, count: 2 });
            progress.show(Event::Measuring { stack: stack.into(), duration: second });
            let line = bar.message();
            assert!(line.starts_with(&format!("{stack} block {number} of 2 ")), "{line}");
        }
    }
}
