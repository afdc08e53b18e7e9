//! JSON objects from their entries.

use serde_json::{Map, Value};

/// An object of some entries. `collect` would sort them first, by code that is made anew for each iterator.
pub(crate) fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (key, value) in entries {
        object.insert(key, value);
    }
    object
}
