//! JSON values as variables: paths into them, templates over them, their canonical text.

mod canonical;
mod clean;
pub(crate) mod display;
mod number;
pub(crate) mod option;
pub(crate) mod path;
mod settled;
pub(crate) mod shape;
pub(crate) mod template;

pub use canonical::state_hash;
pub(crate) use canonical::{
    canonical, canonical_len, canonical_value, hex, object_len, push_object, push_string,
    push_value, sha256_hex, state_hash_of_canonical, string_len,
};
pub use clean::{Cleaned, clean};
pub(crate) use clean::{MAX_DEPTH, is_deeper_than};
pub(crate) use number::settle;
pub(crate) use settled::SettledMap;

use std::borrow::Cow;

use serde_json::Value;

use path::Path;

/// Where references find their values.
pub(crate) trait Lookup {
    /// The value at `path`; `None` when absent.
    fn get(&self, path: &Path) -> Option<Cow<'_, Value>>;
}
