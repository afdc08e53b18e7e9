//! Why an evaluation failed, and why a text is not an expression.

use std::borrow::Cow;

use serde::Serialize;

use super::value::Value;

/// The kinds of failed evaluation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ErrorKind {
    /// A name, key, index or function that does not exist.
    Missing,
    /// An operator or function met values that it has no meaning for.
    Type,
    /// A value out of range: overflow, division by zero, a bad date, a bad pattern.
    Range,
    /// The budget is spent. Unlike the others, `&&`, `||` and the macros never absorb it.
    Limit,
}

/// A failed evaluation: its kind, and a sentence for the trace.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Error {
    pub(crate) kind: ErrorKind,
    pub(crate) message: Cow<'static, str>,
}

impl Error {
    fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn missing(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Missing, message)
    }

    pub(super) fn no_key(name: &str) -> Self {
        Self::missing(format!("no such key: `{name}`"))
    }

    pub(super) fn mismatch(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Type, message)
    }

    /// `what` has no meaning for arguments of these types.
    pub(super) fn no_overload(what: &str, args: &[Value<'_>]) -> Self {
        let types: Vec<_> = args.iter().map(Value::type_name).collect();
        Self::mismatch(format!("`{what}` does not apply to ({})", types.join(", ")))
    }

    pub(super) fn range(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Range, message)
    }

    pub(super) fn overflow() -> Self {
        Self::range("integer overflow")
    }

    pub(super) fn limit(message: &'static str) -> Self {
        Self::new(ErrorKind::Limit, message)
    }

    pub(super) fn is_limit(&self) -> bool {
        self.kind == ErrorKind::Limit
    }
}

/// What is wrong with the text of an expression.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The text is not CEL (R6.21).
    Syntax,
    /// The text is too long, too deep or too large (R6.8).
    Limit,
    /// A call of a function that does not exist; an error when (and only when) it is evaluated.
    UnknownFunction,
    /// A constant regular expression that does not compile; an error when it is evaluated.
    Pattern,
    /// `{{path}}`, where a plain path is meant (R6.9).
    TemplateInExpression,
}

/// Something an author should know about an expression before it runs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// From 1; 0 when the problem is the whole expression.
    pub line: u32,
    /// In characters, from 1; 0 when the problem is the whole expression.
    pub column: u32,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What kind of thing. Only `Syntax` and `Limit` keep the text from being an expression.
    pub kind: ProblemKind,
}
