//! What the machine under all of it does while a block lasts.

use std::fs;

use crate::record::MachineLook;

/// Processor time since boot in ticks, as `/proc/stat` counts it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    all: u64,
    stolen: u64,
}

impl Clock {
    /// Now; `None` where the system does not tell.
    pub(super) fn now() -> Option<Self> {
        Clock::read(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn read(stat: &str) -> Option<Self> {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        // user nice system idle iowait irq softirq steal; guest time is in user already (proc(5)).
        let ticks: Vec<u64> = line.split_whitespace().take(8).map_while(|n| n.parse().ok()).collect();
        Some(Clock { all: ticks.iter().sum(), stolen: *ticks.get(7)? })
    }

    fn stolen_since(self, before: Clock) -> Option<f64> {
        let all = self.all.saturating_sub(before.all);
        (all > 0).then(|| self.stolen.saturating_sub(before.stolen) as f64 / all as f64)
    }
}

/// The stretch from `before` until now.
pub(super) fn look(before: Option<Clock>) -> MachineLook {
    let stolen = before.zip(Clock::now()).and_then(|(before, now)| now.stolen_since(before));
    let mhz = fs::read_to_string("/proc/cpuinfo").ok().and_then(|info| mean_mhz(&info));
    MachineLook { stolen, mhz }
}

fn mean_mhz(info: &str) -> Option<f64> {
    let clocks: Vec<f64> = info
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.trim() == "cpu MHz")
        .filter_map(|(_, value)| value.trim().parse().ok())
        .collect();
    (!clocks.is_empty()).then(|| clocks.iter().sum::<f64>() / clocks.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_a_share_of_all() {
        let before = Clock::read("cpu  100 0 100 700 0 0 0 100 0 0\ncpu0 1 2 3\n").unwrap();
        let after = Clock::read("cpu  150 0 150 850 0 0 0 150 0 0\n").unwrap();
        assert_eq!(after.stolen_since(before), Some(50.0 / 300.0));
        assert_eq!(after.stolen_since(after), None, "no tick has gone by");
        assert!(Clock::read("cpu  1 2 3\n").is_none(), "an old kernel does not tell");
        assert!(look(Clock::now()).stolen.is_none_or(|share| (0.0..=1.0).contains(&share)));
    }

    #[test]
    fn the_clock_is_the_mean_of_all_processors() {
        assert_eq!(mean_mhz("model name\t: x\ncpu MHz\t\t: 2000.0\n\ncpu MHz\t\t: 3000.0\n"), Some(2500.0));
        assert_eq!(mean_mhz("nothing"), None);
    }
}
