//! Labels in requests, in any letter case (S1.11).

use chatflow::Visibility;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Who may see a flow; `global` is an older name of `wriveted` (F58).
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(value_type = String, pattern = "^([Pp][Rr][Ii][Vv][Aa][Tt][Ee]|[Ss][Cc][Hh][Oo][Oo][Ll]|[Pp][Uu][Bb][Ll][Ii][Cc]|[Ww][Rr][Ii][Vv][Ee][Tt][Ee][Dd]|[Gg][Ll][Oo][Bb][Aa][Ll])$")]
pub(crate) struct VisibilityName(String);

/// How much is traced: `minimal`, `standard` or `verbose`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(value_type = String, pattern = "^([Mm][Ii][Nn][Ii][Mm][Aa][Ll]|[Ss][Tt][Aa][Nn][Dd][Aa][Rr][Dd]|[Vv][Ee][Rr][Bb][Oo][Ss][Ee])$")]
pub(crate) struct TraceLevelName(String);

/// Where a node runs: `frontend`, `backend` or `mixed`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(value_type = String, pattern = "^([Ff][Rr][Oo][Nn][Tt][Ee][Nn][Dd]|[Bb][Aa][Cc][Kk][Ee][Nn][Dd]|[Mm][Ii][Xx][Ee][Dd])$")]
pub(crate) struct ContextName(pub(crate) String);

impl VisibilityName {
    pub(crate) fn read(&self) -> Result<Visibility, ApiError> {
        visibility(&self.0)
    }
}

impl TraceLevelName {
    pub(crate) fn read(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Reads a visibility in any letter case.
pub(crate) fn visibility(text: &str) -> Result<Visibility, ApiError> {
    match text.to_ascii_lowercase().as_str() {
        "private" => Ok(Visibility::Private),
        "school" => Ok(Visibility::School),
        "public" => Ok(Visibility::Public),
        "wriveted" | "global" => Ok(Visibility::Wriveted),
        _ => Err(ApiError::field(&["body", "visibility"], "value_error.enum", "is unknown")),
    }
}

pub(crate) const fn visibility_name(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::School => "school",
        Visibility::Public => "public",
        Visibility::Wriveted => "wriveted",
    }
}
