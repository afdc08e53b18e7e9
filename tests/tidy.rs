//! The rules of the house that no compiler checks.

mod documents;
mod files;
mod graph;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the root exists")
}

/// The repository's text files as (path from the root, contents): tracked or not, but not ignored.
fn texts() -> Vec<(String, String)> {
    let root = root();
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output()
        .expect("git runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    // Files that are deleted but still tracked do not read; neither do pictures, as text.
    let texts: Vec<_> = listed
        .split_terminator('\0')
        .filter_map(|path| Some((path.to_owned(), std::fs::read_to_string(root.join(path)).ok()?)))
        .collect();
    assert!(texts.iter().any(|(path, _)| path == "Cargo.toml"), "{listed}");
    texts
}

/// The Rust files among [`texts`].
fn sources() -> Vec<(String, String)> {
    let mut texts = texts();
    texts.retain(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "rs"));
    texts
}

/// Contents of a file that must exist.
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with all faults at once.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
