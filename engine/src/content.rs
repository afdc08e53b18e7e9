//! Items of the content library, as the engine asks for and receives them.

mod filter;
mod variant;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use variant::ContentVariant;

use crate::from_json::FromJson;
use crate::id::ContentId;

/// One item of the library, as a store hands it to the engine.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct ContentItem {
    /// Its id.
    pub id: ContentId,
    /// `joke`, `fact`, `question`, `quote`, `message` or `prompt`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The body.
    pub content: Map<String, Value>,
    /// Free metadata; random filters look here.
    #[serde(default)]
    pub info: Map<String, Value>,
    /// Other forms of the body, of which a session sees one (R13.20).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<ContentVariant>,
}

/// Which items may be drawn (R4.2 to R4.8). The store adds what it knows of the tenant.
///
/// A store answers with the ids of all matching items that are active and published and visible to
/// the session, in ascending id order, at most [`ContentQuery::LIMIT`]. It narrows by `kind`,
/// `tags`, `tags_all` and `exclude` itself and asks [`ContentQuery::admits`] about the rest.
#[derive(Clone, Debug, Default, Deserialize, FromJson, PartialEq, Serialize)]
pub struct ContentQuery {
    /// The content type, in lower case.
    #[serde(rename = "type")]
    pub kind: String,
    /// An item needs at least one of these; empty means no filter.
    #[serde(default)]
    pub tags: Vec<String>,
    /// An item needs all of these.
    #[serde(default)]
    pub tags_all: Vec<String>,
    /// Filters on `info` with their references resolved (R4.6).
    #[serde(default)]
    pub info_filters: Map<String, Value>,
    /// Items that are left out.
    #[serde(default)]
    pub exclude: Vec<ContentId>,
}

impl ContentQuery {
    /// The most candidates a store returns (F38).
    pub const LIMIT: usize = 1000;
}
