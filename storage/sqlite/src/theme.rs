//! [`ThemeStore`] on SQLite.

use chatflow::TenantId;
use chatflow_storage::{
    AccessScope, StoreError, Stored, ThemeCandidate, ThemeId, ThemePage, ThemeQuery, ThemeRecord,
    ThemeStore, Total,
};
use rusqlite::{Connection, Row, named_params, params};

use crate::column::{count, list, number};
use crate::library::theme;
use crate::pool::SqliteStore;

macro_rules! asked {
    () => {
        "WHERE CASE WHEN school_id IS NULL THEN :global
           ELSE :schools IS NULL OR school_id IN (SELECT value FROM json_each(:schools)) END
           AND (:active IS NULL OR is_active = :active) "
    };
}

/// Themes are few.
const PAGE: &str = concat!(
    "SELECT id, seed_key, name, description, school_id, config, logo_url, avatar_url, is_active,
       is_default, version, created_by, row_version, created_at, updated_at
     FROM chat_themes ",
    asked!(),
    "ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :skip"
);

const TOTAL: &str = concat!(
    "SELECT count(*) AS total FROM (SELECT 1 FROM chat_themes ",
    asked!(),
    "LIMIT :limit + 0 * :skip)"
);

const CANDIDATES: &str = "
WITH wanted (id) AS (
  SELECT value FROM json_each(?1)
  UNION
  SELECT s.theme_id FROM schools AS s
  WHERE s.wriveted_identifier IN (SELECT value FROM json_each(?2)) AND s.theme_id IS NOT NULL
  UNION
  SELECT d.id FROM chat_themes AS d
  WHERE d.is_default AND d.is_active
    AND coalesce(d.school_id, '') IN (SELECT value FROM json_each(?2) UNION ALL SELECT '')
)
SELECT t.id, t.seed_key, t.name, t.description, t.school_id, t.config, t.logo_url, t.avatar_url,
  t.is_active, t.is_default, t.version, t.created_by, t.row_version, t.created_at, t.updated_at, (
    SELECT json_group_array(chosen.id) FROM (
      SELECT s.wriveted_identifier AS id FROM schools AS s
      WHERE s.wriveted_identifier IN (SELECT value FROM json_each(?2)) AND s.theme_id = t.id
      ORDER BY s.wriveted_identifier
    ) AS chosen
  ) AS chosen_by
FROM wanted CROSS JOIN chat_themes AS t ON t.id = wanted.id
WHERE t.is_active = 1
  AND (t.school_id IS NULL OR t.school_id IN (SELECT value FROM json_each(?2)))
ORDER BY t.id";

impl ThemeStore for SqliteStore {
    fn stored_theme(
        &self,
        scope: &AccessScope,
        id: ThemeId,
    ) -> Result<Option<Stored<ThemeRecord>>, StoreError> {
        let stored = self.read("read a theme", |connection| theme::load(connection, id.0))?;
        Ok(stored.filter(|stored| scope.sees_theme(stored.record.school_id)))
    }

    fn themes(&self, scope: &AccessScope, query: &ThemeQuery) -> Result<ThemePage, StoreError> {
        self.read_together("list themes", |connection| {
            let asked = Asked { connection, query, schools: query.visible(scope).map(list) };
            let themes = asked.rows(PAGE, query.limit.into(), theme::stored)?;
            let most = Total::MOST.saturating_add(1);
            let found = asked.rows(TOTAL, most, |row| count(row, "total"))?;
            Ok(ThemePage { themes, total: Total::of(found.first().copied().unwrap_or_default()) })
        })
    }

    fn theme_candidates(
        &self,
        scope: &AccessScope,
        ids: &[ThemeId],
    ) -> Result<Vec<ThemeCandidate>, StoreError> {
        let ids = list(ids.iter().map(|id| id.0));
        self.read("look for the theme of a conversation", |connection| {
            let mut statement = connection.prepare_cached(CANDIDATES)?;
            statement.query_map(params![ids, list(scope.schools())], candidate)?.collect()
        })
    }
}

struct Asked<'a> {
    connection: &'a Connection,
    query: &'a ThemeQuery,
    schools: Option<String>,
}

impl Asked<'_> {
    fn rows<T>(
        &self,
        sql: &str,
        limit: u64,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let params = named_params! {
            ":schools": self.schools,
            ":global": self.query.global,
            ":active": self.query.active,
            ":skip": number(self.query.skip),
            ":limit": number(limit),
        };
        self.connection.prepare_cached(sql)?.query_map(params, read)?.collect()
    }
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<ThemeCandidate> {
    let chosen_by: String = row.get("chosen_by")?;
    let ids = serde_json::from_str::<Vec<uuid::Uuid>>(&chosen_by);
    let ids = ids.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let chosen_by = ids.into_iter().map(TenantId).collect();
    Ok(ThemeCandidate { theme: theme::stored(row)?, chosen_by })
}
