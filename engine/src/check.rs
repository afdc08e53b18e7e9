//! What is wrong with a flow, told to its author as data.

mod code;
mod graph;
mod report;
mod rules;

pub use code::Code;
pub(crate) use graph::check_graph;
pub use report::{Diagnostic, Pointer, Report, Severity};
pub use rules::Rules;
