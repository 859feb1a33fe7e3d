//! The Universal Scalability Law (Gunther): throughput with N users is
//!
//! ```text
//! X(N) = λN / (1 + σ(N − 1) + κN(N − 1))
//! ```
//!
//! λ is the throughput of one user, σ the share of work that must queue (contention), κ what it costs that everybody
//! keeps everybody's data the same (coherency). Its inverse N/X(N) is linear in 1/λ, σ/λ and κ/λ, so the fit is a
//! linear least-squares problem in three unknowns that may not be negative: convex, with the best of the four choices of
//! unknowns above zero as its exact answer. Each level weighs by its relative error. That is a page of arithmetic; a
//! solver for the general problem would be more to trust, not less.

/// Levels a fit needs: three unknowns, and two more to see whether it fits.
pub const LEVELS: usize = 5;
/// Root mean square of the relative errors above which the law does not describe the stack.
const POOR: f64 = 0.10;
/// Spread of the throughput, as a share of its mean, below which there is nothing to explain.
const FLAT: f64 = 0.05;

/// A parameter with its 95 % interval, by the jackknife over the levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Lower end, not below zero.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The law's parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// λ: requests a second of one user.
    pub lambda: f64,
    /// σ: contention.
    pub sigma: f64,
    /// κ: coherency.
    pub kappa: f64,
}

/// A fitted law.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalability {
    /// The parameters.
    pub fit: Fit,
    /// λ with its interval.
    pub lambda: Estimate,
    /// σ with its interval.
    pub sigma: Estimate,
    /// κ with its interval.
    pub kappa: Estimate,
    /// Share of the throughput's variation that the law explains; absent when throughput varies by less than 5 %.
    pub r_squared: Option<f64>,
    /// Root mean square of the relative errors.
    pub error: f64,
    /// Users and throughput at the law's peak; absent when it has none (κ = 0).
    pub peak: Option<(f64, f64)>,
    /// Whether the peak lies beyond the levels that were tried, where the law is a guess.
    pub extrapolated: bool,
}

/// Why there is no law.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NoFit {
    /// Fewer levels than a fit needs.
    #[error(
        "not enough levels: the Universal Scalability Law needs {LEVELS} with good answers, there were {0}"
    )]
    TooFewLevels(usize),
    /// The law does not describe the points.
    #[error("the Universal Scalability Law does not fit: it misses the levels by {:.0} % on average", .0 * 100.0)]
    Poor(f64),
}

impl Fit {
    /// Throughput with so many users.
    pub fn throughput(&self, users: f64) -> f64 {
        let cost = 1.0 + self.sigma * (users - 1.0) + self.kappa * users * (users - 1.0);
        self.lambda * users / cost
    }

    /// Users at the peak; `None` when throughput never falls.
    fn peak(&self) -> Option<f64> {
        (self.kappa > 0.0).then(|| ((1.0 - self.sigma).max(0.0) / self.kappa).sqrt().max(1.0))
    }

    /// What throughput nears without ever falling (κ = 0); `None` when it falls or grows without end.
    pub fn ceiling(&self) -> Option<f64> {
        (self.kappa == 0.0 && self.sigma > 0.0).then(|| self.lambda / self.sigma)
    }
}

/// Fits the law to users and good answers a second. Levels without good answers are left out.
///
/// # Errors
/// Why no law is to be had from these points.
pub fn fit(points: &[(f64, f64)]) -> Result<Scalability, NoFit> {
    let points: Vec<(f64, f64)> = points
        .iter()
        .copied()
        .filter(|(users, rate)| *users >= 1.0 && *rate > 0.0 && rate.is_finite())
        .collect();
    let few = NoFit::TooFewLevels(points.len());
    if points.len() < LEVELS {
        return Err(few);
    }
    let fit = least_squares(&points).ok_or(few)?;
    let relative = points.iter().map(|(n, x)| (fit.throughput(*n) / x - 1.0).powi(2)).sum::<f64>();
    let error = (relative / points.len() as f64).sqrt();
    if error.is_nan() || error > POOR {
        return Err(NoFit::Poor(error));
    }
    let mean = points.iter().map(|(_, x)| x).sum::<f64>() / points.len() as f64;
    let around = |of: &dyn Fn(f64) -> f64| points.iter().map(|(n, x)| (x - of(*n)).powi(2)).sum::<f64>();
    let (spread, missed) = (around(&|_| mean), around(&|n| fit.throughput(n)));
    let without: Vec<Fit> = (0..points.len())
        .filter_map(|left_out| {
            let mut rest = points.clone();
            rest.remove(left_out);
            least_squares(&rest)
        })
        .collect();
    let most = points.iter().map(|(users, _)| *users).fold(0.0, f64::max);
    let peak = fit.peak();
    Ok(Scalability {
        lambda: jackknife(fit.lambda, without.iter().map(|fit| fit.lambda)),
        sigma: jackknife(fit.sigma, without.iter().map(|fit| fit.sigma)),
        kappa: jackknife(fit.kappa, without.iter().map(|fit| fit.kappa)),
        r_squared: (spread > points.len() as f64 * (FLAT * mean).powi(2)).then(|| 1.0 - missed / spread),
        error,
        peak: peak.map(|users| (users, fit.throughput(users))),
        extrapolated: peak.is_some_and(|users| users > most),
        fit,
    })
}

