//! `cargo xtask test --long mutations`: a rule counts as proven only if breaking it fails the test that cites it.
//!
//! The workspace is copied, one mutation at a time is applied to the copy, and the citing test is run there: it must
//! pass before and fail after. `tests/conformance/mutations.rs` checks in every run that the table still fits.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::evidence::{self, Evidence};
use crate::shell;
use table::{MUTATIONS, Mutation};

/// Its name among the long suites.
pub(crate) const NAME: &str = "mutations";

/// What became of a test.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ran {
    Passed,
    Failed,
    /// The mutant is no program.
    NotBuilt,
}

/// Prints what there is.
pub(crate) fn list() {
    println!(
        "  {NAME:<16}{} ways to break a rule, each noticed by the test that cites it",
        MUTATIONS.len()
    );
}

/// Runs all mutations and writes the evidence.
pub(crate) fn run(commit: &str) -> Result<(), String> {
    let begun = Instant::now();
    let tree = copy()?;
    let mut rows = String::new();
    let mut failures = Vec::new();
    println!("== {NAME}: the tests must pass as the source is");
    for mutation in &MUTATIONS {
        if mutation.test_in(&tree)? != Ran::Passed {
            return Err(format!("{} does not pass without a mutation", mutation.test));
        }
    }
    for (number, mutation) in (1..).zip(&MUTATIONS) {
        println!("== {NAME} {number}/{}: {} in {}", MUTATIONS.len(), mutation.rule, mutation.file);
        let ran = mutation.apply_in(&tree)?;
        let verdict = match ran {
            Ran::Failed => "noticed",
            Ran::Passed => "NOT NOTICED",
            Ran::NotBuilt => "NOT BUILT",
        };
        println!("   {verdict}");
        if ran != Ran::Failed {
            failures.push(format!("{} in {}: {verdict}", mutation.rule, mutation.file));
        }
        // Writing to a String cannot fail.
        let _ = writeln!(
            rows,
            "| {} | `{}` | `{}` | `{}` | `{}` | {verdict} |",
            mutation.rule,
            mutation.file.rsplit('/').next().unwrap_or_default(),
            cell(mutation.text),
            cell(mutation.instead),
            mutation.test,
        );
    }
    if !failures.is_empty() {
        return Err(failures.join("\n"));
    }
    let sections: BTreeSet<&str> =
        MUTATIONS.iter().filter_map(|mutation| mutation.rule.split('.').next()).collect();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let figures = BTreeMap::from([
        ("mutations noticed by the test that cites the rule".to_owned(), count(MUTATIONS.len())),
        ("sections of the specification".to_owned(), count(sections.len())),
    ]);
    let more = format!(
        "\n| rule | file | text | instead | citing test | |\n|---|---|---|---|---|---|\n{rows}"
    );
    let path = evidence::write(&Evidence {
        name: NAME,
        command: &format!("cargo xtask test --long {NAME}"),
        commit,
        batches: u32::try_from(MUTATIONS.len()).unwrap_or(u32::MAX),
        millis: begun.elapsed().as_millis(),
        figures: &figures,
        more: &more,
    })?;
    println!("== {NAME} done: {}", path.display());
    Ok(())
}

/// Source in a cell of a table.
fn cell(source: &str) -> String {
    source.replace('|', "\\|")
}

fn folder() -> PathBuf {
    shell::target_folder().join("xtask").join(NAME)
}

/// Copies what git knows to a folder of the build folder; the copy is always at the same place, so that what was
/// built of it once is used again.
fn copy() -> Result<PathBuf, String> {
    let listed = shell::output(shell::program("git").args(["ls-files", "--cached"]))
        .ok_or("git does not list the files to copy")?;
    let tree = folder().join("tree");
    for path in listed.lines() {
        let (from, to) = (shell::root().join(path), tree.join(path));
        let Ok(fresh) = std::fs::read(&from) else { continue };
        // Files that are as they were keep their times, so that cargo does not build them again.
        if std::fs::read(&to).is_ok_and(|held| held == fresh) {
            continue;
        }
        let parent = to.parent().unwrap_or(&tree);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&to, fresh))
            .map_err(|error| format!("cannot copy to {}: {error}", to.display()))?;
    }
    Ok(tree)
}

impl Mutation {
    /// Runs the citing test on the mutant, and puts the source back.
    fn apply_in(&self, tree: &Path) -> Result<Ran, String> {
        let path = tree.join(self.file);
        let told = |error: std::io::Error| format!("{}: {error}", path.display());
        let source = std::fs::read_to_string(&path).map_err(told)?;
        if source.matches(self.text).count() != 1 {
            return Err(format!("{}: `{}` does not stand there once", self.file, self.text));
        }
        std::fs::write(&path, source.replace(self.text, self.instead)).map_err(told)?;
        let ran = self.test_in(tree);
        std::fs::write(&path, source).map_err(told)?;
        ran
    }

    fn test_in(&self, tree: &Path) -> Result<Ran, String> {
        let (package, name) = self.test.split_once('/').ok_or("a test without a crate")?;
        let target: &[&str] =
            if package == "chatflow-tests" { &["--test", "main"] } else { &["--lib"] };
        let command = |rest: &[&str]| {
            let mut command = shell::cargo(&["test", "--quiet", "--locked", "--package", package]);
            command.current_dir(tree).env("CARGO_TARGET_DIR", folder().join("target"));
            command.args(rest).stdin(std::process::Stdio::null());
            command
        };
        if !quietly(command(&[target, &["--no-run"]].concat()))?.0 {
            return Ok(Ran::NotBuilt);
        }
        let (passed, told) = quietly(command(&[target, &["--", "--exact", name]].concat()))?;
        match (passed, told.contains("1 passed"), told.contains("1 failed")) {
            (true, true, _) => Ok(Ran::Passed),
            (false, _, true) => Ok(Ran::Failed),
            _ => Err(format!("{}: there is no such test\n{told}", self.test)),
        }
    }
}

/// Whether a command succeeds, and what it prints.
fn quietly(mut command: Command) -> Result<(bool, String), String> {
    let output = command.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}
