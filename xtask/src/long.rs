//! `cargo xtask test --long`: the randomised suites at full count, in batches that survive an interruption.
//!
//! Beside the fuzz targets, the tests are those of an ordinary run. `CHATFLOW_BATCH=I/N` tells them to run their share of the full count
//! with seeds of batch I (see `chatflow_tests::budget`); what they count comes back in the report.

mod api;
mod fuzz;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::evidence::{self, Evidence};
use crate::mutations;
use crate::report::{self, Report};
use crate::shell;

/// What has a full count.
struct Suite {
    name: &'static str,
    what: What,
    batches: u32,
}

/// What a batch runs.
enum What {
    /// The tests whose names begin so.
    Tests(&'static str),
    /// Each fuzz target for a while.
    Fuzz,
    /// The service on both stores, asked about its own description.
    Api,
}

const SUITES: [Suite; 10] = [
    Suite { name: "properties", what: What::Tests("properties::"), batches: 20 },
    Suite { name: "server", what: What::Tests("server::"), batches: 10 },
    Suite { name: "streams", what: What::Tests("server::streams::"), batches: 1 },
    Suite { name: "crash", what: What::Tests("crash::"), batches: 8 },
    Suite { name: "linear", what: What::Tests("linear::"), batches: 10 },
    Suite { name: "crash-postgres", what: What::Tests("postgres::outage::"), batches: 5 },
    Suite { name: "linear-postgres", what: What::Tests("postgres::order::"), batches: 10 },
    Suite { name: "rolling-postgres", what: What::Tests("postgres::rolling::"), batches: 5 },
    Suite { name: "fuzz", what: What::Fuzz, batches: 10 },
    Suite { name: "api", what: What::Api, batches: api::BATCHES },
];

impl What {
    fn describe(&self) -> String {
        match self {
            Self::Tests(filter) => format!("tests named {filter}*"),
            Self::Fuzz => format!(
                "{} s of each fuzz target (needs a nightly Rust and cargo-fuzz)",
                fuzz::SECONDS
            ),
            Self::Api => {
                "requests made from the service's description, on both stores (needs Python)"
                    .to_owned()
            }
        }
    }
}

/// Prints the suites.
pub(crate) fn list() {
    println!("Long suites:");
    for suite in &SUITES {
        println!("  {:<16}{} batches of {}", suite.name, suite.batches, suite.what.describe());
    }
    mutations::list();
}

/// Runs the named suites, or all if none is named.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        return Err(format!("no long suite `{unknown}`; `cargo xtask test --list` names them"));
    }
    let commit = clean_commit()?;
    for suite in SUITES.iter().filter(|suite| names.is_empty() || names.contains(&suite.name)) {
        suite.run(&commit)?;
    }
    if names.is_empty() || names.contains(&mutations::NAME) {
        mutations::run(&commit)?;
    }
    Ok(())
}

fn is_known(name: &str) -> bool {
    name == mutations::NAME || SUITES.iter().any(|suite| suite.name == name)
}

/// The commit that the evidence names, which must be what is run.
fn clean_commit() -> Result<String, String> {
    let mut status = shell::program("git");
    status.args(["status", "--porcelain", "--", ".", ":(exclude)docs/evidence"]);
    match shell::output(&mut status) {
        None => return Err("long runs name the commit they ran on, and git did not answer".into()),
        Some(changes) if !changes.is_empty() => {
            return Err(format!("long runs name the commit they ran on; commit first:\n{changes}"));
        }
        Some(_) => {}
    }
    shell::output(shell::program("git").args(["rev-parse", "HEAD"]))
        .ok_or_else(|| "git names no commit".to_owned())
}

impl Suite {
    fn run(&self, commit: &str) -> Result<(), String> {
        let mut progress = Progress::open(self.name, commit)?;
        if (1..=self.batches).any(|batch| !progress.done.contains(&batch)) {
            self.build()?;
        }
        for batch in 1..=self.batches {
            if progress.done.contains(&batch) {
                println!("== {} {batch}/{}: done before", self.name, self.batches);
                continue;
            }
            println!("== {} {batch}/{}", self.name, self.batches);
            let begun = Instant::now();
            let text = self.batch(batch)?;
            progress.add(batch, begun.elapsed().as_millis(), &text)?;
        }
        let report = Report::parse(&progress.reported)?;
        if report.figures.is_empty() {
            return Err(format!("{} reported no figure", self.what.describe()));
        }
        let command = format!("cargo xtask test --long {}", self.name);
        let path = evidence::write(&Evidence {
            name: self.name,
            command: &command,
            commit,
            batches: self.batches,
            millis: progress.millis,
            figures: &report.figures,
            more: "",
        })?;
        println!("== {} done: {}", self.name, path.display());
        Ok(())
    }

