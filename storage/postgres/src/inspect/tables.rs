//! Whether the tables are those that the migrations make.

use std::collections::{BTreeMap, BTreeSet};

use chatflow_storage::{Finding, Tell};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

const PARTS: &str = include_str!("parts.sql");

/// What [`PARTS`] reads of a database that the migrations made, since nothing can be made for a
/// look: kind, table, name and definition. A test writes it.
const MODEL: &str = include_str!("parts.txt");

/// Columns, indexes, constraints and labels are those that the migrations make; more may be there.
/// A partitioned table has keys of its own (docs/scaling.md).
pub(super) async fn compare(connection: &mut PgConnection, tell: Tell<'_>) -> sqlx::Result<()> {
    let (mut found, mut partitioned) = (BTreeMap::new(), BTreeSet::new());
    for row in sqlx::query(PARTS).fetch_all(connection).await? {
        let [kind, of, name, definition] = texts(&row)?;
        if row.try_get("is_partitioned")? {
            partitioned.insert(of.clone());
        }
        found.insert([kind, of, name], definition);
    }
    for [kind, of, name, definition] in model() {
        if kind != "column" && partitioned.contains(of) {
            continue;
        }
        let there = found.get(&[kind, of, name].map(str::to_owned));
        if there.is_none_or(|there| there != definition) {
            tell(Finding::changed(&format!("{kind} {name} of {of}"), there.is_some()));
        }
    }
    Ok(())
}

fn texts(row: &PgRow) -> sqlx::Result<[String; 4]> {
    let text = |column| row.try_get(column);
    Ok([text("kind")?, text("of")?, text("name")?, text("definition")?])
}

fn model() -> impl Iterator<Item = [&'static str; 4]> {
    MODEL.lines().filter_map(|line| {
        let mut words = line.splitn(4, '\t');
        Some([words.next()?, words.next()?, words.next()?, words.next()?])
    })
}
