//! Queries of a described type (S3.5, S3.6, S3.13, S3.15, S3.16).

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::ApiError;

/// A query of a described type.
#[derive(Debug)]
pub(crate) struct QueryOf<T> {
    pub(crate) value: T,
    /// What was given beside it, decoded.
    pub(crate) rest: Vec<(String, String)>,
}

/// Where a page begins and how much it holds (S3.13).
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paged {
    /// How many rows to pass over.
    #[serde(default)]
    #[param(minimum = 0, maximum = 2_147_483_647, default = 0)]
    pub(crate) skip: u32,
    /// How many rows to answer with at most.
    #[serde(default = "Paged::usual")]
    #[param(minimum = 0, maximum = 1000, default = 100)]
    pub(crate) limit: u32,
}

/// The place of a page among all.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Pagination {
    skip: u32,
    limit: u32,
    /// How many rows match; exact up to 10,000 (F43).
    total: u64,
    page: u32,
    /// There are more than `total`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    total_capped: bool,
}

impl Pagination {
    /// The place of a page among rows that were read from the first up to one behind the page: a
    /// total is known when there was none.
    pub(crate) fn of_read(skip: u32, limit: u32, read: usize) -> Self {
        let page = skip.checked_div(limit).unwrap_or(0).saturating_add(1);
        let end = u64::from(skip).saturating_add(limit.into());
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        Self { skip, limit, total: read.min(end), page, total_capped: read > end }
    }
}

impl Paged {
    pub(crate) const fn usual() -> u32 {
        100
    }

    /// A page of all rows.
    pub(crate) fn page(self, data: &[impl Serialize], total: u64, total_capped: bool) -> Value {
        let page = self.skip.checked_div(self.limit).unwrap_or(0).saturating_add(1);
        let Self { skip, limit } = self;
        let pagination = Pagination { skip, limit, total, page, total_capped };
        json!({"pagination": pagination, "data": data})
    }
}

impl<T> FromRequestParts<Arc<App>> for QueryOf<T>
where
    T: DeserializeOwned + IntoParams + 'static,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let invalid = |_| ApiError::field(&["query"], "value_error", "cannot be decoded");
        let Query(pairs): Query<Vec<(String, String)>> =
            Query::try_from_uri(&parts.uri).map_err(invalid)?;
        let known = T::into_params(|| Some(ParameterIn::Query));
        let mut map = Map::new();
        let mut rest = Vec::new();
        for (name, text) in pairs {
            if text.contains('\0') {
                return Err(ApiError::field(
                    &["query", &name],
                    "value_error.nul",
                    "contains U+0000",
                ));
            }
            match known.iter().find(|parameter| parameter.name == name) {
                Some(parameter) => take(&mut map, parameter, name, &text),
                None => rest.push((name, text)),
            }
        }
        let value = Value::Object(map);
        app.schemas.of::<T>(|| describe(&known))?.check("query", &value)?;
        let read = serde_json::from_value(value);
        let value =
            read.map_err(|error| ApiError::field(&["query"], "value_error", error.to_string()))?;
        Ok(Self { value, rest })
    }
}

/// Puts a parameter's text where it belongs, as a value of the kind that is described.
fn take(map: &mut Map<String, Value>, parameter: &Parameter, name: String, text: &str) {
    let schema = json!(parameter.schema);
    let kind = |kind: &str| has_type(&schema, kind);
    if kind("array") {
        let list = map.entry(name).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.extend(items(text).map(Value::String));
        }
        return;
    }
    let value = if kind("boolean") {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => json!(true),
            "false" | "0" | "no" => json!(false),
            _ => json!(text),
        }
    } else if kind("integer") {
        text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
    } else if kind("number") {
        text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number))
    } else {
        json!(text)
    };
    // The last one counts.
    map.insert(name, value);
}

fn has_type(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => false,
    }
}

/// The items of a list in a query: parted by commas, `%2C` within an item stands for one (S3.15).
pub(crate) fn items(text: &str) -> impl Iterator<Item = String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| item.replace("%2C", ",").replace("%2c", ","))
}

/// The description of a query as an object.
fn describe(parameters: &[Parameter]) -> Value {
    let properties: Map<String, Value> = parameters
        .iter()
        .map(|parameter| (parameter.name.clone(), json!(parameter.schema)))
        .collect();
    let is_required = |parameter: &&Parameter| json!(parameter.required) == json!(true);
    let required: Vec<&String> =
        parameters.iter().filter(is_required).map(|parameter| &parameter.name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_may_be_repeated_or_parted_by_commas() {
        // S3.15
        let all: Vec<String> = items("a, b,,c%2Cd").collect();
        assert_eq!(all, ["a", "b", "c,d"]);
    }
}
