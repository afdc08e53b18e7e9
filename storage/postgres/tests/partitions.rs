//! The store on partitioned tables, made as docs/scaling.md says.

use chatflow_storage::{Waiting, contract};
use sqlx::Row;

use crate::place::{Database, template};
use crate::scaling::page;

/// The month of the contract's sessions, so that their rows lie in two partitions.
const MONTH: &str = "
CREATE TABLE history_2023_11 PARTITION OF conversation_history
  FOR VALUES FROM ('2023-11-01') TO ('2023-12-01');
CREATE TABLE journal_2023_11 PARTITION OF session_journal
  FOR VALUES FROM ('2023-11-01') TO ('2023-12-01')";

/// The statements of the page that partition the tables of a database.
fn partitioning() -> String {
    let page = page();
    let (_, rest) = page.split_once("<!-- partitions -->\n```sql\n").expect("they begin");
    let (sql, _) = rest.split_once("\n```").expect("they end");
    sql.to_owned()
}

pub(crate) fn partition(database: &Database) {
    database.execute(&partitioning());
    database.execute(MONTH);
}

#[test]
fn sessions_in_partitioned_tables_hold_the_contract() {
    let Some(template) = template() else { return };
    contract::sessions(|| {
        let database = template.clone_database();
        partition(&database);
        Waiting::new(database.open(), database)
    });
}

#[test]
fn rows_that_were_there_are_there_after_partitioning() {
    let Some(template) = template() else { return };
    let database = template.clone_database();
    database.execute(include_str!("plans/seed.sql"));
    let count = || {
        let sql = "SELECT (SELECT count(*) FROM conversation_history), (SELECT count(*) FROM session_journal)";
        let rows = database.rows(sql);
        (rows[0].get::<i64, _>(0), rows[0].get::<i64, _>(1))
    };
    let before = count();
    partition(&database);
    assert_eq!((before, count()), ((24_000, 8_000), (24_000, 8_000)));
}
