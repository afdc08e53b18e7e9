//! Evaluates an expression and each of its parts, for a reader.
//!
//! A part is compiled and evaluated by itself, so that evaluation knows nothing of explaining and
//! costs nothing for it. Which parts an evaluation would have passed by follows from the values of
//! those before them.

use cel_interpreter::common::ast::{
    CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators as op,
};

use super::{
    Dialect, compile::Program, error::Error, functions, json::truth, meter::Budget, source::Source,
    syntax, unparse, value::Value,
};
use crate::explain::{Part, PartOutcome};

/// Steps for all parts together, beside the usual ones of the whole.
const STEPS: u64 = 400_000;

/// Macros whose variables are their first arguments.
const MACROS: [&str; 9] = [
    "optMap",
    "optFlatMap",
    "sortBy",
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "transformList",
    "transformMap",
];

/// Finds the value of a free name.
pub(crate) type Roots<'a> = dyn Fn(&str) -> Option<&'a serde_json::Value> + 'a;

/// What an evaluation looked at: a path of segments, and the value that was there.
pub(crate) struct Read {
    pub(crate) path: Vec<Box<str>>,
    pub(crate) value: Option<serde_json::Value>,
}

/// An explained expression.
pub(crate) struct Explained {
    pub(crate) part: Part,
    pub(crate) holds: bool,
    pub(crate) reads: Vec<Read>,
}

/// Explains a text; its problems if it is no expression.
pub(crate) fn explain(
    text: &str,
    dialect: Dialect,
    roots: &Roots<'_>,
) -> Result<Explained, Vec<super::Problem>> {
    let source = Source::new(text);
    let parsed = syntax::parse(&source)?;
    let program = Program::of_parsed(&parsed, dialect)
        .map_err(|refusal| vec![syntax::whole(refusal.kind, refusal.message)])?;
    let mut explainer = Explainer { dialect, roots, left: STEPS, reads: Vec::new() };
    let budget = Budget::default();
    let slots: Vec<_> = program.roots().iter().map(|root| roots(root).map(Value::from)).collect();
    let (value, holds) = match program.eval(&slots, budget) {
        Ok(value) => (value.to_json(budget.size), truth(&value).holds),
        Err(error) => (Err(error), false),
    };
    let parts = explainer.parts(&parsed, true);
    if let Some(path) = path_of(&parsed) {
        explainer.read(path, value.as_ref().ok().cloned());
    }
    let part = Part { source: text.trim().to_owned(), outcome: outcome(value), parts };
    Ok(Explained { part, holds, reads: explainer.reads })
}

struct Explainer<'r, 'a> {
    dialect: Dialect,
    roots: &'r Roots<'a>,
    /// Steps left for parts.
    left: u64,
    reads: Vec<Read>,
}

impl Explainer<'_, '_> {
    /// The part and its own parts; `None` for a literal, which explains itself.
    fn part(&mut self, expr: &IdedExpr, reached: bool) -> Option<Part> {
        if matches!(expr.expr, Expr::Literal(_)) {
            return None;
        }
        let source = unparse::text(expr);
        if !reached {
            let parts = self.parts(expr, false);
            return Some(Part { source, outcome: PartOutcome::Skipped, parts });
        }
        let value = self.value(expr);
        if let Some(path) = path_of(expr) {
            self.read(path, value.as_ref().ok().cloned());
        }
        let parts = self.parts(expr, true);
        Some(Part { source, outcome: outcome(value), parts })
    }

    fn value(&mut self, expr: &IdedExpr) -> Result<serde_json::Value, Error> {
        let program = Program::of_parsed(expr, self.dialect)
            .map_err(|refusal| Error::limit(refusal.message))?;
        let usual = Budget::default();
        let budget = Budget { steps: self.left.min(usual.steps), ..usual };
        let slots: Vec<_> =
            program.roots().iter().map(|root| (self.roots)(root).map(Value::from)).collect();
        let (value, spent) = program.eval_counted(&slots, budget);
        self.left = self.left.saturating_sub(spent);
        value.and_then(|value| value.to_json(budget.size))
    }

