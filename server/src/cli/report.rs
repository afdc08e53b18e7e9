//! Telling people what happened: results on stdout, everything else on stderr.

use std::error::Error;
use std::fmt;
use std::io::Write;

use chatflow::Report;

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
    }
}
