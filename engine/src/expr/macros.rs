//! Lowering of macros: those that the parser expands, recognised by their shape, and those that it
//! leaves as calls.

use cel_interpreter::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, operators as op};

use super::{
    functions,
    lower::{Lower, Lowered, Refusal, malformed},
    node::{Loop, LoopKind, Node},
};

const UNKNOWN: Refusal = malformed("unknown macro");

/// What a macro does with each element.
struct Parts<'p> {
    variables: &'p [&'p str],
    filter: Option<&'p IdedExpr>,
    body: &'p IdedExpr,
}

impl<'p> Parts<'p> {
    const fn new(variables: &'p [&'p str], body: &'p IdedExpr) -> Self {
        Self { variables, filter: None, body }
    }
}

impl Lower<'_> {
    /// `target.f(args)`: a function with a namespace, a macro, or a method.
    pub(super) fn member(&mut self, call: &CallExpr, target: &IdedExpr) -> Lowered {
        if let Expr::Ident(space) = &target.expr
            && !self.locals.contains(space)
        {
            let full = format!("{}.{}", space.trim_start_matches('.'), call.func_name);
            if let ("cel.bind", [name, value, body]) = (full.as_str(), call.args.as_slice()) {
                return self.bound(name, value, body).map(Node::Bind);
            }
            if space == "host"
                && (self.hosts.find(&call.func_name, call.args.len()).is_some()
                    || functions::find(&call.func_name, true, call.args.len()).is_none())
            {
                return self.host(&call.func_name, &call.args);
            }
            let namespace = matches!(
                space.as_str(),
                "math" | "strings" | "lists" | "base64" | "optional" | "cel"
            );
            if functions::find(&full, false, call.args.len()).is_some()
                || (namespace && functions::find(&call.func_name, true, call.args.len()).is_none())
            {
                return self.function(&full, None, &call.args);
            }
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("optMap", [name, body]) => {
                self.bound(name, target, body).map(|pair| Node::OptMap(false, pair))
            }
            ("optFlatMap", [name, body]) => {
                self.bound(name, target, body).map(|pair| Node::OptMap(true, pair))
            }
            ("sortBy", [x, key]) => {
                self.looped(LoopKind::SortBy, target, &Parts::new(&[name(x)?], key))
            }
            (macro_name, [k, v, rest @ ..]) => match (two_variable_macro(macro_name), rest) {
                (Some(kind), [body]) => {
                    self.looped(kind, target, &Parts::new(&[name(k)?, name(v)?], body))
                }
                (Some(kind @ (LoopKind::Map | LoopKind::MapToMap)), [filter, body]) => {
                    let variables = [name(k)?, name(v)?];
                    let parts = Parts { filter: Some(filter), ..Parts::new(&variables, body) };
                    self.looped(kind, target, &parts)
                }
                _ => self.function(macro_name, Some(target), &call.args),
            },
            (method, args) => self.function(method, Some(target), args),
        }
    }

    /// `body` with `value` under a name.
    fn bound(
        &mut self,
        variable: &IdedExpr,
        value: &IdedExpr,
        body: &IdedExpr,
    ) -> Lowered<Box<[Node; 2]>> {
        let value = self.expr(value)?;
        let body = self.scoped(&[name(variable)?], |this| this.expr(body))?;
        Ok(Box::new([value, body]))
    }

    fn scoped<T>(
        &mut self,
        variables: &[&str],
        inside: impl FnOnce(&mut Self) -> Lowered<T>,
    ) -> Lowered<T> {
        let depth = self.locals.len();
        self.locals.extend(variables.iter().map(|name| (*name).to_owned()));
        let result = inside(self);
        self.locals.truncate(depth);
        result
    }

    fn looped(&mut self, kind: LoopKind, range: &IdedExpr, parts: &Parts<'_>) -> Lowered {
        let range = self.expr(range)?;
        let (filter, body) = self.scoped(parts.variables, |this| {
            let filter = parts.filter.map(|filter| this.expr(filter)).transpose()?;
            Ok((filter, this.expr(parts.body)?))
        })?;
        let two = parts.variables.len() == 2;
        Ok(Node::Loop(Box::new(Loop { kind, range, two, filter, body })))
    }

    /// Recognises what the parser made of `all`, `exists`, `exists_one`, `map` and `filter`. The
    /// accumulator always comes first in the step, except in a conditional one.
    pub(super) fn comprehension(&mut self, it: &ComprehensionExpr) -> Lowered {
        let (range, variables) = (&it.iter_range, [it.iter_var.as_str()]);
        let Expr::Call(step) = &it.loop_step.expr else { return Err(UNKNOWN) };
        match (step.func_name.as_str(), step.args.as_slice()) {
            (op::LOGICAL_AND, [_, body]) => {
                self.looped(LoopKind::All, range, &Parts::new(&variables, body))
            }
            (op::LOGICAL_OR, [_, body]) => {
                self.looped(LoopKind::Exists, range, &Parts::new(&variables, body))
            }
            (op::ADD, [_, item]) => {
                self.looped(LoopKind::Map, range, &Parts::new(&variables, only(item)?))
            }
            (op::CONDITIONAL, [test, then, _]) => {
                if !matches!(it.accu_init.expr, Expr::List(_)) {
                    let parts = Parts::new(&variables, test);
                    return self.looped(LoopKind::ExistsOne, range, &parts);
                }
                let Expr::Call(add) = &then.expr else { return Err(UNKNOWN) };
                let item = only(add.args.last().ok_or(UNKNOWN)?)?;
                let parts = Parts { filter: Some(test), ..Parts::new(&variables, item) };
                self.looped(LoopKind::Map, range, &parts)
            }
            _ => Err(UNKNOWN),
        }
    }
}

fn two_variable_macro(name: &str) -> Option<LoopKind> {
    Some(match name {
        "all" => LoopKind::All,
        "exists" => LoopKind::Exists,
        "exists_one" | "existsOne" => LoopKind::ExistsOne,
        "transformList" => LoopKind::Map,
        "transformMap" => LoopKind::MapToMap,
        _ => return None,
    })
}

/// The element of a one-element list.
fn only(list: &IdedExpr) -> Lowered<&IdedExpr> {
    let Expr::List(list) = &list.expr else { return Err(UNKNOWN) };
    let [item] = list.elements.as_slice() else { return Err(UNKNOWN) };
    Ok(item)
}

fn name(variable: &IdedExpr) -> Lowered<&str> {
    let Expr::Ident(name) = &variable.expr else {
        return Err(malformed("the variable of a macro must be a simple name"));
    };
    Ok(name)
}
