//! What the statements of a conversation cost: their plans, held against what was committed.
//!
//! The statements are read from the source of the store, all that are in the files of the roles, so
//! that none is forgotten. `UPDATE=1` writes what is found.

#![expect(clippy::expect_used, reason = "the lints spare test functions but not what they call")]

#[path = "plans/source.rs"]
mod source;

use std::fmt::Write as _;
use std::path::Path;

use chatflow_sqlite::SqliteStore;
use rusqlite::Connection;
use tempfile::TempDir;

/// Rows enough that a planner has a choice.
const SEED: &str = include_str!("plans/seed.sql");

/// Whole files: sessions, what is read of the library on the way, and what goes on beside them.
const FILES: [(&str, &str); 35] = [
    ("session.rs", include_str!("../src/session.rs")),
    ("session/extras.rs", include_str!("../src/session/extras.rs")),
    ("session/read.rs", include_str!("../src/session/read.rs")),
    ("evidence.rs", include_str!("../src/evidence.rs")),
    ("trace/read.rs", include_str!("../src/trace/read.rs")),
    ("content.rs", include_str!("../src/content.rs")),
    ("catalog.rs", include_str!("../src/catalog.rs")),
    ("catalog/page.rs", include_str!("../src/catalog/page.rs")),
    ("catalog/variant.rs", include_str!("../src/catalog/variant.rs")),
    ("flow.rs", include_str!("../src/flow.rs")),
    ("outbox.rs", include_str!("../src/outbox.rs")),
    ("outbox/settle.rs", include_str!("../src/outbox/settle.rs")),
    ("outbox/stream.rs", include_str!("../src/outbox/stream.rs")),
    ("subscription.rs", include_str!("../src/subscription.rs")),
    ("effect.rs", include_str!("../src/effect.rs")),
    ("work.rs", include_str!("../src/work.rs")),
    ("account/user.rs", include_str!("../src/account/user.rs")),
    ("account/service.rs", include_str!("../src/account/service.rs")),
    ("admin.rs", include_str!("../src/admin.rs")),
    ("performance.rs", include_str!("../src/performance.rs")),
    ("engagement.rs", include_str!("../src/engagement.rs")),
    ("engagement/impressions.rs", include_str!("../src/engagement/impressions.rs")),
    ("engagement/totals.rs", include_str!("../src/engagement/totals.rs")),
    ("analytics.rs", include_str!("../src/analytics.rs")),
    ("analytics/facts.rs", include_str!("../src/analytics/facts.rs")),
    ("analytics/live.rs", include_str!("../src/analytics/live.rs")),
    ("analytics/outcome.rs", include_str!("../src/analytics/outcome.rs")),
    ("analytics/rollup.rs", include_str!("../src/analytics/rollup.rs")),
    ("audit.rs", include_str!("../src/audit.rs")),
    ("export.rs", include_str!("../src/export.rs")),
    ("reference.rs", include_str!("../src/reference.rs")),
    ("catalog.rs", include_str!("../src/flow_catalog.rs")),
    ("flow_catalog/list.rs", include_str!("../src/flow_catalog/list.rs")),
    ("flow_catalog/version.rs", include_str!("../src/flow_catalog/version.rs")),
    ("flow_catalog/link.rs", include_str!("../src/flow_catalog/link.rs")),
];

/// Of this file only what loads a theme; the rest is for those who keep the library.
const THEME: &str = include_str!("../src/library/theme.rs");

/// Of this file only what a conversation picks its theme from; lists are short.
const THEMES: &str = include_str!("../src/theme.rs");

/// What may be gone through from end to end: parameters, the rows of a `WITH` or of a query within one, the
/// list of the flows that can be started, that of all flows, that of all content in two orders, that of the events to deliver and
/// that of open exports, each in the order of its index, and flows whose references are not known, of which there
/// are none for long.
const SCANNED: [&str; 19] = [
    "VIRTUAL TABLE",
    "root",
    "wanted",
    "chosen",
    "p",
    "r",
    "i",
    "(subquery-",
    "CONSTANT ROW",
    "ix_flow_definitions_startable",
    "ix_flow_definitions_created",
    "ix_event_outbox_due",
    "ix_cms_content_created",
    "sqlite_autoindex_cms_content_1",
    "item",
    "o",
    "n",
    "flow_refs_unread",
    "ix_analytics_exports_open",
];

fn statements() -> Vec<(&'static str, String)> {
    let of = |(file, text): (&'static str, &str)| {
        source::statements(text).into_iter().map(move |sql| (file, sql)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = FILES.into_iter().flat_map(of).collect();
    // How much room there is taken is counted page by page.
    all.retain(|(_, sql)| !sql.contains("dbstat"));
    let themes = source::statements(THEME).into_iter();
    let candidates = source::statements(THEMES).into_iter();
    all.extend(candidates.filter(|sql| sql.contains("WITH wanted")).map(|sql| ("themes.rs", sql)));
    all.extend(
        themes.filter(|sql| sql.trim_start().starts_with("SELECT id")).map(|sql| ("theme.rs", sql)),
    );
    all
}

fn plan(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    // Without values for its parameters: a plan must hold for all.
    statement.raw_query().mapped(|row| row.get("detail")).collect()
}

/// Whether a line of a plan goes through a table from end to end.
fn is_scan(line: &str) -> bool {
    let Some(scanned) = line.strip_prefix("SCAN ") else { return false };
    !SCANNED.iter().any(|allowed| match allowed.len() {
        1..5 => scanned == *allowed,
        _ => scanned.contains(allowed),
    })
}

#[test]
fn no_statement_of_a_conversation_reads_a_table_from_end_to_end() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("plans.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(SEED).unwrap();
    let mut found = String::from("Plans of SQLite, written by tests/plans.rs.\n");
    let statements = statements();
    for (file, sql) in &statements {
        let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines = plan(&connection, sql).expect(&words);
        let scans: Vec<_> = lines.iter().filter(|line| is_scan(line)).collect();
        assert!(scans.is_empty(), "{words}\n{scans:?}");
        // Writing to a String cannot fail.
        let _ = write!(found, "\n== {file}: {words}\n");
        for line in lines {
            let _ = writeln!(found, "{line}");
        }
    }
    assert!(statements.len() >= 18, "{}", statements.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/plans.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == found, "the plans differ; UPDATE=1 writes them:\n{found}");
}

#[test]
fn a_scan_is_told_from_a_search() {
    assert!(is_scan("SCAN c"));
    assert!(is_scan("SCAN conversation_sessions USING INDEX ix_conversation_sessions_active"));
    assert!(!is_scan("SCAN any VIRTUAL TABLE INDEX 1:"));
    assert!(!is_scan("SCAN root"));
    assert!(!is_scan("SEARCH conversation_sessions USING INDEX x (id=?)"));
}
