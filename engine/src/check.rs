//! What is wrong with a flow, told to its author as data.

mod code;
mod composites;
mod contract;
mod graph;
mod links;
mod patch;
mod place;
mod references;
mod report;
mod rules;
mod spelling;
mod usage;
mod waiver;
mod wire;

pub use code::Code;
pub use links::{Neighbour, Neighbours, Stage};
pub use patch::{Operation, Patch, PatchError};
pub use references::{NodeReference, ReferenceTarget};
pub use report::{Diagnostic, Pointer, Report, Severity};
pub use rules::{Rule, RuleError, Rules};
pub(crate) use spelling::near_miss;
pub use usage::FlowVariable;
pub use wire::{Finding, FlowReport, NodeReport, Summary};

use crate::extend::Extensions;
use crate::flow::FlowDefinition;

/// Reports what concerns a flow as a whole, as far as its document tells (R12.60 to R12.90).
///
/// What reading reports already (ids, types, dangling and duplicate connections) is not repeated.
pub(crate) fn check_flow(
    definition: &FlowDefinition,
    extensions: &Extensions,
    report: &mut Report,
) {
    graph::check_graph(definition, report);
    contract::check(definition, report);
    usage::check(definition, extensions, report);
}
