//! An item on the wire (S3.36).

use chatflow::{TenantId, Timestamp, Visibility};
use chatflow_storage::{CatalogContent, ContentStatus};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::input::{Pagination, label};

/// The types of items (S1.12).
pub(super) const KINDS: [&str; 6] = ["joke", "fact", "question", "quote", "message", "prompt"];

label! {
    /// The type of an item.
    ContentKind(&'static str)
    by |text| KINDS.into_iter().find(|kind| *kind == text), written |kind| kind,
    ["joke", "fact", "question", "quote", "message", "prompt"]
}

label! {
    /// Where an item stands.
    StatusName(ContentStatus)
    by ContentStatus::parse, written ContentStatus::as_str,
    ["draft", "pending_review", "approved", "published", "archived"]
}

label! {
    /// Who may see something; `global` is an old name of `wriveted` (F58).
    VisibilityName(Visibility)
    by visibility, written visibility_text,
    ["private", "school", "public", "wriveted", "global"]
}

fn visibility(text: &str) -> Option<Visibility> {
    Some(match text {
        "private" => Visibility::Private,
        "school" => Visibility::School,
        "public" => Visibility::Public,
        "wriveted" | "global" => Visibility::Wriveted,
        _ => return None,
    })
}

pub(super) fn visibility_text(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::School => "school",
        Visibility::Public => "public",
        Visibility::Wriveted => "wriveted",
    }
}

/// An item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ContentDetail {
    pub(super) id: Uuid,
    #[serde(rename = "type")]
    #[schema(example = "fact")]
    kind: String,
    tags: Vec<String>,
    is_active: bool,
    #[schema(example = "draft")]
    status: &'static str,
    pub(super) version: u32,
    school_id: Option<Uuid>,
    #[schema(example = "private")]
    visibility: &'static str,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(value_type = Object)]
    content: Map<String, Value>,
    #[schema(value_type = Object)]
    info: Map<String, Value>,
    created_by: Option<Uuid>,
    /// What is missing before it can be published, what would not be shown, and what was ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// A page of items.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContentPage {
    pagination: Pagination,
    data: Vec<ContentDetail>,
}

impl ContentDetail {
    pub(super) fn of(content: &CatalogContent) -> Result<Self, ApiError> {
        let stored = &content.stored;
        let record = &stored.record;
        let object = |text: &str| serde_json::from_str(text).map_err(ApiError::internal);
        Ok(Self {
            id: record.id.0,
            kind: record.kind.clone(),
            tags: record.tags.clone(),
            is_active: record.is_active,
            status: record.status.as_str(),
            version: content.version,
            school_id: record.school_id.map(|TenantId(id)| id),
            visibility: visibility_text(record.visibility),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            content: object(&record.content)?,
            info: object(&record.info)?,
            created_by: record.created_by.map(|id| id.0),
            warnings: Vec::new(),
        })
    }

    pub(super) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}
