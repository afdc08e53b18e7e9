//! What is told and taken of themes.

use chatflow_storage::{Stored, ThemeRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::input::{Pagination, given};
use crate::theme::{complete, warnings};

/// A theme of the chat window.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Theme {
    id: Uuid,
    name: String,
    #[schema(required)]
    description: Option<String>,
    /// Its owner; null for everyone's.
    #[schema(required)]
    school_id: Option<Uuid>,
    /// Every key, with its default where nothing else is set.
    config: Map<String, Value>,
    #[schema(required)]
    logo_url: Option<String>,
    #[schema(required)]
    avatar_url: Option<String>,
    /// False once it is deleted.
    is_active: bool,
    /// Whether it is its owner's default.
    is_default: bool,
    version: String,
    created_at: String,
    updated_at: String,
    #[schema(required)]
    created_by: Option<Uuid>,
    /// What could be better, after a change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// A page of themes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Paged::page` writes")]
pub(crate) struct Themes {
    pagination: Pagination,
    data: Vec<Theme>,
}

/// A theme that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewTheme {
    #[schema(min_length = 1, max_length = 255)]
    pub(super) name: String,
    /// Whatever differs from the defaults.
    pub(super) config: Map<String, Value>,
    pub(super) description: Option<String>,
    /// Its owner; by default the caller's school, and everyone's for those who run the platform.
    pub(super) school_id: Option<Uuid>,
    /// An https address, or one of this site.
    #[schema(max_length = 512)]
    pub(super) logo_url: Option<String>,
    /// An https address, or one of this site.
    #[schema(max_length = 512)]
    pub(super) avatar_url: Option<String>,
    #[schema(value_type = bool, required = false, default = true)]
    pub(super) is_active: Option<bool>,
    #[schema(value_type = bool, required = false, default = false)]
    pub(super) is_default: Option<bool>,
    #[schema(value_type = String, required = false, max_length = 50, default = "1.0")]
    pub(super) version: Option<String>,
}

/// What is to become of a theme; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[expect(clippy::option_option, reason = "what is null is told from what is absent (S3.9)")]
pub(crate) struct ThemeChange {
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub(super) name: Option<String>,
    /// Merged into what is there, key by key; a null brings a default back.
    #[schema(value_type = Object, required = false)]
    pub(super) config: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub(super) description: Option<Option<String>>,
    /// It cannot change.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    pub(super) school_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 512)]
    pub(super) logo_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 512)]
    pub(super) avatar_url: Option<Option<String>>,
    #[schema(value_type = bool, required = false)]
    pub(super) is_active: Option<bool>,
    #[schema(value_type = bool, required = false)]
    pub(super) is_default: Option<bool>,
    #[schema(value_type = String, required = false, max_length = 50)]
    pub(super) version: Option<String>,
}

/// The theme that a school is to have.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Assignment {
    /// A theme of everyone's or of the school; null for none.
    #[schema(required)]
    pub(super) theme_id: Option<Uuid>,
}

/// The theme that a school has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Assigned {
    pub(super) school_id: Uuid,
    #[schema(required)]
    pub(super) theme_id: Option<Uuid>,
}

impl From<Stored<ThemeRecord>> for Theme {
    fn from(stored: Stored<ThemeRecord>) -> Self {
        let Stored { record, created_at, updated_at, .. } = stored;
        Self {
            id: record.id.0,
            name: record.name,
            description: record.description,
            school_id: record.school_id.map(|id| id.0),
            config: complete(&config(&record.config)),
            logo_url: record.logo_url,
            avatar_url: record.avatar_url,
            is_active: record.is_active,
            is_default: record.is_default,
            version: record.version,
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
            created_by: record.created_by.map(|id| id.0),
            warnings: Vec::new(),
        }
    }
}

impl Theme {
    /// With what could be better, and what was not understood (S8.5, F37).
    pub(super) fn with_warnings(mut self, unknown: Vec<String>) -> Self {
        self.warnings = warnings(&self.config);
        self.warnings.extend(unknown);
        self
    }
}

/// A stored configuration; importers checked that it is an object.
pub(super) fn config(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}
