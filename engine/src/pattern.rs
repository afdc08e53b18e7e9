//! Regular expressions that authors write: linear in the text and bounded in size (R3.4, R6.33j).

use std::fmt;

use regex_lite::{Regex, RegexBuilder};

/// A compiled pattern. Finding it anywhere in a text is a match; authors anchor with `^` and `$`.
#[derive(Clone)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// The most characters of a pattern.
    const LENGTH: usize = 1000;
    /// The most bytes of a compiled pattern. Time grows with this times the text's length.
    const SIZE: usize = 32 * 1024;
    /// The most bytes of a text; longer ones match nothing.
    const TEXT: usize = 16 * 1024;

    /// Compiles RE2-style syntax: no back-references, no look-around; classes are ASCII.
    pub(crate) fn compile(pattern: &str) -> Result<Self, String> {
        if pattern.chars().nth(Self::LENGTH).is_some() {
            return Err(format!("it is longer than {} characters", Self::LENGTH));
        }
        let regex = RegexBuilder::new(pattern).size_limit(Self::SIZE).nest_limit(32).build();
        regex.map(Self).map_err(|error| error.to_string())
    }

    /// Whether the pattern is found in the text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        text.len() <= Self::TEXT && self.0.is_match(text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({})", self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_search_and_mind_case() {
        // R3.4, R6.10.
        let pattern = Pattern::compile("b[0-9]").unwrap();
        assert!(pattern.is_in("ab1c"));
        assert!(!pattern.is_in("aB1c"));
    }

    #[test]
    fn what_could_run_away_is_refused() {
        // R3.4, R6.10.
        let nested = format!("{}a{}", "(".repeat(100), ")".repeat(100));
        for pattern in ["(", "(?=a)", r"(a)\1", "(a{1000}){1000}", &nested, &"a".repeat(1001)] {
            assert!(Pattern::compile(pattern).is_err(), "{pattern}");
        }
        assert!(Pattern::compile(&"a".repeat(1000)).is_ok());
    }

    #[test]
    fn very_long_text_matches_nothing() {
        assert!(!Pattern::compile("a").unwrap().is_in(&"a".repeat(16 * 1024 + 1)));
    }
}