    fn read(&mut self, path: Vec<Box<str>>, value: Option<serde_json::Value>) {
        if !self.reads.iter().any(|read| read.path == path) {
            self.reads.push(Read { path, value });
        }
    }

    /// The parts of an expression that is reached or not.
    fn parts(&mut self, expr: &IdedExpr, reached: bool) -> Vec<Part> {
        if path_of(expr).is_some() {
            return Vec::new();
        }
        match &expr.expr {
            Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => Vec::new(),
            Expr::Select(select) => {
                if select.test {
                    return self.tested(&select.operand, &select.field, reached);
                }
                self.in_order([&*select.operand], reached)
            }
            Expr::List(list) => self.in_order(&list.elements, reached),
            Expr::Map(map) => {
                let entries = map.entries.iter().filter_map(|entry| match &entry.expr {
                    EntryExpr::MapEntry(entry) => Some([&entry.key, &entry.value]),
                    EntryExpr::StructField(_) => None,
                });
                self.in_order(entries.flatten(), reached)
            }
            Expr::Comprehension(it) => {
                let parts = self.in_order([&it.iter_range], reached);
                if reached {
                    let mut bound = vec![it.iter_var.as_str(), it.accu_var.as_str()];
                    self.reads_of(&it.loop_step, &mut bound);
                }
                parts
            }
            Expr::Call(call) => self.call(call, reached),
        }
    }

    /// `has(of.field)` looks at the field, too, and gives no error if it is not there.
    fn tested(&mut self, of: &IdedExpr, field: &str, reached: bool) -> Vec<Part> {
        let Some(mut path) = path_of(of) else { return self.in_order([of], reached) };
        if reached {
            let found = self.value(of).ok();
            path.push(field.into());
            self.read(path, found.and_then(|found| found.get(field).cloned()));
        }
        Vec::new()
    }

    fn call(&mut self, call: &CallExpr, reached: bool) -> Vec<Part> {
        match (call.func_name.as_str(), call.args.as_slice(), &call.target) {
            (name @ (op::LOGICAL_AND | op::LOGICAL_OR), [a, b], None) => {
                let decisive = name == op::LOGICAL_OR;
                let decides = reached
                    && match self.value(a) {
                        Ok(value) => value.as_bool() == Some(decisive),
                        Err(error) => error.is_limit(),
                    };
                let parts = [self.part(a, reached), self.part(b, reached && !decides)];
                parts.into_iter().flatten().collect()
            }
            (op::CONDITIONAL, [test, then, otherwise], None) => {
                let chosen = if reached { self.value(test).ok() } else { None };
                let chosen = chosen.and_then(|value| value.as_bool());
                let parts = [
                    self.part(test, reached),
                    self.part(then, chosen == Some(true)),
                    self.part(otherwise, chosen == Some(false)),
                ];
                parts.into_iter().flatten().collect()
            }
            (_, args, target) => {
                let looped = looped(call);
                if reached && let Some((bound, rest)) = &looped {
                    let mut bound = bound.clone();
                    for body in *rest {
                        self.reads_of(body, &mut bound);
                    }
                }
                let shown = if looped.is_some() { Vec::new() } else { args.iter().collect() };
                let bind = args.get(1).filter(|_| is_bind(call));
                let target = target.as_deref().filter(|target| !is_namespace(call, target));
                self.in_order(target.into_iter().chain(bind).chain(shown), reached)
            }
        }
    }

