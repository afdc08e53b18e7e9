//! What is wrong with a flow, told to its author as data.

mod code;
mod report;

pub use code::Code;
pub use report::{Diagnostic, Pointer, Report, Severity};
