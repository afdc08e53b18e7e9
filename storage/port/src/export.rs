//! Files of analytics that are made in the background (S1.67, S5.41 to S5.51).

mod id;

use chatflow::{TenantId, Timestamp};

use crate::error::StoreError;
use crate::id::{ServiceAccountId, UserId};
use crate::library::check::{object, text};
use crate::role::role;
use crate::scope::AccessScope;
use crate::text_enum::text_enum;

pub use id::{ExportId, NoExportId};

/// How often an export is taken up before it is given up: once, and three times after a worker that
/// was lost (S5.44).
pub const EXPORT_ATTEMPTS: u32 = 4;

/// What an export says that was given up, see [`EXPORT_ATTEMPTS`].
pub const EXPORT_GIVEN_UP: &str = "every worker that took it up was lost";

text_enum! {
    /// What an export is about.
    ExportKind {
        /// Everything in scope.
        General = "general",
        /// One flow.
        Flow = "flow",
        /// Content items.
        Content = "content",
    }
}

text_enum! {
    /// Where an export stands (S1.29, S5.44).
    ExportState {
        /// It waits for a worker.
        Preparing = "preparing",
        /// A worker took it.
        Processing = "processing",
        /// Its file is there.
        Completed = "completed",
        /// It went wrong.
        Failed = "failed",
        /// Somebody did not want it any more.
        Cancelled = "cancelled",
        /// Its file was removed.
        Expired = "expired",
    }
}

/// An export that somebody asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewExport {
    /// Its name, drawn by the caller.
    pub id: ExportId,
    /// What it is about.
    pub kind: ExportKind,
    /// The format of the file; 1 to 10 characters.
    pub format: String,
    /// What to export: a JSON object.
    pub params: String,
    /// The person who asks.
    pub requested_by: Option<UserId>,
    /// The program that asks.
    pub service_account_id: Option<ServiceAccountId>,
    /// The school whose affair it is.
    pub school_id: Option<TenantId>,
    /// The present.
    pub created_at: Timestamp,
    /// When its file is to be removed.
    pub expires_at: Timestamp,
    /// An export of the same account, kind, format and parameters (text for text) that was created
    /// then or later, and neither failed, was cancelled nor expired, stands for this one (S5.42).
    pub same_since: Option<Timestamp>,
}

/// An export as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportRecord {
    /// Its name.
    pub id: ExportId,
    /// See [`NewExport::kind`].
    pub kind: ExportKind,
    /// See [`NewExport::format`].
    pub format: String,
    /// See [`NewExport::params`].
    pub params: String,
    /// Where it stands.
    pub state: ExportState,
    /// 0 to 100.
    pub progress: u32,
    /// The file, once it is there; it is still named when it was removed.
    pub file: Option<ExportFile>,
    /// What went wrong.
    pub error: Option<String>,
    /// See [`NewExport::requested_by`].
    pub requested_by: Option<UserId>,
    /// See [`NewExport::service_account_id`].
    pub service_account_id: Option<ServiceAccountId>,
    /// See [`NewExport::school_id`].
    pub school_id: Option<TenantId>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was last taken up.
    pub started_at: Option<Timestamp>,
    /// When it was completed, failed or was cancelled.
    pub completed_at: Option<Timestamp>,
    /// When its file is to be removed.
    pub expires_at: Timestamp,
    /// How often it was taken up.
    pub attempts: u32,
}

/// The file of an export.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportFile {
    /// Where it is, for whoever keeps files.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// SHA-256 of them, in hex.
    pub sha256: String,
    /// The records in it.
    pub records: u64,
}

/// Asks for work.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportClaim {
    /// The worker: 1 to 64 characters, different for each.
    pub holder: String,
    /// The present.
    pub at: Timestamp,
    /// The lease is live before this moment.
    pub until: Timestamp,
}

/// One taking up of an export; a later one makes it void.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportLease {
    /// The export.
    pub id: ExportId,
    /// The worker.
    pub holder: String,
    /// See [`ExportRecord::attempts`].
    pub attempt: u32,
}

/// How far a worker is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportProgress {
    /// What it holds.
    pub lease: ExportLease,
    /// 0 to 100.
    pub progress: u32,
    /// The present.
    pub at: Timestamp,
    /// The lease is prolonged to this moment.
    pub until: Timestamp,
}

/// How an export ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ExportOutcome {
    /// The file is there.
    Completed(ExportFile),
    /// What went wrong.
    Failed(String),
}

/// The place of an export in the list.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ExportCursor {
    /// When it was created.
    pub created_at: Timestamp,
    /// Its name.
    pub id: ExportId,
}

/// Asks for exports, the newest first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExportQuery {
    /// The program that asks, which sees its own.
    pub asker: Option<ServiceAccountId>,
    /// Only this one.
    pub id: Option<ExportId>,
    /// Only those that stand so.
    pub state: Option<ExportState>,
    /// Only what comes behind this one, which was the last of a page.
    pub after: Option<ExportCursor>,
    /// How many to return at most.
    pub limit: u32,
}