    /// Operands, of which each is evaluated unless one before it fails.
    fn in_order<'p>(
        &mut self,
        operands: impl IntoIterator<Item = &'p IdedExpr>,
        mut reached: bool,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        for operand in operands {
            let part = self.part(operand, reached);
            reached &= !part.as_ref().is_some_and(Part::failed);
            parts.extend(part);
        }
        parts
    }

    /// The variables that the body of a macro looks at, beside its own.
    fn reads_of<'p>(&mut self, expr: &'p IdedExpr, bound: &mut Vec<&'p str>) {
        if let Some(path) = path_of(expr) {
            if !path.first().is_some_and(|root| bound.contains(&&**root)) {
                let value = self.value(expr).ok();
                self.read(path, value);
            }
            return;
        }
        let depth = bound.len();
        match &expr.expr {
            Expr::Select(select) => self.reads_of(&select.operand, bound),
            Expr::List(list) => {
                for item in &list.elements {
                    self.reads_of(item, bound);
                }
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.reads_of(&entry.key, bound);
                        self.reads_of(&entry.value, bound);
                    }
                }
            }
            Expr::Comprehension(it) => {
                self.reads_of(&it.iter_range, bound);
                bound.extend([it.iter_var.as_str(), it.accu_var.as_str()]);
                self.reads_of(&it.loop_step, bound);
            }
            Expr::Call(call) => {
                let target = call.target.as_deref().filter(|target| !is_namespace(call, target));
                if let Some(target) = target {
                    self.reads_of(target, bound);
                }
                let looped = looped(call);
                if let Some((variables, _)) = &looped {
                    bound.extend(variables);
                }
                let rest = looped.map_or(&*call.args, |(_, rest)| rest);
                for arg in rest {
                    self.reads_of(arg, bound);
                }
            }
            Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => {}
        }
        bound.truncate(depth);
    }
}

fn outcome(value: Result<serde_json::Value, Error>) -> PartOutcome {
    match value {
        Ok(value) => PartOutcome::Value(value),
        Err(error) => PartOutcome::Error(error.message.into_owned()),
    }
}

/// The segments of a plain path such as `temp.list[0].name`.
fn path_of(expr: &IdedExpr) -> Option<Vec<Box<str>>> {
    if let Some(name) = name_of(expr) {
        return Some(vec![name.trim_start_matches('.').into()]);
    }
    if let Expr::Select(select) = &expr.expr {
        let mut path = path_of(&select.operand).filter(|_| !select.test)?;
        path.push(select.field.as_str().into());
        return Some(path);
    }
    let Expr::Call(CallExpr { func_name, args, target: None }) = &expr.expr else { return None };
    let [of, at] = args.as_slice() else { return None };
    if func_name != op::INDEX {
        return None;
    }
    let mut path = path_of(of)?;
    path.push(if let Expr::Literal(LiteralValue::String(name)) = &at.expr {
        name.inner().into()
    } else if let Expr::Literal(LiteralValue::Int(index)) = &at.expr {
        index.inner().to_string().into()
    } else {
        return None;
    });
    Some(path)
}

fn name_of(expr: &IdedExpr) -> Option<&str> {
    if let Expr::Ident(name) = &expr.expr { Some(name) } else { None }
}

/// The variables of a macro that the parser leaves as a call, and the arguments behind them.
fn looped(call: &CallExpr) -> Option<(Vec<&str>, &[IdedExpr])> {
    let count = if is_bind(call) {
        1
    } else if call.target.is_some() && MACROS.contains(&call.func_name.as_str()) {
        let names = call.args.iter().take(2).take_while(|arg| name_of(arg).is_some());
        names.count().min(call.args.len().saturating_sub(1))
    } else {
        return None;
    };
    let (variables, rest) = call.args.split_at_checked(count)?;
    let names = variables.iter().filter_map(name_of);
    Some((names.collect(), rest))
}

/// `cel.bind(name, value, body)`.
fn is_bind(call: &CallExpr) -> bool {
    let cel = |target: &IdedExpr| matches!(&target.expr, Expr::Ident(space) if space == "cel");
    call.func_name == "bind" && call.args.len() == 3 && call.target.as_deref().is_some_and(cel)
}

/// Whether the target of a call is no value but a part of the function's name: `math.abs(x)`.
fn is_namespace(call: &CallExpr, target: &IdedExpr) -> bool {
    let Expr::Ident(space) = &target.expr else { return false };
    let full = format!("{}.{}", space.trim_start_matches('.'), call.func_name);
    is_bind(call) || functions::find(&full, false, call.args.len()).is_some()
}
