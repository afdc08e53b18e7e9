//! Files of analytics that nobody needs any more (S5.44).

use std::time::Duration;

use chatflow_storage::prelude::*;
use chatflow_storage::{OldExports, StoreError};
use serde_json::json;

use super::Interruption;
use super::work::Work;
use crate::cli::log;
use crate::exports::Folder;

/// How many exports one transaction touches.
const BATCH: u32 = 200;

/// For how many days it is known what became of a file that is gone.
const REMEMBERED: u32 = 30;

/// Nobody writes a file for so long without a byte.
const ABANDONED: Duration = Duration::from_hours(24);

/// Lets files expire, forgets old exports, and clears what killed processes left.
pub(super) async fn retention(work: &mut Work) -> Result<(), Interruption> {
    let (store, folder) = (work.store(), work.exports.clone());
    let old = OldExports {
        expired_at: work.now(),
        forgotten_at: work.days_ago(REMEMBERED),
        limit: BATCH,
    };
    let (store, files) = (&store, folder.as_ref());
    // A file whose removal fails is named once more when its row goes.
    work.repeat("exports", BATCH.into(), || async move {
        let removed = store.remove_exports(old).await?;
        for name in &removed.files {
            remove(files, name);
        }
        Ok::<_, StoreError>(removed.expired.max(removed.forgotten))
    })
    .await?;
    if let Some(folder) = &folder {
        match folder.sweep(ABANDONED) {
            Ok(swept) => drop(work.done.insert("abandoned_files".to_owned(), json!(swept))),
            Err(error) => log(format_args!("error: cannot clear the folder of exports: {error}")),
        }
    }
    Ok(())
}

fn remove(folder: Option<&Folder>, name: &str) {
    if let Some(Err(error)) = folder.map(|folder| folder.remove(name)) {
        log(format_args!("error: cannot remove the export `{name}`: {error}"));
    }
}
