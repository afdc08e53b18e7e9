//! What requests say of items (S3.37, S3.46, S3.48 to S3.51).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use uuid::Uuid;

use super::detail::{ContentKind, StatusName, VisibilityName};
use crate::input::given;

/// The greatest version.
pub(super) const MOST_VERSION: u32 = 2_147_483_647;

/// An object with something in it.
fn some_object() -> Object {
    ObjectBuilder::new().schema_type(Type::Object).min_properties(Some(1)).build()
}

const fn yes() -> bool {
    true
}

/// A new item.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct CreateContent {
    #[serde(rename = "type")]
    pub(super) kind: ContentKind,
    #[schema(schema_with = some_object)]
    pub(super) content: Map<String, Value>,
    #[serde(default)]
    #[schema(value_type = Object, required = false)]
    pub(super) info: Map<String, Value>,
    /// Trimmed, each once; at most 50 of at most 100 characters.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) tags: Vec<String>,
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    pub(super) is_active: bool,
    /// `draft` unless it is given.
    #[serde(default)]
    #[schema(nullable = false)]
    pub(super) status: Option<StatusName>,
    #[serde(default)]
    pub(super) school_id: Option<Uuid>,
    #[serde(default)]
    #[schema(nullable = false)]
    pub(super) visibility: Option<VisibilityName>,
}

/// What changes of an item; the rest stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[expect(
    clippy::option_option,
    reason = "a school may be named, taken away or not be spoken of (S3.9)"
)]
pub(super) struct UpdateContent {
    #[serde(default, rename = "type")]
    #[schema(nullable = false)]
    pub(super) kind: Option<ContentKind>,
    #[serde(default)]
    #[schema(schema_with = some_object, required = false)]
    pub(super) content: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub(super) info: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(nullable = false)]
    pub(super) tags: Option<Vec<String>>,
    #[serde(default)]
    #[schema(nullable = false)]
    pub(super) is_active: Option<bool>,
    #[serde(default)]
    #[schema(nullable = false)]
    pub(super) status: Option<StatusName>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    pub(super) school_id: Option<Option<Uuid>>,
    #[serde(default)]
    #[schema(nullable = false)]
    pub(super) visibility: Option<VisibilityName>,
    /// With `content`, the version before the next one; without, the version itself.
    #[serde(default)]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_646)]
    pub(super) version: Option<u32>,
    /// Refuses the change if the version is another.
    #[serde(default)]
    #[schema(nullable = false, minimum = 0, maximum = 2_147_483_647)]
    pub(super) expected_version: Option<u32>,
}

/// A change of status.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct ChangeStatus {
    pub(super) status: StatusName,
    /// Kept in the audit log and told with the event.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub(super) comment: Option<String>,
}

/// What is done to many items.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    Create,
    Update,
    Delete,
}

/// One operation on many items.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct BulkRequest {
    #[schema(inline)]
    pub(super) operation: Operation,
    /// To create: bodies of new items; to update: objects with `id` and what changes; to delete:
    /// ids, or objects with `id`.
    #[schema(min_items = 1, max_items = 500)]
    pub(super) items: Vec<Value>,
    /// All of them or none.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) atomic: bool,
}

/// The same change of many items.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct BulkUpdate {
    #[schema(min_items = 1, max_items = 500)]
    pub(super) content_ids: Vec<Uuid>,
    pub(super) updates: UpdateContent,
}

/// The end of many items.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct BulkDelete {
    #[schema(min_items = 1, max_items = 500)]
    pub(super) content_ids: Vec<Uuid>,
}

/// An item that was refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BulkError {
    /// Its place in the request.
    pub(super) index: usize,
    /// Null for a new item.
    pub(super) id: Option<Uuid>,
    pub(super) code: &'static str,
    pub(super) error: String,
}

/// An item that was written.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BulkDone {
    pub(super) index: usize,
    pub(super) id: Uuid,
    pub(super) version: u32,
}

/// What became of the items.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct BulkResult {
    pub(super) success_count: usize,
    pub(super) error_count: usize,
    pub(super) errors: Vec<BulkError>,
    pub(super) results: Vec<BulkDone>,
}

/// An item that was refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct RefusedContent {
    pub(super) content_id: Uuid,
    pub(super) code: &'static str,
    pub(super) error: String,
}

/// How many items were changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BulkUpdated {
    pub(super) updated_count: usize,
    pub(super) errors: Vec<RefusedContent>,
}

/// How many items were deleted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BulkDeleted {
    pub(super) deleted_count: usize,
    pub(super) errors: Vec<RefusedContent>,
}