    /// Builds the tests and the command that some of them run, so that batches only run them.
    fn build(&self) -> Result<(), String> {
        let What::Tests(_) = self.what else { return Ok(()) };
        shell::run(tests().arg("--no-run"))?;
        let words = ["build", "--release", "--locked", "--package", "chatflow-server"];
        shell::run(shell::cargo(&words).args(["--bin", "chatflow"]))
    }

    /// Runs one batch and returns what its tests reported.
    fn batch(&self, batch: u32) -> Result<String, String> {
        let filter = match self.what {
            What::Tests(filter) => filter,
            What::Fuzz => return fuzz::batch(batch),
            What::Api => return api::batch(),
        };
        let path = Report::begin()?;
        let mut command = tests();
        command.args(["--", filter]);
        command.env(report::VARIABLE, &path);
        command.env("CHATFLOW_BATCH", format!("{batch}/{}", self.batches));
        shell::run(&mut command)?;
        std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))
    }
}

/// The tests at nearly the speed of a release, and linked in a fraction of its time.
fn tests() -> Command {
    let words = ["test", "--profile", "bench", "--locked", "--package", "chatflow-tests"];
    let mut command = shell::cargo(&words);
    command.args(["--test", "main"]);
    command
}

/// The batches of one suite that are done, kept in a file of the build folder.
#[derive(Debug, Default, Eq, PartialEq)]
struct Progress {
    path: PathBuf,
    text: String,
    done: Vec<u32>,
    millis: u128,
    /// The reports of all batches that are done.
    reported: String,
}

impl Progress {
    /// Reads the progress made at this commit; that of another commit is forgotten.
    fn open(name: &str, commit: &str) -> Result<Self, String> {
        let folder = shell::target_folder().join("xtask/long");
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        let path = folder.join(format!("{name}.tsv"));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        Ok(Self { path, ..Self::parse(&text, commit) })
    }

    fn parse(text: &str, commit: &str) -> Self {
        let heading = format!("commit\t{commit}\n");
        let Some(body) = text.strip_prefix(&heading) else {
            return Self { text: heading, ..Self::default() };
        };
        let mut progress = Self { text: text.to_owned(), ..Self::default() };
        for line in body.lines() {
            let batch = line.strip_prefix("batch\t").and_then(|rest| rest.split_once('\t'));
            if let Some((number, millis)) = batch {
                progress.done.extend(number.parse::<u32>());
                progress.millis = progress.millis.saturating_add(millis.parse().unwrap_or(0));
            } else {
                progress.reported.push_str(line);
                progress.reported.push('\n');
            }
        }
        progress
    }

    /// Adds a finished batch and replaces the file at once, so that an interruption loses one batch at most.
    fn add(&mut self, batch: u32, millis: u128, report: &str) -> Result<(), String> {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "batch\t{batch}\t{millis}");
        self.text.push_str(report);
        let fresh = self.path.with_extension("new");
        std::fs::write(&fresh, &self.text)
            .and_then(|()| std::fs::rename(&fresh, &self.path))
            .map_err(|error| format!("cannot write {}: {error}", self.path.display()))?;
        self.done.push(batch);
        self.millis = self.millis.saturating_add(millis);
        self.reported.push_str(report);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    const TEXT: &str =
        "commit\tabc\nbatch\t1\t1500\nfigure\tsteps\t10\nbatch\t3\t500\nfigure\tsteps\t5\n";

    #[test]
    fn progress_resumes_at_the_same_commit() {
        let progress = Progress::parse(TEXT, "abc");
        assert_eq!(progress.done, [1, 3]);
        assert_eq!(progress.millis, 2000);
        assert_eq!(progress.reported, "figure\tsteps\t10\nfigure\tsteps\t5\n");
        assert_eq!(progress.text, TEXT);
    }

    #[test]
    fn progress_of_another_commit_is_forgotten() {
        let progress = Progress::parse(TEXT, "def");
        assert!(progress.done.is_empty());
        assert_eq!(progress.text, "commit\tdef\n");
    }
}
