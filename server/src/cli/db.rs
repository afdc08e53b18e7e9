//! `chatflow db check`: whether a database is sound, down to the state of each session.

use std::collections::BTreeMap;
use std::path::Path;

use chatflow::Session;
use chatflow_sqlite::{Fault, Finding, Inspector, Problem};
use chatflow_storage::StoredSession;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::database::DatabaseArguments;
use super::report::{say, tell_error};
use super::{exit, open};
use crate::error::chain;

#[derive(Debug, Subcommand)]
pub(super) enum DbVerb {
    /// Tell what is wrong with a database; it may be in use, and nothing is written to it.
    #[command(
        after_help = "Exit codes: 0 the database is sound; 1 it cannot be read; 2 there is no such file; 5 something is wrong with it."
    )]
    Check(CheckArguments),
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Print the findings as one JSON document.
    #[arg(long)]
    json: bool,
}

/// How many findings of one kind are listed; the others are counted, so that a file which is all
/// rubble neither fills the screen nor the memory.
const LISTED: u64 = 100;

pub(super) fn run(verb: &DbVerb) -> u8 {
    let DbVerb::Check(arguments) = verb;
    let path = match arguments.database.file() {
        Ok(path) => path,
        Err(code) => return code,
    };
    let inspector = match Inspector::open(path) {
        Ok(inspector) => inspector,
        Err(error) => return open::failed(&error),
    };
    let mut findings = Findings { print: !arguments.json, ..Findings::default() };
    match check(&inspector, &mut findings) {
        Err(fault) => {
            tell_error(&fault);
            exit::HOST
        }
        Ok(sessions) => {
            findings.conclude(path, sessions);
            if findings.faults() == 0 { exit::OK } else { exit::UNSOUND }
        }
    }
}

/// Checks everything; answers with the number of sessions.
fn check(inspector: &Inspector, findings: &mut Findings) -> Result<u64, Fault> {
    inspector.inspect(&mut |finding| findings.add(finding))?;
    let (mut count, mut stopped) = (0_u64, None);
    let listed = inspector.sessions(&mut |found| {
        count = count.saturating_add(1);
        match found {
            Ok(stored) => {
                let judged = judge(inspector, &stored, findings);
                stopped = stopped.take().or_else(|| judged.err());
            }
            Err((id, fault)) => findings.add(unreadable(&id, chain(&fault))),
        }
    });
    match listed.err().or(stopped) {
        None => Ok(count),
        // The file's own fault is told of already.
        Some(_) if findings.has(Problem::FileDamaged) => Ok(count),
        Some(fault) => Err(fault),
    }
}

/// What the store cannot tell of a session, because it does not read what the engine keeps.
fn judge(
    inspector: &Inspector,
    stored: &StoredSession,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let (id, kept) = (stored.head.id.to_string(), &stored.snapshot);
    let session = match Session::restore(&kept.engine, &kept.state) {
        Ok(session) => session,
        Err(error) => {
            findings.add(unreadable(&id, chain(&error)));
            return Ok(());
        }
    };
    let place = format!("session {id}");
    if let Some(hash) = &kept.state_hash
        && let Err(mismatch) = session.verify_state(hash)
    {
        findings.add(Finding::new(Problem::StateChanged, &place, mismatch.to_string()));
    }
    for pin in session.pins() {
        // Version 0 is of a program that brings its flows itself.
        if pin.seq > 0 && !inspector.has_version(pin)? {
            let what = format!("is pinned to version {} of flow {}, not stored", pin.seq, pin.id);
            findings.add(Finding::new(Problem::VersionMissing, &place, what));
        }
    }
    Ok(())
}

fn unreadable(id: &str, why: String) -> Finding {
    Finding::new(Problem::SessionUnreadable, format!("session {id}"), why)
}

/// What was found.
#[derive(Debug, Default)]
struct Findings {
    /// Whether each is printed when it is found, or kept for the document at the end.
    print: bool,
    counts: BTreeMap<Problem, u64>,
    kept: Vec<Value>,
}

impl Findings {
    fn add(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.problem).or_default();
        *count = count.saturating_add(1);
        if *count > LISTED {
            return;
        }
        if self.print {
            say(&finding);
        } else {
            let Finding { problem, place, what } = finding;
            let (code, help) = (problem.code(), problem.help());
            self.kept.push(json!({"code": code, "place": place, "what": what, "help": help}));
        }
    }

    fn has(&self, problem: Problem) -> bool {
        self.counts.contains_key(&problem)
    }

    /// How many were found, without notes.
    fn faults(&self) -> u64 {
        self.counts.iter().filter(|(problem, _)| !problem.is_note()).map(|(_, count)| count).sum()
    }

    fn conclude(&self, path: &Path, sessions: u64) {
        if self.print {
            for (problem, count) in &self.counts {
                let more = count.saturating_sub(LISTED);
                if more > 0 {
                    say(format_args!("{}: {more} more of this kind", problem.code()));
                }
            }
            let (path, faults) = (path.display(), self.faults());
            let verdict = if faults == 0 { "sound" } else { "not sound" };
            say(format_args!("`{path}` is {verdict}: {sessions} sessions, {faults} faults"));
            return;
        }
        let counts: serde_json::Map<String, Value> =
            self.counts.iter().map(|(kind, count)| (kind.code().into(), json!(count))).collect();
        say(json!({
            "sound": self.faults() == 0,
            "sessions": sessions,
            "counts": counts,
            "findings": self.kept,
        }));
    }
}
