//! `chatflow db check`: whether a database is sound, down to the state of each session.

use std::collections::BTreeMap;

use chatflow::{FlowRef, Session};
use chatflow_storage::{Finding, Inspect, InspectError, Problem, StoredSession};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::database::DatabaseArguments;
use super::exit;
use super::report::{say, tell_error};
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

/// How many sessions are in memory at a time, and come over the network at once.
const PAGE: u32 = 100;

pub(super) fn run(verb: &DbVerb) -> u8 {
    let DbVerb::Check(arguments) = verb;
    let looked = match arguments.database.db.inspect() {
        Ok(looked) => looked,
        Err(code) => return code,
    };
    let mut findings = Findings { print: !arguments.json, ..Findings::default() };
    match check(&*looked.inspector, &mut findings) {
        Err(error) => {
            tell_error(&error);
            exit::HOST
        }
        Ok(sessions) => {
            findings.conclude(&looked.name, sessions);
            if findings.faults() == 0 { exit::OK } else { exit::UNSOUND }
        }
    }
}

/// Checks everything; answers with the number of sessions.
fn check(inspector: &dyn Inspect, findings: &mut Findings) -> Result<u64, InspectError> {
    inspector.inspect(&mut |finding| findings.add(finding))?;
    let mut judge = Judge { inspector, versions: BTreeMap::new(), sessions: 0 };
    match judge.sessions(findings) {
        // The database's own fault is told of already.
        Err(_) if findings.has(Problem::FileDamaged) => Ok(judge.sessions),
        judged => judged.map(|()| judge.sessions),
    }
}

/// Judges what the store cannot, because it does not read what the engine keeps.
struct Judge<'a> {
    inspector: &'a dyn Inspect,
    /// Whether a version is stored: there are far more sessions than versions.
    versions: BTreeMap<FlowRef, bool>,
    /// How many were judged.
    sessions: u64,
}

impl Judge<'_> {
    fn sessions(&mut self, findings: &mut Findings) -> Result<(), InspectError> {
        let mut last = None;
        loop {
            let page = self.inspector.sessions(last.as_deref(), PAGE)?;
            for found in page.sessions {
                self.sessions = self.sessions.saturating_add(1);
                match found {
                    Ok(stored) => self.session(&stored, findings)?,
                    Err(finding) => findings.add(finding),
                }
            }
            last = page.next;
            if last.is_none() {
                return Ok(());
            }
        }
    }

    fn session(
        &mut self,
        stored: &StoredSession,
        findings: &mut Findings,
    ) -> Result<(), InspectError> {
        let (id, kept) = (stored.head.id.to_string(), &stored.snapshot);
        let session = match Session::restore(&kept.engine, &kept.state) {
            Ok(session) => session,
            Err(error) => {
                findings.add(Finding::unreadable(&id, chain(&error)));
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
            if pin.seq > 0 && !self.has_version(pin)? {
                let what =
                    format!("is pinned to version {} of flow {}, not stored", pin.seq, pin.id);
                findings.add(Finding::new(Problem::VersionMissing, &place, what));
            }
        }
        Ok(())
    }

    fn has_version(&mut self, flow: FlowRef) -> Result<bool, InspectError> {
        if let Some(known) = self.versions.get(&flow) {
            return Ok(*known);
        }
        let is_stored = self.inspector.has_version(flow)?;
        self.versions.insert(flow, is_stored);
        Ok(is_stored)
    }
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

    fn conclude(&self, name: &str, sessions: u64) {
        if self.print {
            for (problem, count) in &self.counts {
                let more = count.saturating_sub(LISTED);
                if more > 0 {
                    say(format_args!("{}: {more} more of this kind", problem.code()));
                }
            }
            let faults = self.faults();
            let verdict = if faults == 0 { "sound" } else { "not sound" };
            say(format_args!("`{name}` is {verdict}: {sessions} sessions, {faults} faults"));
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
