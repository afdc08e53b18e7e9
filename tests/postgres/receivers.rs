//! Events on their way to a receiver, while the receiver and the service are killed in turn.

use sqlx::Row as _;

use super::place::database;
use crate::server::receivers::{Sql, beside, events_survive_kills};

#[test]
fn events_survive_kills_on_postgres() {
    let Some(database) = database() else { return };
    let place = beside(&database.url);
    let run = |sql: &str| database.execute(sql);
    let rows = |sql: &str| {
        let text = |row: &sqlx::postgres::PgRow| std::array::from_fn(|column| row.get(column));
        database.rows(sql).iter().map(text).collect()
    };
    events_survive_kills(&place, Sql { run: &run, rows: &rows });
}
