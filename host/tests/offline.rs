//! The example `offline` remembers, from one run to the next.

#![expect(clippy::unwrap_used, reason = "the lints spare test functions but not what they call")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chatflow::SessionId;
use chatflow_sqlite::SqliteStore;
use chatflow_storage::SessionStore as _;
use tempfile::TempDir;

/// Cargo builds the examples of a package before it runs all its tests, beside them.
fn program() -> PathBuf {
    let built = std::env::current_exe().unwrap();
    let folder = built.ancestors().nth(2).unwrap().join("examples");
    folder.join("offline").with_extension(std::env::consts::EXE_EXTENSION)
}

/// Runs the example and answers with what it printed.
fn run(file: &Path, answers: &str) -> String {
    let mut command = Command::new(program());
    command.arg(file).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that has ended reads nothing more.
    let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_conversation_goes_on_where_the_last_run_stopped() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("offline.db");
    assert_eq!(run(&file, ""), "Where do you go?\n");
    assert_eq!(run(&file, "Oslo\n"), "Where do you go?\nFor how many nights?\n");
    let refused = run(&file, "some\n");
    assert!(refused.starts_with("For how many nights?\n"), "{refused}");
    assert_eq!(run(&file, "3\n"), "For how many nights?\nFor Oslo, pack 3 shirts.\n");
    assert_eq!(run(&file, "more\n"), "");
    let store = SqliteStore::open(&file).unwrap();
    let id = SessionId::derived("me");
    let stored = store.load_session(id).unwrap().unwrap();
    assert_eq!((stored.revision.0, stored.snapshot.status.as_str()), (4, "completed"));
    assert_eq!(store.journal(id).unwrap().len(), 4);
}

#[test]
fn the_example_is_short() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/offline.rs");
    let lines = std::fs::read_to_string(source).unwrap().lines().count();
    assert!(lines <= 30, "{lines} lines");
}
