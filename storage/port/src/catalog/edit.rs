//! Changes of items and variants, one step each.

use chatflow::{ContentId, Timestamp};

use super::notes::VariantNotes;
use super::record::ContentUse;
use crate::audit::{AuditEntry, check_audit};
use crate::changes::{CacheKind, ChangeNotice, changed};
use crate::error::StoreError;
use crate::library::check::{content as content_problem, object, require, variant};
use crate::library::{ApplyError, Change, ContentRecord, RecordKey, VariantRecord};
use crate::outbox::{NewEvent, check_event};
use crate::performance::Counters;

/// Steps that are done one after the other in one transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContentWork {
    /// The present: the times of what changes.
    pub at: Timestamp,
    /// What is to be done.
    pub steps: Vec<ContentStep>,
    /// Whether all of it is done or nothing.
    pub is_whole: bool,
}

/// One change, with what tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentStep {
    /// The change.
    pub edit: ContentEdit,
    /// What is told of it (S6.30). Of a count, only what is not in the outbox already: a host that
    /// derives ids from the minute tells once a minute (S6.24).
    pub events: Vec<NewEvent>,
    /// Who did it (S1.68).
    pub audit: Vec<AuditEntry>,
}

/// A change of one item.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ContentEdit {
    /// Writes the item; its variants, which the record does not have, stay.
    Save {
        /// The item, and the row version that was read.
        change: Change<ContentRecord>,
        /// Its version from now on; `None` for one more if its body differs.
        version: Option<u32>,
    },
    /// Deletes the item with its variants; what was counted of them stays (S3.47).
    Delete {
        /// Which.
        content: ContentId,
        /// The row version that was read; `None` deletes in any case.
        expected: Option<u64>,
        /// Also if published flows use it.
        even_if_used: bool,
    },
    /// Adds a variant.
    AddVariant {
        /// To which item.
        content: ContentId,
        /// The variant.
        variant: VariantRecord,
    },
    /// Changes what is given of a variant.
    ChangeVariant {
        /// Of which item.
        content: ContentId,
        /// Which variant.
        key: String,
        /// What is given.
        change: VariantChange,
    },
    /// Deletes a variant; what was counted of it stays.
    DeleteVariant {
        /// Of which item.
        content: ContentId,
        /// Which variant.
        key: String,
    },
    /// Adds to the counters of a variant (S3.59). The scope needs to view the item only: whose counts are
    /// believed is the host's to say (S3.35).
    Count {
        /// Of which item.
        content: ContentId,
        /// Which variant.
        key: String,
        /// How much.
        by: Counters,
    },
}

/// What is given of a variant, and nothing else changes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct VariantChange {
    /// See [`VariantRecord::data`].
    pub data: Option<String>,
    /// See [`VariantRecord::weight`].
    pub weight: Option<u32>,
    /// See [`VariantRecord::conditions`].
    pub conditions: Option<String>,
    /// See [`VariantRecord::is_active`].
    pub is_active: Option<bool>,
    /// What its author says of its success.
    pub notes: Option<VariantNotes>,
}

impl VariantChange {
    /// What comes of a variant.
    pub fn applied_to(&self, old: &VariantRecord) -> VariantRecord {
        VariantRecord {
            key: old.key.clone(),
            data: self.data.clone().unwrap_or_else(|| old.data.clone()),
            weight: self.weight.unwrap_or(old.weight),
            conditions: self.conditions.clone().unwrap_or_else(|| old.conditions.clone()),
            is_active: self.is_active.unwrap_or(old.is_active),
        }
    }
}

