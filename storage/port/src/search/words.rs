//! What counts as a word.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest word, in bytes; what is longer is cut. Postgres takes no lexeme of more than 2046.
const LONGEST: usize = 255;

/// The words of a text as they are compared, in order: without case, accents and English endings, and without words
/// that say nothing.
///
/// ```
/// use chatflow_storage::words;
///
/// assert_eq!(words("The Māori are DIVING, aren't they?"), ["maori", "dive"]);
/// ```
pub fn words(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        // Lower case may bring a mark of its own, as that of `İ` does.
        .filter(|c| !is_combining_mark(*c))
        .collect();
    // An apostrophe joins what is one word.
    let plain = plain.replace(['\'', '’'], "");
    let of_text = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    of_text
        .filter(|word| STOP_WORDS.binary_search(word).is_err())
        .map(|word| cut(&stemmer.stem(word)).to_owned())
        .collect()
}

fn cut(word: &str) -> &str {
    let end = (0..=LONGEST.min(word.len())).rfind(|end| word.is_char_boundary(*end));
    end.and_then(|end| word.get(..end)).unwrap_or_default()
}

/// The stop words of the Snowball project's English list, as this module spells words; sorted.
const STOP_WORDS: &[&str] = &[
    "a",
    "about",
    "above",
    "after",
    "again",
    "against",
    "all",
    "am",
    "an",
    "and",
    "any",
    "are",
    "arent",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "cannot",
    "cant",
    "could",
    "couldnt",
    "did",
    "didnt",
    "do",
    "does",
    "doesnt",
    "doing",
    "dont",
    "down",
    "during",
    "each",
    "few",
    "for",
    "from",
    "further",
    "had",
    "hadnt",
    "has",
    "hasnt",
    "have",
    "havent",
    "having",
    "he",
    "her",
    "here",
    "hers",
    "herself",
    "hes",
    "him",
    "himself",
    "his",
    "how",
    "i",
    "if",
    "im",
    "in",
    "into",
    "is",
    "isnt",
    "it",
    "its",
    "itself",
    "ive",
    "me",
    "more",
    "most",
    "my",
    "myself",
    "no",
    "nor",
    "not",
    "of",
    "off",
    "on",
    "once",
    "only",
    "or",
    "other",
    "ought",
    "our",
    "ours",
    "ourselves",
    "out",
    "over",
    "own",
    "same",
    "she",
    "shes",
    "should",
    "shouldnt",
    "so",
    "some",
    "such",
    "than",
    "that",
    "thats",
    "the",
    "their",
    "theirs",
    "them",
    "themselves",
    "then",
    "there",
    "theres",
    "these",
    "they",
    "theyre",
    "theyve",
    "this",
    "those",
    "through",
    "to",
    "too",
    "under",
    "until",
    "up",
    "very",
    "was",
    "wasnt",
    "we",
    "were",
    "werent",
    "weve",
    "what",
    "whats",
    "when",
    "where",
    "which",
    "while",
    "who",
    "whom",
    "whos",
    "why",
    "with",
    "wont",
    "would",
    "wouldnt",
    "you",
    "your",
    "youre",
    "yours",
    "yourself",
    "yourselves",
    "youve",
];

#[cfg(test)]
mod tests {
    use super::{LONGEST, STOP_WORDS, words};

    #[test]
    fn case_accents_and_endings_do_not_matter() {
        // F49
        for (one, other) in [
            ("Diving", "dive"),
            ("cafés", "CAFE"),
            ("whānau", "whanau"),
            ("e\u{301}clair", "éclairs"),
            ("ＦＵＬＬ", "full"),
            ("İzmir", "izmir"),
            ("libraries", "library"),
            ("children’s", "childrens"),
        ] {
            assert_eq!(words(one), words(other), "{one}");
            assert_eq!(words(one).len(), 1, "{one}");
        }
    }

    #[test]
    fn punctuation_parts_words_and_stop_words_are_left_out() {
        assert_eq!(
            words("well-known: sea_lions/10.5"),
            ["well", "known", "sea", "lion", "10", "5"]
        );
        assert_eq!(words("To be, or not to be? Don't!"), [""; 0]);
        assert_eq!(words("東京 Ωmega"), ["東京", "ωmega"]);
        assert_eq!(words("--- \u{0}\t"), [""; 0]);
    }

    #[test]
    fn a_long_word_is_cut_between_characters() {
        let cut = words(&"é".repeat(1000));
        assert_eq!(cut.first().map(String::len), Some(LONGEST));
        let cut = words(&"東".repeat(1000));
        assert_eq!(cut.first().map(String::len), Some(LONGEST));
        assert_eq!(words(&"ł".repeat(1000)).first().map(String::len), Some(LONGEST - 1));
    }

    #[test]
    fn stop_words_are_sorted_and_spelled_as_words_are() {
        assert!(STOP_WORDS.is_sorted());
        for word in STOP_WORDS {
            assert!(words(word).is_empty(), "{word}");
            assert!(word.chars().all(|c| c.is_ascii_lowercase()), "{word}");
        }
    }
}
