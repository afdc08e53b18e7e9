//! Who changed what (S1.68).

use chatflow::{TenantId, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::library::check::{object, text};
use crate::role::role;
use crate::scope::AccessScope;

/// A change, as it is told later.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditEntry {
    /// Names the entry together with its time; one that is known is not written again.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// What kind of account did it; at most 20 characters.
    pub actor_type: String,
    /// Who did it, unless it was the system.
    pub actor_id: Option<Uuid>,
    /// What was done, such as `flow.publish`; 1 to 60 characters.
    pub action: String,
    /// What it was done to; at most 30 characters.
    pub resource_type: String,
    /// Which one; at most 64 characters.
    pub resource_id: String,
    /// The school whose affair it is.
    pub school_id: Option<TenantId>,
    /// What changed: a JSON object.
    pub changes: String,
    /// The request that did it; at most 64 characters.
    pub request_id: Option<String>,
    /// Where it came from; at most 45 characters.
    pub ip: Option<String>,
}

/// Asks for entries, the newest first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuditQuery {
    /// Only of this kind of resource.
    pub resource_type: Option<String>,
    /// Only of the resource of this id.
    pub resource_id: Option<String>,
    /// Only what this account did.
    pub actor: Option<Uuid>,
    /// Only what happened then or later.
    pub from: Option<Timestamp>,
    /// Only what happened then or before.
    pub to: Option<Timestamp>,
    /// Only what comes behind this entry, which was the last of a page.
    pub after: Option<AuditCursor>,
    /// How many to return at most.
    pub limit: u32,
}

/// The place of an entry in the list.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct AuditCursor {
    /// Its time.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

impl AuditEntry {
    /// Its place in the list.
    pub const fn cursor(&self) -> AuditCursor {
        AuditCursor { at: self.at, id: self.id }
    }
}

impl AuditQuery {
    /// The place that the page comes behind.
    pub fn page_begin(&self) -> AuditCursor {
        let end = AuditCursor { at: Timestamp::from_millis(i64::MAX), id: Uuid::max() };
        self.after.unwrap_or(end)
    }
}

/// An entry that breaks a rule of the table.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("audit entry {id}: {problem}")]
pub struct InvalidAudit {
    /// Which.
    pub id: Uuid,
    /// The rule.
    pub problem: &'static str,
}

impl From<InvalidAudit> for StoreError {
    fn from(error: InvalidAudit) -> Self {
        Self::Store(error.into())
    }
}

/// Checks lengths and JSON.
///
/// # Errors
/// [`InvalidAudit`] for the first rule that is broken.
pub fn check_audit(entry: &AuditEntry) -> Result<(), InvalidAudit> {
    let check = || {
        text(&entry.actor_type, 0, 20, "`actor_type` must have at most 20 characters")?;
        text(&entry.action, 1, 60, "`action` must have 1 to 60 characters")?;
        text(&entry.resource_type, 0, 30, "`resource_type` must have at most 30 characters")?;
        text(&entry.resource_id, 0, 64, "`resource_id` must have at most 64 characters")?;
        let request = entry.request_id.as_deref().unwrap_or_default();
        text(request, 0, 64, "`request_id` must have at most 64 characters")?;
        let ip = entry.ip.as_deref().unwrap_or_default();
        text(ip, 0, 45, "`ip` must have at most 45 characters")?;
        object(&entry.changes, "`changes` must be a JSON object")
    };
    check().map_err(|problem| InvalidAudit { id: entry.id, problem })
}

role! {
    /// Keeps the audit log. Changes of a [`Batch`](crate::Batch) bring their entries with them.
    AuditStore, async AsyncAuditStore, dyn DynAuditStore {
        /// Writes entries of changes that were made elsewhere; one whose id is known is left alone.
        ///
        /// # Errors
        /// [`StoreError`] if an entry breaks a rule of the table or the store breaks; then nothing is
        /// stored.
        fn append_audit(&self, entries: &[AuditEntry]) -> Result<(), StoreError>;

        /// Entries, the newest first: all for the platform, those of their schools for those who run
        /// them, none for others.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn audit_log(
            &self, scope: &AccessScope, query: &AuditQuery
        ) -> Result<Vec<AuditEntry>, StoreError>;

        /// Deletes at most `limit` entries of changes before then; says how many there were.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn delete_old_audit(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError>;
    }
}
