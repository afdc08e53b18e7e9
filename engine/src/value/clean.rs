//! What every value from outside goes through before it is stored (F22, F28).

use std::mem;

use serde_json::{Map, Value};

use super::number::settle_number;

/// The deepest nesting of arrays and objects that is kept.
pub(crate) const MAX_DEPTH: usize = 64;

/// What [`clean`] had to change. Settled numbers do not count: they keep their value.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cleaned {
    /// U+0000 was dropped from a string or a key.
    pub nul: bool,
    /// A value nested too deeply became null.
    pub depth: bool,
}

impl Cleaned {
    /// Whether the value was kept as it was.
    pub fn is_untouched(self) -> bool {
        self == Self::default()
    }
}

/// Makes a value from outside fit to be stored.
///
/// Drops U+0000 from strings and keys, replaces what is nested deeper than 64 arrays and objects
/// by null, and gives each number the type that follows from its value.
pub fn clean(value: &mut Value) -> Cleaned {
    let mut done = Cleaned::default();
    walk(value, MAX_DEPTH, &mut done);
    done
}

/// Whether arrays and objects are nested more than `limit` deep.
pub(crate) fn is_deeper_than(value: &Value, limit: usize) -> bool {
    let (items, fields) = (value.as_array(), value.as_object());
    if items.is_none() && fields.is_none() {
        return false;
    }
    let Some(limit) = limit.checked_sub(1) else { return true };
    items
        .into_iter()
        .flatten()
        .chain(fields.into_iter().flat_map(Map::values))
        .any(|inner| is_deeper_than(inner, limit))
}

fn walk(value: &mut Value, depth: usize, done: &mut Cleaned) {
    if (value.is_array() || value.is_object()) && depth == 0 {
        discard(value.take());
        done.depth = true;
        return;
    }
    let inner = depth.saturating_sub(1);
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => settle_number(number),
        Value::String(text) => done.nul |= drop_nul(text),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, inner, done)),
        Value::Object(map) => {
            done.nul |= drop_nul_from_keys(map);
            map.values_mut().for_each(|field| walk(field, inner, done));
        }
    }
}

fn drop_nul(text: &mut String) -> bool {
    let found = text.contains('\0');
    if found {
        text.retain(|c| c != '\0');
    }
    found
}

/// Of two keys that become one, the one that had no U+0000 is kept, else the first.
fn drop_nul_from_keys(map: &mut Map<String, Value>) -> bool {
    if !map.keys().any(|key| key.contains('\0')) {
        return false;
    }
    let (odd, kept): (Map<_, _>, Map<_, _>) =
        mem::take(map).into_iter().partition(|(key, _)| key.contains('\0'));
    *map = kept;
    for (mut key, value) in odd {
        drop_nul(&mut key);
        if map.contains_key(&key) {
            discard(value);
        } else {
            map.insert(key, value);
        }
    }
    true
}

/// Drops a value level by level: the drop glue would recurse as deep as the value is nested.
fn discard(value: Value) {
    let mut rest = vec![value];
    while let Some(next) = rest.pop() {
        if let Value::Array(items) = next {
            rest.extend(items);
        } else if let Value::Object(map) = next {
            rest.extend(map.into_iter().map(|(_, field)| field));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Cleaned, MAX_DEPTH, clean, is_deeper_than};

    fn nested(depth: usize) -> Value {
        (0..depth).fold(json!("core"), |inner, _| json!([inner]))
    }

    #[test]
    fn nul_is_dropped_from_strings_and_keys() {
        let mut value = json!({"a\0b": ["x\0y\0", "z"], "ab": 1, "\0": {"k": "v"}});
        assert_eq!(clean(&mut value), Cleaned { nul: true, depth: false });
        assert_eq!(value, json!({"ab": 1, "": {"k": "v"}}));
        assert!(clean(&mut value).is_untouched());
    }

    #[test]
    fn what_is_nested_too_deeply_becomes_null() {
        let mut fits = nested(MAX_DEPTH);
        assert!(clean(&mut fits).is_untouched());
        assert_eq!(fits, nested(MAX_DEPTH));
        assert!(!is_deeper_than(&fits, MAX_DEPTH));

        let mut deep = nested(MAX_DEPTH + 1);
        assert!(is_deeper_than(&deep, MAX_DEPTH));
        assert_eq!(clean(&mut deep), Cleaned { nul: false, depth: true });
        let cut = (0..MAX_DEPTH).fold(Value::Null, |inner, _| json!([inner]));
        assert_eq!(deep, cut);
    }

    #[test]
    fn bottomless_nesting_neither_overflows_nor_survives() {
        let mut value = json!(null);
        for _ in 0..200_000 {
            value = Value::Array(vec![value]);
        }
        assert!(is_deeper_than(&value, MAX_DEPTH));
        assert!(clean(&mut value).depth);
        assert!(!is_deeper_than(&value, MAX_DEPTH));
    }

    #[test]
    fn numbers_are_settled_on_the_way() {
        let mut value = json!([1.0, 1.5]);
        assert!(clean(&mut value).is_untouched());
        assert_eq!(value, json!([1, 1.5]));
    }
}
