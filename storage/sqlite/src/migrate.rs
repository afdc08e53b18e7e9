//! Brings the tables up to date (S1.10).

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use crate::library::search;
use crate::open::{Failed, OpenError, explain};

/// A numbered change of the tables. Applied once, never edited afterwards.
#[derive(Clone, Copy)]
struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
    /// What SQL cannot say of rows that are there already.
    fill: Option<fn(&Connection) -> rusqlite::Result<()>>,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "initial",
        sql: include_str!("../migrations/0001_initial.sql"),
        fill: None,
    },
    Migration {
        version: 2,
        name: "variants_and_search",
        sql: include_str!("../migrations/0002_variants_and_search.sql"),
        fill: Some(search::save_all),
    },
    Migration {
        version: 3,
        name: "accounts",
        sql: include_str!("../migrations/0003_accounts.sql"),
        fill: None,
    },
    Migration {
        version: 4,
        name: "work",
        sql: include_str!("../migrations/0004_work.sql"),
        fill: None,
    },
    Migration {
        version: 5,
        name: "events",
        sql: include_str!("../migrations/0005_events.sql"),
        fill: None,
    },
    Migration {
        version: 6,
        name: "evidence",
        sql: include_str!("../migrations/0006_evidence.sql"),
        fill: None,
    },
];

/// The text is part of every database, so it stays as it is.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
               version INTEGER PRIMARY KEY,
               name TEXT NOT NULL,
               checksum TEXT NOT NULL CHECK (length(checksum) = 64),
               applied_at TEXT NOT NULL
             ) STRICT";

/// Which migrations a database has and lacks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Versions {
    /// The newest that was applied; 0 for an empty database.
    pub found: u32,
    /// The newest of this program.
    pub known: u32,
    /// Numbers and names of those that opening would apply.
    pub missing: Vec<(u32, &'static str)>,
}

/// Compares a database with this program.
pub(crate) fn versions(connection: &Connection, path: &Path) -> Result<Versions, OpenError> {
    let before = applied(connection).map_err(|e| explain(path, e))?;
    let missing = missing(&before, path)?;
    let found = match &before {
        Applied::Ours(versions) => versions.iter().map(|(version, _)| *version).max().unwrap_or(0),
        Applied::Empty | Applied::Foreign => 0,
    };
    let missing = missing.iter().map(|migration| (migration.version, migration.name)).collect();
    Ok(Versions { found, known: newest(), missing })
}

/// Applies all migrations to an empty database, as a model of what they make.
pub(crate) fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)?;
    MIGRATIONS.iter().try_for_each(|migration| connection.execute_batch(migration.sql))
}

/// Applies what is missing, in one transaction that keeps other processes out.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let fail = |doing| move |error: rusqlite::Error| explain(path, (doing, error));
    let before = applied(connection).map_err(|e| explain(path, e))?;
    if missing(&before, path)?.is_empty() {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Exclusive)
        .map_err(fail("lock the database"))?;
    // Another process may have been faster.
    let now = applied(&transaction).map_err(|e| explain(path, e))?;
    transaction.execute_batch(TABLE).map_err(fail("create the table of migrations"))?;
    for migration in missing(&now, path)? {
        transaction.execute_batch(migration.sql).map_err(fail("apply a migration"))?;
        if let Some(fill) = migration.fill {
            fill(&transaction).map_err(fail("fill the tables of a migration"))?;
        }
        transaction
            .execute(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at)
                 VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))",
                params![migration.version, migration.name, checksum(migration.sql)],
            )
            .map_err(fail("record a migration"))?;
    }
    transaction.commit().map_err(fail("commit the migrations"))
}

/// What the database says of itself.
enum Applied {
    /// It has no tables.
    Empty,
    /// It has tables, but not ours.
    Foreign,
    /// Versions and checksums.
    Ours(Vec<(u32, String)>),
}

fn applied(connection: &Connection) -> Result<Applied, Failed> {
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
            return Ok(if tables == 0 { Applied::Empty } else { Applied::Foreign });
        }
        let mut statement = connection
            .prepare("SELECT version, checksum FROM schema_migrations ORDER BY version")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Applied::Ours(rows.collect::<rusqlite::Result<_>>()?))
    };
    read().map_err(|error| ("read the table of migrations", error))
}

fn missing(applied: &Applied, path: &Path) -> Result<Vec<Migration>, OpenError> {
    let applied = match applied {
        Applied::Empty => return Ok(MIGRATIONS.to_vec()),
        Applied::Foreign => return Err(OpenError::Foreign { path: path.to_path_buf() }),
        Applied::Ours(applied) => applied,
    };
    let known = newest();
    if let Some(found) = applied.iter().map(|(version, _)| *version).find(|found| *found > known) {
        return Err(OpenError::Newer { found, known });
    }
    let mut missing = Vec::new();
    for migration in MIGRATIONS {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            None => missing.push(*migration),
            Some((_, sum)) if *sum == checksum(migration.sql) => {}
            Some(_) => {
                let (version, name) = (migration.version, migration.name);
                return Err(OpenError::ChangedMigration { version, name });
            }
        }
    }
    Ok(missing)
}

fn newest() -> u32 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// SHA-256 in hex, the same whatever line ends a checkout has.
fn checksum(sql: &str) -> String {
    let digest = Sha256::digest(sql.replace("\r\n", "\n"));
    digest.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_from_one_without_gaps() {
        let versions: Vec<_> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..).take(MIGRATIONS.len()).collect::<Vec<u32>>());
    }

    #[test]
    fn a_checksum_does_not_depend_on_line_ends() {
        assert_eq!(checksum("a\r\nb"), checksum("a\nb"));
        assert_eq!(checksum("abc").get(..8), Some("ba7816bf"));
    }
}
