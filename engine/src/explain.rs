//! Why a condition held or did not: the values of its parts, and who set its variables.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::check::{Pointer, Report};
use crate::expr::{self, Budget, Dialect, Explained, ExpressionError, Program, truth};
use crate::id::{FlowId, NodeId};
use crate::json_condition::{ConditionScope, JsonCondition};
use crate::trace::{TraceStep, path_segments};
use crate::value::path::{Path, get_in};

/// An expression with what it and each of its parts came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Whether it holds, as a condition.
    pub holds: bool,
    /// The whole expression.
    pub whole: Part,
    /// The variables that were looked at, each once, in the order of their first use.
    pub variables: Vec<VariableRead>,
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Its text; the whole as written, a part in the spelling of the language.
    pub source: String,
    /// What it came to.
    pub outcome: PartOutcome,
    /// Its own parts, in order. Literals and the steps of a macro are left out.
    pub parts: Vec<Self>,
}

/// What a [`Part`] came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartOutcome {
    /// A value.
    Value(Value),
    /// No value: why.
    Error(String),
    /// It was not evaluated: what came before it decided.
    Skipped,
}

/// A variable that an expression looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariableRead {
    /// Its path, e.g. `temp.drink`.
    pub path: String,
    /// Its value; absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The step that last set it, something in it, or what it is in.
    pub set_by: Option<SetBy>,
}

/// A step of a trace that set a variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetBy {
    /// Its number: its place among the steps, from 1.
    pub step: usize,
    /// The flow that owns the node.
    pub flow_id: FlowId,
    /// The node.
    pub node_id: NodeId,
    /// Whether it was there before the node was entered: the session started with it.
    pub given: bool,
}

impl Part {
    pub(crate) fn failed(&self) -> bool {
        matches!(self.outcome, PartOutcome::Error(_))
    }
}

/// Explains a condition: an expression, or a JSON condition as in `{"var": "user.age", "gte": 8}`.
///
/// `context` has the variables by scope, as a session's state does: `{"temp": {…}, "user": {…}}`.
/// `steps` are the session's trace up to the condition, if there is one; they tell who set what.
///
/// ```
/// use chatflow::{PartOutcome, explain};
/// use serde_json::json;
///
/// let context = json!({"temp": {"drink": {"value": "tea", "label": "Tea"}, "cups": 1}});
/// let condition = json!("temp.cups > 2 && temp.drink == 'tea'");
/// let explanation = explain(&condition, &context, &[])?;
/// assert!(!explanation.holds);
///
/// let [cups, drink] = &*explanation.whole.parts else { panic!("two sides") };
/// assert_eq!((&*cups.source, &cups.outcome), ("temp.cups > 2", &PartOutcome::Value(json!(false))));
/// assert_eq!((&*drink.source, &drink.outcome), ("temp.drink == 'tea'", &PartOutcome::Skipped));
/// assert_eq!(explanation.variables[0].path, "temp.cups");
/// # Ok::<(), chatflow::ExpressionError>(())
/// ```
///
/// # Errors
///
/// [`ExpressionError::Syntax`] or [`ExpressionError::Limit`] if a text is not an expression. What
/// goes wrong in the evaluation is part of the explanation.
pub fn explain(
    condition: &Value,
    context: &Value,
    steps: &[TraceStep],
) -> Result<Explanation, ExpressionError> {
    let context = Context { value: context, empty: Value::Object(Map::new()), bare: false };
    let mut reads = Vec::new();
    let (whole, holds) = context.condition(condition, true, &mut reads)?;
    Ok(finish(whole, holds, reads, steps))
}

/// Explains the expression of a `calculate` action, in which `/` gives fractions and bare names mean
/// variables of `temp`.
///
/// # Errors
///
/// As [`explain`].
pub fn explain_calculation(
    expression: &str,
    context: &Value,
    steps: &[TraceStep],
) -> Result<Explanation, ExpressionError> {
    let context = Context { value: context, empty: Value::Object(Map::new()), bare: true };
    let mut reads = Vec::new();
    let Explained { part, holds, reads: found } = context.cel(expression, Dialect::Calculate)?;
    context.take(found, &mut reads);
    Ok(finish(part, holds, reads, steps))
}

fn finish(
    whole: Part,
    holds: bool,
    reads: Vec<(Vec<Box<str>>, Option<Value>)>,
    steps: &[TraceStep],
) -> Explanation {
    let variable = |(path, value): (Vec<Box<str>>, Option<Value>)| VariableRead {
        set_by: set_by(&path, steps),
        path: path.join("."),
        value,
    };
    Explanation { holds, whole, variables: reads.into_iter().map(variable).collect() }
}

/// The last step that changed a path, something below it or something above it.
fn set_by(path: &[Box<str>], steps: &[TraceStep]) -> Option<SetBy> {
    let touches = |changed: &String| {
        let changed = path_segments(changed);
        path.starts_with(&changed) || changed.starts_with(path)
    };
    steps.iter().enumerate().rev().find_map(|(at, step)| {
        let own = step.changed.keys().any(touches);
        let given = !own && step.given.keys().any(touches);
        (own || given).then(|| SetBy {
            step: at.saturating_add(1),
            flow_id: step.flow_id,
            node_id: step.node_id.clone(),
            given,
        })
    })
}

