//! The `chatflow` command: what it prints and how it ends.

mod backup;
mod chat;
mod check;
mod db;
mod events;
mod import;
mod replay;
mod serve;
pub(crate) mod stats;
mod studio;

use std::path::{Path, PathBuf};

/// A file of the demo.
fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/demo").join(name)
}
