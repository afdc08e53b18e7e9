//! Files of analytics, made in the background (S5.41 to S5.51, ADR 0038).
//!
//! A request keeps what it asks for as a row; a worker, in this process or another one, takes it up, writes
//! the file below the folder of exports and settles the row. What is lost on the way leaves a row that is
//! taken up again, and never half a file.

mod ask;
mod assemble;
mod cells;
mod fault;
mod folder;
mod gather;
mod link;
mod pick;
mod pulse;
mod sheet;
mod worker;
mod xlsx;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Notify;

pub(crate) use ask::{Ask, Asker, Format};
pub(crate) use assemble::{Whole, assemble};
pub(crate) use cells::Dataset;
pub(crate) use fault::Fault;
pub(crate) use folder::Folder;
pub(crate) use gather::Reading;
pub(crate) use link::{Link, LinkKey};
pub(crate) use pulse::Pulse;
pub(crate) use sheet::Sheets;
pub use worker::{ExportWorker, make_exports};

/// For how long a file is there, in milliseconds (S5.43).
pub(crate) const KEPT_MS: i64 = 7 * 86_400_000;

/// Where files of analytics are kept, and how their links are signed.
#[derive(Clone, Debug)]
pub struct Exports {
    pub(crate) folder: Folder,
    /// No file has more bytes.
    pub(crate) max_bytes: u64,
    pub(crate) key: LinkKey,
    /// Wakes the worker of this process.
    pub(crate) bell: Arc<Notify>,
}

impl Exports {
    /// Files of at most `max_bytes` in this folder, which all processes of a service share; it is made when
    /// the first file is. Links are signed with a key derived from `secret` (F60).
    pub fn new(folder: impl Into<PathBuf>, max_bytes: u64, secret: &[u8]) -> Self {
        let (folder, key) = (Folder::new(folder.into()), LinkKey::derived(secret));
        Self { folder, max_bytes, key, bell: Arc::default() }
    }
}