/// Why a step was refused: it has changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// There is no such item, or the scope does not view it.
    #[error("there is no content {content}")]
    NoContent {
        /// Which.
        content: ContentId,
    },
    /// The item has no such variant.
    #[error("content {content} has no variant `{key}`")]
    NoVariant {
        /// Of which item.
        content: ContentId,
        /// Which.
        key: String,
    },
    /// The item has such a variant already.
    #[error("content {content} has a variant `{key}` already")]
    KeyTaken {
        /// Of which item.
        content: ContentId,
        /// Which.
        key: String,
    },
    /// Published flows use the item.
    #[error("published flows use content {content}")]
    InUse {
        /// Which.
        content: ContentId,
        /// Where, as far as the scope views the flows.
        uses: Vec<ContentUse>,
    },
    /// A rule of the library is broken.
    #[error(transparent)]
    Refused(#[from] ApplyError),
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

/// What became of the steps, in their order; of whole work up to the first that was refused.
pub type Outcomes = Vec<Result<(), EditError>>;

impl ContentEdit {
    /// The item that is changed.
    pub const fn content(&self) -> ContentId {
        match self {
            Self::Save { change, .. } => change.record.id,
            Self::Delete { content, .. }
            | Self::AddVariant { content, .. }
            | Self::ChangeVariant { content, .. }
            | Self::DeleteVariant { content, .. }
            | Self::Count { content, .. } => *content,
        }
    }

    /// Whether the scope needs to view the item only.
    pub const fn is_open_to_viewers(&self) -> bool {
        matches!(self, Self::Count { .. })
    }

    /// Whether conversations may see the change.
    const fn shows(&self) -> bool {
        !matches!(self, Self::Count { .. })
    }
}

impl ContentStep {
    /// Checks the step by itself: JSON, lengths and ranges.
    ///
    /// # Errors
    /// [`EditError::Refused`] for the first rule that is broken.
    pub fn check(&self) -> Result<(), EditError> {
        let record = RecordKey::Content(self.edit.content());
        let problem = match &self.edit {
            ContentEdit::Save { change, version } => content_problem(&change.record)
                .and_then(|()| {
                    let has_none = change.record.variants.is_empty();
                    require(has_none, "variants are changed by steps of their own")
                })
                .and_then(|()| require(*version != Some(0), "a version must be 1 or more"))
                .and_then(|()| {
                    require(
                        version.is_none_or(|version| i32::try_from(version).is_ok()),
                        "a version must be at most 2147483647",
                    )
                }),
            ContentEdit::AddVariant { variant: added, .. } => variant(added),
            ContentEdit::ChangeVariant { change, .. } => match &change.notes {
                Some(notes) => object(&notes.notes, "notes must be a JSON object"),
                None => Ok(()),
            },
            ContentEdit::Delete { .. }
            | ContentEdit::DeleteVariant { .. }
            | ContentEdit::Count { .. } => Ok(()),
        };
        problem.map_err(|problem| ApplyError::Invalid { record, problem })?;
        self.events.iter().try_for_each(check_event).map_err(ApplyError::from)?;
        Ok(self.audit.iter().try_for_each(check_audit).map_err(ApplyError::from)?)
    }
}

/// Checks a variant by itself, as it is after a change.
///
/// # Errors
/// [`EditError::Refused`] for the first rule that is broken.
pub fn check_variant(content: ContentId, record: &VariantRecord) -> Result<(), EditError> {
    let key = RecordKey::Content(content);
    variant(record).map_err(|problem| ApplyError::Invalid { record: key, problem }.into())
}

impl ContentWork {
    /// What to tell when the work is done, each once and in order.
    pub fn notices(&self, outcomes: &Outcomes) -> Vec<ChangeNotice> {
        let done = || self.steps.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_ok());
        let has_events = done().any(|(step, _)| !step.events.is_empty());
        let ids = done().filter(|(step, _)| step.edit.shows());
        let mut ids: Vec<_> = ids.map(|(step, _)| step.edit.content().0).collect();
        ids.sort_unstable();
        ids.dedup();
        let outbox = has_events.then_some(ChangeNotice::Outbox);
        outbox.into_iter().chain(changed(CacheKind::Content, ids)).collect()
    }
}

/// Tells a step that was refused from a store that broke.
///
/// # Errors
/// [`StoreError`] if the store broke.
pub fn refused_or_broken(
    outcome: Result<(), EditError>,
) -> Result<Result<(), EditError>, StoreError> {
    match outcome {
        Err(EditError::Refused(ApplyError::Store(source))) => Err(StoreError::Store(source)),
        other => Ok(other),
    }
}
