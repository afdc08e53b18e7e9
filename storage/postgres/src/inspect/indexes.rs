//! Whether the indexes hold, which `amcheck` can tell where it is installed.

use chatflow_storage::{Finding, Problem, Tell};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{is_damage, undo};
use crate::fault::cause;

/// Where the extension is, and whether this user may use it.
const AMCHECK: &str = "
SELECT quote_ident(n.nspname) AS schema, has_function_privilege(p.oid, 'EXECUTE') AS may
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
JOIN pg_catalog.pg_proc AS p
  ON p.pronamespace = n.oid AND p.proname = 'bt_index_check' AND p.pronargs = 1
WHERE e.extname = 'amcheck'";

/// The B-trees of our tables and of what is stored beside them.
const INDEXES: &str = "
WITH tables AS (
  SELECT c.oid, c.reltoastrelid FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'm') AND c.relpersistence = 'p'
)
SELECT i.indexrelid::bigint AS number, i.indexrelid::regclass::text AS name
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS a ON a.oid = c.relam AND a.amname = 'btree'
WHERE i.indisvalid AND i.indisready
  AND i.indrelid IN (SELECT oid FROM tables UNION ALL SELECT reltoastrelid FROM tables)
ORDER BY 2";

/// Checks the order of every index; this locks out nobody who reads or writes rows.
pub(super) async fn check(connection: &mut PgConnection, tell: Tell<'_>) -> sqlx::Result<()> {
    let amcheck = sqlx::query(AMCHECK).fetch_optional(&mut *connection).await?;
    let mut unchecked = |why: &str| {
        tell(Finding::new(Problem::PagesUnchecked, "database", why));
        Ok(())
    };
    let Some(amcheck) = amcheck else {
        return unchecked("indexes were not checked: the extension `amcheck` is not installed");
    };
    if !amcheck.try_get::<bool, _>("may")? {
        return unchecked("indexes were not checked: this user may not run `bt_index_check`");
    }
    let schema: &str = amcheck.try_get("schema")?;
    let sql = format!("SELECT {schema}.bt_index_check($1::oid::regclass)");
    for index in sqlx::query(INDEXES).fetch_all(&mut *connection).await? {
        let number: i64 = index.try_get("number")?;
        let checked =
            sqlx::query(AssertSqlSafe(sql.clone())).bind(number).execute(&mut *connection).await;
        match checked {
            Err(error) if is_damage(&error) => {
                undo(connection).await?;
                let place = format!("index {}", index.try_get::<&str, _>("name")?);
                tell(Finding::new(Problem::FileDamaged, place, cause(error).to_string()));
            }
            checked => checked.map(drop)?,
        }
    }
    Ok(())
}
