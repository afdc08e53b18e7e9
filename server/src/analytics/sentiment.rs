//! How answers sound (S5.26): an embedder's scorer, or the built-in word list.

mod english;
mod words;

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub use english::EnglishWords;

/// From here on an answer counts as positive, and from the same below zero as negative.
const BOUND: f64 = 0.05;

/// So many characters of an answer are looked at.
const LONGEST: usize = 1000;

/// Says how a text sounds. It is asked while a request waits, for up to 5,000 texts of up to 1,000 characters.
///
/// ```
/// use chatflow_server::{EnglishWords, SentimentScorer};
///
/// /// Scores what it knows of, and asks the word list for the rest.
/// #[derive(Debug)]
/// struct Kiwi;
///
/// impl SentimentScorer for Kiwi {
///     fn score(&self, text: &str) -> f64 {
///         if text.contains("sweet as") { 0.8 } else { EnglishWords.score(text) }
///     }
/// }
///
/// assert!(Kiwi.score("sweet as, bro") > 0.0);
/// assert!(Kiwi.score("That was awful") < 0.0);
/// ```
pub trait SentimentScorer: fmt::Debug + Send + Sync {
    /// From -1 for the worst to 1 for the best; 0 for what says nothing of it.
    fn score(&self, text: &str) -> f64;
}

/// What parts of the answers sound how; they add up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Sentiment {
    pub(crate) positive: f64,
    pub(crate) neutral: f64,
    pub(crate) negative: f64,
}

impl Sentiment {
    /// Of answers as they are stored: JSON, masked. `None` if none of them is a text of one's own.
    pub(crate) fn of(answers: &[String], scorer: &dyn SentimentScorer) -> Option<Self> {
        let (mut positive, mut negative, mut all) = (0_u64, 0_u64, 0_u64);
        for text in answers.iter().filter_map(|answer| free_text(answer)) {
            let score = scorer.score(&text);
            positive = positive.saturating_add((score >= BOUND).into());
            negative = negative.saturating_add((score <= -BOUND).into());
            all = all.saturating_add(1);
        }
        let neutral = all.saturating_sub(positive).saturating_sub(negative);
        let share = |part| super::rate(part, all);
        (all > 0).then(|| Self {
            positive: share(positive),
            neutral: share(neutral),
            negative: share(negative),
        })
    }
}

/// The text of an answer without what was masked; `None` for a choice, a number, or if nothing is left. What somebody
/// chose is stored as the whole option, an object.
fn free_text(answer: &str) -> Option<String> {
    let Ok(Value::String(text)) = serde_json::from_str(answer) else { return None };
    let text: String = unmasked(&text).chars().take(LONGEST).collect();
    text.chars().any(|sign| sign.is_alphabetic() || english::is_face(sign)).then_some(text)
}

/// Takes out placeholders such as `[EMAIL]` and `[MASKED:9311cbbc]`.
fn unmasked(text: &str) -> String {
    let mut parts = text.split('[');
    let mut left = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inside, behind) = part.split_once(']').unwrap_or(("", part));
        let label = inside.split(':').next().unwrap_or_default();
        let is_mask = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_uppercase());
        let kept = if is_mask { behind } else { part };
        left.push(' ');
        left.push_str(kept);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answers: &[&str]) -> Option<[f64; 3]> {
        let answers: Vec<_> = answers.iter().map(ToString::to_string).collect();
        let told = Sentiment::of(&answers, &EnglishWords)?;
        Some([told.positive, told.neutral, told.negative])
    }

    #[test]
    fn shares_are_of_texts_of_ones_own() {
        // S5.26
        let answers = [
            r#""I loved it!""#,
            r#""It was boring.""#,
            r#""The one with the dragon""#,
            // Chosen, counted, masked: no text.
            r#"{"value":"great","label":"Great!"}"#,
            "7",
            "null",
            r#""[MASKED:9311cbbc]""#,
            r#""[EMAIL] [PHONE]""#,
            r#""****""#,
            r#""12.5""#,
            "no JSON",
        ];
        assert_eq!(of(&answers), Some([0.333_333, 0.333_333, 0.333_333]));
        assert_eq!(of(&answers[3..]), None);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[r#""Awful, ask [EMAIL]""#, r#""😀""#]), Some([0.5, 0.0, 0.5]));
    }

    #[test]
    fn only_placeholders_are_taken_out() {
        for (text, left) in [
            ("[EMAIL]", " "),
            ("a [IP] b", "a   b"),
            ("[MASKED:12ab] ok", "  ok"),
            ("[not one] ok", " not one] ok"),
            ("[", " "),
            ("open [EMAIL", "open  EMAIL"),
        ] {
            assert_eq!(unmasked(text), left);
        }
    }

    /// Says the same of everything.
    #[derive(Debug)]
    struct Always(f64);

    impl SentimentScorer for Always {
        fn score(&self, _: &str) -> f64 {
            self.0
        }
    }

    #[test]
    fn the_bound_belongs_to_what_it_bounds() {
        // S5.26: from 0.05, and from -0.05.
        for (score, expected) in [
            (0.05, [1.0_f64, 0.0, 0.0]),
            (0.049_9, [0.0, 1.0, 0.0]),
            (-0.049_9, [0.0, 1.0, 0.0]),
            (-0.05, [0.0, 0.0, 1.0]),
            (f64::NAN, [0.0, 1.0, 0.0]),
        ] {
            let told = Sentiment::of(&[r#""x""#.to_owned()], &Always(score)).unwrap();
            let told = [told.positive, told.neutral, told.negative];
            assert_eq!(told.map(f64::to_bits), expected.map(f64::to_bits));
        }
    }
}