/// The interval from the fits that each left one level out.
fn jackknife(value: f64, without: impl Iterator<Item = f64>) -> Estimate {
    let values: Vec<f64> = without.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = (n - 1.0) / n * values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    let reach = student(values.len().saturating_sub(1)) * variance.sqrt();
    Estimate { value, low: (value - reach).max(0.0), high: value + reach }
}

/// The 97.5 % quantile of Student's t distribution.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 12] = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18];
    match freedom {
        0 => f64::INFINITY,
        1..=12 => TABLE[freedom - 1],
        13..=20 => 2.13,
        _ => 2.06,
    }
}

/// The best parameters, none below zero: the best of the least-squares answers with σ, κ, both or neither held at zero.
fn least_squares(points: &[(f64, f64)]) -> Option<Fit> {
    // N/X = a + b(N−1) + cN(N−1), each row times X/N so that errors are relative.
    let rows: Vec<[f64; 3]> =
        points.iter().map(|(n, x)| [x / n, x / n * (n - 1.0), x / n * n * (n - 1.0)]).collect();
    let choices: [&[usize]; 4] = [&[0, 1, 2], &[0, 1], &[0, 2], &[0]];
    choices
        .into_iter()
        .filter_map(|columns| {
            let found = solve(&rows, columns)?;
            let feasible = found[0] > 0.0 && found.iter().all(|value| *value >= 0.0 && value.is_finite());
            let missed: f64 = rows
                .iter()
                .map(|row| (1.0 - row.iter().zip(found).map(|(x, value)| x * value).sum::<f64>()).powi(2))
                .sum();
            feasible.then_some((missed, found))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, [a, b, c])| Fit { lambda: 1.0 / a, sigma: b / a, kappa: c / a })
}

