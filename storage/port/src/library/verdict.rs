//! What a change means for what is stored: decided once, for every store.

use super::ApplyError;
use super::record::{Applied, Change, Record, Stored};
use crate::scope::AccessScope;

/// What a store has to do for a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Write a new row.
    Create,
    /// Write the row anew with this version.
    Update {
        /// One more than what is stored.
        row_version: u64,
    },
    /// Nothing: it is stored as given.
    Keep {
        /// What is stored.
        row_version: u64,
    },
}

impl Verdict {
    /// The version of the row afterwards.
    pub const fn row_version(self) -> u64 {
        match self {
            Self::Create => 1,
            Self::Update { row_version } | Self::Keep { row_version } => row_version,
        }
    }
}

impl Applied {
    /// Counts what became of one record.
    pub fn count(&mut self, verdict: Verdict) {
        let counter = match verdict {
            Verdict::Create => &mut self.created,
            Verdict::Update { .. } => &mut self.updated,
            Verdict::Keep { .. } => return,
        };
        *counter = counter.saturating_add(1);
    }
}

/// Whether a scope may change a record, and so finds it to change it.
pub fn may_edit(scope: &AccessScope, record: &impl Record) -> bool {
    record.access().map_or_else(|| scope.owns(record.owner()), |row| scope.edits(&row))
}

/// Whether a scope may write `new` in the place of `old`, or where there is nothing.
fn may_write<T: Record>(scope: &AccessScope, old: Option<&T>, new: &T) -> bool {
    match (old.map(Record::access), new.access()) {
        (None, Some(new)) => scope.creates(&new),
        (Some(Some(old)), Some(new)) => scope.changes(&old, &new),
        (_, None) | (Some(None), Some(_)) => {
            old.is_none_or(|old| scope.owns(old.owner())) && scope.owns(new.owner())
        }
    }
}

/// Decides what `change` means, given what is stored under its key.
///
/// # Errors
/// [`ApplyError::OutOfScope`] and [`ApplyError::Conflict`].
pub fn settle<T: Record>(
    scope: &AccessScope,
    stored: Option<&Stored<T>>,
    change: &Change<T>,
) -> Result<Verdict, ApplyError> {
    let record = change.record.key();
    if !may_write(scope, stored.map(|stored| &stored.record), &change.record) {
        return Err(ApplyError::OutOfScope { record });
    }
    let actual = stored.map_or(0, |stored| stored.row_version);
    if let Some(expected) = change.expected.filter(|expected| *expected != actual) {
        return Err(ApplyError::Conflict { record, expected, actual });
    }
    Ok(match stored {
        None => Verdict::Create,
        Some(stored) if stored.record == change.record => Verdict::Keep { row_version: actual },
        Some(_) => Verdict::Update { row_version: actual.saturating_add(1) },
    })
}
