//! Disks that are full, files that are locked or damaged: told, and nothing is half-written.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use chatflow::SessionId;
use chatflow_sqlite::{FaultKind, OpenError, Options, SqliteStore};
use chatflow_storage::{CommitError, Problem, SessionStore as _};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::inspect::problems;
use crate::talk::{SESSION, assert_turns, commit, fault, start};

fn open_with(path: &Path, options: Options) -> Result<SqliteStore, OpenError> {
    SqliteStore::open_with(path, options)
}

fn open_fault(opened: Result<SqliteStore, OpenError>) -> (FaultKind, String) {
    match opened {
        Err(OpenError::Store(fault)) => (fault.kind(), fault.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn on_a_full_disk_a_turn_is_refused_whole_and_goes_on_later() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("full.db");
    let store = open_with(&path, Options { max_pages: Some(220), ..Options::default() }).unwrap();
    start(&store, SESSION);
    let mut turns = 1;
    let error = loop {
        match commit(&store, turns + 1, 5_000) {
            Ok(revision) => turns = revision.0,
            Err(error) => break error,
        }
    };
    let (kind, text) = fault(&error);
    assert_eq!(kind, FaultKind::DiskFull, "{text}");
    for part in ["turn", "full.db", "disk is full", "nothing of it was stored", "free space"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(turns > 5, "{turns}");
    assert_turns(&store, turns);
    // Again and again, also for what is new, and it still reads.
    assert_eq!(fault(&commit(&store, turns + 1, 50_000).unwrap_err()).0, FaultKind::DiskFull);
    drop(store);
    let roomy = SqliteStore::open(&path).unwrap();
    assert_turns(&roomy, turns);
    commit(&roomy, turns + 1, 5_000).unwrap();
    assert_turns(&roomy, turns + 1);
    assert_eq!(problems(&path), [Problem::FlowUnknown]);
}

#[test]
fn a_database_that_finds_no_room_for_its_tables_is_made_later() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new.db");
    let (kind, text) =
        open_fault(open_with(&path, Options { max_pages: Some(4), ..Options::default() }));
    assert_eq!(kind, FaultKind::DiskFull, "{text}");
    start(&SqliteStore::open(&path).unwrap(), SESSION);
    assert_turns(&SqliteStore::open(&path).unwrap(), 1);
}

#[test]
fn whoever_waits_for_a_lock_in_vain_is_told_and_may_try_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("locked.db");
    let impatient = Options { patience: Duration::ZERO, ..Options::default() };
    let store = open_with(&path, impatient).unwrap();
    start(&store, SESSION);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (kind, text) = fault(&commit(&store, 2, 0).unwrap_err());
    assert_eq!(kind, FaultKind::Locked, "{text}");
    for part in ["commit a turn", "locked.db", "another program holds the lock", "try again"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // Reading goes on meanwhile.
    assert_turns(&store, 1);
    other.execute_batch("ROLLBACK").unwrap();
    commit(&store, 2, 0).unwrap();
    assert_turns(&store, 2);

    let new = folder.path().join("new.db");
    let other = Connection::open(&new).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (kind, text) = open_fault(open_with(&new, impatient));
    assert_eq!(kind, FaultKind::Locked, "{text}");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(open_with(&new, impatient).is_ok());
}

#[test]
fn damaged_pages_are_told_and_not_made_worse() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("damaged.db");
    let store = SqliteStore::open(&path).unwrap();
    start(&store, SESSION);
    for number in 2..=200 {
        commit(&store, number, 2_000).unwrap();
    }
    drop(store);
    let length = std::fs::metadata(&path).unwrap().len();
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(length / 2)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(length / 4).unwrap()]).unwrap();
    drop(file);
    let bytes = std::fs::read(&path).unwrap();

    // The tables stand in the first pages, so it opens; the rows do not read.
    let store = SqliteStore::open(&path).unwrap();
    let error = store.journal(SESSION).map(|rows| rows.len()).unwrap_err();
    let text = std::error::Error::source(&error).unwrap().to_string();
    for part in ["read a journal", "damaged.db", "damaged", "restore a backup"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let committed = commit(&store, 201, 2_000);
    if let Err(error @ CommitError::Store(_)) = &committed {
        assert_eq!(fault(error).0, FaultKind::Damaged);
        drop(store);
        assert!(std::fs::read(&path).unwrap() == bytes, "a refused turn changes nothing");
    }
    assert!(problems(&path).contains(&Problem::FileDamaged));
    let copy = folder.path().join("copy.db");
    chatflow_sqlite::backup(&path, &copy, false).unwrap_err();
    assert!(!copy.exists());
}

#[test]
fn a_file_that_is_cut_short_is_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("short.db");
    let store = SqliteStore::open(&path).unwrap();
    start(&store, SESSION);
    drop(store);
    let length = std::fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length / 2 + 100).unwrap();
    let read = SqliteStore::open(&path).map(|store| store.load_session(SESSION));
    assert!(!matches!(read, Ok(Ok(Some(_)))), "{read:?}");
}

#[test]
fn a_path_that_is_a_folder_or_in_none_is_told() {
    let folder = TempDir::new().unwrap();
    let error = SqliteStore::open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::IsAFolder { .. }), "{error:?}");
    assert!(error.to_string().contains("is a folder"), "{error}");
    let path = folder.path().join("no/such.db");
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::NoFolder { .. }), "{error:?}");
    assert!(error.to_string().contains("there is no folder for"), "{error}");
    assert!(!folder.path().join("no").exists());
}

#[test]
fn a_refused_write_leaves_the_store_in_use() {
    // The writer's connection is not left in a transaction.
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("on.db");
    let store = open_with(&path, Options { max_pages: Some(200), ..Options::default() }).unwrap();
    start(&store, SESSION);
    commit(&store, 2, 1_000_000).unwrap_err();
    start(&store, SessionId(Uuid::from_u128(7)));
    commit(&store, 2, 10).unwrap();
    assert_turns(&store, 2);
}
