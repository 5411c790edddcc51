//! Medians, spreads and ratios of rounds.
//! It knows numbers only.
//! It refuses an average: one disturbed round must not move a figure.

use serde::{Deserialize, Serialize};

/// A figure over all rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    /// The median distance from the median.
    pub mad: f64,
    pub rounds: Vec<f64>,
}

impl Spread {
    /// None of nothing.
    pub fn of(rounds: Vec<f64>) -> Option<Self> {
        let middle = median(&rounds)?;
        let away: Vec<f64> = rounds.iter().map(|value| (value - middle).abs()).collect();
        Some(Self {
            median: middle,
            min: rounds.iter().copied().reduce(f64::min)?,
            max: rounds.iter().copied().reduce(f64::max)?,
            mad: median(&away)?,
            rounds,
        })
    }

    /// Ours over theirs, round by round: both halves of a round met the same disturbance.
    pub fn ratio(ours: &[f64], theirs: &[f64]) -> Option<Self> {
        let pairs = ours.iter().zip(theirs).filter(|(_, their)| **their > 0.0);
        Self::of(pairs.map(|(our, their)| our / their).collect())
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(half.checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::{Spread, median};

    #[test]
    fn a_median_is_the_middle_or_between_the_two() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn one_wild_round_moves_the_range_and_not_the_median() {
        let spread = Spread::of(vec![10.0, 11.0, 12.0, 11.0, 900.0]).unwrap();
        assert_eq!(spread.median.to_bits(), 11.0_f64.to_bits());
        assert_eq!(spread.mad.to_bits(), 1.0_f64.to_bits());
        assert_eq!(spread.max.to_bits(), 900.0_f64.to_bits());
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn a_ratio_pairs_the_rounds() {
        let ratio = Spread::ratio(&[1.0, 20.0, 3.0], &[2.0, 40.0, 6.0]).unwrap();
        assert_eq!(ratio.rounds, [0.5, 0.5, 0.5]);
        assert_eq!(Spread::ratio(&[1.0], &[0.0]), None);
        assert_eq!(Spread::ratio(&[1.0, 2.0], &[4.0]).unwrap().rounds, [0.25]);
    }
}
