//! Whose sessions count in a summary (S5.39).

use chatflow_storage::SessionFacts;
use serde_json::Value;

use super::age::age;

/// A part of the visitors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Segment {
    All,
    Anonymous,
    Registered,
    /// Signed in, and never seen before.
    New,
    /// Signed in, and seen before.
    Returning,
    /// Of an age in years, both ends included.
    Aged(u32, u32),
    /// Of whom the conversation knows this as `user.segment`.
    Named(String),
}

impl Segment {
    /// The segment of this name.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "all" => Self::All,
            "anonymous" => Self::Anonymous,
            "registered" => Self::Registered,
            "new" => Self::New,
            "returning" => Self::Returning,
            "children" => Self::Aged(0, 12),
            "teens" => Self::Aged(13, 17),
            "adults" => Self::Aged(18, u32::MAX),
            other => Self::Named(other.to_owned()),
        }
    }

    /// An age such as `7-9` or `18+`; `None` if it is something else.
    pub(crate) fn aged(text: &str) -> Option<Self> {
        let year = |text: &str| text.parse().ok().filter(|_| text.len() <= 3);
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (year(first)?, year(last)?),
            None => (year(text.strip_suffix('+')?)?, u32::MAX),
        };
        (first <= last).then_some(Self::Aged(first, last))
    }

    /// Whether the visitor of a session, whose audience has been asked for, belongs to it.
    pub(crate) fn holds(&self, session: &SessionFacts) -> bool {
        let audience = session.audience.as_ref();
        let is_returning = audience.is_some_and(|audience| audience.is_returning);
        let user = || -> Value {
            let state = audience.and_then(|audience| serde_json::from_str(&audience.state).ok());
            state.and_then(|state: Value| state.get("user").cloned()).unwrap_or_default()
        };
        match self {
            Self::All => true,
            Self::Anonymous => session.user_id.is_none(),
            Self::Registered => session.user_id.is_some(),
            Self::New => session.user_id.is_some() && !is_returning,
            Self::Returning => session.user_id.is_some() && is_returning,
            Self::Aged(first, last) => {
                let age = age(&user());
                age.is_some_and(|age| f64::from(*first) <= age && age < f64::from(*last) + 1.0)
            }
            Self::Named(name) => user().get("segment").and_then(Value::as_str) == Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_age_has_two_ends_or_one() {
        // S5.39
        assert_eq!(Segment::aged("7-9"), Some(Segment::Aged(7, 9)));
        assert_eq!(Segment::aged("18+"), Some(Segment::Aged(18, u32::MAX)));
        for text in ["", "7", "9-7", "-9", "7-", "+", "a-b", "1000+", "7-9+"] {
            assert_eq!(Segment::aged(text), None, "{text}");
        }
    }

    #[test]
    fn an_age_is_a_number_or_its_text() {
        // S5.39
        for (user, expected) in [
            (json!({"age": 12}), Some(12.0)),
            (json!({"age": "12"}), Some(12.0)),
            (json!({"age": null, "age_number": 7.5}), Some(7.5)),
            (json!({"age": "twelve"}), None),
            (json!(null), None),
        ] {
            assert_eq!(age(&user), expected, "{user}");
        }
    }
}
