//! Action nodes and their actions (R2.70, R7.1 to R7.19).

use serde_json::{Map, Value};

use super::fields::Fields;
use super::request::ApiCall;
use crate::check::{Code, Pointer, Report};
use crate::expr::{Aggregate, AggregateProblemKind, Dialect, Program};
use crate::flow::predicate::{Predicate, compile_cel, compile_path};
use crate::flow::target::Target;
use crate::value::path::Path;
use crate::value::shape::Shape;

/// Runs actions in order.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) steps: Box<[ActionStep]>,
    pub(crate) continue_on_error: bool,
    /// Receives the list of errors.
    pub(crate) error_variable: Option<Target>,
}

/// One action.
#[derive(Debug)]
pub(crate) struct ActionStep {
    pub(crate) name: &'static str,
    pub(crate) guard: Option<Predicate>,
    /// Whether an error still counts as success (R7.6).
    pub(crate) forgiving: bool,
    pub(crate) op: Op,
}

/// What an action does.
#[derive(Debug)]
pub(crate) enum Op {
    Set { target: Target, value: Shape },
    Add { target: Target, amount: Shape, negate: bool },
    Append { target: Target, value: Shape, unique: bool, max_length: Option<usize>, spread: bool },
    Remove { target: Target, value: Shape, all: bool },
    Clear { target: Target },
    Delete { target: Target },
    Calculate { target: Target, program: Program },
    Evaluate { target: Target, program: Program },
    Aggregate { target: Target, source: Path, aggregate: Aggregate },
    ApiCall(Box<ApiCall>),
}

const TYPES: [&str; 10] = [
    "set_variable",
    "increment",
    "decrement",
    "append",
    "remove",
    "clear",
    "calculate",
    "delete_variable",
    "aggregate",
    "api_call",
];

impl Action {
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Self {
        let alone = !fields.map.contains_key("actions") && fields.map.contains_key("type");
        let mut steps = Vec::new();
        if alone {
            steps.extend(ActionStep::compile(fields.map, fields.at, report));
        } else {
            let list = fields.list(&["actions"], report);
            if list.is_none_or(Vec::is_empty) {
                report
                    .add(Code::ActionMissing, &fields.at.push("actions"), "the node has no actions")
                    .help("add e.g. `{\"type\": \"set_variable\", \"variable\": \"temp.x\", \"value\": 1}`");
            }
            for (i, action) in list.into_iter().flatten().enumerate() {
                let at = fields.at.push("actions").push(i);
                match action.as_object() {
                    Some(map) => steps.extend(ActionStep::compile(map, &at, report)),
                    None => {
                        report
                            .add(Code::ActionType, &at, "an action must be an object")
                            .help("write `{\"type\": …}`, or remove it");
                    }
                }
            }
        }
        let error_at = fields.at.push("error_variable");
        Self {
            steps: steps.into(),
            continue_on_error: fields.flag(&["continue_on_error"], report).unwrap_or(true),
            error_variable: fields
                .text(&["error_variable"], report)
                .filter(|_| !alone)
                .and_then(|text| Target::compile(text, &error_at, Code::ActionVariable, report)),
        }
    }
}

/// An action with its parameters: those in `params` go before those beside `type` (R7.1).
struct Parameters<'a> {
    fields: Fields<'a>,
    name: &'static str,
}

impl ActionStep {
    fn compile(action: &Map<String, Value>, at: &Pointer, report: &mut Report) -> Option<Self> {
        let written = action.get("type").and_then(Value::as_str).unwrap_or_default();
        let Some(name) = TYPES.into_iter().find(|known| *known == written) else {
            report
                .add(
                    Code::ActionType,
                    &at.push("type"),
                    format!("`{written}` is not an action type"),
                )
                .help(format!("use one of {}", TYPES.join(", ")));
            return None;
        };
        let mut merged = action.clone();
        let params = action.get("params").and_then(Value::as_object);
        merged
            .extend(params.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        let parameters = Parameters { fields: Fields { map: &merged, at }, name };
        let guard = action
            .get("if")
            // An editor's empty field guards nothing.
            .filter(|value| {
                !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())
            })
            .map(|value| Predicate::compile(value, &at.push("if"), Code::CelSyntax, report));
        let forgiving = match action.get("on_error") {
            None | Some(Value::Null) => false,
            Some(value) => {
                let known = value.as_str().filter(|text| matches!(*text, "continue" | "fail"));
                if known.is_none() {
                    report
                        .add(Code::NodeField, &at.push("on_error"), format!("{value} is not known"))
                        .help("use `continue` or `fail`");
                }
                known == Some("continue")
            }
        };
        Some(Self { name, guard, forgiving, op: parameters.op(report)? })
    }
}