/// Asks what is to be removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OldExports {
    /// Files of exports that expire then or before.
    pub expired_at: Timestamp,
    /// Rows of exports that expire then or before, whatever became of them; completed ones expire first.
    pub forgotten_at: Timestamp,
    /// How many of each at most.
    pub limit: u32,
}

/// What was removed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RemovedExports {
    /// Files that are to be removed now, in order; those of rows that are gone once more, since a worker
    /// may have died before it removed them. Those that are not there any more are no fault.
    pub files: Vec<String>,
    /// How many exports expired.
    pub expired: u64,
    /// How many rows are gone.
    pub forgotten: u64,
}

impl ExportRecord {
    /// Its place in the list.
    pub const fn cursor(&self) -> ExportCursor {
        ExportCursor { created_at: self.created_at, id: self.id }
    }

    /// What the worker `holder` that has just taken it up holds.
    pub fn lease(&self, holder: &str) -> ExportLease {
        ExportLease { id: self.id, holder: holder.to_owned(), attempt: self.attempts }
    }
}

impl ExportQuery {
    /// Everything that one sees, up to `limit`.
    pub const fn all(limit: u32) -> Self {
        Self { asker: None, id: None, state: None, after: None, limit }
    }

    /// This export alone.
    pub const fn one(id: ExportId) -> Self {
        Self { asker: None, id: Some(id), state: None, after: None, limit: 1 }
    }

    /// The place that the page comes behind.
    pub fn page_begin(&self) -> ExportCursor {
        let created_at = Timestamp::from_millis(i64::MAX);
        self.after.unwrap_or(ExportCursor { created_at, id: ExportId(uuid::Uuid::max()) })
    }
}

role! {
    /// Keeps the jobs that make files of analytics. One worker at a time has each.
    ExportStore, async AsyncExportStore, dyn DynExportStore {
        /// Keeps a new job, or finds one that stands for it (S5.42). Of several that come at once
        /// with the same parameters, one is kept.
        ///
        /// The caller has checked that the account may export what the parameters name.
        ///
        /// # Errors
        /// [`StoreError`] if the export breaks a rule of the table or the store breaks.
        fn create_export(&self, export: &NewExport) -> Result<ExportRecord, StoreError>;

        /// Takes up the oldest export that waits, or whose worker's lease has run out; `None` if there
        /// is none. One that was taken up [`EXPORT_ATTEMPTS`] times fails instead (S5.44).
        ///
        /// For workers; so there is no scope.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn claim_export(&self, claim: &ExportClaim) -> Result<Option<ExportRecord>, StoreError>;

        /// Notes how far a worker is and prolongs its lease; false if it must stop, because the export
        /// was cancelled, the lease has run out or another worker has it.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn report_export(&self, progress: &ExportProgress) -> Result<bool, StoreError>;

        /// Ends an export; false, and nothing changes, if it was cancelled or another worker took it
        /// up. A lease that has run out is good for this as long as nobody has.
        ///
        /// # Errors
        /// [`StoreError`] if the outcome breaks a rule of the table or the store breaks.
        fn settle_export(
            &self, lease: &ExportLease, outcome: &ExportOutcome, at: Timestamp
        ) -> Result<bool, StoreError>;

        /// Cancels an export that has not ended; false if it has, or the account does not see it.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn cancel_export(
            &self, scope: &AccessScope, asker: Option<ServiceAccountId>, id: ExportId, at: Timestamp
        ) -> Result<bool, StoreError>;

        /// Exports, the newest first: all for the platform, those of their schools for those who run
        /// them, and those that one has asked for oneself (S5.45).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn exports(
            &self, scope: &AccessScope, query: ExportQuery
        ) -> Result<Vec<ExportRecord>, StoreError>;

        /// Lets completed exports expire and forgets old ones; the caller removes the files (S5.44).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn remove_exports(&self, old: OldExports) -> Result<RemovedExports, StoreError>;
    }
}

/// Checks lengths and JSON.
///
/// # Errors
/// [`StoreError`] for the first rule that is broken.
pub fn check_export(export: &NewExport) -> Result<(), StoreError> {
    let check = || {
        text(&export.format, 1, 10, "`format` must have 1 to 10 characters")?;
        object(&export.params, "`params` must be a JSON object")
    };
    check().map_err(|problem| StoreError::Store(problem.into()))
}

/// Checks the facts of a file, or what is said of a failure.
///
/// # Errors
/// [`StoreError`] for the first rule that is broken.
pub fn check_export_outcome(outcome: &ExportOutcome) -> Result<(), StoreError> {
    let check = || match outcome {
        ExportOutcome::Completed(file) => {
            text(&file.path, 1, 4096, "`file_path` must have 1 to 4096 characters")?;
            text(&file.sha256, 64, 64, "`sha256` must have 64 characters")
        }
        ExportOutcome::Failed(error) => text(error, 0, usize::MAX, "an error must be a text"),
    };
    check().map_err(|problem| StoreError::Store(problem.into()))
}
