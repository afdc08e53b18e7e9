//! Full-text search (S3.43): the words and the grammar are the port's, the index is Postgres's.

use std::collections::BTreeSet;

use chatflow::ContentId;
use chatflow_storage::{AccessScope, Phrase, SearchGroup, SearchQuery, search_words};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, json, tenants};

const SAVE: &str = "
INSERT INTO cms_content_search AS s (content_id, lexemes, words) VALUES ($1, $2, $3)
ON CONFLICT (content_id) DO UPDATE SET lexemes = excluded.lexemes, words = excluded.words
WHERE s.words <> excluded.words";

const ALL: &str = "SELECT id, content, tags FROM cms_content ORDER BY id";

/// The rows are those of [`AccessScope::views`]: $1 all, else $2 and $3 its schools, $4 its account's.
/// $7 are the groups; $8 holds a word of each, unless a group asks for none, so that the index narrows.
const SEARCH: &str = "
SELECT c.id FROM cms_content AS c JOIN cms_content_search AS s ON s.content_id = c.id
WHERE ($1 OR ($5 AND (NOT $6 OR (c.is_active AND c.status = 'published'))
    AND (c.visibility IN ('wriveted', 'public')
      OR (c.visibility = 'school' AND c.school_id = ANY ($2))
      OR (c.visibility = 'private' AND c.school_id = ANY ($3))
      OR (c.visibility = 'private' AND c.created_by = $4
        AND (c.school_id IS NULL OR c.school_id = ANY ($2))))))
  AND ($8::text[] IS NULL OR s.lexemes && $8)
  AND EXISTS (
    SELECT 1 FROM json_array_elements($7) AS g
    WHERE NOT EXISTS (
        SELECT 1 FROM json_array_elements_text(g -> 'all') AS phrase
        WHERE strpos(s.words, phrase) = 0)
      AND NOT EXISTS (
        SELECT 1 FROM json_array_elements_text(g -> 'none') AS phrase
        WHERE strpos(s.words, phrase) > 0))
ORDER BY c.created_at DESC, c.id DESC LIMIT $9";

/// Writes what is found of an item.
pub(super) async fn save(
    connection: &mut PgConnection,
    id: Uuid,
    content: &str,
    tags: &[String],
) -> sqlx::Result<()> {
    let words = search_words(content, tags);
    let lexemes: BTreeSet<&str> = words.iter().map(String::as_str).collect();
    let saved = sqlx::query(SAVE)
        .bind(id)
        .bind(lexemes.into_iter().collect::<Vec<_>>())
        .bind(spaced(&words))
        .execute(connection)
        .await;
    saved.map(drop)
}

/// Writes what is found of every item, in the order of their ids.
pub(crate) async fn save_all(connection: &mut PgConnection) -> sqlx::Result<()> {
    for row in sqlx::query(ALL).fetch_all(&mut *connection).await? {
        let tags: Vec<String> = row.try_get("tags")?;
        save(connection, row.try_get("id")?, &json(&row, "content")?, &tags).await?;
    }
    Ok(())
}

pub(super) async fn search(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &SearchQuery,
    limit: u32,
) -> sqlx::Result<Vec<ContentId>> {
    let groups = groups(query);
    let rows = sqlx::query(SEARCH)
        .bind(scope.is_system())
        .bind(tenants(scope.schools()))
        .bind(tenants(scope.owned()))
        .bind(scope.account().map(|id| id.0))
        .bind(scope.is_signed_in())
        .bind(scope.sees_live_only())
        .bind(Json(groups.as_str()))
        .bind(narrowing(query))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row: &PgRow| row.try_get("id").map(ContentId)).collect()
}

/// What is asked for, as a parameter: JSON.
pub(crate) fn groups(query: &SearchQuery) -> String {
    Value::Array(query.groups.iter().map(group).collect()).to_string()
}

fn group(group: &SearchGroup) -> Value {
    let phrases = |list: &[Phrase]| list.iter().map(|phrase| spaced(phrase)).collect::<Vec<_>>();
    json!({ "all": phrases(&group.all), "none": phrases(&group.none) })
}

/// Words have no spaces in them, so one that is found between spaces is found whole.
fn spaced(words: &[String]) -> String {
    words.iter().fold(String::from(" "), |text, word| text + word + " ")
}

/// One word of each group, one of which every item that fits has; nothing if a group asks for none.
pub(crate) fn narrowing<'q>(query: &'q SearchQuery) -> Option<Vec<&'q str>> {
    // The longest, which is likely to be the rarest.
    let word = |group: &'q SearchGroup| {
        group.all.iter().flatten().map(String::as_str).max_by_key(|word| word.len())
    };
    query.groups.iter().map(word).collect()
}
