//! Columns: the texts that ids, times and labels are stored as (S1.3).

use chatflow::{ExecutionContext, NodeId, Timestamp, Visibility};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use uuid::Uuid;

/// A UUID column.
pub(crate) struct Id(pub(crate) Uuid);

/// A time column.
pub(crate) struct Time(pub(crate) Timestamp);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Uuid::parse_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

impl ToSql for Time {
    /// Milliseconds become microseconds, so that the column has one width in every store.
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let mut text = self.0.to_string();
        if text.pop().is_some() {
            text.push_str("000Z");
        }
        Ok(text.into())
    }
}

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::parse(value.as_str()?).map(Self).ok_or(FromSqlError::InvalidType)
    }
}

pub(crate) fn uuid(row: &Row<'_>, column: &str) -> rusqlite::Result<Uuid> {
    row.get::<_, Id>(column).map(|id| id.0)
}

pub(crate) fn maybe_uuid(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Uuid>> {
    row.get::<_, Option<Id>>(column).map(|id| id.map(|id| id.0))
}

pub(crate) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get::<_, Time>(column).map(|time| time.0)
}

pub(crate) fn maybe_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<Time>>(column).map(|time| time.map(|time| time.0))
}

pub(crate) fn maybe_node(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<NodeId>> {
    row.get::<_, Option<String>>(column).map(|node| node.map(NodeId::from))
}

/// A count; the columns hold no negative ones.
pub(crate) fn count(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// A number as a parameter. What does not fit is stored nowhere, and neither is the greatest.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A label of a closed set.
pub(crate) fn label<T>(
    row: &Row<'_>,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let index = row.as_ref().column_index(column)?;
    let value = row.get_ref(index)?;
    let unknown = || {
        rusqlite::Error::FromSqlConversionFailure(
            index,
            value.data_type(),
            format!("unknown label in `{column}`").into(),
        )
    };
    value.as_str().ok().and_then(parse).ok_or_else(unknown)
}

pub(crate) fn visibility_text(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::School => "school",
        Visibility::Public => "public",
        Visibility::Wriveted => "wriveted",
    }
}

pub(crate) fn visibility(row: &Row<'_>) -> rusqlite::Result<Visibility> {
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

pub(crate) fn execution_context(row: &Row<'_>) -> rusqlite::Result<ExecutionContext> {
    let all = [ExecutionContext::Frontend, ExecutionContext::Backend, ExecutionContext::Mixed];
    let find = |text: &str| all.into_iter().find(|c| execution_context_text(*c) == text);
    label(row, "execution_context", find)
}

/// A JSON array of texts, to be unfolded by `json_each`: one parameter for a list of any length.
pub(crate) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items = items.into_iter().map(|item| serde_json::Value::String(item.to_string()));
    serde_json::Value::Array(items.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(millis: i64) -> String {
        let time = Time(Timestamp::from_millis(millis));
        match time.to_sql() {
            Ok(ToSqlOutput::Owned(rusqlite::types::Value::Text(text))) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn times_have_one_width_and_sort_as_text() {
        // S1.3
        assert_eq!(stored(1_769_851_800_250), "2026-01-31T09:30:00.250000Z");
        let millis = [i64::MIN, -1, 0, 1, 999, 1_769_851_800_250, i64::MAX];
        let texts = millis.map(stored);
        assert!(texts.is_sorted());
        assert!(texts.iter().all(|text| text.len() == 27));
        for (millis, text) in millis.into_iter().zip(&texts) {
            let read = Time::column_result(ValueRef::Text(text.as_bytes()));
            assert_eq!(read.ok().map(|time| time.0), Some(Timestamp::from_millis(millis)));
        }
    }

    #[test]
    fn a_text_that_is_no_id_or_time_is_an_error() {
        assert!(Id::column_result(ValueRef::Text(b"x")).is_err());
        assert!(Time::column_result(ValueRef::Text(b"yesterday")).is_err());
        assert!(Id::column_result(ValueRef::Null).is_err());
    }
}
