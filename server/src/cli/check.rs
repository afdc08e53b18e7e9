//! `chatflow check PATH`: every diagnostic of every flow.

use std::path::Path;

use chatflow::Severity;
use serde_json::json;

use super::report::{say, tell, tell_report};
use super::{exit, open};

pub(super) fn run(path: &Path, as_json: bool, rules: Option<&Path>) -> u8 {
    let opened = match rules {
        None => open::fixture(path),
        Some(rules) => open::rules(rules).and_then(|rules| open::fixture_by(path, rules)),
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let mut counts = [0_usize; 3];
    for diagnostic in opened.reports.iter().flat_map(|(_, report)| report) {
        let count = match diagnostic.severity {
            Severity::Error => counts.first_mut(),
            Severity::Warning => counts.get_mut(1),
            Severity::Info => counts.get_mut(2),
        };
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
    }
    let flows = opened
        .reports
        .iter()
        .filter_map(|(i, report)| Some((opened.fixture.flows.get(*i)?, report)));
    if as_json {
        let entry = |flow: &crate::fixture::FixtureFlow, report| {
            let key = flow.definition.as_ref().and_then(|definition| definition.seed_key.clone());
            json!({"file": flow.file, "flow": key, "diagnostics": report})
        };
        say(json!(flows.map(|(flow, report)| entry(flow, report)).collect::<Vec<_>>()));
    } else {
        flows.for_each(|(flow, report)| tell_report(flow, report));
        let [errors, warnings, infos] = counts;
        tell(format_args!(
            "{} flows: {errors} errors, {warnings} warnings, {infos} notes",
            opened.reports.len()
        ));
    }
    if counts.first() == Some(&0) { exit::OK } else { exit::INPUT }
}
