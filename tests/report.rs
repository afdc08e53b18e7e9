//! What a test has to say beside passing: skips, cases found in the corpus, figures.
//!
//! A passing test's output is not shown. `cargo xtask test` names a file in `CHATFLOW_REPORT`, prints what the tests
//! wrote to it, and fails in CI if a test was skipped or a suite found no case. Without the variable nothing is written.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

/// The folder of test data that is not part of the repository, where `CHATFLOW_CORPUS` names one.
pub fn corpus() -> Option<PathBuf> {
    std::env::var_os("CHATFLOW_CORPUS").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Says that the suite `name` ran `cases` cases of the corpus; call it with 0 where there was nothing to run.
pub fn corpus_cases(name: &str, cases: usize) {
    append(&format!("corpus\t{name}\t{cases}\n"));
}

/// Says that `count` more of `name` were run or seen; batches of a long run add up.
pub fn figure(name: &str, count: usize) {
    append(&format!("figure\t{name}\t{count}\n"));
}

/// Says that the test `name` did not run, and why.
pub fn skipped(name: &str, why: &str) {
    append(&format!("skip\t{name}\t{why}\n"));
}

/// Tests run in parallel; a line written at once to a file opened for appending stays whole.
fn append(line: &str) {
    let Some(path) = std::env::var_os("CHATFLOW_REPORT") else { return };
    let mut file =
        OpenOptions::new().append(true).create(true).open(path).expect("the report opens");
    file.write_all(line.as_bytes()).expect("the report takes a line");
}