impl Parameters<'_> {
    fn op(&self, report: &mut Report) -> Option<Op> {
        match self.name {
            "set_variable" => {
                Some(Op::Set { target: self.variable(report)?, value: self.value(report) })
            }
            "increment" | "decrement" => {
                let target = self.variable(report)?;
                let (name, amount) =
                    self.fields.first(&["amount", "increment", "by", "value"]).map_or_else(
                        || ("amount", Value::from(1)),
                        |(name, value)| (name, value.clone()),
                    );
                let at = self.fields.at.push(name);
                if !amount.is_number() && !amount.is_string() {
                    report
                        .add(
                            Code::ActionField,
                            &at,
                            format!("`{name}` must be a number or a reference"),
                        )
                        .help("write a number, or a text such as `{{temp.points}}`");
                }
                let amount = Shape::compile(&amount, &at, report);
                Some(Op::Add { target, amount, negate: self.name == "decrement" })
            }
            "append" => Some(Op::Append {
                target: self.variable(report)?,
                value: self.value(report),
                unique: self.flag("unique", report),
                spread: self.flag("spread", report),
                max_length: self
                    .fields
                    .map
                    .get("max_length")
                    .and_then(Value::as_u64)
                    .and_then(|n| usize::try_from(n).ok()),
            }),
            "remove" => Some(Op::Remove {
                target: self.variable(report)?,
                value: self.value(report),
                all: self.flag("all", report),
            }),
            "clear" => Some(Op::Clear { target: self.variable(report)? }),
            "delete_variable" => Some(Op::Delete { target: self.variable(report)? }),
            "calculate" => {
                let target = self.target(&["result_variable", "target", "variable"], report)?;
                let program = self.program(Dialect::Calculate, report)?;
                Some(Op::Calculate { target, program })
            }
            "aggregate" => self.aggregate(report),
            _ => ApiCall::compile(&self.fields, report).map(|call| Op::ApiCall(Box::new(call))),
        }
    }

    fn aggregate(&self, report: &mut Report) -> Option<Op> {
        let target = self.target(&["target"], report)?;
        if self.fields.is_set("expression") {
            return Some(Op::Evaluate {
                target,
                program: self.program(Dialect::Condition, report)?,
            });
        }
        let Some(source) = self.fields.text(&["source"], report) else {
            self.missing("expression", report);
            return None;
        };
        let source =
            compile_path(source, &self.fields.at.push("source"), Code::ActionField, report)?;
        match Aggregate::parse(self.fields.map) {
            Ok(aggregate) => Some(Op::Aggregate { target, source, aggregate }),
            Err(problem) => {
                let code = match problem.kind {
                    AggregateProblemKind::Missing => Code::ActionField,
                    AggregateProblemKind::Unknown | AggregateProblemKind::NotText => {
                        Code::ActionOperation
                    }
                };
                report.add(code, &self.fields.at.push(problem.field), problem.message).help(
                    "write `expression`, e.g. `sum(temp.scores)`, or name `operation` and `source`",
                );
                None
            }
        }
    }

    fn program(&self, dialect: Dialect, report: &mut Report) -> Option<Program> {
        let at = self.fields.at.push("expression");
        let Some(source) = self.fields.text(&["expression"], report) else {
            self.missing("expression", report);
            return None;
        };
        compile_cel(source, dialect, &at, Code::CelSyntax, report)
    }

    fn variable(&self, report: &mut Report) -> Option<Target> {
        self.target(&["variable"], report)
    }

    fn target(&self, names: &[&'static str], report: &mut Report) -> Option<Target> {
        let Some((name, _)) = self.fields.first(names) else {
            self.missing(names.first().copied().unwrap_or("variable"), report);
            return None;
        };
        let text = self.fields.text(names, report)?;
        Target::compile(text, &self.fields.at.push(name), Code::ActionVariable, report)
    }

    fn value(&self, report: &mut Report) -> Shape {
        let Some(value) = self.fields.map.get("value") else {
            self.missing("value", report);
            return Shape::Constant(Value::Null);
        };
        Shape::compile(value, &self.fields.at.push("value"), report)
    }

    fn flag(&self, name: &'static str, report: &mut Report) -> bool {
        self.fields.flag(&[name], report).unwrap_or(false)
    }

    fn missing(&self, field: &str, report: &mut Report) {
        report
            .add(
                Code::ActionField,
                &self.fields.at.push(field),
                format!("`{}` needs `{field}`", self.name),
            )
            .help(format!("add `{field}` to the action"));
    }
}
