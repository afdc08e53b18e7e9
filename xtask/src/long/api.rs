//! Requests that schemathesis makes from the description of the interface, on each store.
//!
//! It holds every answer against the description, and the description against every answer: what it allows must be
//! accepted, what it forbids refused. `tests/api/schemathesis.toml` lists the exceptions with their reasons.

use std::path::Path;

use chatflow_throwaway::Server;

use crate::service::Service;
use crate::{install, shell};

/// One for each store.
pub(super) const BATCHES: u32 = 2;

/// How many requests are made for an operation in each of the phases that draw them.
const EXAMPLES: &str = "70";

/// What was asked, answered and checked, one event a line.
const EVENTS: &str = "events.ndjson";

/// Less than this says little; the description gives some thousand more.
const FEWEST_REQUESTS: u64 = 10_000;

/// Asks the service on one store and returns what was counted as a report; a finding is a failure.
pub(super) fn batch(number: u32) -> Result<String, String> {
    let folder = shell::target_folder().join("xtask/api");
    let place = folder.join(format!("store-{number}"));
    // What an earlier run left behind.
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(&place)
        .map_err(|error| format!("cannot create {}: {error}", place.display()))?;
    let python = folder.join("python");
    install::ensure_python(&python, &shell::root().join("tests/api/requirements.txt"))?;
    let (store, server) = if number == 1 {
        ("SQLite", None)
    } else {
        install::ensure_postgres()?;
        ("Postgres", Some(Server::start()?))
    };
    let file = place.join("chatflow.db").to_string_lossy().into_owned();
    let service = Service::start(server.as_ref().map_or(&file, Server::url), &place)?;
    let asked = ask(&python, &service, &place);
    let errors = service.errors();
    if errors.contains("panicked at") {
        return Err(format!("the service panicked on {store}:\n{errors}"));
    }
    asked.map_err(|why| format!("{why}\nthe service on {store} said:\n{errors}"))?;
    count(&python, &place.join(EVENTS), store)
}

fn ask(python: &Path, service: &Service, place: &Path) -> Result<(), String> {
    let mut command = shell::program(python.join("bin/schemathesis"));
    command.arg("--config-file").arg(shell::root().join("tests/api/schemathesis.toml"));
    command.arg("run").arg(format!("{}/v1/openapi.json", service.address()));
    command.args(["--phases", "examples,coverage,fuzzing,stateful", "--checks", "all"]);
    command.args(["--max-examples", EXAMPLES, "--continue-on-failure"]);
    // Several at once, as callers are.
    command.args(["--workers", "4"]);
    command.args(["--report", "ndjson", "--report-ndjson-path", EVENTS]);
    // Read by the configuration, so that no list of processes shows it.
    command.env("CHATFLOW_TOKEN", service.token());
    // It leaves notes behind where it runs.
    command.current_dir(place);
    shell::run(&mut command)
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
