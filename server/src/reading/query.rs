//! What a reader is looking for, as flows write it (S3.201).

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::FieldError;

/// How well children read, as the names on the wire.
const ABILITIES: [&str; 5] = ["SPOT", "CAT_HAT", "TREEHOUSE", "CHARLIE_CHOCOLATE", "HARRY_POTTER"];
/// How many books there are usually, and at most.
const LIMITS: (u8, u8) = (5, 50);
/// The most entries of a list, and the most characters of one.
const MOST: (usize, usize) = (500, 100);

/// What a reader is looking for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BookQuery {
    /// A school's id on the platform.
    pub wriveted_identifier: Option<Uuid>,
    /// In years.
    pub age: Option<u8>,
    /// How well the reader reads: some of `SPOT`, `CAT_HAT`, `TREEHOUSE`, `CHARLIE_CHOCOLATE` and
    /// `HARRY_POTTER`.
    pub reading_abilities: Vec<String>,
    /// Moods.
    pub hues: Vec<String>,
    /// Only books that are good to recommend.
    pub recommendable_only: bool,
    /// Books that are known already.
    pub exclude_isbns: Vec<String>,
    /// Whether books that fit less will do if there are none.
    pub fallback: bool,
    /// At most one book of an author.
    pub dedupe_authors: bool,
    /// How many, 1 to 50.
    pub limit: u8,
}

impl BookQuery {
    /// Reads a body and the parameter `limit`. An empty text is what a template makes of null, and a list
    /// may be written as a text of JSON.
    pub(crate) fn read(
        body: &Map<String, Value>,
        limit: Option<&Value>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader { body, found: Vec::new() };
        let query = Self {
            wriveted_identifier: reader.uuid("wriveted_identifier"),
            age: reader.age("age"),
            reading_abilities: reader.abilities("reading_abilities"),
            hues: reader.list("hues"),
            recommendable_only: reader.flag("recommendable_only", false),
            exclude_isbns: reader.list("exclude_isbns"),
            fallback: reader.flag("fallback", false),
            dedupe_authors: reader.flag("dedupe_authors", true),
            limit: reader.limit(limit),
        };
        if reader.found.is_empty() { Ok(query) } else { Err(reader.found) }
    }
}

struct Reader<'a> {
    body: &'a Map<String, Value>,
    found: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    /// A value that is neither missing nor what a template makes of null.
    fn given(&self, key: &str) -> Option<&'a Value> {
        let is_nothing = |value: &Value| {
            value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
        };
        self.body.get(key).filter(|value| !is_nothing(value))
    }

    fn refuse(&mut self, place: [&str; 2], kind: &str, message: &str) {
        let loc = place.iter().map(|step| json!(step)).collect();
        let msg = format!("`{}` {message}", place[1]);
        self.found.push(FieldError { loc, msg, kind: kind.to_owned() });
    }

    fn uuid(&mut self, key: &str) -> Option<Uuid> {
        let value = self.given(key)?;
        let id = value.as_str().and_then(|text| text.trim().parse().ok());
        if id.is_none() {
            self.refuse(["body", key], "type_error.uuid", "must be a UUID");
        }
        id
    }

    fn age(&mut self, key: &str) -> Option<u8> {
        let value = self.given(key)?;
        let age = value.as_u64().and_then(|age| u8::try_from(age).ok()).filter(|age| *age <= 120);
        if age.is_none() {
            self.refuse(["body", key], "type_error.integer", "must be a whole number up to 120");
        }
        age
    }

    fn flag(&mut self, key: &str, usual: bool) -> bool {
        let Some(value) = self.given(key) else { return usual };
        value.as_bool().unwrap_or_else(|| {
            self.refuse(["body", key], "type_error.bool", "must be true or false");
            usual
        })
    }

    fn list(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.given(key) else { return Vec::new() };
        let written = value.as_str().and_then(|text| serde_json::from_str(text).ok());
        let (most, longest) = MOST;
        let texts = written.as_ref().unwrap_or(value).as_array().and_then(|items| {
            let text = |item: &Value| item.as_str().map(|text| text.trim().to_owned());
            items.iter().map(text).collect::<Option<Vec<String>>>()
        });
        let fits = |texts: &Vec<String>| {
            texts.len() <= most && texts.iter().all(|text| text.chars().count() <= longest)
        };
        let Some(mut texts) = texts.filter(fits) else {
            let message = "must be a list of at most 500 texts of at most 100 characters";
            self.refuse(["body", key], "type_error.array", message);
            return Vec::new();
        };
        texts.retain(|text| !text.is_empty());
        texts
    }

    fn abilities(&mut self, key: &str) -> Vec<String> {
        let all: Vec<String> =
            self.list(key).iter().map(|ability| ability.to_uppercase()).collect();
        if !all.iter().all(|ability| ABILITIES.contains(&ability.as_str())) {
            let message = format!("must be of {}", ABILITIES.join(", "));
            self.refuse(["body", key], "value_error.enum", &message);
        }
        all
    }

    /// The parameter of the address, a text or a number.
    fn limit(&mut self, limit: Option<&Value>) -> u8 {
        let (usual, most) = LIMITS;
        let Some(value) = limit else { return usual };
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let number = number.and_then(|number| u8::try_from(number).ok());
        number.filter(|number| (1..=most).contains(number)).unwrap_or_else(|| {
            self.refuse(["query", "limit"], "value_error.range", "must be between 1 and 50");
            usual
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value, limit: Option<&Value>) -> Result<BookQuery, Vec<String>> {
        let read = BookQuery::read(body.as_object().unwrap(), limit);
        read.map_err(|found| found.iter().map(|fault| fault.msg.clone()).collect())
    }

    #[test]
    fn what_templates_write_is_understood() {
        // S3.201
        let usual = read(&json!({}), None).unwrap();
        assert!(usual.dedupe_authors && !usual.fallback && usual.limit == 5);
        let blank = json!({"age": "", "wriveted_identifier": " ", "hues": "", "fallback": "",
                           "reading_abilities": null});
        assert_eq!(read(&blank, None).unwrap(), usual);
        let written =
            json!({"hues": "[\"hue01\", \"\"]", "reading_abilities": "[\"spot\"]", "age": 8});
        let query = read(&written, Some(&json!("7"))).unwrap();
        assert_eq!(
            (query.hues, query.reading_abilities),
            (vec!["hue01".into()], vec!["SPOT".into()])
        );
        assert_eq!((query.age, query.limit), (Some(8), 7));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let wrong = json!({"age": -1, "hues": "blue", "reading_abilities": ["X"], "fallback": "no",
                           "wriveted_identifier": 7, "exclude_isbns": [1]});
        assert_eq!(read(&wrong, Some(&json!("51"))).unwrap_err().len(), 7);
        for limit in [json!("0"), json!(0), json!("-1"), json!("x"), json!([]), json!(300)] {
            assert!(read(&json!({}), Some(&limit)).is_err(), "{limit}");
        }
    }
}
