//! Mechanical cures: JSON Patches (RFC 6902) against the document as it was given.

use serde::Serialize;
use serde_json::Value;

use super::report::Pointer;

/// A list of changes to a JSON document, made in order.
///
/// ```
/// use chatflow::{Patch, Pointer};
/// use serde_json::json;
///
/// let patch = Patch::add(&Pointer::root().push("version"), "1.0.0");
/// assert_eq!(patch.apply(&json!({"nodes": []}))?, json!({"nodes": [], "version": "1.0.0"}));
/// assert_eq!(json!(patch), json!([{"op": "add", "path": "/version", "value": "1.0.0"}]));
/// # Ok::<(), chatflow::PatchError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Patch {
    operations: Vec<Operation>,
}

/// One change.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Operation {
    /// Puts a value in: a key that exists is overwritten, an element moves those after it up.
    Add {
        /// Where; the last token may be `-`, the end of a list.
        path: Pointer,
        /// What.
        value: Value,
    },
    /// Takes a value out.
    Remove {
        /// Which.
        path: Pointer,
    },
    /// Puts a value in the place of another.
    Replace {
        /// Which.
        path: Pointer,
        /// What.
        value: Value,
    },
    /// Takes a value out and puts it in elsewhere.
    Move {
        /// From where.
        from: Pointer,
        /// To where, in the document without it.
        path: Pointer,
    },
}

/// Why a patch cannot be read or does not fit the document; the document is left as it was.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PatchError {
    /// Nothing stands there, or it cannot hold what is to be put in.
    #[error("nothing can be changed at `{at}`")]
    NoPlace {
        /// Where.
        at: Pointer,
    },
    /// It is no list of operations with the members that they need.
    #[error("operation {index} is no `add`, `remove`, `replace` or `move` with its members")]
    Shape {
        /// Which, from 0.
        index: usize,
    },
}

impl PatchError {
    /// A stable code for hosts that have no Rust types: `patch_place` or `patch_shape`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoPlace { .. } => "patch_place",
            Self::Shape { .. } => "patch_shape",
        }
    }
}

impl Patch {
    /// Puts `value` in at `path`.
    pub fn add(path: &Pointer, value: impl Into<Value>) -> Self {
        Self::of(Operation::Add { path: path.clone(), value: value.into() })
    }

    /// Takes out what stands at `path`.
    pub fn remove(path: &Pointer) -> Self {
        Self::of(Operation::Remove { path: path.clone() })
    }

    /// Puts `value` in the place of what stands at `path`.
    pub fn replace(path: &Pointer, value: impl Into<Value>) -> Self {
        Self::of(Operation::Replace { path: path.clone(), value: value.into() })
    }

    /// Moves what stands at `from` to `path`.
    pub fn relocate(from: &Pointer, path: &Pointer) -> Self {
        Self::of(Operation::Move { from: from.clone(), path: path.clone() })
    }

    /// This patch, and then another.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.operations.extend(next.operations);
        self
    }

    fn of(operation: Operation) -> Self {
        Self { operations: vec![operation] }
    }

    /// The changes, in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Reads a patch of the four operations; members that they do not need are passed over.
    ///
    /// # Errors
    ///
    /// [`PatchError::Shape`]; the operations `copy` and `test` are not read.
    pub fn read(patch: &Value) -> Result<Self, PatchError> {
        let list = patch.as_array().ok_or(PatchError::Shape { index: 0 })?;
        let read =
            |(index, operation)| Operation::read(operation).ok_or(PatchError::Shape { index });
        let operations = list.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { operations })
    }

    /// The document with all changes made.
    ///
    /// # Errors
    ///
    /// [`PatchError::NoPlace`] if one of them does not fit; then none is made.
    pub fn apply(&self, document: &Value) -> Result<Value, PatchError> {
        let mut changed = document.clone();
        for operation in &self.operations {
            operation.apply(&mut changed)?;
        }
        Ok(changed)
    }
}

impl Operation {
    /// Where the operation takes effect; a move also at its `from`.
    pub fn path(&self) -> &Pointer {
        match self {
            Self::Add { path, .. }
            | Self::Remove { path }
            | Self::Replace { path, .. }
            | Self::Move { path, .. } => path,
        }
    }

    fn read(operation: &Value) -> Option<Self> {
        let pointer = |key| Pointer::parse(operation.get(key)?.as_str()?);
        let path = pointer("path")?;
        let value = || operation.get("value").cloned();
        Some(match operation.get("op")?.as_str()? {
            "add" => Self::Add { path, value: value()? },
            "remove" => Self::Remove { path },
            "replace" => Self::Replace { path, value: value()? },
            "move" => Self::Move { from: pointer("from")?, path },
            _ => return None,
        })
    }

    fn apply(&self, document: &mut Value) -> Result<(), PatchError> {
        match self {
            Self::Add { path, value } => add(document, path, value.clone()),
            Self::Remove { path } => remove(document, path).map(drop),
            Self::Replace { path, value } => {
                let place = document.pointer_mut(path.as_str()).ok_or_else(|| no_place(path))?;
                *place = value.clone();
                Ok(())
            }
            Self::Move { from, path } => {
                // A value cannot be put into itself.
                let inside = path.as_str().strip_prefix(from.as_str());
                if inside.is_some_and(|rest| rest.starts_with('/')) {
                    return Err(no_place(path));
                }
                let value = remove(document, from)?;
                add(document, path, value)
            }
        }
    }
}

fn no_place(at: &Pointer) -> PatchError {
    PatchError::NoPlace { at: at.clone() }
}

/// The object or list that holds the last token, and that token.
fn parent<'a>(document: &'a mut Value, at: &Pointer) -> Option<(&'a mut Value, String)> {
    let (parent, last) = at.as_str().rsplit_once('/')?;
    Some((document.pointer_mut(parent)?, last.replace("~1", "/").replace("~0", "~")))
}

fn add(document: &mut Value, at: &Pointer, value: Value) -> Result<(), PatchError> {
    if at.as_str().is_empty() {
        *document = value;
        return Ok(());
    }
    match parent(document, at) {
        Some((Value::Object(map), key)) => {
            map.insert(key, value);
            Ok(())
        }
        Some((Value::Array(items), key)) => {
            let end = items.len();
            let index = if key == "-" { Some(end) } else { index(&key) };
            let index = index.filter(|index| *index <= end).ok_or_else(|| no_place(at))?;
            items.insert(index, value);
            Ok(())
        }
        _ => Err(no_place(at)),
    }
}

fn remove(document: &mut Value, at: &Pointer) -> Result<Value, PatchError> {
    if at.as_str().is_empty() {
        return Ok(document.take());
    }
    let taken = match parent(document, at) {
        Some((Value::Object(map), key)) => map.remove(&key),
        Some((Value::Array(items), key)) => {
            index(&key).filter(|index| *index < items.len()).map(|index| items.remove(index))
        }
        _ => None,
    };
    taken.ok_or_else(|| no_place(at))
}

/// An index without sign and leading zeros (RFC 6901, section 4).
fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || !token.starts_with('0');
    (plain && token.bytes().all(|b| b.is_ascii_digit())).then(|| token.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
