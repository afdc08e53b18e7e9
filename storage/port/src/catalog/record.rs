//! Items, variants and uses of items, as they are stored.

use chatflow::{ContentId, FlowId, NodeId, Timestamp};
use uuid::Uuid;

use crate::id::variant_row_id;
use crate::library::{ContentRecord, Stored, VariantRecord};
use crate::performance::Counters;

/// An item with all that its authors see of it (S3.36).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CatalogContent {
    /// The row; its record has no variants.
    pub stored: Stored<ContentRecord>,
    /// 1, and more whenever its body changes or it is published; an author may set it (S3.46).
    pub version: u32,
}

/// A variant with all that its authors see of it (S3.57).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CatalogVariant {
    /// Whose variant it is.
    pub content: ContentId,
    /// The variant.
    pub record: VariantRecord,
    /// What its authors keep beside the counters: a JSON object.
    pub notes: String,
    /// The events that are counted and what was added by hand.
    pub counters: Counters,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed; counters are no change.
    pub updated_at: Timestamp,
}

impl CatalogVariant {
    /// Its row id.
    pub fn id(&self) -> Uuid {
        variant_row_id(self.content, &self.record.key)
    }
}

/// A node of a published flow that shows an item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentUse {
    /// The flow.
    pub flow: FlowId,
    /// Its name.
    pub flow_name: String,
    /// The node.
    pub node: NodeId,
}
