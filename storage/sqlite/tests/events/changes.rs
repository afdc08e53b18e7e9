//! Word of changes from one process to another.

use std::path::Path;
use std::sync::{Arc, Mutex};

use chatflow_sqlite::SqliteStore;
use chatflow_storage::{
    AccessScope, Batch, CacheKind, Change, ChangeNotice, Changes, LibraryStore, Observed, Watch,
};
use tempfile::TempDir;
use uuid::Uuid;

use super::{content, fill, hook, open, process, told};

type Heard = Arc<Mutex<Vec<ChangeNotice>>>;

fn listen(store: &SqliteStore) -> (Heard, Watch) {
    let heard = Heard::default();
    let ear = Arc::clone(&heard);
    let watch = store.observers().watch(move |notice| ear.lock().unwrap().push(notice));
    (heard, watch)
}

fn look(store: &SqliteStore, heard: &Heard) -> Vec<ChangeNotice> {
    store.look().unwrap();
    std::mem::take(&mut *heard.lock().unwrap())
}

/// Another process writes, and ends.
fn elsewhere(file: &Path, task: &str) {
    let mut child = process("changes::a_process_writes", file, task);
    assert!(child.wait().unwrap().success(), "{task}");
}

#[test]
#[ignore = "run by `one_process_sees_what_another_has_written` as the other process"]
fn a_process_writes() {
    let Some((store, task)) = told() else { return };
    match task.as_str() {
        "content and an event" => fill(&store, vec![content(1)], vec![hook(1)]),
        "content" => fill(&store, vec![content(3)], Vec::new()),
        "announce" => {
            store.announce(&[ChangeNotice::of(CacheKind::Identity, Uuid::nil())]).unwrap();
        }
        "stale content" => {
            let stale = Change { expected: Some(9), ..content(1) };
            let batch = Batch { contents: vec![stale], ..Batch::default() };
            store.apply(&AccessScope::system(), &batch).unwrap_err();
        }
        _ => panic!("unknown: {task}"),
    }
}

#[test]
fn one_process_sees_what_another_has_written() {
    // S6.29, S10.3
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("changes.db");
    let reader = open(&path);
    let all = |kind| ChangeNotice::Cache { kind, id: None };
    let (heard, _watch) = listen(&reader);
    assert_eq!(look(&reader, &heard), [ChangeNotice::Resync]);
    assert_eq!(look(&reader, &heard), []);
    elsewhere(&path, "content and an event");
    assert_eq!(look(&reader, &heard), [ChangeNotice::Outbox, all(CacheKind::Content)]);
    assert_eq!(look(&reader, &heard), []);
    elsewhere(&path, "announce");
    assert_eq!(look(&reader, &heard), [all(CacheKind::Identity)]);
    // What is refused raises nothing.
    elsewhere(&path, "stale content");
    assert_eq!(look(&reader, &heard), []);
    // One's own writes are told at once, row by row, and not again.
    fill(&reader, vec![content(2)], Vec::new());
    let own = ChangeNotice::of(CacheKind::Content, Uuid::from_u128(2));
    assert_eq!(look(&reader, &heard), [own]);
    // Unless somebody else wrote in between.
    elsewhere(&path, "content");
    fill(&reader, vec![content(4)], Vec::new());
    let own = ChangeNotice::of(CacheKind::Content, Uuid::from_u128(4));
    assert_eq!(look(&reader, &heard), [own, all(CacheKind::Content)]);
    assert_eq!(look(&reader, &heard), []);
}
