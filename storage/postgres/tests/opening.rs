//! Opening: migrations, and what is refused with advice.

use std::error::Error;
use std::fmt::Write as _;

use chatflow_postgres::{OpenError, Options, PostgresStore};
use chatflow_storage::BlockOn;
use chatflow_storage::{
    AccessScope, AsyncFlowStore, AsyncLibraryStore, AsyncReferenceStore, SearchQuery,
};
use sqlx::Row;

use crate::place::{Database, Place, place};

fn new_database() -> Option<Database> {
    Some(place()?.new_database())
}

fn refused(database: &Database) -> OpenError {
    database.block_on(PostgresStore::connect(&database.url)).unwrap_err()
}

/// An error with everything under it, as a log shows it.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        write!(text, ": {error}").unwrap();
        next = error.source();
    }
    text
}

#[test]
fn a_database_is_prepared_once_and_opened_again() {
    let Some(database) = new_database() else { return };
    drop(database.open());
    let first = database.rows("SELECT version, name, applied_at FROM schema_migrations");
    assert_eq!((first.len(), first[0].get::<i32, _>("version")), (migrations().len(), 1));
    assert_eq!(first[0].get::<&str, _>("name"), "initial");
    let store = database.open();
    let flows = database.block_on(store.startable_flows(&AccessScope::system())).unwrap();
    assert!(flows.is_empty());
    assert_eq!(database.rows("SELECT version FROM schema_migrations").len(), migrations().len());
}

#[test]
fn a_changed_migration_stops_the_start() {
    // S1.10
    let Some(database) = new_database() else { return };
    drop(database.open());
    database.execute("UPDATE schema_migrations SET checksum = repeat('0', 64) WHERE version = 1");
    let error = refused(&database);
    assert!(matches!(error, OpenError::ChangedMigration { version: 1, .. }), "{error:?}");
}

/// The texts of the migrations, the first one first.
fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// The columns and indexes of a database.
fn looks(database: &Database) -> Vec<String> {
    let sql = "SELECT table_name || '.' || column_name || ' ' || data_type AS look
               FROM information_schema.columns WHERE table_schema = 'public'
               UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY look";
    database.rows(sql).iter().map(|row| row.get("look")).collect()
}

#[test]
fn a_database_of_every_earlier_version_is_brought_up_to_date() {
    // S1.10, with what is found of items that were there before there was a search.
    let Some(new) = new_database() else { return };
    drop(new.open());
    let sums = new.rows("SELECT version, name, checksum FROM schema_migrations ORDER BY version");
    let migrations = migrations();
    assert_eq!(sums.len(), migrations.len());
    for version in 1..migrations.len() {
        let Some(old) = new_database() else { return };
        old.execute(
            "CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL,
               checksum varchar(64) NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
        );
        for (sql, row) in migrations.iter().zip(&sums).take(version) {
            let (name, sum): (&str, &str) = (row.get("name"), row.get("checksum"));
            let number: i32 = row.get("version");
            old.execute(sql);
            old.execute(&format!(
                "INSERT INTO schema_migrations VALUES ({number}, '{name}', '{sum}')"
            ));
        }
        if version == 1 {
            old.execute(
                "INSERT INTO cms_content (type, content, info, tags, is_active, status, visibility,
                   row_version, created_at, updated_at)
                 SELECT 'joke', json_build_object('text', 'Whales dive ' || n), '{}', '{sea}', true,
                   'draft', 'wriveted', 1, now(), now()
                 FROM generate_series(1, 3) AS n;
                 INSERT INTO flow_definitions (name, version, flow_data, info, allow_anonymous,
                   is_published, is_active, visibility, retention_days, trace_enabled, trace_level,
                   trace_sample_rate, graph_hash, row_version, created_at, updated_at)
                 VALUES ('Old', '1', '{}', '{}', false, false, true, 'wriveted', 30, false,
                   'standard', 100, '', 1, now(), now())",
            );
        }
        if version == 7 {
            old.execute(
                "INSERT INTO audit_log (id, at, actor_type, action, resource_type, resource_id, changes)
                 SELECT gen_random_uuid(), now() + n * interval '1 month', 'system', 'x', '', '', '{}'
                 FROM generate_series(-4, 3) AS n",
            );
        }
        let store = old.open();
        if version == 7 {
            // F43: some lie in the partitions of their months, the others in the rest.
            let kept = old.rows("SELECT tableoid::regclass::text AS place FROM audit_log");
            let rest = kept.iter().filter(|row| row.get::<&str, _>("place") == "audit_log_rest");
            assert_eq!((kept.len(), rest.count()), (8, 5));
        }
        let found = |text: &str| {
            let (query, scope) = (SearchQuery::parse(text), AccessScope::system());
            old.block_on(store.search_contents(&scope, &query, 10)).unwrap().len()
        };
        let expected = if version == 1 { (3, 1, 0) } else { (0, 0, 0) };
        assert_eq!((found("diving whale"), found("sea 2"), found("ship")), expected);
        // F43: what its flow refers to is not known.
        let unread = old.block_on(store.unread_flows(10)).unwrap();
        assert_eq!(unread.len(), usize::from(version == 1));
        assert_eq!(looks(&old), looks(&new), "from version {version}");
    }
}

