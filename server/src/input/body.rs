//! Bodies of a described type (S3.1, S3.5, S3.6, S3.9, S3.17).

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{self, MIB};
use crate::error::ApiError;

/// The limit of bodies that carry whole flows or many items, in bytes.
pub(crate) const LARGE: usize = 8 * MIB;

/// A body of a described type with at most `LIMIT` bytes.
#[derive(Debug)]
pub(crate) struct JsonBody<T, const LIMIT: usize = MIB> {
    pub(crate) value: T,
    /// Keys that mean nothing here (F37).
    pub(crate) warnings: Vec<String>,
    /// Whether the body has no keys at all: an update that changes nothing (S3.9).
    pub(crate) is_empty: bool,
}

impl<T, const LIMIT: usize> FromRequest<Arc<App>> for JsonBody<T, LIMIT>
where
    T: DeserializeOwned + ToSchema + 'static,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let map = body::read_object(&parts.headers, body, LIMIT).await?;
        let schema = app.schemas.of::<T>(describe::<T>)?;
        let is_empty = map.is_empty();
        let unknown = |key: &&String| !schema.knows(key);
        let warnings = body::ignored(map.keys().filter(unknown));
        let value = read_value(app, Value::Object(map))?;
        Ok(Self { value, warnings, is_empty })
    }
}

/// Reads a value of a described type, such as one of the items of a body.
pub(crate) fn read_value<T>(app: &App, mut value: Value) -> Result<T, ApiError>
where
    T: DeserializeOwned + ToSchema + 'static,
{
    let schema = app.schemas.of::<T>(describe::<T>)?;
    schema.check("body", &value)?;
    schema.settle(&mut value);
    let read = serde_json::from_value(value);
    read.map_err(|error| ApiError::field(&["body"], "value_error", error.to_string()))
}

/// The description of `T` as a document of its own.
fn describe<T: ToSchema>() -> Value {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    let parts: Map<String, Value> =
        parts.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    let mut root = json!(T::schema());
    if let Some(root) = root.as_object_mut() {
        root.insert("components".to_owned(), json!({"schemas": parts}));
    }
    root
}

/// Tells a key that is `null` from one that is absent: for fields of the type `Option<Option<T>>`.
#[expect(
    clippy::option_option,
    reason = "outside: whether it was given; inside: whether it is null"
)]
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
