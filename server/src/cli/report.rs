//! Telling people what happened: results on stdout, everything else on stderr.

use std::error::Error;
use std::fmt;
use std::io::Write;

use chatflow::{Operation, Patch, Report};

use crate::error::chain;
use crate::fixture::FixtureFlow;

/// Prints a line of the result. A closed pipe is the reader's choice, not a failure.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line beside the result.
pub(crate) fn tell(line: impl fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints an error with its causes.
pub(crate) fn tell_error(error: &dyn Error) {
    tell(format_args!("error: {}", chain(error)));
}

/// Prints a flow's diagnostics, each with its file.
pub(crate) fn tell_report(flow: &FixtureFlow, report: &Report) {
    for diagnostic in report {
        tell(format_args!("{}: {diagnostic}", flow.file.display()));
        if let Some(note) = &diagnostic.waived {
            tell(format_args!("  waived: {note}"));
        }
        for operation in diagnostic.fix.iter().flat_map(Patch::operations) {
            tell(format_args!("  fix: {}", in_words(operation)));
        }
    }
}

fn in_words(operation: &Operation) -> String {
    match operation {
        Operation::Add { path, value } => format!("put {value} at {path}"),
        Operation::Remove { path } => format!("remove {path}"),
        Operation::Replace { path, value } => format!("write {value} at {path}"),
        Operation::Move { from, path } => format!("move {from} to {path}"),
    }
}
