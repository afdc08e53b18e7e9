//! Maps of the standard library from their entries. `collect` would sort them first, by code that is made anew for each type
//! and each iterator.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A map of some entries; of equal keys, the last counts.
pub(crate) fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

/// As [`map`], of JSON.
pub(crate) fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (key, value) in entries {
        object.insert(key, value);
    }
    object
}
