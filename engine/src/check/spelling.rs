//! What an author may have meant by a word that is none of the known ones.

use crate::unicode::lowercase;

/// The longest word for which a near one is sought.
const LONGEST: usize = 40;

/// The one word of `known` that `written` is a misspelling of: at most two letters wrong, missing,
/// surplus or swapped, and one in words of up to four; nothing when two words are equally near.
pub(crate) fn near_miss<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let letters: Vec<char> = written.trim().chars().take(LONGEST).collect();
    let lowered: String = lowercase(&letters.iter().collect::<String>());
    let letters: Vec<char> = lowered.chars().collect();
    let mut best: Option<(usize, &str)> = None;
    let mut tied = false;
    for word in known {
        let target: Vec<char> = lowercase(word).chars().collect();
        let limit = if target.len().min(letters.len()) <= 4 { 1 } else { 2 };
        let distance = distance(&letters, &target);
        if distance > limit {
            continue;
        }
        match best {
            Some((least, _)) if least < distance => {}
            Some((least, _)) if least == distance => tied = true,
            _ => (best, tied) = (Some((distance, *word)), false),
        }
    }
    best.filter(|_| !tied).map(|(_, word)| word)
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for (j, y) in b.iter().enumerate() {
            let at = |list: &[usize], index: usize| list.get(index).copied().unwrap_or(usize::MAX);
            let next = j.saturating_add(1);
            let mut cost = at(&above, j).saturating_add(usize::from(x != y));
            cost = cost.min(at(&above, next).saturating_add(1)).min(at(&row, j).saturating_add(1));
            let swapped = j > 0 && i > 0 && a.get(i.saturating_sub(1)) == Some(y);
            if swapped && b.get(j.saturating_sub(1)) == Some(x) {
                cost = cost.min(at(&before, j.saturating_sub(1)).saturating_add(1));
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::near_miss;

    #[test]
    fn a_misspelling_is_recognised_and_another_word_is_not() {
        let types = ["message", "question", "condition", "action", "webhook", "script"];
        for (written, meant) in [
            ("massage", Some("message")),
            ("Message", Some("message")),
            ("mesage", Some("message")),
            ("qeustion", Some("question")),
            ("acton", Some("action")),
            ("web_hook", Some("webhook")),
            ("dance", None),
            ("", None),
            ("question or condition", None),
        ] {
            assert_eq!(near_miss(written, &types), meant, "{written}");
        }
        // Short words are close to each other.
        assert_eq!(near_miss("GTE", &["GET", "PUT"]), Some("GET"));
        assert_eq!(near_miss("POT", &["POST", "PUT"]), None);
        assert_eq!(near_miss("cat", &["email"]), None);
        assert_eq!(near_miss(&"x".repeat(10_000), &types), None);
    }
}
