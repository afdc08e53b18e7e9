//! The library as its authors write it: what imports and editors need.

pub(crate) mod check;
mod content;
mod record;
mod verdict;

use std::error::Error;

use chatflow::ContentId;

use crate::account::AccountError;
use crate::audit::InvalidAudit;
use crate::error::StoreError;
use crate::id::ThemeId;
use crate::outbox::InvalidEvent;
use crate::role::role;
use crate::scope::AccessScope;
use crate::search::SearchQuery;

pub use check::check_batch;
pub use content::{ContentRecord, ContentStatus, VariantRecord};
pub use record::{
    Applied, Batch, Change, ConnectionRow, FlowChange, FlowRecord, FlowStamp, LookUp, NewVersion,
    NodeRow, Record, RecordKey, SchoolRecord, SchoolState, Stored, ThemeRecord,
};
pub use verdict::{Verdict, may_edit, settle};

/// Why a batch was not applied: nothing of it is stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Somebody changed a record since it was read.
    #[error("{record} is at version {actual}, not {expected}")]
    Conflict {
        /// Which.
        record: RecordKey,
        /// What the caller read; 0 if it expected none.
        expected: u64,
        /// What is stored; 0 if there is none.
        actual: u64,
    },
    /// A record belongs, or would belong, to a tenant that the scope may not write.
    #[error("{record} is outside the scope")]
    OutOfScope {
        /// Which.
        record: RecordKey,
    },
    /// A record names a school or theme that does not exist.
    #[error("{record} refers to a school or theme that does not exist")]
    Dangling {
        /// Which.
        record: RecordKey,
    },
    /// A record breaks a rule of the tables.
    #[error("{record}: {problem}")]
    Invalid {
        /// Which.
        record: RecordKey,
        /// The rule, and how it is broken.
        problem: &'static str,
    },
    /// An account is refused.
    #[error(transparent)]
    Account(AccountError),
    /// An event breaks a rule of the outbox.
    #[error(transparent)]
    InvalidEvent(#[from] InvalidEvent),
    /// An entry breaks a rule of the audit log.
    #[error(transparent)]
    InvalidAudit(#[from] InvalidAudit),
    /// The store broke; the source says what it was doing.
    #[error("the store failed")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

impl ApplyError {
    /// The refusal of a second default theme of one owner.
    pub fn second_default(theme: ThemeId) -> Self {
        let problem = "another theme is the default of its owner";
        Self::Invalid { record: RecordKey::Theme(theme), problem }
    }
}

impl From<AccountError> for ApplyError {
    fn from(error: AccountError) -> Self {
        if let AccountError::Store(source) = error {
            return Self::Store(source);
        }
        Self::Account(error)
    }
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Store(source) => Self::Store(source),
        }
    }
}

role! {
    /// Finds and writes records of the library.
    ///
    /// The finders answer only with records that the scope may write.
    LibraryStore, async AsyncLibraryStore, dyn DynLibraryStore {
        /// The school that `look_up` means (S11.9).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn find_school(
            &self, scope: &AccessScope, look_up: LookUp<'_>
        ) -> Result<Option<Stored<SchoolRecord>>, StoreError>;

        /// The theme that `look_up` means (S11.9).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn find_theme(
            &self, scope: &AccessScope, look_up: LookUp<'_>
        ) -> Result<Option<Stored<ThemeRecord>>, StoreError>;

        /// The content item that `look_up` means (S11.9); items have no name.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn find_content(
            &self, scope: &AccessScope, look_up: LookUp<'_>
        ) -> Result<Option<Stored<ContentRecord>>, StoreError>;

        /// The flow that `look_up` means, with its graph (S11.9).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn find_flow(
            &self, scope: &AccessScope, look_up: LookUp<'_>
        ) -> Result<Option<Stored<FlowRecord>>, StoreError>;

        /// The content items that a search finds among those the scope sees, the newest first, at most `limit`.
        ///
        /// Drafts and items that are not active are found, too: this is for authors.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn search_contents(
            &self, scope: &AccessScope, query: &SearchQuery, limit: u32
        ) -> Result<Vec<ContentId>, StoreError>;

        /// Writes a whole batch in one transaction.
        ///
        /// A record that is stored already as given is left alone, and so is a version equal to the
        /// newest one: applying a batch again changes nothing (S11.10).
        ///
        /// # Errors
        /// [`ApplyError`]; then nothing is stored.
        fn apply(&self, scope: &AccessScope, batch: &Batch) -> Result<Applied, ApplyError>;
    }
}
