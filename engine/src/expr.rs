//! Expressions: CEL, bounded and deterministic, over borrowed JSON (section 6).
//!
//! The CEL crate parses; everything after its syntax tree is here, and nothing outside this module
//! knows it. [`Program::compile`] turns a text into a tree: names become slots, macros loops, and
//! constant patterns compiled regular expressions. [`Program::eval`] runs it on values that are
//! borrowed from the state, never copied.
//!
//! An evaluation owns all of its state: a [`Budget`] goes in, a value or an [`Error`] comes out.
//! There is no clock, no hash order and no way to panic: arithmetic is checked, nothing is indexed,
//! and the depth of recursion is fixed when a program is compiled.

mod aggregate;
mod calendar;
mod catalogue;
mod compile;
mod error;
mod eval;
mod explain;
mod functions;
mod host;
mod json;
mod key;
mod loops;
mod lower;
mod macros;
mod meter;
mod node;
mod number;
mod operators;
mod references;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod unparse;
mod value;

pub(crate) use aggregate::{Aggregate, AggregateProblemKind};
pub use catalogue::{ExpressionFunction, FunctionKind, expression_functions};
pub(crate) use compile::Program;
pub(crate) use error::ErrorKind;
pub use error::{Problem, ProblemKind};
pub(crate) use explain::{Explained, Read, explain};
pub(crate) use host::HostFunctions;
pub(crate) use json::truth;
pub(crate) use meter::Budget;
pub(crate) use source::without_templates;
pub(crate) use value::Value;

/// What `/` between two integers means; nothing else differs (F52).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// Standard CEL: `7 / 2` is 3.
    Condition,
    /// The `calculate` action: `7 / 2` is 3.5 (R7.20).
    Calculate,
}

/// Why [`evaluate`] gives no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionError {
    /// The text is not an expression; the first problem.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// The line, from 1; 0 when the problem is the whole text.
        line: u32,
        /// The column in characters, from 1; 0 when the problem is the whole text.
        column: u32,
        /// What is wrong there.
        message: String,
    },
    /// The expression has no value in this context, for example because a key is missing.
    #[error("{message}")]
    Evaluation {
        /// What went wrong.
        message: String,
    },
    /// The expression, its evaluation or its result is too large.
    #[error("{message}")]
    Limit {
        /// Which limit was met.
        message: String,
    },
}

impl ExpressionError {
    /// A stable code for hosts that have no Rust types, e.g. `expression_syntax`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "expression_syntax",
            Self::Evaluation { .. } => "expression_evaluation",
            Self::Limit { .. } => "expression_limit",
        }
    }
}

/// What an author should know about the text of an expression, without evaluating it; nothing if all
/// is well.
///
/// ```
/// use chatflow::{Dialect, ExpressionProblemKind, check_expression};
///
/// let found = check_expression("temp.cups > ", Dialect::Condition);
/// assert_eq!((found[0].kind, found[0].line), (ExpressionProblemKind::Syntax, 1));
/// assert_eq!(check_expression("temp.cups > 2", Dialect::Condition), []);
/// ```
pub fn check_expression(expression: &str, dialect: Dialect) -> Vec<Problem> {
    match Program::compile(expression, dialect) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    }
}

/// Evaluates an expression as a condition would, with the top-level keys of `context` as its
/// variables.
///
/// The language is CEL with the additions of `docs/expressions.md`. Numbers of the result follow the
/// number rule: whole numbers that fit 64 bits are integers.
///
/// ```
/// use serde_json::json;
///
/// let context = json!({ "temp": { "drink": { "value": "tea", "label": "Tea" }, "cups": 3 } });
/// assert_eq!(chatflow::evaluate("temp.drink == 'tea' && temp.cups > 2", &context)?, json!(true));
/// assert_eq!(chatflow::evaluate("temp.cups / 2.0", &context)?, json!(1.5));
/// # Ok::<(), chatflow::ExpressionError>(())
/// ```
///
/// # Errors
/// [`ExpressionError::Syntax`] if the text is not an expression, [`ExpressionError::Evaluation`] if
/// it has no value, [`ExpressionError::Limit`] if it exceeds a limit.
pub fn evaluate(
    expression: &str,
    context: &serde_json::Value,
) -> Result<serde_json::Value, ExpressionError> {
    let program = Program::compile(expression, Dialect::Condition).map_err(refused)?;
    let roots: Vec<_> =
        program.roots().iter().map(|root| context.get(&**root).map(Value::from)).collect();
    let budget = Budget::default();
    let value = program.eval(&roots, budget).and_then(|value| value.to_json(budget.size));
    value.map_err(|error| match error.kind {
        ErrorKind::Missing | ErrorKind::Type | ErrorKind::Range => {
            ExpressionError::Evaluation { message: error.message.into_owned() }
        }
        ErrorKind::Limit => ExpressionError::Limit { message: error.message.into_owned() },
    })
}

pub(crate) fn refused(problems: Vec<Problem>) -> ExpressionError {
    match problems.into_iter().next() {
        Some(Problem { kind: ProblemKind::Limit, message, .. }) => {
            ExpressionError::Limit { message }
        }
        Some(Problem { line, column, message, .. }) => {
            ExpressionError::Syntax { line, column, message }
        }
        None => {
            ExpressionError::Syntax { line: 0, column: 0, message: "not an expression".to_owned() }
        }
    }
}
