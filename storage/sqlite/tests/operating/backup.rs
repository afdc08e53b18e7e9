//! Copies of a database that is in use.

use std::sync::atomic::{AtomicBool, Ordering};

use chatflow_sqlite::{BackupError, Durability, OpenError, Options, SqliteStore, backup};
use chatflow_storage::{Problem, SessionStore as _};
use tempfile::TempDir;

use crate::inspect::{filled, problems};
use crate::talk::{SESSION, assert_turns, commit, start};

#[test]
fn a_copy_made_while_turns_are_committed_has_a_whole_prefix_of_them() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("busy.db");
    let options = Options { durability: Durability::Normal, ..Options::default() };
    let store = SqliteStore::open_with(&path, options).unwrap();
    start(&store, SESSION);
    let enough = AtomicBool::new(false);
    let revision = || store.load_session(SESSION).unwrap().unwrap().revision.0;
    let copies = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut number = 1;
            while !enough.load(Ordering::Relaxed) {
                number += 1;
                commit(&store, number, 3_000).unwrap();
            }
            number
        });
        let mut copies = Vec::new();
        for i in 0..5 {
            let copy = folder.path().join(format!("copy-{i}.db"));
            let before = revision();
            assert!(backup(&path, &copy, false).unwrap() > 4096);
            copies.push((copy, before, revision()));
        }
        enough.store(true, Ordering::Relaxed);
        assert_turns(&store, writer.join().unwrap());
        copies
    });
    for (copy, before, after) in copies {
        assert_eq!(problems(&copy), [Problem::FlowUnknown]);
        assert!(!copy.with_extension("db-wal").exists(), "a copy is one file");
        let restored = SqliteStore::open(&copy).unwrap();
        let turns = restored.load_session(SESSION).unwrap().unwrap().revision.0;
        assert!((before..=after).contains(&turns), "{before} {turns} {after}");
        assert_turns(&restored, turns);
        // It is a database like any other.
        commit(&restored, turns + 1, 0).unwrap();
    }
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().collect();
    let parts = left.iter().filter(|entry| entry.file_name().to_string_lossy().contains("part"));
    assert_eq!(parts.count(), 0, "{left:?}");
}

#[test]
fn a_copy_replaces_nothing_unless_told_to() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = (folder.path().join("a.db"), folder.path().join("copy.db"));
    filled(&path);
    std::fs::write(&copy, "a letter").unwrap();
    let error = backup(&path, &copy, false).unwrap_err();
    assert!(matches!(error, BackupError::Exists { .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), "a letter");
    backup(&path, &copy, true).unwrap();
    assert_turns(&SqliteStore::open(&copy).unwrap(), 10);
}

#[test]
fn a_copy_never_replaces_a_database_in_use() {
    let folder = TempDir::new().unwrap();
    let (path, other) = (folder.path().join("a.db"), folder.path().join("other.db"));
    filled(&path);
    filled(&other);
    let in_use = SqliteStore::open(&other).unwrap();
    commit(&in_use, 11, 0).unwrap();
    for target in [&path, &other] {
        let error = backup(&path, target, true).unwrap_err();
        assert!(matches!(error, BackupError::InUse { .. }), "{error:?}");
    }
    assert_turns(&in_use, 11);
}

#[test]
fn what_cannot_be_copied_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.db");
    let copy = folder.path().join("copy.db");
    let error = backup(&path, &copy, false).unwrap_err();
    assert!(matches!(error, BackupError::Open(OpenError::NotFound { .. })), "{error:?}");
    filled(&path);
    let error = backup(&path, folder.path().join("no/copy.db"), false).unwrap_err();
    assert!(matches!(error, BackupError::File { .. }), "{error:?}");
    let hand = rusqlite::Connection::open(&path).unwrap();
    hand.execute_batch("DELETE FROM session_journal WHERE revision = 3").unwrap();
    drop(hand);
    let error = backup(&path, &copy, false).unwrap_err();
    assert!(matches!(error, BackupError::Unsound { .. }), "{error:?}");
    assert!(error.to_string().contains("journal_gap"), "{error}");
    let names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().flatten().map(|f| f.file_name()).collect();
    assert!(names.iter().all(|name| name.to_string_lossy().starts_with("a.db")), "{names:?}");
}
