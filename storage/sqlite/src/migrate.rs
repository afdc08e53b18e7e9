//! Brings the tables up to date (S1.10).

use std::path::Path;

use chatflow_storage::{Migrations, Misfit, SchemaState, Versions};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::library::search;
use crate::open::{Failed, OpenError, explain};

const MIGRATIONS: Migrations = chatflow_storage::migrations!();

/// The text is part of every database, so it stays as it is.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
               version INTEGER PRIMARY KEY,
               name TEXT NOT NULL,
               checksum TEXT NOT NULL CHECK (length(checksum) = 64),
               applied_at TEXT NOT NULL
             ) STRICT";

/// The number of the newest migration; stores of both kinds number them alike.
pub fn newest_migration() -> u32 {
    MIGRATIONS.0.last().map_or(0, |migration| migration.version)
}

/// Compares a database with this program.
pub(crate) fn versions(connection: &Connection, path: &Path) -> Result<Versions, OpenError> {
    let state = state(connection).map_err(|e| explain(path, e))?;
    MIGRATIONS.versions(&state).map_err(|misfit| refuse(misfit, path))
}

/// Applies all migrations to an empty database, as a model of what they make.
pub(crate) fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)?;
    MIGRATIONS.0.iter().try_for_each(|migration| connection.execute_batch(migration.sql))
}

/// Applies what is missing, in one transaction that keeps other processes out.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let fail = |doing| move |error: rusqlite::Error| explain(path, (doing, error));
    let refuse = |misfit| refuse(misfit, path);
    let before = state(connection).map_err(|e| explain(path, e))?;
    if MIGRATIONS.missing(&before).map_err(refuse)?.is_empty() {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Exclusive)
        .map_err(fail("lock the database"))?;
    // Another process may have been faster.
    let now = state(&transaction).map_err(|e| explain(path, e))?;
    transaction.execute_batch(TABLE).map_err(fail("create the table of migrations"))?;
    for migration in MIGRATIONS.missing(&now).map_err(refuse)? {
        transaction.execute_batch(migration.sql).map_err(fail("apply a migration"))?;
        if migration.fills_search {
            search::save_all(&transaction).map_err(fail("fill the tables of a migration"))?;
        }
        transaction
            .execute(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at)
                 VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))",
                params![migration.version, migration.name, migration.checksum()],
            )
            .map_err(fail("record a migration"))?;
    }
    transaction.commit().map_err(fail("commit the migrations"))
}

/// What the database says of itself.
fn state(connection: &Connection) -> Result<SchemaState, Failed> {
    let read = || {
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let ours = connection
            .query_row(
                "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'",
                [],
                |_| Ok(()),
            )
            .optional()?;
        if ours.is_none() {
            return Ok(if tables == 0 { SchemaState::Empty } else { SchemaState::Foreign });
        }
        let mut statement = connection
            .prepare("SELECT version, checksum FROM schema_migrations ORDER BY version")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(SchemaState::Ours(rows.collect::<rusqlite::Result<_>>()?))
    };
    read().map_err(|error| ("read the table of migrations", error))
}

fn refuse(misfit: Misfit, path: &Path) -> OpenError {
    match misfit {
        Misfit::Foreign => OpenError::Foreign { path: path.to_path_buf() },
        Misfit::Newer { found, known } => OpenError::Newer { found, known },
        Misfit::Changed { version, name } => OpenError::ChangedMigration { version, name },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_upwards_from_one() {
        let versions: Vec<_> = MIGRATIONS.0.iter().map(|migration| migration.version).collect();
        assert_eq!(versions.first(), Some(&1));
        assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
    }
}
