//! `chatflow check PATH`: every diagnostic of every flow, and what cures it.

use std::path::PathBuf;

use chatflow::{FlowReport, Report, Summary};
use clap::Args;
use serde_json::json;

use super::report::{say, tell, tell_report};
use super::{exit, fix, open};
use crate::fixture::FixtureFlow;

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// A flow document, a seed fixture, or a folder with a seed.json.
    path: PathBuf,
    /// Print the reports as JSON.
    #[arg(long)]
    json: bool,
    /// First write the files of the flows anew, with every fix applied that removes no node; keys
    /// come out sorted. Flows that stand inside a fixture are left as they are.
    #[arg(long)]
    fix: bool,
    /// A JSON file of business rules: `{"base", "disable", "severity", "rules"}`.
    #[arg(long)]
    rules: Option<PathBuf>,
}

pub(super) fn run(arguments: &CheckArguments) -> u8 {
    let opened = match &arguments.rules {
        None => open::fixture(&arguments.path),
        Some(rules) => {
            open::rules(rules).and_then(|rules| open::fixture_by(&arguments.path, rules))
        }
    };
    let mut opened = match opened {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    if arguments.fix {
        if let Err(code) = fix::files(opened.fixture.flows.iter().map(|flow| flow.file.as_path())) {
            return code;
        }
        opened = match open::fixture(&arguments.path) {
            Ok(opened) => opened,
            Err(code) => return code,
        };
    }
    for (i, report) in &mut opened.reports {
        let flow = opened.fixture.flows.get(*i);
        if let Some(definition) = flow.and_then(|flow| flow.definition.as_ref()) {
            report.waive(definition);
        }
    }
    let mut summary = Summary::default();
    let reports =
        || opened.reports.iter().map(|(i, report)| (opened.fixture.flows.get(*i), report));
    reports().flat_map(|(_, report)| report).for_each(|diagnostic| summary.count(diagnostic));
    let flows = reports().filter_map(|(flow, report)| Some((flow?, report)));
    if arguments.json {
        say(json!(flows.map(|(flow, report)| entry(flow, report)).collect::<Vec<_>>()));
    } else {
        flows.for_each(|(flow, report)| tell_report(flow, report));
        let Summary { errors, warnings, infos, waived } = summary;
        let waived = if waived == 0 { String::new() } else { format!(", {waived} waived") };
        tell(format_args!(
            "{} flows: {errors} errors, {warnings} warnings, {infos} notes{waived}",
            opened.reports.len()
        ));
    }
    if summary.errors == 0 { exit::OK } else { exit::INPUT }
}

/// A flow's report (R12.4), and its diagnostics with their places in the document.
fn entry(flow: &FixtureFlow, report: &Report) -> serde_json::Value {
    let key = flow.definition.as_ref().and_then(|definition| definition.seed_key.clone());
    let wire = match &flow.definition {
        Some(definition) => FlowReport::of(report, definition),
        None => FlowReport::of_no_flow(report),
    };
    json!({"file": flow.file, "flow": key, "diagnostics": report, "report": wire})
}
