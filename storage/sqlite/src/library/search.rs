//! Full-text search (S3.43): the words and the grammar are the port's, the index is SQLite's.

use chatflow::ContentId;
use chatflow_storage::{AccessScope, Phrase, SearchGroup, SearchQuery, search_words};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::content;
use crate::column::{Id, list, uuid};

const SAVE: &str = "
INSERT INTO cms_content_search (content_id, words) VALUES (?1, ?2)
ON CONFLICT (content_id) DO UPDATE SET words = excluded.words WHERE words <> excluded.words";

/// The rows are those of [`AccessScope::views`]: ?1 all, else ?2 and ?3 its schools, ?9 its account's.
/// ?4 finds items that have something, ?5 those that an item must not be among, when it needs to have nothing.
const SEARCH: &str = "
SELECT c.id FROM cms_content AS c JOIN cms_content_search AS s ON s.content_id = c.id
WHERE (?1 OR (?7 AND (NOT ?8 OR (c.is_active = 1 AND c.status = 'published'))
    AND (c.visibility IN ('wriveted', 'public')
      OR (c.visibility = 'school' AND c.school_id IN (SELECT value FROM json_each(?2)))
      OR (c.visibility = 'private' AND c.school_id IN (SELECT value FROM json_each(?3)))
      OR (c.visibility = 'private' AND c.created_by = ?9
        AND (c.school_id IS NULL OR c.school_id IN (SELECT value FROM json_each(?2)))))))
  AND ((?4 IS NOT NULL
      AND s.number IN (SELECT rowid FROM cms_content_fts WHERE cms_content_fts MATCH ?4))
    OR (?5 IS NOT NULL
      AND s.number NOT IN (SELECT rowid FROM cms_content_fts WHERE cms_content_fts MATCH ?5)))
ORDER BY c.created_at DESC, c.id DESC LIMIT ?6";

/// Writes what is found of an item.
pub(super) fn save(
    connection: &Connection,
    id: Uuid,
    content: &str,
    tags: &[String],
) -> rusqlite::Result<()> {
    let words = search_words(content, tags).join(" ");
    connection.prepare_cached(SAVE)?.execute(params![Id(id), words])?;
    Ok(())
}

/// Writes what is found of every item, in the order of their ids.
pub(crate) fn save_all(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT id, content, tags FROM cms_content ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        save(
            connection,
            uuid(row, "id")?,
            row.get_ref("content")?.as_str()?,
            &content::tags(row)?,
        )?;
    }
    Ok(())
}

pub(super) fn search(
    connection: &Connection,
    scope: &AccessScope,
    query: &SearchQuery,
    limit: u32,
) -> rusqlite::Result<Vec<ContentId>> {
    let (with, without) = expressions(query);
    let mut statement = connection.prepare_cached(SEARCH)?;
    let params = params![
        scope.is_system(),
        list(scope.schools()),
        list(scope.owned()),
        with,
        without,
        limit,
        scope.is_signed_in(),
        scope.sees_live_only(),
        scope.account().map(|id| Id(id.0)),
    ];
    let found = statement.query_map(params, |row| uuid(row, "id").map(ContentId))?;
    found.collect()
}

/// What finds the items that have something, and those that an item must not be among when it needs
/// to have nothing.
pub(crate) fn expressions(query: &SearchQuery) -> (Option<String>, Option<String>) {
    let (with, without): (Vec<_>, Vec<_>) =
        query.groups.iter().partition(|group| !group.all.is_empty());
    let with: Vec<String> = with.into_iter().map(expression).collect();
    // What lacks one thing or another does not have both.
    let without: Vec<String> = without.into_iter().map(|group| any(&group.none)).collect();
    let joined = |parts: Vec<String>, by| (!parts.is_empty()).then(|| parts.join(by));
    (joined(with, " OR "), joined(without, " AND "))
}

/// `(("a b" AND "c") NOT ("d"))`.
fn expression(group: &SearchGroup) -> String {
    let all: Vec<String> = group.all.iter().map(quoted).collect();
    let all = all.join(" AND ");
    if group.none.is_empty() {
        format!("({all})")
    } else {
        format!("(({all}) NOT {})", any(&group.none))
    }
}

/// `("a" OR "b")`.
fn any(phrases: &[Phrase]) -> String {
    let phrases: Vec<String> = phrases.iter().map(quoted).collect();
    format!("({})", phrases.join(" OR "))
}

/// Words are letters and digits, so there is nothing in them to escape.
fn quoted(phrase: &Phrase) -> String {
    format!("\"{}\"", phrase.join(" "))
}
