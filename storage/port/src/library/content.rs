//! The records of content items and their variants.

use chatflow::{ContentId, ContentItem, ContentVariant, TenantId, Visibility};
use serde_json::{Map, Value};

use super::record::{Record, RecordKey};
use crate::id::UserId;
use crate::scope::RowAccess;
use crate::text_enum::text_enum;

text_enum! {
    /// Where a content item stands (S1.13).
    ContentStatus {
        /// Being written.
        Draft = "draft",
        /// Waiting for review.
        PendingReview = "pending_review",
        /// Reviewed.
        Approved = "approved",
        /// In use.
        Published = "published",
        /// No longer in use.
        Archived = "archived",
    }
}

/// An item of the content library (S1.35).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentRecord {
    /// Its id.
    pub id: ContentId,
    /// The author's stable key.
    pub seed_key: Option<String>,
    /// `joke`, `fact`, `question`, `quote`, `message` or `prompt`.
    pub kind: String,
    /// The body: a JSON object.
    pub content: String,
    /// Free metadata: a JSON object.
    pub info: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// False once it is deleted.
    pub is_active: bool,
    /// Where it stands.
    pub status: ContentStatus,
    /// Who may see it.
    pub visibility: Visibility,
    /// Its owner.
    pub school_id: Option<TenantId>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// Other forms of its body, in the order of their keys.
    pub variants: Vec<VariantRecord>,
}

/// Another form of a content item (S1.41). Its row id is [`variant_row_id`](crate::variant_row_id).
///
/// Its counters are no part of it: writing an item leaves them as they are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VariantRecord {
    /// 1 to 100 characters; names it within its item.
    pub key: String,
    /// Laid over the body of the item: a JSON object.
    pub data: String,
    /// How often it is chosen, in proportion to the others: 0 to 10 000.
    pub weight: u32,
    /// Who may see it: a JSON object.
    pub conditions: String,
    /// Whether it takes part.
    pub is_active: bool,
}

impl ContentRecord {
    /// The item as the engine takes it.
    ///
    /// # Errors
    /// An error of the parser if a column that should hold a JSON object does not.
    pub fn item(&self) -> Result<ContentItem, serde_json::Error> {
        Ok(ContentItem {
            id: self.id,
            kind: self.kind.clone(),
            content: serde_json::from_str(&self.content)?,
            info: serde_json::from_str(&self.info)?,
            variants: self.variants.iter().map(VariantRecord::variant).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&ContentVariant> for VariantRecord {
    fn from(variant: &ContentVariant) -> Self {
        let json = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
        Self {
            key: variant.key.clone(),
            data: json(&variant.data),
            weight: u32::try_from(variant.weight).unwrap_or(u32::MAX),
            conditions: json(&variant.conditions),
            is_active: variant.is_active,
        }
    }
}

impl VariantRecord {
    /// The variant as the engine takes it.
    ///
    /// # Errors
    /// As [`ContentRecord::item`].
    pub fn variant(&self) -> Result<ContentVariant, serde_json::Error> {
        Ok(ContentVariant {
            key: self.key.clone(),
            weight: self.weight.into(),
            is_active: self.is_active,
            data: serde_json::from_str(&self.data)?,
            conditions: serde_json::from_str(&self.conditions)?,
        })
    }
}

impl Record for ContentRecord {
    fn key(&self) -> RecordKey {
        RecordKey::Content(self.id)
    }

    fn owner(&self) -> Option<TenantId> {
        self.school_id
    }

    fn access(&self) -> Option<RowAccess> {
        Some(RowAccess {
            visibility: self.visibility,
            school_id: self.school_id,
            created_by: self.created_by,
            is_live: self.is_active && self.status == ContentStatus::Published,
        })
    }
}