/// What a condition looks at.
struct Context<'c> {
    value: &'c Value,
    empty: Value,
    /// Whether bare names may mean variables of `temp` (F52).
    bare: bool,
}

type Reads = Vec<(Vec<Box<str>>, Option<Value>)>;

impl Context<'_> {
    fn cel(&self, text: &str, dialect: Dialect) -> Result<Explained, ExpressionError> {
        expr::explain(text, dialect, &|name| self.root(name, self.bare)).map_err(expr::refused)
    }

    fn root(&self, name: &str, bare: bool) -> Option<&Value> {
        let own = self.value.get(name);
        if own.is_none() && matches!(name, "user" | "temp" | "context" | "env") {
            return Some(&self.empty);
        }
        let scope = if bare { self.scope_of(name) } else { None };
        scope.and_then(|scope| self.value.get(scope)?.get(name)).or(own)
    }

    /// The scope that a bare name is found in (R5.4).
    fn scope_of(&self, name: &str) -> Option<&'static str> {
        let scopes = ["user", "temp", "context", "session", "input", "output", "local", "system"];
        if scopes.contains(&name) {
            return None;
        }
        let holds = |scope: &&str| self.value.get(*scope).is_some_and(|it| it.get(name).is_some());
        ["input", "local", "output", "temp"].into_iter().find(|scope| holds(scope))
    }

    /// Adds reads, each under the scope that it was found in.
    fn take(&self, found: Vec<expr::Read>, reads: &mut Reads) {
        for read in found {
            let mut path = read.path;
            let scope = path.first().filter(|_| self.bare).and_then(|name| self.scope_of(name));
            if let Some(scope) = scope {
                path.insert(0, scope.into());
            }
            if !reads.iter().any(|(known, _)| *known == path) {
                reads.push((path, read.value));
            }
        }
    }

    /// A condition in any form (R2.61, R6.30), and whether it holds.
    fn condition(
        &self,
        condition: &Value,
        reached: bool,
        reads: &mut Reads,
    ) -> Result<(Part, bool), ExpressionError> {
        if let Value::String(text) = condition
            && !text.trim().is_empty()
        {
            let Explained { mut part, holds, reads: found } = self.cel(text, Dialect::Condition)?;
            if reached {
                self.take(found, reads);
            } else {
                skip(&mut part);
            }
            return Ok((part, holds));
        }
        let mut parts = Vec::new();
        let holds = match condition {
            Value::Object(fields) => {
                self.fields(condition, fields, reached, (&mut parts, reads))?
            }
            Value::Bool(holds) => *holds,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(_) | Value::Null | Value::Array(_) => false,
        };
        let outcome = if reached { PartOutcome::Value(holds.into()) } else { PartOutcome::Skipped };
        Ok((Part { source: condition.to_string(), outcome, parts }, holds))
    }

    fn fields(
        &self,
        condition: &Value,
        fields: &Map<String, Value>,
        reached: bool,
        (parts, reads): (&mut Vec<Part>, &mut Reads),
    ) -> Result<bool, ExpressionError> {
        // The first of these decides what the object is (R6.30).
        for (form, decisive) in [("and", false), ("or", true)] {
            let Some(list) = fields.get(form) else { continue };
            let Some(list) = list.as_array() else { return Ok(false) };
            let (mut open, mut result) = (true, !decisive);
            for inner in list {
                let (part, holds) = self.condition(inner, reached && open, reads)?;
                if open && holds == decisive {
                    (open, result) = (false, decisive);
                }
                parts.push(part);
            }
            return Ok(result);
        }
        if let Some(inner) = fields.get("not") {
            let (part, holds) = self.condition(inner, reached, reads)?;
            parts.push(part);
            return Ok(!holds);
        }
        let report = &mut Report::default();
        let compiled = JsonCondition::compile(
            condition,
            &Pointer::root(),
            report,
            &mut |text, _, _| Path::parse(text).ok(),
            &mut |text, _, _| Program::compile(text, Dialect::Condition).ok(),
        );
        if reached {
            let operands = fields.values().filter_map(|operand| operand.get("var"));
            let paths = fields.get("var").into_iter().chain(operands).filter_map(Value::as_str);
            for path in paths.filter_map(|path| Path::parse(path).ok()) {
                let value = ConditionScope::<Path, Program>::get(self, &path);
                let mut segments = path.segments().to_vec();
                let bare = path.rest().is_empty();
                if let Some(scope) = self.scope_of(path.head()).filter(|_| bare) {
                    segments.insert(0, scope.into());
                }
                if !reads.iter().any(|(known, _)| *known == segments) {
                    reads.push((segments, value.map(Cow::into_owned)));
                }
            }
        }
        Ok(compiled.holds(self))
    }
}

impl ConditionScope<Path, Program> for Context<'_> {
    fn get(&self, path: &Path) -> Option<Cow<'_, Value>> {
        let root = self.root(path.head(), path.rest().is_empty())?;
        get_in(root, path.rest()).map(Cow::Borrowed)
    }

    fn cel(&self, program: &Program) -> bool {
        let slot = |root: &str| self.root(root, false).map(expr::Value::from);
        let slots: Vec<_> = program.roots().iter().map(|root| slot(root)).collect();
        program.eval(&slots, Budget::default()).is_ok_and(|value| truth(&value).holds)
    }
}

fn skip(part: &mut Part) {
    part.outcome = PartOutcome::Skipped;
    part.parts.iter_mut().for_each(skip);
}
