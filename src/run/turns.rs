//! Whose turn it is.

use crate::plan::{BlockOrder, BlocksPlan};
use crate::stats::Draws;

/// The stacks of one round, in the order of their turns. Over two rounds each stack is as often early as late, so that a
/// machine that gets slower or faster meanwhile favours none.
pub(super) fn turns(blocks: &BlocksPlan, seed: u64, round: u32, stacks: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..stacks).collect();
    let pair = round / 2;
    match blocks.order {
        BlockOrder::Random => {
            let mut draws = Draws::new(seed ^ u64::from(pair).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            for at in (1..stacks).rev() {
                order.swap(at, draws.index(at + 1));
            }
        }
        BlockOrder::Balanced | BlockOrder::Whole if stacks > 2 => order.rotate_left(pair as usize % stacks),
        _ => {}
    }
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn of(order: BlockOrder, stacks: usize) -> Vec<Vec<usize>> {
        let (length, settle) = (Duration::from_secs(1), Duration::ZERO);
        let blocks = BlocksPlan { count: 12, length, settle, order, asked: false };
        (0..12).map(|round| turns(&blocks, 1, round, stacks)).collect()
    }

    #[test]
    fn two_stacks_go_there_and_back() {
        assert_eq!(of(BlockOrder::Balanced, 2)[..4], [[0, 1], [1, 0], [0, 1], [1, 0]]);
        assert_eq!(of(BlockOrder::Balanced, 1), vec![[0]; 12]);
    }

    #[test]
    fn every_stack_is_as_often_early_as_late() {
        for order in [BlockOrder::Balanced, BlockOrder::Random] {
            for stacks in [2, 3] {
                let rounds = of(order, stacks);
                for stack in 0..stacks {
                    let places: usize =
                        rounds.iter().map(|round| round.iter().position(|at| *at == stack).unwrap()).sum();
                    assert_eq!(places * 2, rounds.len() * (stacks - 1), "{order:?}: {rounds:?}");
                }
            }
        }
        assert!(of(BlockOrder::Random, 2).contains(&vec![1, 0]));
        assert_ne!(of(BlockOrder::Random, 2), of(BlockOrder::Balanced, 2));
    }
}
