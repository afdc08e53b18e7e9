//! Dotted paths into JSON (R5.7 to R5.13).

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{canonical_len, string_len};

use crate::table::object;

/// A parsed path such as `temp.items[0].name`: at least one segment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Path {
    text: Arc<str>,
    segments: Box<[Box<str>]>,
}

/// Why a text is not a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("a path cannot be empty or have an empty part")]
    Empty,
    #[error("a bracket of a path is not closed, or does not hold a number or a quoted key")]
    Bracket,
    #[error("a path can have at most 255 characters")]
    Long,
}

impl Path {
    /// Reads `a.b.0`, `a.items[0].b`, `a['odd key'].b` and negative indexes (R5.12).
    pub(crate) fn parse(text: &str) -> Result<Self, PathError> {
        let text = text.trim();
        if text.chars().count() > 255 {
            return Err(PathError::Long);
        }
        let mut segments = Vec::new();
        let mut rest = text;
        loop {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at_checked(end).ok_or(PathError::Empty)?;
            if key.is_empty() {
                return Err(PathError::Empty);
            }
            segments.push(key.into());
            rest = after;
            while let Some(inside) = rest.strip_prefix('[') {
                let (key, after) = bracket(inside).ok_or(PathError::Bracket)?;
                segments.push(key.into());
                rest = after;
            }
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None if rest.is_empty() => break,
                None => return Err(PathError::Bracket),
            }
        }
        Ok(Self { text: text.into(), segments: segments.into() })
    }

    /// The path as written.
    pub(crate) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The first segment: usually a scope.
    pub(crate) fn head(&self) -> &str {
        self.segments.first().map_or("", |head| head)
    }

    /// The segments after the first.
    pub(crate) fn rest(&self) -> &[Box<str>] {
        self.segments.get(1..).unwrap_or_default()
    }

    /// All segments.
    pub(crate) fn segments(&self) -> &[Box<str>] {
        &self.segments
    }

    /// Whether a variable may be declared under this path (R5.7).
    pub(crate) fn is_declarable(&self) -> bool {
        let mut chars = self.text.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
    }
}

