//! Correction for several comparisons (S5.31).

use crate::analytics::number;

/// Holm's correction: the smallest p-value times how many there are, the next one times one less, none of them smaller
/// than the one before. A single one stays as it is.
pub(super) fn corrected(raw: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..raw.len()).collect();
    let value = |index: usize| raw.get(index).copied().unwrap_or(1.0);
    order.sort_by(|one, next| value(*one).total_cmp(&value(*next)));
    let mut found: Vec<(usize, f64)> = Vec::with_capacity(raw.len());
    let mut least = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        let left = u64::try_from(raw.len().saturating_sub(rank)).unwrap_or(u64::MAX);
        least = least.max(value(index) * number(left)).min(1.0);
        found.push((index, least));
    }
    found.sort_unstable_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, corrected)| corrected).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_comparisons_are_held_against_each_other() {
        // S5.31
        for (raw, expected) in [
            (vec![0.01, 0.04, 0.03, 0.005], vec![0.03, 0.06, 0.06, 0.02]),
            (vec![0.2], vec![0.2]),
            (vec![0.6, 0.7], vec![1.0, 1.0]),
            (vec![0.02, 0.02], vec![0.04, 0.04]),
            (vec![], vec![]),
        ] {
            let found = corrected(&raw);
            assert_eq!(found.len(), expected.len());
            for (got, expected) in found.into_iter().zip(expected) {
                assert!((got - expected).abs() < 1e-12, "{raw:?}: {got} is not {expected}");
            }
        }
    }
}
