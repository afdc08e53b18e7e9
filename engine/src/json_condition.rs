//! Legacy conditions written as JSON (R6.30 to R6.34).

mod compile;
pub(crate) mod operator;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::Value;

use operator::Operator;

use crate::pattern::Pattern;

/// A compiled condition over parsed paths `P` and compiled expressions `C`.
#[derive(Clone, Debug)]
pub(crate) enum JsonCondition<P, C> {
    /// Always or never.
    Constant(bool),
    /// All of them hold; true if there are none.
    All(Vec<Self>),
    /// One of them holds; false if there are none.
    Any(Vec<Self>),
    /// The other does not hold.
    Not(Box<Self>),
    /// An expression is true.
    Cel(C),
    /// A variable passes all tests (R6.31).
    Var {
        /// Where the variable is.
        path: P,
        /// At least one.
        tests: Vec<Test<P>>,
    },
}

/// One operator with its operand.
#[derive(Clone, Debug)]
pub(crate) struct Test<P> {
    operator: Operator,
    operand: Operand<P>,
}

#[derive(Clone, Debug)]
enum Operand<P> {
    Literal(Value),
    /// A literal pattern.
    Pattern(Pattern),
    /// Another variable (R6.32).
    Var(P),
}

/// What a condition looks at.
pub(crate) trait ConditionScope<P, C> {
    /// The value at a path; `None` if absent.
    fn get(&self, path: &P) -> Option<Cow<'_, Value>>;

    /// Whether an expression is true; an error is false.
    fn cel(&self, program: &C) -> bool;
}

impl<P, C> JsonCondition<P, C> {
    /// Whether the condition holds.
    pub(crate) fn holds(&self, scope: &dyn ConditionScope<P, C>) -> bool {
        match self {
            Self::Constant(holds) => *holds,
            Self::All(parts) => parts.iter().all(|part| part.holds(scope)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(scope)),
            Self::Not(part) => !part.holds(scope),
            Self::Cel(program) => scope.cel(program),
            Self::Var { path, tests } => {
                let value = scope.get(path);
                tests.iter().all(|test| test.holds(value.as_deref(), scope))
            }
        }
    }
}

impl<P> Test<P> {
    fn holds<C>(&self, value: Option<&Value>, scope: &dyn ConditionScope<P, C>) -> bool {
        match &self.operand {
            Operand::Literal(operand) => self.operator.holds(value, Some(operand)),
            Operand::Pattern(pattern) => operator::matches(value, pattern),
            Operand::Var(path) => self.operator.holds(value, scope.get(path).as_deref()),
        }
    }
}
