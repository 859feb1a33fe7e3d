//! Blocks joined to sections that are long enough for what is asked of them.

use super::estimate::LEAST;

/// How many neighbouring blocks to join so that every section has `enough` of what is counted; `counts` holds what each
/// block has (of two stacks, the smaller count). Blocks left over at the end join the last section. `None` when fewer
/// than [`LEAST`] sections would be left: then the blocks give no interval.
pub fn sections(counts: &[f64], enough: f64) -> Option<usize> {
    (1..=counts.len() / LEAST).find(|length| {
        let whole = counts.len() / length;
        (0..whole).all(|at| {
            let end = if at + 1 == whole { counts.len() } else { (at + 1) * length };
            counts[at * length..end].iter().sum::<f64>() >= enough
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_as_few_as_do() {
        assert_eq!(sections(&[5.0; 10], 5.0), Some(1));
        assert_eq!(sections(&[5.0; 10], 6.0), Some(2));
        assert_eq!(sections(&[5.0; 10], 11.0), None, "three sections are too few");
        assert_eq!(sections(&[5.0; 20], 11.0), Some(3));
        assert_eq!(sections(&[9.0, 1.0, 9.0, 1.0, 9.0, 1.0, 9.0, 1.0, 9.0, 1.0], 5.0), Some(2));
        assert_eq!(sections(&[9.0; 4], 1.0), None);
        assert_eq!(sections(&[], 1.0), None);
    }
}
