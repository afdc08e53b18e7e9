//! Files and folders that may not be written.

#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use chatflow_sqlite::{FaultKind, OpenError, SqliteStore};
use chatflow_storage::Problem;
use tempfile::TempDir;

use crate::inspect::{filled, problems};
use crate::talk::{assert_turns, commit};

const CHILD: &str = "CHATFLOW_TEST_DATABASE";
/// A user that owns nothing.
const NOBODY: u32 = 65_534;

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_read_only_is_told_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("still.db");
    filled(&path);
    let bytes = fs::read(&path).unwrap();
    // Root may write everything, so the looking is done by a process that may not.
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    allow(&program, 0o755);
    let own = fs::metadata(&path).unwrap().uid();
    let look = |name: &str| {
        let mut child = Command::new(&program);
        child.args(["--exact", name, "--ignored"]).env(CHILD, &path).current_dir(folder.path());
        if own == 0 {
            child.uid(NOBODY).gid(NOBODY);
        }
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    allow(&path, 0o444);
    allow(folder.path(), 0o555);
    look("rights::a_process_finds_file_and_folder_read_only");
    assert!(fs::read(&path).unwrap() == bytes);
    allow(folder.path(), 0o777);
    look("rights::a_process_finds_the_file_read_only");
    assert!(fs::read(&path).unwrap() == bytes);
    allow(&path, 0o644);
    let store = SqliteStore::open(&path).unwrap();
    assert_turns(&store, 10);
    commit(&store, 11, 0).unwrap();
}

#[test]
#[ignore = "run by `what_is_read_only_is_told_and_left_as_it_is`"]
fn a_process_finds_file_and_folder_read_only() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let path = Path::new(&path);
    let error = SqliteStore::open(path).unwrap_err();
    let kind = if let OpenError::Store(fault) = &error { Some(fault.kind()) } else { None };
    let told = matches!(error, OpenError::ReadOnly { .. }) || kind == Some(FaultKind::CannotOpen);
    assert!(told && error.to_string().contains("still.db"), "{error:?}");
    let error = SqliteStore::open(path.with_file_name("new.db")).unwrap_err();
    let OpenError::Store(fault) = &error else { panic!("{error:?}") };
    assert_eq!(fault.kind(), FaultKind::CannotOpen);
    assert!(fault.to_string().contains("its folder"), "{fault}");
    // A check writes nothing, so it needs no right to.
    assert_eq!(problems(path), [Problem::FlowUnknown]);
}

#[test]
#[ignore = "run by `what_is_read_only_is_told_and_left_as_it_is`"]
fn a_process_finds_the_file_read_only() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let error = SqliteStore::open(Path::new(&path)).unwrap_err();
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains("is read-only"), "{error}");
}