/// What stands between `[` and `]`, and what follows.
fn bracket(inside: &str) -> Option<(&str, &str)> {
    let quote = inside.chars().next().filter(|c| matches!(c, '\'' | '"'));
    if let Some(quote) = quote {
        let (key, after) = inside.get(1..)?.split_once(quote)?;
        return Some((key, after.strip_prefix(']')?));
    }
    let (number, after) = inside.split_once(']')?;
    number.parse::<i64>().is_ok().then_some((number, after))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The value below `value` at `segments`; `None` when absent (R5.10).
pub(crate) fn get_in<'a>(value: &'a Value, segments: &[Box<str>]) -> Option<&'a Value> {
    segments.iter().try_fold(value, |value, segment| match value {
        Value::Object(map) => map.get(&**segment),
        Value::Array(items) => items.get(index(segment, items.len())?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// A position in a list of `len`; `-1` is the last.
fn index(segment: &str, len: usize) -> Option<usize> {
    match segment.strip_prefix('-') {
        Some(back) => len.checked_sub(back.parse().ok()?),
        None => segment.parse().ok(),
    }
}

/// Why a value was not written; nothing changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("the list has no such index")]
    BadIndex,
    #[error("the state would exceed its limit")]
    TooLarge,
    #[error("the value would be nested too deeply")]
    TooDeep,
}

/// What a write did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Written {
    /// By how much the canonical text of the state grew.
    pub(crate) grew: isize,
    /// Whether a scalar on the way was replaced by an object.
    pub(crate) overwrote_scalar: bool,
}

/// Writes below `map`, creating objects on the way (R5.13); `room` is how much the text may grow.
pub(crate) fn set_in(
    map: &mut Map<String, Value>,
    segments: &[Box<str>],
    value: Value,
    room: isize,
) -> Result<Written, WriteError> {
    let Some((key, rest)) = segments.split_first() else { return Ok(Written::default()) };
    let empty = map.is_empty();
    if let Some(slot) = map.get_mut(&**key) {
        set_slot(slot, rest, value, room)
    } else {
        let value = nested(rest, value);
        let comma = usize::from(!empty);
        let grew = size(&value, string_len(key).saturating_add(1).saturating_add(comma));
        check(grew, room)?;
        map.insert(key.to_string(), value);
        Ok(Written { grew, overwrote_scalar: false })
    }
}

fn set_slot(
    slot: &mut Value,
    rest: &[Box<str>],
    value: Value,
    room: isize,
) -> Result<Written, WriteError> {
    match (rest.split_first(), &mut *slot) {
        (Some(_), Value::Object(map)) => set_in(map, rest, value, room),
        (Some((key, deeper)), Value::Array(items)) => set_item(items, key, deeper, value, room),
        (_, old) => {
            let value = nested(rest, value);
            let grew = size(&value, 0).saturating_sub(size(old, 0));
            check(grew, room)?;
            *slot = value;
            Ok(Written { grew, overwrote_scalar: !rest.is_empty() })
        }
    }
}

fn set_item(
    items: &mut Vec<Value>,
    key: &str,
    deeper: &[Box<str>],
    value: Value,
    room: isize,
) -> Result<Written, WriteError> {
    let at = index(key, items.len()).ok_or(WriteError::BadIndex)?;
    if let Some(slot) = items.get_mut(at) {
        return set_slot(slot, deeper, value, room);
    }
    if at != items.len() {
        return Err(WriteError::BadIndex);
    }
    let value = nested(deeper, value);
    let grew = size(&value, usize::from(!items.is_empty()));
    check(grew, room)?;
    items.push(value);
    Ok(Written { grew, overwrote_scalar: false })
}

/// Removes the key at `segments`; a list element becomes no gap. Absent is no error (R7.16).
pub(crate) fn remove_in(map: &mut Map<String, Value>, segments: &[Box<str>]) -> isize {
    let Some((key, rest)) = segments.split_first() else { return 0 };
    if !rest.is_empty() {
        return map.get_mut(&**key).map_or(0, |below| remove_below(below, rest));
    }
    map.remove(&**key).map_or(0, |old| {
        let comma = usize::from(!map.is_empty());
        size(&old, string_len(key).saturating_add(1).saturating_add(comma)).saturating_neg()
    })
}

fn remove_below(value: &mut Value, segments: &[Box<str>]) -> isize {
    match (value, segments.split_first()) {
        (Value::Object(map), Some(_)) => remove_in(map, segments),
        (Value::Array(items), Some((key, rest))) => match index(key, items.len()) {
            Some(at) if at < items.len() && rest.is_empty() => {
                let old = items.remove(at);
                size(&old, usize::from(!items.is_empty())).saturating_neg()
            }
            Some(at) => items.get_mut(at).map_or(0, |below| remove_below(below, rest)),
            None => 0,
        },
        _ => 0,
    }
}

/// Merges `updates` into `map`: objects key by key, everything else replaces (R5.14).
pub(crate) fn merge_deep(map: &mut Map<String, Value>, updates: Map<String, Value>) {
    for (key, update) in updates {
        match (map.get_mut(&key), update) {
            (Some(Value::Object(below)), Value::Object(update)) => merge_deep(below, update),
            (_, update) => {
                map.insert(key, update);
            }
        }
    }
}

/// `value` inside one object per segment.
fn nested(segments: &[Box<str>], value: Value) -> Value {
    segments
        .iter()
        .rev()
        .fold(value, |value, key| Value::Object(object([(key.to_string(), value)])))
}

fn size(value: &Value, more: usize) -> isize {
    isize::try_from(canonical_len(value).saturating_add(more)).unwrap_or(isize::MAX)
}

fn check(grew: isize, room: isize) -> Result<(), WriteError> {
    if grew > 0 && grew > room { Err(WriteError::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::canonical_len;
    use super::{Path, PathError, WriteError, Written, get_in, merge_deep, remove_in, set_in};
    use serde_json::{Map, Value, json};

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { panic!("not an object") };
        map
    }

    #[test]
    fn paths_are_read_in_every_form() {
        // R5.12.
        for (text, segments) in [
            ("temp.a", vec!["temp", "a"]),
            ("temp.items[0].name", vec!["temp", "items", "0", "name"]),
            ("temp['odd key'].x", vec!["temp", "odd key", "x"]),
            ("a[-1]", vec!["a", "-1"]),
            (" a ", vec!["a"]),
        ] {
            let path = Path::parse(text).unwrap();
            assert_eq!(
                path.segments().iter().map(|s| &**s).collect::<Vec<_>>(),
                segments,
                "{text}"
            );
        }
        for text in ["", ".", "a.", "a..b", "[0]"] {
            assert_eq!(Path::parse(text), Err(PathError::Empty), "{text}");
        }
        for text in ["a[", "a[x]", "a['x]", "a[0]b"] {
            assert_eq!(Path::parse(text), Err(PathError::Bracket), "{text}");
        }
    }

    #[test]
    fn reading_descends_objects_and_lists() {
        // R5.10, R5.12.
        let state =
            json!({"temp": {"cart": {"items": [{"price": 3}, {"price": 4}]}, "none": null}});
        let get = |text: &str| get_in(&state, Path::parse(text).unwrap().segments());
        assert_eq!(get("temp.cart.items.1.price"), Some(&json!(4)));
        assert_eq!(get("temp.cart.items[-2].price"), Some(&json!(3)));
        assert_eq!(get("temp.none"), Some(&Value::Null));
        assert_eq!(get("temp.none.x"), None);
        assert_eq!(get("temp.cart.items.7"), None);
    }

    /// Each write must report exactly by how much the canonical text grew.
    #[test]
    fn writing_creates_replaces_and_counts() {
        // R5.12, R5.13.
        let mut state = object(json!({"temp": {"n": 1, "list": [1]}}));
        for (path, value, overwrote) in [
            ("temp.n", json!(10), false),
            ("temp.deep.er", json!("x"), false),
            ("temp.n.below", json!(true), true),
            ("temp.list.0", json!({"a": "ü"}), false),
            ("temp.list.1", json!(2), false),
            ("temp.list[-1].x", json!(2), true),
            ("user.profile.age", json!(7), false),
        ] {
            let before = canonical_len(&Value::Object(state.clone()));
            let written = set_in(&mut state, Path::parse(path).unwrap().segments(), value, 999);
            let grew =
                canonical_len(&Value::Object(state.clone())).cast_signed() - before.cast_signed();
            assert_eq!(written, Ok(Written { grew, overwrote_scalar: overwrote }), "{path}");
        }
        let want = json!({"temp": {"n": {"below": true}, "list": [{"a": "ü"}, {"x": 2}], "deep": {"er": "x"}},
            "user": {"profile": {"age": 7}}});
        assert_eq!(Value::Object(state), want);
    }

    #[test]
    fn a_refused_write_changes_nothing() {
        // R5.13.
        let mut state = object(json!({"temp": {"list": []}}));
        let before = state.clone();
        let set = |state: &mut _, path: &str, room| {
            set_in(state, Path::parse(path).unwrap().segments(), json!("xxxx"), room)
        };
        assert_eq!(set(&mut state, "temp.list.2", 999), Err(WriteError::BadIndex));
        assert_eq!(set(&mut state, "temp.new", 5), Err(WriteError::TooLarge));
        assert_eq!(state, before);
    }

    #[test]
    fn removing_counts_and_tolerates_absence() {
        let mut state = object(json!({"temp": {"a": 1, "b": [1, 2]}}));
        for path in ["temp.a", "temp.b.0", "temp.gone.x", "temp.b", "nope"] {
            let before = canonical_len(&Value::Object(state.clone())).cast_signed();
            let grew = remove_in(&mut state, Path::parse(path).unwrap().segments());
            assert_eq!(
                before + grew,
                canonical_len(&Value::Object(state.clone())).cast_signed(),
                "{path}"
            );
        }
        assert_eq!(Value::Object(state), json!({"temp": {}}));
    }

    #[test]
    fn merging_is_deep_for_objects_only() {
        // R5.14.
        let mut state = object(json!({"user": {"a": 1, "l": [1, 2]}}));
        merge_deep(&mut state, object(json!({"user": {"l": [3], "n": null}, "x": {"y": 1}})));
        assert_eq!(
            Value::Object(state),
            json!({"user": {"a": 1, "l": [3], "n": null}, "x": {"y": 1}})
        );
    }
}
