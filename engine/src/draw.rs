//! Random draws whose output is part of the session format (ADR 0004).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::id::ContentId;

/// Seeds a session's draws. Text in JSON, because a JavaScript number holds 53 bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed that a text stands for: the first eight bytes of its SHA-256, big-endian.
    pub fn from_text(text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        Self(digest.iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// The `index`-th number of the stream `seed`, uniform over all of `u64`.
///
/// Source: `SplitMix64` (Steele, Lea & Flood, OOPSLA 2014), addressed by counter.
pub(crate) fn draw(seed: Seed, index: u64) -> u64 {
    let mut z = seed.0.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Maps a draw to `0..count` by its high bits; 0 when `count` is 0.
pub(crate) fn index_below(draw: u64, count: usize) -> usize {
    let wide = u128::from(draw).saturating_mul(count as u128) >> 64;
    usize::try_from(wide).unwrap_or(0)
}

/// Picks `count` of `candidates`, without repeats, by a seed of its own: what a conversation draws
/// one by one, for hosts that show items beside conversations (F38).
///
/// `candidates` is in ascending id order. The result is in drawn order, and shorter than `count`
/// when there are too few.
///
/// ```
/// # use chatflow::{ContentId, Seed, pick};
/// let ids = ["a", "b", "c"].map(ContentId::derived);
/// let drawn = pick(Seed(7), &ids, 2);
/// assert_eq!(drawn.len(), 2);
/// assert_ne!(drawn[0], drawn[1]);
/// assert_eq!(pick(Seed(7), &ids, 2), drawn);
/// ```
pub fn pick(seed: Seed, candidates: &[ContentId], count: usize) -> Vec<ContentId> {
    let mut left = candidates.to_vec();
    (0..count.min(left.len()) as u64)
        .map(|index| left.remove(index_below(draw(seed, index), left.len())))
        .collect()
}

/// The index of the weight that a number over all of `u64` falls on (F29); `None` when all are 0.
pub(crate) fn weight_below(
    number: u64,
    mut weights: impl Iterator<Item = u64> + Clone,
) -> Option<usize> {
    let total = weights.clone().fold(0, u64::saturating_add);
    let point = u128::from(number).saturating_mul(total.into()) >> 64;
    let mut sum = 0_u64;
    weights.position(|weight| {
        sum = sum.saturating_add(weight);
        point < sum.into()
    })
}

#[cfg(test)]
mod tests {
    use super::{Seed, draw, index_below, pick};
    use crate::id::ContentId;

    #[test]
    fn first_draws_of_seed_zero_match_the_published_vector() {
        assert_eq!(draw(Seed(0), 0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(draw(Seed(0), 1), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn draws_of_a_seed_text_match_the_vectors_of_the_decision_record() {
        // R4.9.
        let seed = Seed::from_text("chatflow");
        assert_eq!(seed, Seed(16_677_380_595_753_590_236));
        let draws = [0, 1, 2, 3].map(|index| draw(seed, index));
        let expected = [
            0x088C_E0C1_6A21_2A31,
            0xB94C_3A26_318A_4E74,
            0xCED0_0461_BEF7_5381,
            0x6467_2B91_3529_6FBA,
        ];
        assert_eq!(draws, expected);
        assert_eq!(draws.map(|draw| index_below(draw, 6)), [0, 4, 4, 2]);
        assert_eq!(draws.map(|draw| index_below(draw, 1000)), [33, 723, 807, 392]);
    }

    #[test]
    fn each_is_picked_as_often_as_the_others_and_once_at_most() {
        // S3.52.
        let ids = [0, 1, 2, 3, 4].map(|n| ContentId(uuid::Uuid::from_u128(n)));
        let mut hits = [0_u32; 5];
        for seed in 0..10_000 {
            let picked = pick(Seed::from_text(&seed.to_string()), &ids, 2);
            assert_ne!(picked[0], picked[1]);
            for id in picked {
                hits[usize::try_from(id.0.as_u128()).unwrap()] += 1;
            }
        }
        assert!(hits.iter().all(|n| n.abs_diff(4000) < 250), "{hits:?}");
        assert_eq!(pick(Seed(1), &ids, 9).len(), 5);
        assert_eq!(pick(Seed(1), &[], 9), []);
    }

    #[test]
    fn an_index_is_below_its_bound() {
        for count in [1, 2, 3, 1000] {
            assert!((0..100).all(|i| index_below(draw(Seed(7), i), count) < count));
        }
        assert_eq!((index_below(0, 4), index_below(u64::MAX, 4), index_below(5, 0)), (0, 3, 0));
    }

    #[test]
    fn small_pools_are_drawn_evenly() {
        // R4.9.
        let mut hits = [0_u32; 4];
        for i in 0..10_000 {
            hits[index_below(draw(Seed::from_text("even"), i), 4)] += 1;
        }
        // Chi-square with three degrees of freedom; 16.27 is its 99.9 % point.
        let chi: f64 = hits.iter().map(|n| (f64::from(*n) - 2500.0).powi(2) / 2500.0).sum();
        assert!(chi < 16.27, "{hits:?}");
    }
}
