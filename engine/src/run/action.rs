//! Action nodes (R2.70 to R2.74, section 7).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Number, Value};

use super::scope::Scope;
use super::write::{code_of, once_each};
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::NodeKind;
use crate::flow::node::action::{Action, ActionStep, Op};
use crate::flow::target::Target;
use crate::protocol::{EndReason, Event, Outcome};
use crate::session::{Acting, Resume};
use crate::value::Lookup;
use crate::value::option::option_value;
use crate::value::settle;
use crate::value::shape::{Purpose, Shape};
use crate::value::template::Missing;

/// How many actions a turn may run.
const MAX_ACTIONS: u32 = 10_000;

/// Why an action failed; nothing of it was written (R7.7).
pub(super) struct ActionError {
    pub(super) code: Cow<'static, str>,
    pub(super) reason: String,
}

impl ActionError {
    pub(super) fn new(code: impl Into<Cow<'static, str>>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), reason: reason.into() }
    }
}

/// What an action has done.
pub(super) enum Done {
    /// These paths were written.
    Wrote(Vec<Arc<str>>),
    /// It needs the host.
    Waits(Move),
}

impl<'a> Run<'a> {
    pub(super) fn enter_action(&mut self, node: &'a Node, action: &'a Action) -> Move {
        self.act(node, action, Acting::default())
    }

    /// Goes on after the effect of the action at `acting.index`.
    pub(super) fn resume_action(
        &mut self,
        node: &'a Node,
        action: &'a Action,
        mut acting: Acting,
        outcome: Outcome,
    ) -> Move {
        let Some(step) = action.steps.get(acting.index) else {
            return self.acted(node, action, acting);
        };
        let result = if let Op::ApiCall(call) = &step.op {
            self.finish_api_call(call, outcome)
        } else {
            Err(ActionError::new("resume_mismatch", "it does not wait for its host"))
        };
        self.note(step, &mut acting, result);
        self.act(node, action, acting)
    }

    fn act(&mut self, node: &'a Node, action: &'a Action, mut acting: Acting) -> Move {
        while let Some(step) = action.steps.get(acting.index) {
            if acting.failed && !action.continue_on_error {
                break;
            }
            if !self.counts_action() {
                return self.end(EndReason::Error, Some("step_limit"));
            }
            if !self.guard_holds(step, acting.index) {
                acting.index = acting.index.saturating_add(1);
                continue;
            }
            match self.run_action(&step.op, node, &acting) {
                Ok(Done::Waits(next)) => return next,
                Ok(Done::Wrote(paths)) => self.note(step, &mut acting, Ok(paths)),
                Err(error) => self.note(step, &mut acting, Err(error)),
            }
        }
        self.acted(node, action, acting)
    }

    /// Whether the turn may run one more action: a node may hold very many (R11.26).
    fn counts_action(&mut self) -> bool {
        let turn = self.turn();
        turn.actions = turn.actions.saturating_add(1);
        turn.actions <= MAX_ACTIONS
    }

    fn guard_holds(&mut self, step: &ActionStep, index: usize) -> bool {
        let Some(guard) = &step.guard else { return true };
        Scope::of(self.session).holds(guard).unwrap_or_else(|error| {
            self.warn("condition_error", format!("action {index}: {error}"));
            false
        })
    }

    /// Notes the result of the action at `acting.index` and moves on to the next.
    fn note(
        &mut self,
        step: &ActionStep,
        acting: &mut Acting,
        result: Result<Vec<Arc<str>>, ActionError>,
    ) {
        self.trace_action(step, acting.index, &result);
        match result {
            Ok(paths) if acting.variables.is_empty() => acting.variables = paths,
            Ok(paths) => acting.variables.extend(paths),
            Err(error) => {
                acting
                    .errors
                    .push(format!("action {} ({}): {}", acting.index, step.name, error.reason));
                if !step.forgiving {
                    acting.failed = true;
                    self.record_failure(error.code, error.reason);
                }
            }
        }
        acting.index = acting.index.saturating_add(1);
    }

    fn acted(&mut self, node: &'a Node, action: &'a Action, acting: Acting) -> Move {
        let mut variables = acting.variables;
        if let Some(target) = &action.error_variable {
            let errors = acting.errors.iter().map(|error| Value::from(error.as_str())).collect();
            match self.write(target, errors) {
                Ok(()) => variables.push(self.name_of(target)),
                Err(error) => self.warn("not_written", format!("{}: {error}", target.text())),
            }
        }
        let here = self.here();
        self.events.push(Event::Acted {
            node: here,
            actions: action.steps.len(),
            variables: once_each(variables),
            errors: acting.errors,
            success: !acting.failed,
        });
        if acting.failed {
            self.after_failure(node, &[])
        } else {
            self.leave(node, &[ConnectionType::Success])
        }
    }

