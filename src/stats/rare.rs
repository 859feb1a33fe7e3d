//! What was never seen may still come.

/// The share of requests up to which not one of so many fails (or not one does not), at this risk: -ln(0.05)/n is the rule of
/// three.
pub fn unseen_share(requests: u64, risk: f64) -> f64 {
    (-risk.ln() / requests.max(1) as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_three() {
        assert!((unseen_share(1_000, 0.05) - 3.0e-3).abs() < 1e-5);
        assert_eq!((unseen_share(0, 0.05), unseen_share(1, 0.05)), (1.0, 1.0));
    }
}
