//! Opening what a verb works on.

use std::fs;
use std::path::Path;

use chatflow::{Compiler, FlowId, Handlers, Library, Report, Rules};
use chatflow_sqlite::OpenError;
use serde_json::Value;

use super::exit;
use super::report::{tell, tell_error, tell_report};
use crate::fixture::Fixture;

/// A fixture whose flows have been compiled.
pub(crate) struct Opened {
    pub(crate) fixture: Fixture,
    pub(crate) library: Library,
    pub(crate) reports: Vec<(usize, Report)>,
}

/// Reads and compiles; on failure the reason has been told and the exit code is returned.
pub(crate) fn fixture(path: &Path) -> Result<Opened, u8> {
    let fixture = Fixture::read(path).map_err(|error| {
        tell_error(&error);
        exit::INPUT
    })?;
    for notice in &fixture.notices {
        tell(format_args!("notice: {notice}"));
    }
    let (library, reports) = fixture.library();
    Ok(Opened { fixture, library, reports })
}

/// As [`fixture`], with reports by other business rules.
pub(crate) fn fixture_by(path: &Path, rules: Rules) -> Result<Opened, u8> {
    let mut opened = fixture(path)?;
    let compiler = Compiler { rules, ..Compiler::default() };
    for (i, report) in &mut opened.reports {
        let Some(flow) = opened.fixture.flows.get(*i) else { continue };
        let Some(definition) = &flow.definition else { continue };
        *report = flow.report.clone();
        report.append(compiler.compile(definition, 0).report);
        report.append(definition.check_links(&opened.library, flow.stage()));
    }
    Ok(opened)
}

/// Reads a `--rules` file.
pub(crate) fn rules(path: &Path) -> Result<Rules, u8> {
    Rules::from_json(&json(path)?).map_err(|error| {
        tell(format_args!("error: `{}`: {error}", path.display()));
        exit::INPUT
    })
}

/// Reads a `--handlers` file.
pub(crate) fn handlers(path: &Path) -> Result<Handlers, u8> {
    let document = json(path)?;
    Handlers::read(&document).map_err(|error| {
        tell(format_args!("error: `{}`: {error}", path.display()));
        exit::INPUT
    })
}

fn json(path: &Path) -> Result<Value, u8> {
    let text = text(path)?;
    serde_json::from_str(&text).map_err(|error| {
        tell(format_args!("error: `{}` is not JSON: {error}", path.display()));
        exit::INPUT
    })
}

/// Tells why a database was not opened, and answers with the exit code.
pub(crate) fn failed(error: &OpenError) -> u8 {
    tell_error(error);
    if matches!(error, OpenError::NotFound { .. }) { exit::INPUT } else { exit::HOST }
}

/// Reads a file of text.
pub(crate) fn text(path: &Path) -> Result<String, u8> {
    fs::read_to_string(path).map_err(|error| {
        tell(format_args!("error: cannot read `{}`: {error}", path.display()));
        exit::INPUT
    })
}

impl Opened {
    /// The flow to talk to: the one named, else the only one that no other flow embeds.
    pub(crate) fn choose(&self, name: Option<&str>) -> Result<(String, FlowId), u8> {
        if let Some(name) = name {
            return self
                .library
                .find(name)
                .map(|id| (name.to_owned(), id))
                .ok_or_else(|| self.no_flow(name));
        }
        let embedded: Vec<FlowId> = self
            .library
            .flows()
            .flat_map(|flow| {
                flow.links().filter_map(|link| self.library.find(link.split_once(':')?.1))
            })
            .collect();
        let roots: Vec<FlowId> = self
            .library
            .flows()
            .map(|flow| flow.version().id)
            .filter(|id| !embedded.contains(id))
            .collect();
        match roots.as_slice() {
            [one] => Ok((self.name(*one), *one)),
            [] => Err(self.no_flow("")),
            more => {
                let names: Vec<String> = more.iter().map(|id| self.name(*id)).collect();
                tell(format_args!(
                    "error: the file has several flows: name one with --flow {}",
                    names.join(" or --flow ")
                ));
                Err(exit::INPUT)
            }
        }
    }

    fn name(&self, id: FlowId) -> String {
        let definitions = self.fixture.flows.iter().filter_map(|flow| flow.definition.as_ref());
        let mut keys = definitions.filter_map(|definition| definition.seed_key.clone());
        keys.find(|key| self.library.find(key) == Some(id)).unwrap_or_else(|| id.to_string())
    }

    /// Tells what stands in the way of running a flow.
    fn no_flow(&self, name: &str) -> u8 {
        for (i, report) in self.reports.iter().filter(|(_, report)| report.has_errors()) {
            if let Some(flow) = self.fixture.flows.get(*i) {
                tell_report(flow, report);
            }
        }
        if name.is_empty() {
            tell("error: the file has no flow that can be run");
        } else {
            let mut known: Vec<String> =
                self.library.flows().map(|flow| self.name(flow.version().id)).collect();
            known.sort();
            tell(format_args!(
                "error: no runnable flow `{name}` (help: use one of: {})",
                known.join(", ")
            ));
        }
        exit::INPUT
    }
}
