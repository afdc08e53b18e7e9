//! Full-text search over the content library: decided once, so that all stores find the same (F49).
//!
//! A store indexes the [`search_words`] of an item and asks its index for what a [`SearchQuery`] says. The
//! databases' own parsers, stop words and stemmers take no part: they differ from each other.

mod query;
mod words;

pub use query::{Phrase, SearchGroup, SearchQuery};
pub use words::words;

use serde_json::{Map, Value};

/// The most words of an item that are indexed.
const MOST_WORDS: usize = 10_000;

/// The words of a content item, in order: those of its texts, then of its tags (S1.37).
///
/// ```
/// use chatflow_storage::search_words;
///
/// let content = r#"{"setup": "Why do <b>sea</b> lions dive?", "punchline": "To see."}"#;
/// assert_eq!(search_words(content, &["Māori".into()]), ["sea", "lion", "dive", "see", "maori"]);
/// ```
pub fn search_words(content: &str, tags: &[String]) -> Vec<String> {
    let content: Map<String, Value> = serde_json::from_str(content).unwrap_or_default();
    let mut found = Vec::new();
    for text in texts(&content) {
        found.extend(words(&without_tags(text)));
    }
    found.extend(tags.iter().flat_map(|tag| words(tag)));
    found.truncate(MOST_WORDS);
    found
}

fn texts(content: &Map<String, Value>) -> Vec<&str> {
    let text = |key: &str| content.get(key).and_then(Value::as_str);
    let within = |key: &str| content.get(key).and_then(|inner| inner.get("text")?.as_str());
    let each = |key: &str| {
        let items = content.get(key).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.get("text")?.as_str())
    };
    let single = ["text", "setup", "punchline", "question"].into_iter().filter_map(text);
    single
        .chain(within("question"))
        .chain(["question_text", "author"].into_iter().filter_map(text))
        .chain(each("answers"))
        .chain(each("messages"))
        .collect()
}

/// The text without markup: what stands between `<` and the next `>`, where it looks like a tag.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        let tag = after.split_once('>').filter(|_| is_tag);
        plain.push(if tag.is_some() { ' ' } else { '<' });
        rest = tag.map_or(after, |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::search_words;

    fn of(content: &serde_json::Value) -> String {
        search_words(&content.to_string(), &[]).join(" ")
    }

    #[test]
    fn the_texts_of_each_type_are_found() {
        // S1.37
        assert_eq!(of(&json!({"text": "Octopus", "source": "aquarium"})), "octopus");
        assert_eq!(of(&json!({"setup": "knock", "punchline": "boo"})), "knock boo");
        assert_eq!(of(&json!({"question": "Tea"})), "tea");
        assert_eq!(of(&json!({"question": {"text": "Tea"}})), "tea");
        let preference = json!({"question_text": "Pick", "answers": [{"text": "Red"}, {}, 5]});
        assert_eq!(of(&preference), "pick red");
        assert_eq!(of(&json!({"text": "Ride", "author": "Ada"})), "ride ada");
        assert_eq!(of(&json!({"messages": [{"text": "one"}, {"text": "two"}]})), "one two");
        assert_eq!(search_words("[]", &["sea".into()]), ["sea"]);
    }

    #[test]
    fn markup_is_no_text() {
        assert_eq!(
            of(&json!({"text": "<p class='wide'>big<br/>fish</p> 1 < 2 <"})),
            "big fish 1 2"
        );
        assert_eq!(of(&json!({"text": "<unclosed whale"})), "unclos whale");
    }
}
