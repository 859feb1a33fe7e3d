//! What two or more stacks of a record say beside each other, and the patterns in one stack's numbers that a
//! person should know. Reads no clock.

mod comparison;
mod doubt;
mod history;
mod insight;
mod load;
mod metric;
mod pairs;
pub mod quantity;
mod ratio;
mod runs;
mod standing;

use crate::record::{RouteRecord, StackRecord};

pub use self::comparison::{Basis, Comparison, Shape, apart, compare};
pub use self::doubt::{Cause, Doubt, Weight, doubts, doubts_of_one};
pub use self::history::{Change, changes, past_value};
pub use self::insight::{Insight, Stall, insights};
pub use self::load::{other_load, other_shares};
pub use self::metric::{Dimension, Metric};
pub use self::ratio::{Evidence, Ratio, Times, excess, ratio, too_few_blocks};
pub use self::runs::{Runs, other_machine, runs};
pub use self::standing::Standing;

/// Name of the row that stands for all routes together.
pub const ALL_ROUTES: &str = "all";

/// One route of a stack by its name.
pub fn route<'a>(stack: &'a StackRecord, name: &str) -> Option<&'a RouteRecord> {
    stack.routes.iter().find(|route| route.name == name)
}

/// Names of all routes of some stacks, each once, in the order of the first stack that has them.
pub fn route_names<'a>(stacks: impl IntoIterator<Item = &'a StackRecord>) -> Vec<&'a str> {
    let mut names = Vec::new();
    for stack in stacks {
        for route in &stack.routes {
            if !names.contains(&route.name.as_str()) {
                names.push(route.name.as_str());
            }
        }
    }
    names
}
