//! The built-in scorer: weighted English words, with what turns and strengthens them.

use super::SentimentScorer;
use super::words::{DAMPENERS, FACES, NEGATIONS, STRENGTHENERS, weight};

/// How many words a negation reaches.
const REACH: usize = 3;

/// What is denied is not its opposite: "not good" is less bad than "bad".
const DENIED: f64 = -0.7;

/// A word that strengthens or dampens the one behind it.
const STRONGER: f64 = 1.35;
const WEAKER: f64 = 0.65;

/// What stands behind "but" is what is meant.
const BEFORE_BUT: f64 = 0.5;
const BEHIND_BUT: f64 = 1.5;

/// Each exclamation mark, up to three.
const LOUD: f64 = 0.1;

/// So much of feeling is in the middle of the scale: it is bent so that no text leaves it.
const BEND: f64 = 15.0;

/// Scores English texts by a word list of this project; of other languages it knows nothing, so that they are neutral.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnglishWords;

impl SentimentScorer for EnglishWords {
    fn score(&self, text: &str) -> f64 {
        let words = words(text);
        let but = words.iter().rposition(|word| word == "but" || word == "however");
        let mut sum = 0.0;
        for (at, word) in words.iter().enumerate() {
            let Some(weight) = weight(word) else { continue };
            let before = reaching(&words, at);
            let part = match but {
                Some(but) if at < but => BEFORE_BUT,
                Some(_) => BEHIND_BUT,
                None => 1.0,
            };
            sum += weight * turned(before) * part;
        }
        for sign in text.chars().filter(|sign| !sign.is_ascii()) {
            sum += FACES.iter().find(|(faces, _)| faces.contains(sign)).map_or(0.0, |(_, by)| *by);
        }
        let marks = u8::try_from(text.matches('!').take(3).count()).unwrap_or(3);
        sum *= 1.0 + LOUD * f64::from(marks);
        sum / (sum * sum + BEND).sqrt()
    }
}

/// Whether a sign is a face or a heart that the list knows.
pub(super) fn is_face(sign: char) -> bool {
    FACES.iter().any(|(faces, _)| faces.contains(sign))
}

/// The words that reach a word: those before it, back to the last one that says something itself.
fn reaching(words: &[String], at: usize) -> &[String] {
    let before = words.get(at.saturating_sub(REACH)..at).unwrap_or_default();
    let last = before.iter().rposition(|word| weight(word).is_some());
    before.get(last.map_or(0, |last| last.saturating_add(1))..).unwrap_or_default()
}

/// What the words before a word make of it; the nearest is the last.
fn turned(before: &[String]) -> f64 {
    let has = |list: &str, word: &String| list.split_whitespace().any(|known| known == word);
    let is_denied = before.iter().any(|word| has(NEGATIONS, word) || word.ends_with("n't"));
    let strength = match before.last() {
        Some(word) if has(STRENGTHENERS, word) => STRONGER,
        Some(word) if has(DAMPENERS, word) => WEAKER,
        _ => 1.0,
    };
    strength * if is_denied { DENIED } else { 1.0 }
}

/// Words in lower case, with apostrophes of one kind.
fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace('’', "'");
    let split = text.split(|sign: char| !(sign.is_alphabetic() || sign == '\''));
    let words = split.map(|word| word.trim_matches('\'')).filter(|word| !word.is_empty());
    words.map(plain).collect()
}

/// "sooo" as "so", "goood" as "good": what is drawn out is as if it were not.
fn plain(word: &str) -> String {
    let twice = drawn_in(word, 2);
    if twice == word || weight(&twice).is_some() { twice } else { drawn_in(word, 1) }
}

/// A word whose letters that stand three times or more in a row stand so many times.
fn drawn_in(word: &str, most: usize) -> String {
    let mut short = String::new();
    let mut signs = word.chars().peekable();
    while let Some(sign) = signs.next() {
        let mut times = 1_usize;
        while signs.next_if_eq(&sign).is_some() {
            times = times.saturating_add(1);
        }
        let kept = if times > 2 { most } else { times };
        short.extend(std::iter::repeat_n(sign, kept));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str) -> f64 {
        EnglishWords.score(text)
    }

    #[test]
    fn what_people_say_sounds_as_they_mean_it() {
        // S5.26
        for text in [
            "I loved it",
            "it was awesome!!!",
            "not bad",
            "Pretty good, thanks",
            "the best book ever",
            "it was so funny I laughed out loud",
            "boring at first but amazing in the end",
            "😀",
            "Looooove it",
            "sooo goood",
            "GREAT",
            "it wasn’t boring at all",
        ] {
            assert!(score(text) >= 0.05, "{text}: {}", score(text));
        }
        for text in [
            "I hated it",
            "boring",
            "it's not good",
            "I don't like scary stories",
            "too sad",
            "never fun",
            "nice pictures but the story was awful",
            "worst. book. ever.",
            "I got confused and gave up",
            "😢",
            "this is really annoying",
            "it isn't interesting",
        ] {
            assert!(score(text) <= -0.05, "{text}: {}", score(text));
        }
        for text in [
            "",
            "a book about whales",
            "yes",
            "no",
            "7 or 8",
            "Kia ora, ko Tama tōku ingoa",
            "это книга",
            "good and bad",
            "!!!",
        ] {
            assert!(score(text).abs() < 0.05, "{text}: {}", score(text));
        }
    }

    #[test]
    fn words_are_strengthened_and_dampened() {
        let rising =
            ["slightly good", "good", "very good", "very good!", "very good!!!", "very good!!! 😀"];
        assert!(rising.is_sorted_by(|one, next| score(one) < score(next)));
        assert!(score("not good").abs() < score("bad").abs());
        assert!(score("not very good") < score("not slightly good"));
        assert!(score("good!!!").to_bits() == score("good!!!!!!!!").to_bits());
    }

    #[test]
    fn a_score_stays_on_its_scale() {
        for text in ["amazing ".repeat(5000), "awful! ".repeat(5000), "😀".repeat(5000)] {
            let found = score(&text);
            assert!((-1.0..=1.0).contains(&found) && found.abs() > 0.99, "{found}");
        }
    }
}
