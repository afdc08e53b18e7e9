//! What a search asks for (S3.43).

use super::words::words;

/// The most characters of a search that are read (S3.42).
const LONGEST: usize = 200;

/// A search as its user wrote it: words are all wanted, `"…"` is a phrase, `or` stands between alternatives, a `-` in
/// front excludes.
///
/// Every text is a search. One that asks for nothing finds nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SearchQuery {
    /// Alternatives: an item needs to fit one of them.
    pub groups: Vec<SearchGroup>,
}

/// One alternative of a search. At least one of the lists has something in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SearchGroup {
    /// What an item must have.
    pub all: Vec<Phrase>,
    /// What it must not have.
    pub none: Vec<Phrase>,
}

/// Words, at least one, that must follow each other.
pub type Phrase = Vec<String>;

impl SearchQuery {
    /// Reads a search.
    ///
    /// ```
    /// use chatflow_storage::{SearchQuery, words};
    ///
    /// let query = SearchQuery::parse("diving or \"sea lion\" -zoo");
    /// assert_eq!(query.groups.len(), 2);
    /// assert!(query.fits(&words("We dive at the zoo")));
    /// assert!(query.fits(&words("the sea lions of Akaroa")));
    /// assert!(!query.fits(&words("a lion, the sea")));
    /// ```
    pub fn parse(text: &str) -> Self {
        let text: String = text.chars().take(LONGEST).collect();
        let (mut query, mut group) = (Self::default(), SearchGroup::default());
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (is_excluded, after) =
                rest.strip_prefix('-').map_or((false, rest), |after| (true, after));
            let (phrase, behind) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => after.split_at(after.find([' ', '"', '\t', '\n']).unwrap_or(after.len())),
            };
            let is_or = after == rest && phrase.eq_ignore_ascii_case("or");
            if is_or {
                query.add(std::mem::take(&mut group));
            } else {
                let phrase = words(phrase);
                let list = if is_excluded { &mut group.none } else { &mut group.all };
                list.extend(Some(phrase).filter(|phrase| !phrase.is_empty()));
            }
            rest = behind.trim_start();
        }
        query.add(group);
        query
    }

    fn add(&mut self, group: SearchGroup) {
        if group != SearchGroup::default() {
            self.groups.push(group);
        }
    }

    /// Whether an item with these [`words`] is found.
    pub fn fits(&self, words: &[String]) -> bool {
        let has = |phrase: &Phrase| words.windows(phrase.len()).any(|window| window == phrase);
        let fits = |group: &SearchGroup| group.all.iter().all(has) && !group.none.iter().any(has);
        self.groups.iter().any(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::{SearchGroup, SearchQuery};

    fn group(all: &[&str], none: &[&str]) -> SearchGroup {
        let phrases = |list: &[&str]| {
            list.iter().map(|one| one.split(' ').map(str::to_owned).collect()).collect()
        };
        SearchGroup { all: phrases(all), none: phrases(none) }
    }

    #[test]
    fn the_grammar_is_that_of_the_specification() {
        // S3.43
        for (text, expected) in [
            ("sea lion", vec![group(&["sea", "lion"], &[])]),
            ("\"sea lion\" dive", vec![group(&["sea lion", "dive"], &[])]),
            ("sea or lion dive", vec![group(&["sea"], &[]), group(&["lion", "dive"], &[])]),
            ("sea OR lion", vec![group(&["sea"], &[]), group(&["lion"], &[])]),
            ("sea -lion", vec![group(&["sea"], &["lion"])]),
            ("-\"sea lion\"", vec![group(&[], &["sea lion"])]),
            ("or sea or", vec![group(&["sea"], &[])]),
            ("\"or\" sea", vec![group(&["sea"], &[])]),
            ("well-known", vec![group(&["well known"], &[])]),
            ("sea\"lion dive", vec![group(&["sea", "lion dive"], &[])]),
            ("the and of", vec![]),
            ("-the", vec![]),
            ("", vec![]),
            ("\"", vec![]),
            ("- - --", vec![]),
            ("' OR 1=1; --", vec![group(&["1 1"], &[])]),
            ("a:* & b | !c", vec![group(&["b", "c"], &[])]),
        ] {
            assert_eq!(SearchQuery::parse(text).groups, expected, "{text}");
        }
    }

    #[test]
    fn a_long_search_is_read_as_far_as_it_may_go() {
        let query = SearchQuery::parse(&"sea ".repeat(1000));
        assert_eq!(query.groups[0].all.len(), 50);
    }
}
