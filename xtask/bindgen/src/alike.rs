//! Puts texts of bytes that are alike near each other: gzip finds a repetition only within 32 KiB.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many bytes in a row count as a repetition.
const RUN: usize = 8;

/// How far back repetitions are looked for, in bytes: less than gzip does, as the text itself takes some.
const WINDOW: usize = 28_000;

/// Runs that more texts share say nothing about any two of them.
const COMMON: usize = 1000;

/// Added to each length, because a short text is like many others by chance.
const SHORT: usize = 40;

/// The places of the texts in a better order. First comes the longest, and then each time the one of which most is in
/// the window already.
pub(crate) fn order(texts: &[&[u8]]) -> Vec<usize> {
    let mut shelf = Shelf::new(texts);
    let lengths = texts.iter().map(|text| text.len()).enumerate();
    let mut next = lengths.max_by_key(|(_, length)| *length).map(|(place, _)| place);
    let mut order = Vec::with_capacity(texts.len());
    while let Some(place) = next {
        order.push(place);
        shelf.place(place);
        next = shelf.best();
    }
    order
}

struct Shelf {
    texts: Vec<Text>,
    /// Which texts hold a run, for each run.
    holders: Vec<Vec<usize>>,
    /// How many texts in the window hold a run, for each run.
    counts: Vec<usize>,
    window: VecDeque<usize>,
    filled: usize,
}

struct Text {
    /// The runs that others hold as well.
    runs: Vec<usize>,
    length: usize,
    /// How many of its runs are in the window.
    seen: usize,
    is_placed: bool,
}

impl Shelf {
    fn new(texts: &[&[u8]]) -> Self {
        let mut found: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for (place, text) in texts.iter().enumerate() {
            let runs: BTreeSet<&[u8]> = text.windows(RUN).collect();
            for run in runs {
                found.entry(run).or_default().push(place);
            }
        }
        let shared = |holders: &Vec<usize>| (2..=COMMON).contains(&holders.len());
        let holders: Vec<Vec<usize>> = found.into_values().filter(shared).collect();
        let text =
            |text: &&[u8]| Text { runs: Vec::new(), length: text.len(), seen: 0, is_placed: false };
        let mut texts: Vec<Text> = texts.iter().map(text).collect();
        for (run, holders) in holders.iter().enumerate() {
            for holder in holders {
                if let Some(text) = texts.get_mut(*holder) {
                    text.runs.push(run);
                }
            }
        }
        let counts = vec![0; holders.len()];
        Self { texts, holders, counts, window: VecDeque::new(), filled: 0 }
    }

    /// Puts a text into the window, and out of it what is too far back now.
    fn place(&mut self, place: usize) {
        let Some(text) = self.texts.get_mut(place) else { return };
        text.is_placed = true;
        self.filled = self.filled.saturating_add(text.length);
        self.window.push_back(place);
        self.count(place, true);
        while self.filled > WINDOW && self.window.len() > 1 {
            let Some(oldest) = self.window.pop_front() else { return };
            let length = self.texts.get(oldest).map_or(0, |text| text.length);
            self.filled = self.filled.saturating_sub(length);
            self.count(oldest, false);
        }
    }

    /// Takes the runs of a text up or out.
    fn count(&mut self, place: usize, is_in: bool) {
        let runs = self.texts.get(place).map_or_else(Vec::new, |text| text.runs.clone());
        for run in runs {
            let Some(count) = self.counts.get_mut(run) else { continue };
            let has_changed = if is_in {
                *count = count.saturating_add(1);
                *count == 1
            } else {
                *count = count.saturating_sub(1);
                *count == 0
            };
            if !has_changed {
                continue;
            }
            for holder in self.holders.get(run).into_iter().flatten() {
                let Some(text) = self.texts.get_mut(*holder) else { continue };
                text.seen =
                    if is_in { text.seen.saturating_add(1) } else { text.seen.saturating_sub(1) };
            }
        }
    }

    /// What has most of its runs in the window for its length; the first of equals.
    fn best(&self) -> Option<usize> {
        let mut best: Option<(usize, usize, usize)> = None;
        for (place, text) in self.texts.iter().enumerate().filter(|(_, text)| !text.is_placed) {
            let length = text.length.saturating_add(SHORT);
            let is_better = best.is_none_or(|(_, seen, beside)| {
                text.seen.saturating_mul(beside) > seen.saturating_mul(length)
            });
            if is_better {
                best = Some((place, text.seen, length));
            }
        }
        best.map(|(place, ..)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn texts_that_are_alike_stand_together() {
        let noise = |start: u8, factor: u8| -> Vec<u8> {
            (0..3000)
                .scan(start, |byte, _| {
                    *byte = byte.wrapping_mul(factor).wrapping_add(start);
                    Some(*byte)
                })
                .collect()
        };
        let (alpha, beta) = (noise(3, 5), noise(11, 13));
        let (first, last) = (alpha.split_at(1000), beta.split_at(1000));
        let texts = [alpha.as_slice(), beta.as_slice(), first.0, last.0, first.1, last.1];
        let order = order(&texts);
        let kinds: Vec<usize> = order.iter().map(|place| place % 2).collect();
        let (former, latter) = kinds.split_at(3);
        assert_ne!(former, latter);
        assert!(
            [former, latter].iter().all(|kinds| kinds.windows(2).all(|two| two[0] == two[1])),
            "{order:?}"
        );
    }

    #[test]
    fn every_text_has_a_place() {
        let texts: Vec<Vec<u8>> = (0..50_u8).map(|n| vec![n; usize::from(n) * 700]).collect();
        let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let mut order = order(&texts);
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
        assert!(super::order(&[]).is_empty());
    }
}
