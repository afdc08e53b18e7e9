//! `chatflow import PATH`: a fixture or a flow into the database.

use std::path::PathBuf;

use chatflow_storage::{AccountStore, LibraryStore};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::database::{DatabaseArguments, Opened};
use super::report::{say, tell, tell_error, tell_report};
use super::{exit, open};
use crate::import::{Counts, ImportError, ImportReport, import};

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// A seed fixture, a flow document, or a folder with a seed.json.
    path: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
    /// Treat what is left out, such as a missing flow file, as an error.
    #[arg(long)]
    strict: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Print a token for each user of the fixture; needs accounts, which this version has not.
    #[arg(long)]
    emit_tokens: bool,
    /// How tokens are printed.
    #[arg(long, value_enum, default_value_t = TokensFormat::Text, requires = "emit_tokens")]
    tokens_format: TokensFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TokensFormat {
    Text,
    Json,
}

pub(super) fn run(arguments: &ImportArguments) -> u8 {
    if arguments.emit_tokens {
        tell(
            "error: --emit-tokens needs a token secret, and this version has no accounts (help: import without it)",
        );
        return exit::INPUT;
    }
    let opened = match open::fixture(&arguments.path) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    if arguments.strict && !opened.fixture.notices.is_empty() {
        tell("error: something was left out, and --strict was given; nothing was imported");
        return exit::INPUT;
    }
    for (i, report) in &opened.reports {
        if let Some(flow) = opened.fixture.flows.get(*i) {
            tell_report(flow, report);
        }
    }
    match arguments.database.db.open() {
        Ok(Opened::File(store)) => put(&*store, &opened, arguments.json),
        Ok(Opened::Server(store)) => put(&*store, &opened, arguments.json),
        Err(code) => code,
    }
}

fn put(store: &(impl AccountStore + LibraryStore), opened: &open::Opened, as_json: bool) -> u8 {
    match import(store, &opened.fixture, &opened.reports) {
        Ok(report) => {
            print(&report, as_json);
            exit::OK
        }
        Err(error) => {
            tell_error(&error);
            if matches!(error, ImportError::Flows { .. }) { exit::INPUT } else { exit::HOST }
        }
    }
}

fn print(report: &ImportReport, as_json: bool) {
    for warning in &report.warnings {
        tell(format_args!("warning: {warning}"));
    }
    let kinds = ImportReport::KINDS.iter().zip(&report.counts);
    if as_json {
        let counts = |counts: &Counts| json!({"created": counts.created, "updated": counts.updated, "unchanged": counts.unchanged});
        let kinds: serde_json::Map<_, _> =
            kinds.map(|(kind, count)| ((*kind).to_owned(), counts(count))).collect();
        let flows: Vec<_> =
            report.flows.iter().map(|(key, id)| json!({"seed_key": key, "id": id})).collect();
        say(json!({"counts": kinds, "flows": flows, "warnings": report.warnings}));
        return;
    }
    for (kind, counts) in kinds {
        let Counts { created, updated, unchanged } = counts;
        say(format_args!("{kind}: {created} created, {updated} updated, {unchanged} unchanged"));
    }
    for (key, id) in &report.flows {
        say(format_args!("{key} -> {id}"));
    }
}
