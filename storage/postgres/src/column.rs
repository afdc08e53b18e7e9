//! Columns: how times, JSON and labels travel (S1.3).

use chatflow::{ExecutionContext, NodeId, TenantId, Timestamp, Visibility};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{
    PgArgumentBuffer, PgHasArrayType, PgRow, PgTypeInfo, PgValueFormat, PgValueRef, Postgres,
};
use sqlx::{Decode, Encode, Row, Type};
use uuid::Uuid;

/// A `timestamptz`. Milliseconds become microseconds, and the years 1 to 9999 fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Time(pub(crate) Timestamp);

/// A `json`, whose text the server checks and keeps as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Json<T>(pub(crate) T);

/// The 1st of January 2000, from which Postgres counts microseconds, in ours.
const EPOCH: i64 = 946_684_800_000;

// Built-in types have the same numbers in every Postgres, so that nothing needs to be looked up.
const JSON: PgTypeInfo = PgTypeInfo::with_oid(Oid(114));
const JSON_ARRAY: PgTypeInfo = PgTypeInfo::with_oid(Oid(199));
const TIMESTAMPTZ: PgTypeInfo = PgTypeInfo::with_oid(Oid(1184));
const TIMESTAMPTZ_ARRAY: PgTypeInfo = PgTypeInfo::with_oid(Oid(1185));

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        TIMESTAMPTZ
    }
}

impl PgHasArrayType for Time {
    fn array_type_info() -> PgTypeInfo {
        TIMESTAMPTZ_ARRAY
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&to_micros(self.0).to_be_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Time {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return Err("a time came as text".into());
        }
        let micros = i64::from_be_bytes(value.as_bytes()?.try_into()?);
        Ok(Self(from_micros(micros)))
    }
}

fn to_micros(time: Timestamp) -> i64 {
    time.as_millis().saturating_sub(EPOCH).saturating_mul(1000)
}

fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_millis(micros.div_euclid(1000).saturating_add(EPOCH))
}

impl<T> Type<Postgres> for Json<T> {
    fn type_info() -> PgTypeInfo {
        JSON
    }
}

impl<T> PgHasArrayType for Json<T> {
    fn array_type_info() -> PgTypeInfo {
        JSON_ARRAY
    }
}

impl Encode<'_, Postgres> for Json<&str> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl Encode<'_, Postgres> for Json<String> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Json<String> {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self(value.as_str()?.to_owned()))
    }
}

impl<'r> Decode<'r, Postgres> for Json<&'r str> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(value.as_str()?))
    }
}

/// Tenants as one parameter.
pub(crate) fn tenants(ids: &[TenantId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

pub(crate) fn time(row: &PgRow, column: &str) -> sqlx::Result<Timestamp> {
    row.try_get::<Time, _>(column).map(|time| time.0)
}

pub(crate) fn maybe_time(row: &PgRow, column: &str) -> sqlx::Result<Option<Timestamp>> {
    row.try_get::<Option<Time>, _>(column).map(|time| time.map(|time| time.0))
}

pub(crate) fn json(row: &PgRow, column: &str) -> sqlx::Result<String> {
    row.try_get::<Json<String>, _>(column).map(|json| json.0)
}

pub(crate) fn maybe_json(row: &PgRow, column: &str) -> sqlx::Result<Option<String>> {
    row.try_get::<Option<Json<String>>, _>(column).map(|json| json.map(|json| json.0))
}

pub(crate) fn node(row: &PgRow, column: &str) -> sqlx::Result<NodeId> {
    row.try_get::<String, _>(column).map(NodeId::from)
}

pub(crate) fn maybe_node(row: &PgRow, column: &str) -> sqlx::Result<Option<NodeId>> {
    row.try_get::<Option<String>, _>(column).map(|node| node.map(NodeId::from))
}

/// A count; the columns hold no negative ones.
pub(crate) fn count(row: &PgRow, column: &str) -> sqlx::Result<u64> {
    row.try_get::<i64, _>(column).map(i64::unsigned_abs)
}

/// A count in an `integer`.
pub(crate) fn small_count(row: &PgRow, column: &str) -> sqlx::Result<u32> {
    row.try_get::<i32, _>(column).map(i32::unsigned_abs)
}

/// The number of a version of a flow.
pub(crate) fn seq(row: &PgRow, column: &str) -> sqlx::Result<u32> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A small number as a parameter; the greatest breaks a rule of its column.
pub(crate) fn small_number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A number as a parameter. What does not fit is stored nowhere, and neither is the greatest.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A label of a closed set, selected as text.
pub(crate) fn label<T>(
    row: &PgRow,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> sqlx::Result<T> {
    let text: &str = row.try_get(column)?;
    parse(text).ok_or_else(|| sqlx::Error::Decode(format!("unknown label in `{column}`").into()))
}

pub(crate) fn visibility_text(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::School => "school",
        Visibility::Public => "public",
        Visibility::Wriveted => "wriveted",
    }
}

pub(crate) fn visibility(row: &PgRow) -> sqlx::Result<Visibility> {
    let all = [Visibility::Private, Visibility::School, Visibility::Public, Visibility::Wriveted];
    label(row, "visibility", |text| all.into_iter().find(|v| visibility_text(*v) == text))
}

pub(crate) fn execution_context_text(context: ExecutionContext) -> &'static str {
    match context {
        ExecutionContext::Frontend => "frontend",
        ExecutionContext::Backend => "backend",
        ExecutionContext::Mixed => "mixed",
    }
}

pub(crate) fn execution_context(row: &PgRow) -> sqlx::Result<ExecutionContext> {
    let all = [ExecutionContext::Frontend, ExecutionContext::Backend, ExecutionContext::Mixed];
    let find = |text: &str| all.into_iter().find(|c| execution_context_text(*c) == text);
    label(row, "execution_context", find)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_years_survive() {
        // S1.3
        for millis in [i64::MIN, -1, 0, 1, 999, EPOCH, 1_769_851_800_250, i64::MAX] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(from_micros(to_micros(time)), time);
        }
        assert_eq!(to_micros(Timestamp::from_millis(EPOCH.saturating_add(2))), 2000);
        // What Postgres calls infinity is the last moment there is.
        assert_eq!(from_micros(i64::MAX), Timestamp::from_millis(i64::MAX));
    }
}
