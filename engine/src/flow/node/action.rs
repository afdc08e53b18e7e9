//! Action nodes and their actions (R2.70, R7.1 to R7.19).

use serde_json::{Map, Value};

use super::fields::Fields;
use super::request::ApiCall;
use crate::check::{Code, Patch, Pointer, Report, near_miss};
use crate::expr::{Aggregate, AggregateProblemKind, Dialect, Program};
use crate::flow::compile::Compiler;
use crate::flow::predicate::{Language, Predicate, compile_cel, compile_path};
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
    Calculate { target: Target, program: Box<Program> },
    Evaluate { target: Target, program: Box<Program> },
    Aggregate { target: Target, source: Path, aggregate: Box<Aggregate> },
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
    pub(crate) fn compile(fields: &Fields<'_>, compiler: &Compiler, report: &mut Report) -> Self {
        let alone = !fields.map.contains_key("actions") && fields.map.contains_key("type");
        let mut steps = Vec::new();
        if alone {
            steps.extend(ActionStep::compile(fields.map, fields.at, compiler, report));
        } else {
            tell_async(fields.map, fields.at, report);
            let list = fields.list(&["actions"], report);
            if list.is_none_or(Vec::is_empty) {
                report
                    .add(Code::ActionMissing, &fields.at.push("actions"), "the node has no actions")
                    .help("add e.g. `{\"type\": \"set_variable\", \"variable\": \"temp.x\", \"value\": 1}`");
            }
            for (i, action) in list.into_iter().flatten().enumerate() {
                let at = fields.at.push("actions").push(i);
                match action.as_object() {
                    Some(map) => steps.extend(ActionStep::compile(map, &at, compiler, report)),
                    None => {
                        report
                            .add(Code::ActionItem, &at, "an action must be an object")
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

/// `async` is accepted and does nothing (R7.60).
fn tell_async(map: &Map<String, Value>, at: &Pointer, report: &mut Report) {
    if map.get("async") == Some(&Value::Bool(true)) {
        report
            .add(Code::ActionAsync, &at.push("async"), "the actions run before the flow goes on")
            .help("remove `async`")
            .fix(Patch::remove(&at.push("async")));
    }
}

/// An action with its parameters: those in `params` go before those beside `type` (R7.1).
struct Parameters<'a> {
    params: Option<Fields<'a>>,
    flat: Fields<'a>,
    compiler: &'a Compiler,
    name: &'static str,
}

impl ActionStep {
    fn compile(
        action: &Map<String, Value>,
        at: &Pointer,
        compiler: &Compiler,
        report: &mut Report,
    ) -> Option<Self> {
        let name = type_of(action, at, report)?;
        tell_async(action, at, report);
        let params_at = at.push("params");
        let params = action.get("params").and_then(Value::as_object);
        let parameters = Parameters {
            params: params.map(|map| Fields { map, at: &params_at }),
            flat: Fields { map: action, at },
            compiler,
            name,
        };
        let extensions = &compiler.extensions;
        let guard = action
            .get("if")
            // An editor's empty field guards nothing.
            .filter(|value| {
                !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())
            })
            .map(|value| {
                Predicate::compile(value, extensions, &at.push("if"), Code::CelSyntax, report)
            });
        let forgiving = match action.get("on_error") {
            None | Some(Value::Null) => false,
            Some(value) => {
                let known = value.as_str().filter(|text| matches!(*text, "continue" | "fail"));
                if known.is_none() {
                    let at = at.push("on_error");
                    let meant =
                        value.as_str().and_then(|text| near_miss(text, &["continue", "fail"]));
                    report
                        .add(Code::NodeField, &at, format!("{value} is not known"))
                        .help("use `continue` or `fail`")
                        .fix(meant.map(|name| Patch::replace(&at, name)));
                }
                known == Some("continue")
            }
        };
        Some(Self { name, guard, forgiving, op: parameters.op(report)? })
    }
}

/// The type of an action (R7.2).
fn type_of(action: &Map<String, Value>, at: &Pointer, report: &mut Report) -> Option<&'static str> {
    let at = at.push("type");
    let known = format!("use one of {}", TYPES.join(", "));
    let Some(written) = action.get("type").filter(|value| !value.is_null()) else {
        report.add(Code::ActionTypeMissing, &at, "the action has no `type`").help(known);
        return None;
    };
    let name = TYPES.into_iter().find(|known| written.as_str() == Some(known));
    if name.is_none() {
        let meant = near_miss(written.as_str().unwrap_or_default(), &TYPES);
        report
            .add(Code::ActionType, &at, format!("{written} is not an action type"))
            .help(known)
            .fix(meant.map(|name| Patch::replace(&at, name)));
    }
    name
}

impl<'a> Parameters<'a> {
    fn op(&self, report: &mut Report) -> Option<Op> {
        match self.name {
            "set_variable" => {
                Some(Op::Set { target: self.variable(report)?, value: self.value(report) })
            }
            "increment" | "decrement" => {
                let target = self.variable(report)?;
                let amount = self.amount(report);
                Some(Op::Add { target, amount, negate: self.name == "decrement" })
            }
            "append" => Some(Op::Append {
                target: self.variable(report)?,
                value: self.value(report),
                unique: self.flag("unique", report),
                spread: self.flag("spread", report),
                max_length: self.max_length(report),
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
                let program = Box::new(self.program(Dialect::Calculate, report)?);
                Some(Op::Calculate { target, program })
            }
            "aggregate" => self.aggregate(report),
            _ => self.api_call(report),
        }
    }

    fn api_call(&self, report: &mut Report) -> Option<Op> {
        let addresses = &self.compiler.addresses;
        let call = if let Some((fields, _, Value::Object(_))) = self.find(&["config"]) {
            ApiCall::compile(fields, addresses, report)
        } else {
            let merged = self.merged();
            let at = self.params.as_ref().map_or(self.flat.at, |params| params.at);
            let before = report.len();
            let call = ApiCall::compile(&Fields { map: &merged, at }, addresses, report);
            let outside = ["type", "params", "if", "on_error", "name"];
            let is_beside = |key: &String| !outside.contains(&key.as_str());
            if self.params.is_some() && self.flat.map.keys().any(is_beside) {
                // The places of what stands beside are not those of what is in `params`.
                report.drop_fixes(before);
            }
            call
        };
        call.map(|call| Op::ApiCall(Box::new(call)))
    }

    /// All parameters in one object.
    fn merged(&self) -> Map<String, Value> {
        let mut merged = self.flat.map.clone();
        let params = self.params.iter().flat_map(|params| params.map);
        merged.extend(params.map(|(key, value)| (key.clone(), value.clone())));
        merged
    }

    fn amount(&self, report: &mut Report) -> Shape {
        let Some((fields, name, value)) = self.find(&["amount", "increment", "by", "value"]) else {
            return Shape::Constant(Value::from(1));
        };
        let at = fields.at.push(name);
        let amount = Shape::compile(value, &at, report);
        let known = match &amount {
            Shape::Constant(Value::String(text)) => {
                text.trim().parse::<f64>().is_ok_and(f64::is_finite)
            }
            Shape::Constant(Value::Number(_)) | Shape::Reference(_) | Shape::Text(_) => true,
            Shape::Constant(_) | Shape::Html(_) | Shape::List(_) | Shape::Object(_) => false,
        };
        if !known {
            report
                .add(Code::ActionAmount, &at, format!("`{name}` must be a number or a reference"))
                .help("write a number, or a text such as `{{temp.points}}`");
        }
        amount
    }

    fn max_length(&self, report: &mut Report) -> Option<usize> {
        let (fields, name, value) = self.find(&["max_length"])?;
        let length = value.as_u64().and_then(|length| usize::try_from(length).ok());
        if length.is_none() {
            report
                .add(
                    Code::NodeField,
                    &fields.at.push(name),
                    "`max_length` must be a whole number from 0",
                )
                .help("correct `max_length`, or remove it");
        }
        length
    }

    fn aggregate(&self, report: &mut Report) -> Option<Op> {
        let target = self.target(&["target"], report)?;
        let is_set = |text: &Value| text.as_str().is_none_or(|text| !text.trim().is_empty());
        if self.find(&["expression"]).is_some_and(|(_, _, text)| is_set(text)) {
            let program = Box::new(self.program(Dialect::Condition, report)?);
            return Some(Op::Evaluate { target, program });
        }
        let Some((fields, _, source)) = self.find(&["source"]) else {
            self.missing("expression", report);
            return None;
        };
        let source_at = fields.at.push("source");
        let Some(source) = source.as_str() else {
            report
                .add(Code::ActionVariable, &source_at, "`source` must be a text")
                .help("write the path of a list, e.g. `temp.scores`");
            return None;
        };
        let source = compile_path(source, &source_at, Code::ActionVariable, report)?;
        match Aggregate::parse(&self.merged()) {
            Ok(aggregate) => Some(Op::Aggregate { target, source, aggregate: Box::new(aggregate) }),
            Err(problem) => {
                let code = match problem.kind {
                    AggregateProblemKind::Missing => Code::ActionField,
                    AggregateProblemKind::Unknown | AggregateProblemKind::NotText => {
                        Code::ActionOperation
                    }
                };
                let at = self.place(problem.field);
                report.add(code, &at, problem.message).help(
                    "write `expression`, e.g. `sum(temp.scores)`, or name `operation` and `source`",
                );
                None
            }
        }
    }

    fn program(&self, dialect: Dialect, report: &mut Report) -> Option<Program> {
        let Some((fields, name, source)) = self.find(&["expression"]) else {
            self.missing("expression", report);
            return None;
        };
        let at = fields.at.push(name);
        let Some(source) = source.as_str() else {
            report
                .add(Code::ActionExpression, &at, "an expression must be a text")
                .help("write CEL, e.g. `temp.right / temp.all * 100`");
            return None;
        };
        let language = Language { dialect, extensions: &self.compiler.extensions };
        compile_cel(source, language, &at, Code::ActionExpression, report)
    }

    fn variable(&self, report: &mut Report) -> Option<Target> {
        self.target(&["variable"], report)
    }

    fn target(&self, names: &[&'static str], report: &mut Report) -> Option<Target> {
        let Some((fields, name, value)) = self.find(names) else {
            self.missing(names.first().copied().unwrap_or("variable"), report);
            return None;
        };
        let at = fields.at.push(name);
        let Some(text) = value.as_str() else {
            report
                .add(Code::ActionVariable, &at, format!("`{name}` must be a text"))
                .help("write to a variable such as `temp.answer` or `user.age`");
            return None;
        };
        Target::compile(text, &at, Code::ActionVariable, report)
    }

    fn value(&self, report: &mut Report) -> Shape {
        // Null is a value (R7.10).
        let held = |fields: &&Fields<'_>| fields.map.contains_key("value");
        let fields = self.params.iter().chain([&self.flat]).find(held);
        let Some((fields, value)) =
            fields.and_then(|fields| Some((fields, fields.map.get("value")?)))
        else {
            self.missing("value", report);
            return Shape::Constant(Value::Null);
        };
        Shape::compile(value, &fields.at.push("value"), report)
    }

    fn flag(&self, name: &'static str, report: &mut Report) -> bool {
        let found = self.find(&[name]);
        found.and_then(|(fields, name, _)| fields.flag(&[name], report)).unwrap_or(false)
    }

    /// The first of `names` that is present and not null, in `params` before beside `type`.
    fn find(&self, names: &[&'static str]) -> Option<(&Fields<'a>, &'static str, &'a Value)> {
        self.params
            .iter()
            .chain([&self.flat])
            .find_map(|fields| fields.first(names).map(|(name, value)| (fields, name, value)))
    }

    /// Where a parameter is, or would be.
    fn place(&self, name: &'static str) -> Pointer {
        self.find(&[name]).map_or(self.flat.at, |(fields, ..)| fields.at).push(name)
    }

    fn missing(&self, field: &'static str, report: &mut Report) {
        report
            .add(Code::ActionField, &self.place(field), format!("`{}` needs `{field}`", self.name))
            .help(format!("add `{field}` to the action"));
    }
}
