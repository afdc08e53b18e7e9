//! Requests that schemathesis makes from the description of the interface, on each store.
//!
//! It holds every answer against the description, and the description against every answer: what it allows must be
//! accepted, what it forbids refused. `tests/api/schemathesis.toml` lists the exceptions with their reasons.

use std::path::{Path, PathBuf};

use chatflow_throwaway::Server;

use crate::service::Service;
use crate::{install, shell};

/// Both stores at once are one batch: half of the time is the asker's own.
pub(super) const BATCHES: u32 = 1;

/// How many requests are drawn for each operation by itself; chains have their number in the configuration.
const EXAMPLES: &str = "66";

/// The same requests in each run, as far as answers are the same.
const SEED: &str = "20261123";

/// What was asked, answered and checked, one event a line.
const EVENTS: &str = "events.ndjson";

/// Less than this says little; the description gives some thousand more.
const FEWEST_REQUESTS: u64 = 10_000;

/// Asks the service on both stores and returns what was counted as a report; a finding is a failure.
pub(super) fn batch() -> Result<String, String> {
    let folder = shell::target_folder().join("xtask/api");
    let python = folder.join("python");
    install::ensure_python(&python, &shell::root().join("tests/api/requirements.txt"))?;
    install::ensure_postgres()?;
    let server = Server::start()?;
    let sqlite = Store { name: "SQLite", folder: folder.join("sqlite") };
    let postgres = Store { name: "Postgres", folder: folder.join("postgres") };
    let file = sqlite.folder.join("chatflow.db").to_string_lossy().into_owned();
    let python = python.as_path();
    let reports = std::thread::scope(|scope| {
        let asked = [(&sqlite, file.as_str()), (&postgres, server.url())]
            .map(|(store, database)| scope.spawn(move || store.ask_all(database, python)));
        asked.map(|asked| asked.join().unwrap_or_else(|_| Err("a thread panicked".to_owned())))
    });
    reports.into_iter().collect()
}

/// A store and the folder of what is asked on it.
#[derive(Debug)]
struct Store {
    name: &'static str,
    folder: PathBuf,
}

impl Store {
    fn ask_all(&self, database: &str, python: &Path) -> Result<String, String> {
        let Self { name, folder } = self;
        // What an earlier run left behind.
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        let service = Service::start(database, folder)?;
        let asked = ask(python, &service, folder);
        let errors = service.errors();
        if errors.contains("panicked at") {
            return Err(format!("the service panicked on {name}:\n{errors}"));
        }
        asked.map_err(|why| format!("{why}\nthe service on {name} said:\n{errors}"))?;
        count(python, &folder.join(EVENTS), name)
    }
}

fn ask(python: &Path, service: &Service, folder: &Path) -> Result<(), String> {
    let mut command = shell::program(python.join("bin/schemathesis"));
    command.arg("--config-file").arg(shell::root().join("tests/api/schemathesis.toml"));
    command.arg("run").arg(format!("{}/v1/openapi.json", service.address()));
    command.args(["--phases", "examples,coverage,fuzzing,stateful"]);
    command.args(["--seed", SEED, "--max-examples", EXAMPLES, "--continue-on-failure"]);
    command.args(["--report", "ndjson", "--report-ndjson-path", EVENTS]);
    // Read by the configuration, so that no list of processes shows it.
    command.env("CHATFLOW_TOKEN", service.token());
    // It leaves notes behind where it runs.
    command.current_dir(folder);
    let told = folder.join("told.txt");
    let kept = std::fs::File::create(&told)
        .map_err(|error| format!("cannot create {}: {error}", told.display()))?;
    shell::run(command.stdout(kept))
        .map_err(|why| format!("{why}\n{}", std::fs::read_to_string(&told).unwrap_or_default()))
}

/// Counts requests and checks; the runner itself tells only their sum.
fn count(python: &Path, events: &Path, store: &str) -> Result<String, String> {
    let mut command = shell::program(python.join("bin/python"));
    command.arg("tests/api/count.py").arg(events).arg(store);
    let report = shell::output(&mut command).ok_or("tests/api/count.py failed")?;
    let requests = total(&report);
    if requests < FEWEST_REQUESTS {
        return Err(format!("{requests} requests on {store} are fewer than {FEWEST_REQUESTS}"));
    }
    Ok(format!("{report}\n"))
}

/// All requests of a report.
fn total(report: &str) -> u64 {
    let lines = report.lines().filter(|line| line.contains(": requests, "));
    lines.filter_map(|line| line.rsplit('\t').next()?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn requests_of_all_phases_are_added() {
        let report = "figure\tSQLite: requests, coverage\t40\nfigure\tSQLite: checks, x\t7\n\
                      figure\tSQLite: requests, fuzzing\t2";
        assert_eq!(total(report), 42);
    }
}
