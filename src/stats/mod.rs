//! Statistics of blocks: numbers in, numbers out. Knows no metric and no stack, reads no clock; the same seed gives the
//! same result on every machine. docs/statistics.md says why these methods, and how often they are right.

mod distribution;
mod draws;
mod estimate;
mod family;
mod history;
mod judgement;
mod rare;
mod sections;

pub use self::distribution::{DistributionTest, distribution_test};
pub(crate) use self::draws::Draws;
pub use self::estimate::{Estimate, Interval, LEAST, paired, unpaired};
pub use self::family::holm;
pub use self::history::{ChangePoint, beyond_history, change_point};
pub use self::judgement::{Judgement, blocks_to_leave_out, judge, limits_of_margin};
pub use self::rare::unseen_share;
pub use self::sections::sections;
