//! The rows of a turn, as arrays: one parameter for a column of any number of rows.

use chatflow_storage::Turn;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use crate::column::{Json, Time};

/// Binds `$1` to `$6`, the columns of the history rows, and `$7` to `$9`, the journal entry.
pub(super) fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    turn: &'q Turn,
) -> Query<'q, Postgres, PgArguments> {
    let rows = &turn.history;
    let entry = turn.journal.as_ref();
    query
        .bind(rows.iter().map(|row| row.flow_id.map(|id| id.0)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.node_id.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.content.as_str())).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Time(row.created_at)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.path.as_deref().map(Json)).collect::<Vec<_>>())
        .bind(entry.map(|entry| Json(entry.input.as_str())))
        .bind(entry.map(|entry| Json(entry.outcomes.as_str())))
        .bind(entry.map(|entry| entry.turn_hash.as_str()))
}
