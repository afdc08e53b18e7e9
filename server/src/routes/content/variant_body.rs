//! Variants on the wire (S3.57 to S3.59).

use chatflow::{ContentVariant, Timestamp};
use chatflow_storage::{
    CatalogVariant, CounterChange, Counters, VariantChange, VariantNotes, VariantRecord,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::input::Pagination;

/// The weight of a variant unless it says another.
const USUAL_WEIGHT: u32 = 100;

/// A variant.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
pub(super) struct Variant {
    pub(super) id: Uuid,
    pub(super) content_id: Uuid,
    variant_key: String,
    #[schema(value_type = Object)]
    variant_data: Map<String, Value>,
    weight: u32,
    #[schema(value_type = Object)]
    conditions: Map<String, Value>,
    /// Counters that are not 0, and what its authors keep beside them.
    #[schema(value_type = Object)]
    pub(super) performance_data: Map<String, Value>,
    is_active: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What would not be shown or never holds, and what was ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(super) warnings: Vec<String>,
}

/// A page of variants.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VariantPage {
    pagination: Pagination,
    data: Vec<Variant>,
}

/// A new variant.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct CreateVariant {
    /// Names it within its item for ever: what is counted belongs to it.
    #[schema(min_length = 1, max_length = 100)]
    variant_key: String,
    #[schema(value_type = Object)]
    pub(super) variant_data: Map<String, Value>,
    #[serde(default = "usual_weight")]
    #[schema(required = false, minimum = 0, maximum = 10000, default = 100)]
    weight: u32,
    #[serde(default)]
    #[schema(value_type = Object, required = false)]
    pub(super) conditions: Map<String, Value>,
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    is_active: bool,
}

const fn usual_weight() -> u32 {
    USUAL_WEIGHT
}

const fn yes() -> bool {
    true
}

/// What changes of a variant; the rest stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub(super) struct UpdateVariant {
    /// Must be the key that it has.
    #[serde(default)]
    #[schema(nullable = false)]
    pub(super) variant_key: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub(super) variant_data: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(nullable = false, minimum = 0, maximum = 10000)]
    weight: Option<u32>,
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub(super) conditions: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    performance_data: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(nullable = false)]
    is_active: Option<bool>,
}

/// What is to be added to counters; at least one.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub(super) struct Count {
    #[serde(default)]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    impressions: Option<u64>,
    #[serde(default)]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    engagements: Option<u64>,
    #[serde(default)]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    conversions: Option<u64>,
}

/// Where the counters of a variant stand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Counted {
    pub(super) message: &'static str,
    #[schema(value_type = Object)]
    pub(super) performance_data: Map<String, Value>,
}

impl Variant {
    pub(super) fn of(variant: &CatalogVariant) -> Result<Self, ApiError> {
        let object = |text: &str| serde_json::from_str(text).map_err(ApiError::internal);
        let record = &variant.record;
        let mut performance_data: Map<String, Value> = object(&variant.notes)?;
        let Counters { impressions, engagements, conversions } = variant.counters;
        let counters = [
            ("impressions", impressions),
            ("engagements", engagements),
            ("conversions", conversions),
        ];
        let counted = counters.into_iter().filter(|(_, count)| *count > 0);
        performance_data.extend(counted.map(|(name, count)| (name.to_owned(), json!(count))));
        Ok(Self {
            id: variant.id(),
            content_id: variant.content.0,
            variant_key: record.key.clone(),
            variant_data: object(&record.data)?,
            weight: record.weight,
            conditions: object(&record.conditions)?,
            performance_data,
            is_active: record.is_active,
            created_at: variant.created_at,
            updated_at: variant.updated_at,
            warnings: Vec::new(),
        })
    }
}

impl CreateVariant {
    pub(super) fn record(&self) -> VariantRecord {
        VariantRecord {
            key: self.variant_key.clone(),
            data: Value::Object(self.variant_data.clone()).to_string(),
            weight: self.weight,
            conditions: Value::Object(self.conditions.clone()).to_string(),
            is_active: self.is_active,
        }
    }
}

impl UpdateVariant {
    /// The change, and the names of its fields; `merges` keeps what of `performance_data` is not given.
    pub(super) fn change(
        &self,
        merges: bool,
    ) -> Result<(VariantChange, Vec<&'static str>), ApiError> {
        let json = |map: &Option<Map<String, Value>>| {
            map.as_ref().map(|map| Value::Object(map.clone()).to_string())
        };
        let notes = self.performance_data.as_ref().map(|given| notes(given, merges)).transpose()?;
        let change = VariantChange {
            data: json(&self.variant_data),
            weight: self.weight,
            conditions: json(&self.conditions),
            is_active: self.is_active,
            notes,
        };
        let all = [
            ("variant_data", change.data.is_some()),
            ("weight", change.weight.is_some()),
            ("conditions", change.conditions.is_some()),
            ("performance_data", change.notes.is_some()),
            ("is_active", change.is_active.is_some()),
        ];
        let names = all.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect();
        Ok((change, names))
    }
}

fn notes(given: &Map<String, Value>, merges: bool) -> Result<VariantNotes, ApiError> {
    let mut notes = given.clone();
    let mut counter = |name: &str| {
        let Some(given) = notes.remove(name) else { return Ok(None) };
        let count = given.as_u64().filter(|count| i64::try_from(*count).is_ok());
        let place = ["body", "performance_data", name];
        let message = "must be a whole number, not negative";
        count.map(Some).ok_or_else(|| ApiError::field(&place, "type_error.int", message))
    };
    let counters = CounterChange {
        impressions: counter("impressions")?,
        engagements: counter("engagements")?,
        conversions: counter("conversions")?,
    };
    Ok(VariantNotes { notes: Value::Object(notes).to_string(), counters, merges })
}

impl Count {
    pub(super) fn by(self) -> Result<Counters, ApiError> {
        if [self.impressions, self.engagements, self.conversions] == [None; 3] {
            let message = "needs `impressions`, `engagements` or `conversions`";
            return Err(ApiError::field(&["body"], "value_error.missing", message));
        }
        Ok(Counters {
            impressions: self.impressions.unwrap_or_default(),
            engagements: self.engagements.unwrap_or_default(),
            conversions: self.conversions.unwrap_or_default(),
        })
    }
}

/// Conditions that never hold because nobody understands them (F31).
pub(super) fn odd_conditions(conditions: &Map<String, Value>) -> Vec<String> {
    let is_known = |key: &&String| ContentVariant::CONDITIONS.contains(&key.as_str());
    let odd = conditions.keys().filter(|key| !is_known(key));
    odd.map(|key| format!("nobody understands the condition `{key}`: it never holds")).collect()
}
