//! What a server of known behaviour does: how long each request takes, and when it stands still. Pure.

use std::time::Duration;

/// How long the requests take, by their number.
#[derive(Debug, Clone, Copy)]
pub enum Service {
    /// All the same.
    Constant(Duration),
    /// Most take `usual`, a `share` takes `rare`, as hits and misses of a cache do.
    Bimodal { usual: Duration, rare: Duration, share: f64 },
    /// Pareto's distribution with this exponent between two bounds: a heavy tail.
    HeavyTailed { least: Duration, most: Duration, exponent: f64 },
}

impl Service {
    /// The time of the request with this number. The numbers are spread evenly over the distribution, any run of them
    /// too (multiples of the golden ratio), so that a short run has its quantiles.
    pub fn of(self, number: u64) -> Duration {
        let share = ((number as f64 + 0.5) * 0.618_033_988_749_894_9).fract();
        match self {
            Service::Constant(time) => time,
            Service::Bimodal { usual, rare, share: rarely } => {
                if share < 1.0 - rarely {
                    usual
                } else {
                    rare
                }
            }
            Service::HeavyTailed { least, most, exponent } => {
                let cut = 1.0 - (least.as_secs_f64() / most.as_secs_f64()).powf(exponent);
                least.mul_f64((1.0 - share * cut).powf(-1.0 / exponent))
            }
        }
    }
}

/// Stands still for the last `frozen` of every `period`.
#[derive(Debug, Clone, Copy)]
pub struct Freeze {
    pub period: Duration,
    pub frozen: Duration,
}

/// A server's behaviour.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub name: &'static str,
    /// Arrivals a second it is offered.
    pub rate: u32,
    pub service: Service,
    pub freeze: Option<Freeze>,
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The shapes of the truth table. Their times are long beside what waking two threads takes on a shared machine.
pub const SHAPES: [Shape; 4] = [
    Shape { name: "constant", rate: 500, service: Service::Constant(ms(400)), freeze: None },
    Shape {
        name: "bimodal",
        rate: 500,
        service: Service::Bimodal { usual: ms(200), rare: ms(800), share: 0.08 },
        freeze: None,
    },
    Shape {
        name: "heavy-tailed",
        rate: 500,
        service: Service::HeavyTailed { least: ms(80), most: ms(4_000), exponent: 1.5 },
        freeze: None,
    },
    FROZEN,
];

/// The one that tells the peers apart.
pub const FROZEN: Shape = Shape {
    name: "frozen",
    rate: 2_000,
    service: Service::Constant(ms(1)),
    freeze: Some(Freeze { period: ms(5_000), frozen: ms(500) }),
};

impl Shape {
    /// What the server's own clock shows at a time: it stops while the server stands still.
    pub fn clock(&self, at: Duration) -> Duration {
        let Some(Freeze { period, frozen }) = self.freeze else { return at };
        let (whole, rest) = (at.as_nanos() / period.as_nanos(), at.as_nanos() % period.as_nanos());
        let awake = (period - frozen).as_nanos();
        nanos(whole * awake + rest.min(awake))
    }

    /// The time at which the server's own clock shows this; at the end of a freeze, not its beginning.
    pub fn time(&self, clock: Duration) -> Duration {
        let Some(Freeze { period, frozen }) = self.freeze else { return clock };
        let awake = (period - frozen).as_nanos();
        clock + nanos(clock.as_nanos() / awake * frozen.as_nanos())
    }

    /// When a request that arrives at a time is done, if nothing is in its way.
    pub fn done(&self, arrived: Duration, number: u64) -> Duration {
        self.time(self.clock(arrived) + self.service.of(number))
    }
}

fn nanos(n: u128) -> Duration {
    Duration::from_nanos(u64::try_from(n).unwrap())
}
