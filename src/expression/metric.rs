//! The words for what can be compared and gated.

/// What can be compared (and gated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Median response time, ms.
    P50,
    /// 90th percentile, ms.
    P90,
    /// 95th percentile, ms.
    P95,
    /// 99th percentile, ms.
    P99,
    /// 99.9th percentile, ms.
    P999,
    /// Mean, ms.
    Mean,
    /// Largest, ms.
    Max,
    /// Requests a second.
    Throughput,
    /// Share of failed requests, 0 to 1.
    Errors,
    /// CPU-seconds of the stack for each 1,000 requests (stack-wide).
    CpuPer1k,
    /// Peak resident memory of the stack in bytes (stack-wide).
    Rss,
    /// Highest rate that keeps the objective of a search (stack-wide).
    Capacity,
}

/// What a metric's number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Milliseconds.
    Latency,
    /// Requests a second.
    Rate,
    /// 0 to 1.
    Share,
    /// CPU-seconds.
    Cpu,
    /// Bytes.
    Memory,
}

impl Metric {
    /// All of them, in the order reports show them.
    pub const ALL: [Metric; 12] = [
        Metric::P50,
        Metric::P90,
        Metric::P95,
        Metric::P99,
        Metric::P999,
        Metric::Mean,
        Metric::Max,
        Metric::Throughput,
        Metric::Errors,
        Metric::CpuPer1k,
        Metric::Rss,
        Metric::Capacity,
    ];

    /// Its name in gates.
    pub fn name(self) -> &'static str {
        match self {
            Metric::P50 => "p50",
            Metric::P90 => "p90",
            Metric::P95 => "p95",
            Metric::P99 => "p99",
            Metric::P999 => "p99.9",
            Metric::Mean => "mean",
            Metric::Max => "max",
            Metric::Throughput => "throughput",
            Metric::Errors => "errors",
            Metric::CpuPer1k => "cpu/1k",
            Metric::Rss => "rss",
            Metric::Capacity => "capacity",
        }
    }

    /// Its name in reports.
    pub fn title(self) -> &'static str {
        match self {
            Metric::P50 => "median",
            Metric::CpuPer1k => "CPU / 1k requests",
            Metric::Rss => "peak memory",
            other => other.name(),
        }
    }

    /// What its number counts.
    pub fn dimension(self) -> Dimension {
        match self {
            Metric::Throughput | Metric::Capacity => Dimension::Rate,
            Metric::Errors => Dimension::Share,
            Metric::CpuPer1k => Dimension::Cpu,
            Metric::Rss => Dimension::Memory,
            _ => Dimension::Latency,
        }
    }

    /// Whether more of it is better.
    pub fn more_is_better(self) -> bool {
        matches!(self, Metric::Throughput | Metric::Capacity)
    }

    /// Whether it is of the whole stack and not of a route.
    pub fn is_stack_wide(self) -> bool {
        matches!(self, Metric::CpuPer1k | Metric::Rss | Metric::Capacity)
    }

    /// The quantile it is, where it is one.
    pub fn quantile(self) -> Option<f64> {
        match self {
            Metric::P50 => Some(0.5),
            Metric::P90 => Some(0.9),
            Metric::P95 => Some(0.95),
            Metric::P99 => Some(0.99),
            Metric::P999 => Some(0.999),
            _ => None,
        }
    }
}
