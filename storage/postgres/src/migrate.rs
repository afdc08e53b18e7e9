//! Brings the tables up to date (S1.10).

use chatflow_storage::{Migration, Migrations, Misfit, SchemaState, Versions};
use sqlx::{PgConnection, Row};

use crate::library::search;
use crate::open::{OpenError, explain};

const MIGRATIONS: Migrations = chatflow_storage::migrations!();

/// What the server and the database say of themselves.
///
/// `ours` asks for a column, because other programs have a table of this name too; tables of
/// extensions are nobody's. Where it is ours nobody looks for other tables, which takes longest.
const FACTS: &str = "
SELECT current_schema() IS NOT NULL AS has_schema,
  current_setting('server_encoding') AS encoding,
  current_setting('server_version_num')::integer AS release,
  ours,
  ours OR EXISTS (
    SELECT 1 FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'f')
    WHERE n.nspname = current_schema() AND NOT EXISTS (
      SELECT 1 FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) AS has_tables
FROM (SELECT EXISTS (
    SELECT 1 FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'schema_migrations'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'checksum'
    WHERE n.nspname = current_schema()) AS ours) AS own";

/// The key is the specification's, so that every program that migrates takes the same lock.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock(x'464C4F57'::integer)";

const CREATE: &str = "
CREATE TABLE IF NOT EXISTS schema_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum varchar(64) NOT NULL CHECK (length(checksum) = 64),
  applied_at timestamptz NOT NULL DEFAULT now()
)";

const APPLIED: &str = "SELECT version, checksum FROM schema_migrations ORDER BY version";

const RECORD: &str = "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)";

/// Compares a database with this program.
pub(crate) async fn versions(
    connection: &mut PgConnection,
    server: &str,
) -> Result<Versions, OpenError> {
    let state = state(connection, server).await?;
    MIGRATIONS.versions(&state).map_err(|misfit| refuse(misfit, server))
}

/// Applies what is missing, in one transaction that keeps other processes out.
pub(crate) async fn migrate(connection: &mut PgConnection, server: &str) -> Result<(), OpenError> {
    let refuse = |misfit| refuse(misfit, server);
    let before = state(connection, server).await?;
    if MIGRATIONS.missing(&before).map_err(refuse)?.is_empty() {
        return Ok(());
    }
    run(connection, "BEGIN").await.map_err(|e| explain(server, "begin the migrations", e))?;
    run(connection, LOCK).await.map_err(|e| explain(server, "wait for other programs", e))?;
    // Another process may have been faster.
    let now = state(connection, server).await?;
    let missing = MIGRATIONS.missing(&now).map_err(refuse)?;
    apply(connection, &missing, server).await?;
    run(connection, "COMMIT").await.map_err(|e| explain(server, "commit the migrations", e))
}

async fn apply(
    connection: &mut PgConnection,
    missing: &[Migration],
    server: &str,
) -> Result<(), OpenError> {
    run(connection, CREATE)
        .await
        .map_err(|e| explain(server, "create the table of migrations", e))?;
    for migration in missing {
        run(connection, migration.sql)
            .await
            .map_err(|e| explain(server, "apply a migration", e))?;
        if migration.fills_search {
            search::save_all(connection)
                .await
                .map_err(|e| explain(server, "fill the tables of a migration", e))?;
        }
        sqlx::query(RECORD)
            .bind(i64::from(migration.version))
            .bind(migration.name)
            .bind(migration.checksum())
            .execute(&mut *connection)
            .await
            .map_err(|e| explain(server, "record a migration", e))?;
    }
    Ok(())
}

async fn run(connection: &mut PgConnection, sql: &'static str) -> sqlx::Result<()> {
    sqlx::raw_sql(sql).execute(connection).await.map(drop)
}

/// What the database holds. Each statement is asked once, so it is not prepared: that would be a round trip more.
async fn state(connection: &mut PgConnection, server: &str) -> Result<SchemaState, OpenError> {
    let fail = |error| explain(server, "read what the database holds", error);
    let facts = sqlx::raw_sql(FACTS).fetch_one(&mut *connection).await.map_err(fail)?;
    let has = |column| facts.try_get::<bool, _>(column).map_err(fail);
    let release: i32 = facts.try_get("release").map_err(fail)?;
    let encoding: &str = facts.try_get("encoding").map_err(fail)?;
    let problem = if release < 140_000 {
        Some("its server is older than Postgres 14")
    } else if encoding != "UTF8" {
        Some("its encoding is not UTF-8; create it with `ENCODING 'UTF8' TEMPLATE template0`")
    } else if !has("has_schema")? {
        Some("no schema of its search path exists; create one")
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(OpenError::Unsuitable { server: server.to_owned(), problem });
    }
    if !has("ours")? {
        return Ok(if has("has_tables")? { SchemaState::Foreign } else { SchemaState::Empty });
    }
    let rows = sqlx::raw_sql(APPLIED).fetch_all(connection).await.map_err(fail)?;
    let read = rows.iter().map(|row| {
        Ok((row.try_get::<i32, _>("version")?.unsigned_abs(), row.try_get("checksum")?))
    });
    Ok(SchemaState::Ours(read.collect::<sqlx::Result<_>>().map_err(fail)?))
}

fn refuse(misfit: Misfit, server: &str) -> OpenError {
    match misfit {
        Misfit::Foreign => OpenError::Foreign { server: server.to_owned() },
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