    fn run_action(
        &mut self,
        op: &'a Op,
        node: &'a Node,
        acting: &Acting,
    ) -> Result<Done, ActionError> {
        let target = match op {
            Op::ApiCall(call) => {
                let nth = nth_request(node, acting.index);
                return self.start_api_call(call, (node, nth), Resume::Action(acting.clone()));
            }
            Op::Set { target, value } => {
                let value = self.filled(value);
                self.put(target, value)?;
                target
            }
            Op::Add { target, amount, negate } => {
                let amount = self.filled(amount);
                let sum = add(self.read(target), &amount, *negate)?;
                self.put(target, sum)?;
                target
            }
            Op::Append { target, .. } => {
                self.append(op, target)?;
                target
            }
            Op::Remove { target, value, all } => {
                let value = self.filled(value);
                if !self.remove_element(target, &value, *all)? {
                    return Ok(Done::Wrote(Vec::new()));
                }
                target
            }
            Op::Clear { target } => {
                self.put(target, Value::Null)?;
                target
            }
            Op::Delete { target } => {
                if self.read(target).is_none() {
                    return Ok(Done::Wrote(Vec::new()));
                }
                self.remove(target);
                target
            }
            Op::Calculate { target, program } => {
                let value = Scope::of(self.session).evaluate(program, true).map_err(cel_error)?;
                self.put(target, value)?;
                target
            }
            Op::Evaluate { target, program } => {
                let value = Scope::of(self.session).evaluate(program, false).map_err(cel_error)?;
                return self.put_unless_null(target, value);
            }
            Op::Aggregate { target, source, aggregate } => {
                let scope = Scope::of(self.session);
                let list = Lookup::get(&scope, source);
                let value =
                    aggregate.run(list.as_deref()).map_err(|error| cel_error(error.to_string()))?;
                return self.put_unless_null(target, value.unwrap_or(Value::Null));
            }
        };
        Ok(Done::Wrote(vec![self.name_of(target)]))
    }

    /// A null result writes nothing and is no error (R6.63, R7.18).
    fn put_unless_null(&mut self, target: &Target, value: Value) -> Result<Done, ActionError> {
        if value.is_null() {
            return Ok(Done::Wrote(Vec::new()));
        }
        self.put(target, value)?;
        Ok(Done::Wrote(vec![self.name_of(target)]))
    }

    fn filled(&mut self, shape: &Shape) -> Value {
        let mut missing = Missing::default();
        let mut value = shape.fill(&Scope::of(self.session), Purpose::Store, &mut missing);
        settle(&mut value);
        self.warn_missing(missing);
        value
    }

    pub(super) fn put(&mut self, target: &Target, value: Value) -> Result<(), ActionError> {
        self.write(target, value).map_err(|error| {
            ActionError::new(code_of(error), format!("{}: {error}", target.text()))
        })
    }

    fn append(&mut self, op: &Op, target: &Target) -> Result<(), ActionError> {
        let Op::Append { value, unique, max_length, spread, .. } = op else { return Ok(()) };
        let value = self.filled(value);
        let mut list = match self.read(target) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => return Err(not_a_list(target)),
        };
        let added = match (value, spread) {
            (Value::Array(items), true) => items,
            (one, _) => vec![one],
        };
        for item in added {
            if !(*unique && list.contains(&item)) {
                list.push(item);
            }
        }
        if let Some(excess) = max_length.and_then(|max| list.len().checked_sub(max)) {
            list.drain(..excess);
        }
        self.put(target, Value::Array(list))
    }

    /// R7.14: an option object equals its scalar value. Says whether there was anything to remove.
    fn remove_element(
        &mut self,
        target: &Target,
        value: &Value,
        all: bool,
    ) -> Result<bool, ActionError> {
        let mut list = match self.read(target) {
            None | Some(Value::Null) => return Ok(false),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => return Err(not_a_list(target)),
        };
        let before = list.len();
        let equal = |item: &Value| {
            item == value || option_value(item) == Some(value) || option_value(value) == Some(item)
        };
        if all {
            list.retain(|item| !equal(item));
        } else if let Some(at) = list.iter().position(equal) {
            list.remove(at);
        }
        if list.len() == before {
            return Ok(false);
        }
        self.put(target, Value::Array(list)).map(|()| true)
    }
}

/// Which request of its node an action sends: what the requests' keys are numbered by (R7.50).
fn nth_request(node: &Node, index: usize) -> usize {
    let NodeKind::Action(action) = &node.kind else { return 0 };
    let before = action.steps.iter().take(index);
    before.filter(|step| matches!(step.op, Op::ApiCall(_))).count()
}

fn not_a_list(target: &Target) -> ActionError {
    ActionError::new("not_a_list", format!("{} is not a list", target.text()))
}

fn cel_error(reason: String) -> ActionError {
    ActionError::new("expression_error", reason)
}

/// R7.11: absent and null count as 0, numeric texts as their number.
fn add(current: Option<&Value>, amount: &Value, negate: bool) -> Result<Value, ActionError> {
    let (a, b) = (number(current)?, number(Some(amount))?);
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        let sum = if negate { a.checked_sub(b) } else { a.checked_add(b) };
        return sum
            .map(Value::from)
            .ok_or_else(|| ActionError::new("overflow", "the number is too large"));
    }
    let (a, b) = (a.as_f64().unwrap_or(0.0), b.as_f64().unwrap_or(0.0));
    let sum = if negate { a - b } else { a + b };
    Number::from_f64(sum)
        .map(Value::Number)
        .ok_or_else(|| ActionError::new("overflow", "the number is too large"))
}

fn number(value: Option<&Value>) -> Result<Number, ActionError> {
    let refuse = || ActionError::new("not_a_number", "a number is needed");
    let plain = value.map(|value| option_value(value).unwrap_or(value));
    match plain {
        None | Some(Value::Null) => Ok(Number::from(0)),
        Some(Value::Number(number)) => Ok(number.clone()),
        Some(Value::String(text)) => {
            let text = text.trim();
            let integer = text.parse::<i64>().ok().map(Number::from);
            integer.or_else(|| text.parse().ok().and_then(Number::from_f64)).ok_or_else(refuse)
        }
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(refuse()),
    }
}