#[test]
fn a_newer_database_stops_the_start() {
    // S1.10
    let Some(database) = new_database() else { return };
    drop(database.open());
    database.execute(
        "INSERT INTO schema_migrations (version, name, checksum)
         VALUES (9000, 'later', repeat('0', 64))",
    );
    let error = refused(&database);
    assert!(matches!(error, OpenError::Newer { found: 9000, .. }), "{error:?}");
    assert!(error.to_string().contains("run the newer program"), "{error}");
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let Some(database) = new_database() else { return };
    for foreign in [
        "CREATE TABLE eggs (n integer)",
        // Other programs have a table of this name too.
        "DROP TABLE eggs; CREATE TABLE schema_migrations (version varchar PRIMARY KEY)",
    ] {
        database.execute(foreign);
        let error = refused(&database);
        assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
        let tables = "SELECT relname FROM pg_class
                      WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        assert_eq!(database.rows(tables).len(), 1);
    }
    // The way out that the message names.
    database.execute("CREATE SCHEMA chatflow");
    let own = format!("{}&options[search_path]=chatflow", database.url);
    database.block_on(PostgresStore::connect(&own)).unwrap();
}

#[test]
fn a_database_of_another_encoding_is_refused() {
    let Some(database) = place().map(Place::new_latin_database) else { return };
    let error = refused(&database);
    assert!(matches!(error, OpenError::Unsuitable { .. }), "{error:?}");
    assert!(error.to_string().contains("ENCODING 'UTF8'"), "{error}");
}

#[test]
fn many_servers_start_at_once() {
    let Some(database) = new_database() else { return };
    let stores = database.block_on(async {
        let open = || {
            let url = database.url.clone();
            tokio::spawn(async move { PostgresStore::connect(&url).await.map(drop) })
        };
        let tasks: Vec<_> = (0..8).map(|_| open()).collect();
        let mut done = Vec::new();
        for task in tasks {
            done.push(task.await.unwrap());
        }
        done
    });
    for store in stores {
        store.unwrap();
    }
    assert_eq!(database.rows("SELECT version FROM schema_migrations").len(), migrations().len());
}

#[test]
fn a_server_that_is_not_there_is_told_from_one_that_refuses() {
    let Some(database) = new_database() else { return };
    let connect = |url: &str| {
        let acquire_timeout = std::time::Duration::from_secs(2);
        let options = Options { acquire_timeout, ..Options::default() };
        database.block_on(PostgresStore::connect_with(url, options)).unwrap_err()
    };
    let error = connect("postgres://me:secret@127.0.0.1:1/chatflow?sslmode=disable");
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    let error = connect(&database.url.replace(&database.name, "chatflow_test_nowhere"));
    assert!(matches!(error, OpenError::Refused { .. }), "{error:?}");
    for address in ["me:secret@chatflow", "postgres://me:secret@host:port/chatflow", ""] {
        let error = connect(address);
        assert!(matches!(error, OpenError::Address(_)), "{error:?}");
        assert!(!format!("{error:?} {}", whole(&error)).contains("secret"), "{error:?}");
    }
}

#[test]
fn no_message_shows_a_password() {
    let Some(database) = new_database() else { return };
    let url = "postgres://me:secret@127.0.0.1:1/chatflow?sslmode=disable&password=secret";
    let error = database.block_on(PostgresStore::connect(url)).unwrap_err();
    assert!(!format!("{error:?} {}", whole(&error)).contains("secret"), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1:1/chatflow"), "{error}");
    let store = database.open();
    assert!(format!("{store:?}").contains(&database.name), "{store:?}");
}

#[test]
fn sessions_stand_alone() {
    // F44: no runtime table refers to a table of the library, nor has a unique token.
    let Some(database) = new_database() else { return };
    drop(database.open());
    let references = database.rows(
        "SELECT c.confrelid::regclass::text AS target FROM pg_constraint AS c
         WHERE c.contype = 'f' AND c.conrelid IN ('conversation_sessions'::regclass,
           'conversation_history'::regclass, 'session_journal'::regclass)",
    );
    assert_eq!(references.len(), 2);
    assert!(references.iter().all(|row| row.get::<&str, _>("target") == "conversation_sessions"));
    let unique = database.rows(
        "SELECT indexrelid::regclass::text AS name FROM pg_index
         WHERE indisunique AND indrelid = 'conversation_sessions'::regclass",
    );
    assert_eq!(unique.len(), 1);
    // Whatever the database thinks of order, the columns compare bytes.
    let loose = database.rows(
        "SELECT a.attrelid::regclass::text AS name FROM pg_attribute AS a
         JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'r'
         JOIN pg_collation AS l ON l.oid = a.attcollation
         WHERE c.relnamespace = 'public'::regnamespace AND l.collname <> 'C'
           AND c.relname <> 'schema_migrations'",
    );
    assert!(loose.is_empty(), "{:?}", loose[0].get::<String, _>("name"));
}