/// Least squares over some of the columns by Gram-Schmidt, towards ones; the others are zero. `None` when the points do
/// not determine them.
fn solve(rows: &[[f64; 3]], columns: &[usize]) -> Option<[f64; 3]> {
    let column = |at: usize| -> Vec<f64> { rows.iter().map(|row| row[at]).collect() };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut upper = [[0.0; 3]; 3];
    for (j, at) in columns.iter().enumerate() {
        let mut rest = column(*at);
        let size = dot(&rest, &rest).sqrt();
        for (i, unit) in basis.iter().enumerate() {
            upper[i][j] = dot(unit, &rest);
            rest.iter_mut().zip(unit).for_each(|(r, u)| *r -= upper[i][j] * u);
        }
        upper[j][j] = dot(&rest, &rest).sqrt();
        if upper[j][j] <= 1e-12 * size {
            return None;
        }
        basis.push(rest.into_iter().map(|r| r / upper[j][j]).collect());
    }
    let ones = vec![1.0; rows.len()];
    let mut found = [0.0; 3];
    for j in (0..columns.len()).rev() {
        let later: f64 = (j + 1..columns.len()).map(|k| upper[j][k] * found[columns[k]]).sum();
        found[columns[j]] = (dot(&basis[j], &ones) - later) / upper[j][j];
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEVELS_TRIED: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

    fn points(truth: Fit) -> Vec<(f64, f64)> {
        LEVELS_TRIED.iter().map(|n| (*n, truth.throughput(*n))).collect()
    }

    fn near(a: f64, b: f64, share: f64) -> bool {
        (a - b).abs() <= share * b.abs().max(1e-6)
    }

    #[test]
    fn exact_points_give_their_parameters() {
        let truth = Fit { lambda: 995.6, sigma: 0.026_7, kappa: 0.000_769 };
        let found = fit(&points(truth)).unwrap();
        for (got, wanted) in
            [(found.fit.lambda, truth.lambda), (found.fit.sigma, truth.sigma), (found.fit.kappa, truth.kappa)]
        {
            assert!(near(got, wanted, 1e-6), "{found:?}");
        }
        assert!(found.error < 1e-9 && found.r_squared.unwrap() > 0.999_999);
        let (users, _) = found.peak.unwrap();
        assert!(
            near(users, ((1.0 - 0.026_7) / 0.000_769_f64).sqrt(), 1e-6) && !found.extrapolated,
            "{users}"
        );
    }

    #[test]
    fn noise_moves_them_within_their_intervals() {
        let truth = Fit { lambda: 100.0, sigma: 0.1, kappa: 0.001 };
        let noise = [1.01, 0.99, 1.015, 0.985, 1.0, 1.01, 0.99, 1.005];
        let noisy: Vec<_> = points(truth).into_iter().zip(noise).map(|((n, x), e)| (n, x * e)).collect();
        let found = fit(&noisy).unwrap();
        for (estimate, wanted) in
            [(found.lambda, truth.lambda), (found.sigma, truth.sigma), (found.kappa, truth.kappa)]
        {
            assert!(estimate.low <= wanted && wanted <= estimate.high, "{wanted}: {estimate:?}");
            assert!(near(estimate.value, wanted, 0.3), "{wanted}: {estimate:?}");
        }
        assert!(found.error < 0.02);
    }

    #[test]
    fn linear_saturating_and_retrograde_stacks() {
        let linear = fit(&points(Fit { lambda: 50.0, sigma: 0.0, kappa: 0.0 })).unwrap();
        assert!(
            linear.fit.sigma < 1e-9
                && linear.fit.kappa < 1e-9
                && linear.fit.ceiling().is_none_or(|c| c > 1e9)
        );
        // One worker: two users get no more than one. R² has nothing to explain.
        let flat: Vec<_> = LEVELS_TRIED.iter().map(|n| (*n, 200.0)).collect();
        let flat = fit(&flat).unwrap();
        assert!(
            near(flat.fit.sigma, 1.0, 1e-6) && flat.fit.kappa < 1e-9 && flat.r_squared.is_none(),
            "{flat:?}"
        );
        let retrograde = fit(&points(Fit { lambda: 100.0, sigma: 0.05, kappa: 0.02 })).unwrap();
        let (users, rate) = retrograde.peak.unwrap();
        assert!((6.0..8.0).contains(&users) && rate > retrograde.fit.throughput(128.0), "{retrograde:?}");
        let amdahl = fit(&points(Fit { lambda: 100.0, sigma: 0.1, kappa: 0.0 })).unwrap();
        assert!(amdahl.fit.kappa < 1e-9, "{amdahl:?}");
        assert!(amdahl.fit.ceiling().is_none_or(|ceiling| near(ceiling, 1_000.0, 1e-3)), "{amdahl:?}");
    }

    #[test]
    fn better_than_linear_is_held_at_linear_or_refused() {
        let convex: Vec<_> = LEVELS_TRIED.iter().map(|n| (*n, 10.0 * n * n)).collect();
        assert!(matches!(fit(&convex), Err(NoFit::Poor(_))));
    }

    #[test]
    fn too_few_or_senseless_points_are_refused() {
        let truth = points(Fit { lambda: 100.0, sigma: 0.05, kappa: 0.001 });
        assert_eq!(fit(&truth[..4]), Err(NoFit::TooFewLevels(4)));
        assert_eq!(fit(&[]), Err(NoFit::TooFewLevels(0)));
        let mut dead = truth.clone();
        dead[3..].iter_mut().for_each(|(_, x)| *x = 0.0);
        assert_eq!(fit(&dead), Err(NoFit::TooFewLevels(3)), "a level without good answers is none");
        let same = vec![(8.0, 100.0); 6];
        assert!(fit(&same).is_ok_and(|found| found.fit.lambda.is_finite()));
        let wild: Vec<_> = truth.iter().enumerate().map(|(i, (n, _))| (*n, [9.0, 300.0][i % 2])).collect();
        assert!(matches!(fit(&wild), Err(NoFit::Poor(_))));
    }

    proptest! {
        #[test]
        fn any_law_is_recovered(lambda in 0.1..1e5_f64, sigma in 0.0..1.0_f64, kappa in 0.0..0.1_f64) {
            let truth = Fit { lambda, sigma, kappa };
            let found = fit(&points(truth)).unwrap();
            prop_assert!(near(found.fit.lambda, lambda, 1e-4), "{found:?}");
            prop_assert!((found.fit.sigma - sigma).abs() < 1e-4 && (found.fit.kappa - kappa).abs() < 1e-5, "{found:?}");
        }

        #[test]
        fn any_numbers_are_answered(points in proptest::collection::vec((0.0..500.0_f64, -1.0..1e6_f64), 0..12)) {
            if let Ok(found) = fit(&points) {
                prop_assert!(found.fit.lambda > 0.0 && found.fit.sigma >= 0.0 && found.fit.kappa >= 0.0);
                prop_assert!(found.error <= POOR);
            }
        }
    }
}
