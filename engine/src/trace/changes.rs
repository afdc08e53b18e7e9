//! What a step changes in the variables, as a set of paths of which none leads to another.

use serde_json::{Map, Value};

/// One changed place. Both values are of the whole place; an absent one is nothing at all.
struct Change {
    path: Vec<Box<str>>,
    old: Option<Value>,
    new: Option<Value>,
}

/// What a step has changed so far.
#[derive(Default)]
pub(super) struct Changes(Vec<Change>);

impl Changes {
    /// Takes in one more write; `old` and `new` are of the moment of that write.
    pub(super) fn add(&mut self, path: &[Box<str>], mut old: Option<Value>, new: Option<Value>) {
        if let Some(above) = self.0.iter_mut().find(|change| path.starts_with(&change.path)) {
            let below = path.get(above.path.len()..).unwrap_or_default();
            put(&mut above.new, below, new);
            return;
        }
        // What this write covers was changed by this step already: that is not the old value.
        for change in self.0.extract_if(.., |change| change.path.starts_with(path)) {
            let below = change.path.get(path.len()..).unwrap_or_default();
            put(&mut old, below, change.old);
        }
        self.0.push(Change { path: path.to_vec(), old, new });
    }

    /// All values that stand, or stood, at a path or below it, or that hold what does.
    pub(super) fn values_at<'c>(&'c self, path: &'c [Box<str>]) -> impl Iterator<Item = &'c Value> {
        self.0.iter().flat_map(move |change| {
            let deeper = path.strip_prefix(&*change.path);
            let covers = change.path.starts_with(path);
            [&change.old, &change.new].into_iter().flatten().filter_map(move |value| match deeper {
                Some(rest) => crate::value::path::get_in(value, rest),
                None => covers.then_some(value),
            })
        })
    }

    /// The changes by their paths. A whole scope that is new is told by its variables.
    pub(super) fn finish(self) -> impl Iterator<Item = (String, Option<Value>, Option<Value>)> {
        self.0.into_iter().flat_map(|Change { path, old, new }| {
            let mut changes = Vec::with_capacity(1);
            match (&*path, old, new) {
                (_, None, None) => {}
                ([scope], None, Some(Value::Object(map))) if !map.is_empty() => {
                    for (name, value) in map {
                        let path = [scope.clone(), name.into()];
                        changes.push((path_text(&path), None, Some(value)));
                    }
                }
                (path, old, new) => changes.push((path_text(path), old, new)),
            }
            changes
        })
    }
}

/// Sets what stands below a value, making objects on the way, or takes it out.
pub(super) fn put(value: &mut Option<Value>, below: &[Box<str>], new: Option<Value>) {
    let Some((name, rest)) = below.split_first() else {
        *value = new;
        return;
    };
    if !matches!(value, Some(Value::Object(_))) {
        *value = Some(Value::Object(Map::new()));
    }
    let Some(Value::Object(map)) = value else { return };
    put_in(map, name, rest, new);
}

/// As [`put`], below `name` of an object.
pub(super) fn put_in(
    map: &mut Map<String, Value>,
    name: &str,
    rest: &[Box<str>],
    new: Option<Value>,
) {
    let mut inner = map.remove(name);
    put(&mut inner, rest, new);
    map.extend(inner.map(|inner| (name.to_owned(), inner)));
}

/// Segments as one text: `temp.answer`. A dot in a name has a backslash before it.
fn path_text(path: &[Box<str>]) -> String {
    let mut text = String::new();
    for (at, segment) in path.iter().enumerate() {
        if at > 0 {
            text.push('.');
        }
        for c in segment.chars() {
            if matches!(c, '.' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
    }
    text
}

/// The segments of a path in a [`TraceStep`](super::TraceStep).
pub(crate) fn path_segments(text: &str) -> Vec<Box<str>> {
    let mut segments = Vec::new();
    let mut segment = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '.' => segments.push(std::mem::take(&mut segment).into()),
            '\\' => segment.extend(chars.next()),
            other => segment.push(other),
        }
    }
    segments.push(segment.into());
    segments
}
