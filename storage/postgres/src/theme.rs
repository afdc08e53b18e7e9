//! [`AsyncThemeStore`] on Postgres; each call is one statement.

use chatflow::TenantId;
use chatflow_storage::{
    AccessScope, AsyncThemeStore, StoreError, Stored, ThemeCandidate, ThemeId, ThemePage,
    ThemeQuery, ThemeRecord, Total,
};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{count, number, tenants};
use crate::library::theme;
use crate::pool::PostgresStore;

macro_rules! asked {
    () => {
        "WHERE CASE WHEN school_id IS NULL THEN $1 ELSE $2::uuid[] IS NULL OR school_id = ANY ($2) END
           AND ($3::boolean IS NULL OR is_active = $3) "
    };
}

/// The total comes in every row; an empty page is one row without an id. Themes are few.
const PAGE: &str = concat!(
    "SELECT c.total, t.id, t.seed_key, t.name, t.description, t.school_id, t.config, t.logo_url,
       t.avatar_url, t.is_active, t.is_default, t.version, t.created_by, t.row_version,
       t.created_at, t.updated_at
     FROM (
       SELECT count(*) AS total FROM (SELECT 1 FROM chat_themes ",
    asked!(),
    "  LIMIT $6) AS a
     ) AS c LEFT JOIN LATERAL (
       SELECT id, seed_key, name, description, school_id, config, logo_url, avatar_url, is_active,
         is_default, version, created_by, row_version, created_at, updated_at
       FROM chat_themes ",
    asked!(),
    "  ORDER BY created_at DESC, id DESC LIMIT $5 OFFSET $4
     ) AS t ON true
     ORDER BY t.created_at DESC, t.id DESC"
);

const CANDIDATES: &str = "
WITH wanted AS (
  SELECT unnest($1::uuid[]) AS id
  UNION
  SELECT s.theme_id FROM schools AS s
  WHERE s.wriveted_identifier = ANY ($2) AND s.theme_id IS NOT NULL
  UNION
  SELECT d.id FROM chat_themes AS d
  WHERE d.is_default AND d.is_active
    AND coalesce(d.school_id::text, '') = ANY (array_append($2::uuid[]::text[], ''))
)
SELECT t.id, t.seed_key, t.name, t.description, t.school_id, t.config, t.logo_url, t.avatar_url,
  t.is_active, t.is_default, t.version, t.created_by, t.row_version, t.created_at, t.updated_at,
  ARRAY (
    SELECT s.wriveted_identifier FROM schools AS s
    WHERE s.wriveted_identifier = ANY ($2) AND s.theme_id = t.id
    ORDER BY s.wriveted_identifier
  ) AS chosen_by
FROM wanted AS w JOIN chat_themes AS t ON t.id = w.id
WHERE t.is_active AND (t.school_id IS NULL OR t.school_id = ANY ($2))
ORDER BY t.id";

impl AsyncThemeStore for PostgresStore {
    async fn stored_theme(
        &self,
        scope: &AccessScope,
        id: ThemeId,
    ) -> Result<Option<Stored<ThemeRecord>>, StoreError> {
        let mut lent = self.lend("read a theme").await?;
        let stored = theme::load(lent.connection(), id.0).await;
        Ok(lent.read(stored)?.filter(|stored| scope.sees_theme(stored.record.school_id)))
    }

    async fn themes(
        &self,
        scope: &AccessScope,
        query: &ThemeQuery,
    ) -> Result<ThemePage, StoreError> {
        let mut lent = self.lend("list themes").await?;
        let page = page(lent.connection(), scope, query).await;
        lent.read(page)
    }

    async fn theme_candidates(
        &self,
        scope: &AccessScope,
        ids: &[ThemeId],
    ) -> Result<Vec<ThemeCandidate>, StoreError> {
        let mut lent = self.lend("look for the theme of a conversation").await?;
        let found = candidates(lent.connection(), scope, ids).await;
        lent.read(found)
    }
}

async fn page(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &ThemeQuery,
) -> sqlx::Result<ThemePage> {
    let rows = sqlx::query(PAGE)
        .bind(query.global)
        .bind(query.visible(scope).as_deref().map(tenants))
        .bind(query.active)
        .bind(number(query.skip))
        .bind(i64::from(query.limit))
        .bind(number(Total::MOST.saturating_add(1)))
        .fetch_all(connection)
        .await?;
    let mut page = ThemePage::default();
    for row in &rows {
        page.total = Total::of(count(row, "total")?);
        if row.try_get::<Option<Uuid>, _>("id")?.is_some() {
            page.themes.push(theme::stored(row)?);
        }
    }
    Ok(page)
}

async fn candidates(
    connection: &mut PgConnection,
    scope: &AccessScope,
    ids: &[ThemeId],
) -> sqlx::Result<Vec<ThemeCandidate>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let query = sqlx::query(CANDIDATES).bind(ids).bind(tenants(scope.schools()));
    let rows = query.fetch_all(connection).await?;
    let candidate = |row| {
        let chosen_by: Vec<Uuid> = Row::try_get(row, "chosen_by")?;
        let chosen_by = chosen_by.into_iter().map(TenantId).collect();
        Ok(ThemeCandidate { theme: theme::stored(row)?, chosen_by })
    };
    rows.iter().map(candidate).collect()
}
