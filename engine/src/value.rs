//! JSON values as variables: paths into them, templates over them, their canonical text.

pub(crate) mod canonical;
pub(crate) mod option;
pub(crate) mod path;
pub(crate) mod template;

use std::borrow::Cow;

use serde_json::Value;

use path::Path;

/// Where references find their values.
pub(crate) trait Lookup {
    /// The value at `path`; `None` when absent.
    fn get(&self, path: &Path) -> Option<Cow<'_, Value>>;
}
