//! How evenly and how cheaply arrivals come: figures of send times and of a thread's CPU.

use std::time::Duration;

/// Gaps between the times in seconds.
pub fn gaps(times: &[Duration]) -> Vec<f64> {
    times.windows(2).map(|pair| (pair[1].saturating_sub(pair[0])).as_secs_f64()).collect()
}

/// Standard deviation over mean.
pub fn variation(gaps: &[f64]) -> f64 {
    let n = gaps.len() as f64;
    let mean = gaps.iter().sum::<f64>() / n;
    (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / n).sqrt() / mean
}

/// Kolmogorov and Smirnov's distance from the exponential distribution of this rate, times the root of the number:
/// above 1.63 only one of a hundred true samples is.
pub fn distance(gaps: &[f64], rate: f64) -> f64 {
    let mut sorted = gaps.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let farthest = sorted.iter().enumerate().fold(0.0_f64, |far, (i, gap)| {
        let share = 1.0 - (-gap * rate).exp();
        far.max(share - i as f64 / n).max((i as f64 + 1.0) / n - share)
    });
    farthest * n.sqrt()
}

/// CPU time the engine's first thread has used so far, waiting awake included; `None` when it is not there.
pub fn worker_cpu() -> Option<Duration> {
    std::fs::read_dir("/proc/self/task").ok()?.flatten().find_map(|task| {
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        if name.trim() != "load-0" {
            return None;
        }
        let nanos = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        nanos.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    })
}
