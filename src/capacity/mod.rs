//! What a stack can carry: the search for the highest rate that keeps an objective, the knee before it, and the
//! Universal Scalability Law over a sweep of users. Pure: numbers in, numbers out; `run` sends the load.

mod answer;
mod judge;
mod knee;
mod scalability;
mod search;

pub use self::answer::{answer, doubt, interval, limit, warnings};
pub use self::judge::judge;
pub use self::knee::{Knee, knee};
pub use self::scalability::{Estimate, Fit, NoFit, Scalability, fit};
pub use self::search::{Finding, Next, Search};
