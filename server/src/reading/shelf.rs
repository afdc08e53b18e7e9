//! Books of a file, for demonstrations (S3.200, S11.7).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::{BookQuery, ReadingError, ReadingPlatform};

/// The books that stand under `works` of a fixture. A book is an object with a `title`, and may have
/// `authors`, `isbn`, `min_age`, `max_age`, `reading_abilities`, `hues`, and `recommendable: false`;
/// further keys are passed on.
#[derive(Debug)]
pub struct Shelf {
    works: Vec<(Work, Value)>,
}

/// Why there is no shelf.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// The file cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It has no books, or one is not what it should be.
    #[error("`{path}` has no list `works` of books: {why}", path = path.display())]
    Shape {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

#[derive(Debug, Deserialize)]
struct Work {
    #[serde(rename = "title")]
    _title: String,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default)]
    isbn: Option<String>,
    #[serde(default)]
    min_age: Option<u8>,
    #[serde(default)]
    max_age: Option<u8>,
    #[serde(default)]
    reading_abilities: Vec<String>,
    #[serde(default)]
    hues: Vec<String>,
    #[serde(default = "yes")]
    recommendable: bool,
}

const fn yes() -> bool {
    true
}

impl Shelf {
    /// Reads the books of a fixture.
    ///
    /// # Errors
    /// [`ShelfError`].
    pub fn open(path: &Path) -> Result<Self, ShelfError> {
        let text = fs::read_to_string(path);
        let text = text.map_err(|source| ShelfError::Io { path: path.to_owned(), source })?;
        let shape = |why: String| ShelfError::Shape { path: path.to_owned(), why };
        let document: Value =
            serde_json::from_str(&text).map_err(|error| shape(error.to_string()))?;
        let works = document.get("works").and_then(Value::as_array);
        let works = works.ok_or_else(|| shape("there is none".to_owned()))?;
        let read = works.iter().enumerate().map(|(place, work)| {
            let read = Work::deserialize(work);
            read.map(|read| (read, work.clone()))
                .map_err(|error| shape(format!("{place}: {error}")))
        });
        Ok(Self { works: read.collect::<Result<_, _>>()? })
    }

    /// Those that fit, by how many hues they share, then in the order of the file.
    fn find(&self, query: &BookQuery, is_strict: bool) -> Vec<Value> {
        let excluded: BTreeSet<String> =
            query.exclude_isbns.iter().map(|isbn| digits(isbn)).collect();
        let mut fitting: Vec<(usize, &Work, &Value)> = self
            .works
            .iter()
            .filter(|(work, _)| {
                let old_enough = |age| work.min_age.is_none_or(|least| least <= age);
                let young_enough = |age| work.max_age.is_none_or(|most| age <= most);
                (work.recommendable || !query.recommendable_only)
                    && query.age.is_none_or(|age| old_enough(age) && young_enough(age))
                    && work.isbn.as_ref().is_none_or(|isbn| !excluded.contains(&digits(isbn)))
            })
            .map(|(work, value)| (shared(&work.hues, &query.hues), work, value))
            .filter(|(hues, work, _)| {
                let reads = query.reading_abilities.is_empty()
                    || shared(&work.reading_abilities, &query.reading_abilities) > 0;
                !is_strict || ((query.hues.is_empty() || *hues > 0) && reads)
            })
            .collect();
        fitting.sort_by_key(|(hues, ..)| std::cmp::Reverse(*hues));
        let mut authors = BTreeSet::new();
        fitting.retain(|(_, work, _)| {
            let first = work.authors.first();
            !query.dedupe_authors
                || first.is_none_or(|author| authors.insert(author.to_lowercase()))
        });
        fitting.into_iter().map(|(_, _, value)| value.clone()).collect()
    }
}

fn shared(some: &[String], wanted: &[String]) -> usize {
    some.iter().filter(|one| wanted.iter().any(|other| one.eq_ignore_ascii_case(other))).count()
}

/// An ISBN is written with dashes or without.
fn digits(isbn: &str) -> String {
    isbn.chars().filter(char::is_ascii_alphanumeric).collect()
}

#[async_trait]
impl ReadingPlatform for Shelf {
    async fn recommend(&self, query: &BookQuery) -> Result<Vec<Value>, ReadingError> {
        let found = self.find(query, true);
        if found.is_empty() && query.fallback { Ok(self.find(query, false)) } else { Ok(found) }
    }
}
