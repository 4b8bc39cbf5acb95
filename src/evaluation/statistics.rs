//! Intervals and tests by resampling; the chance is an argument.

use crate::evaluation::Share;

/// A seeded source of random bits (SplitMix64), the same on every machine.
struct Chance(u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.bits()) * (bound as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}

/// The ends of a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Resamples for an interval.
const RESAMPLES: usize = 1000;

/// The percentile bootstrap of a ratio of sums, resampling whole units.
pub fn bootstrap(shares: &[Share], seed: u64) -> Interval {
    if shares.is_empty() {
        return Interval { low: 0.0, high: 0.0 };
    }
    let mut chance = Chance(seed);
    let mut ratios: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (mut sum, mut of) = (0.0, 0.0);
            for _ in 0..shares.len() {
                if let Some(share) = shares.get(chance.below(shares.len())) {
                    sum += share.sum;
                    of += share.of;
                }
            }
            if of > 0.0 { sum / of } else { 0.0 }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * (RESAMPLES - 1) as f64).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 999")]
        ratios.get(place as usize).copied().unwrap_or(0.0)
    };
    Interval { low: at(0.025), high: at(0.975) }
}

/// The two-sided paired randomisation test: how often chance signs give a mean difference as
/// large as the one that was seen. The observed one counts too, so p is never 0.
pub fn randomisation(differences: &[f64], rounds: usize, seed: u64) -> f64 {
    let changed: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    if changed.is_empty() {
        return 1.0;
    }
    let observed = changed.iter().sum::<f64>().abs();
    // Sums of the same numbers in another order may differ in the last bits.
    let enough = observed - 1e-12 * changed.len() as f64;
    let mut chance = Chance(seed);
    let mut as_large = 0_usize;
    for _ in 0..rounds {
        let (mut sum, mut bits) = (0.0, 0);
        for (at, difference) in changed.iter().enumerate() {
            if at % 64 == 0 {
                bits = chance.bits();
            }
            sum += if bits & 1 == 0 { *difference } else { -*difference };
            bits >>= 1;
        }
        as_large += usize::from(sum.abs() >= enough);
    }
    (as_large + 1) as f64 / (rounds + 1) as f64
}

/// Holm's correction: the p-values of several measures, in their order, held together at one level.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    let p_of = |at: usize| p_values.get(at).copied().unwrap_or(1.0);
    order.sort_by(|a, b| p_of(*a).total_cmp(&p_of(*b)));
    let mut corrected = vec![1.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        largest = largest.max((p_of(at) * (p_values.len() - rank) as f64).min(1.0));
        if let Some(place) = corrected.get_mut(at) {
            *place = largest;
        }
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_alone_is_seldom_called_a_difference() {
        // 200 seeded pairs that differ only by chance: p < 0.05 in between 1 and 9 of a hundred.
        let mut found = 0;
        for pair in 0..200 {
            let mut chance = Chance(pair);
            let score = |chance: &mut Chance| chance.below(1000) as f64 / 1000.0;
            let differences: Vec<f64> =
                (0..120).map(|_| score(&mut chance) - score(&mut chance)).collect();
            found += usize::from(randomisation(&differences, 2000, 7) < 0.05);
        }
        println!("p < 0.05 in {found} of 200 pairs that differ only by chance");
        assert!((2..=18).contains(&found), "{found} of 200");
    }

    #[test]
    fn a_real_difference_is_found_and_none_is_not() {
        let better: Vec<f64> = (0..100).map(|at| if at % 3 == 0 { 0.2 } else { 0.05 }).collect();
        assert!(randomisation(&better, 10_000, 1) < 0.001);
        assert!((randomisation(&[0.0; 50], 1000, 1) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn holm_holds_several_measures_together() {
        let corrected = holm(&[0.01, 0.04, 0.03]);
        let expected = [0.03, 0.06, 0.06];
        for (found, expected) in corrected.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn an_interval_holds_its_ratio() {
        let shares: Vec<Share> = (0..200).map(|at| Share::one(f64::from(at % 4 == 0))).collect();
        let interval = bootstrap(&shares, 3);
        assert!(interval.low < 0.25 && 0.25 < interval.high && interval.high - interval.low < 0.15);
    }
}
