//! The text of a part of an expression: the parser does not keep where parts stand.

use std::fmt::Write;

use cel_interpreter::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, MapEntryExpr,
    operators as op,
};

/// How tightly a part binds, loosest first.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Binding {
    Choice,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Primary,
}

/// A part as CEL: equal to what was written but for spaces, quotes and needless parentheses.
pub(super) fn text(expr: &IdedExpr) -> String {
    let mut out = String::new();
    write_part(expr, Binding::Choice, &mut out);
    out
}

/// The symbol of a binary operator and how tightly it binds.
fn binary(name: &str) -> Option<(&'static str, Binding)> {
    Some(match name {
        op::LOGICAL_OR => ("||", Binding::Or),
        op::LOGICAL_AND => ("&&", Binding::And),
        op::EQUALS => ("==", Binding::Relation),
        op::NOT_EQUALS => ("!=", Binding::Relation),
        op::LESS => ("<", Binding::Relation),
        op::LESS_EQUALS => ("<=", Binding::Relation),
        op::GREATER => (">", Binding::Relation),
        op::GREATER_EQUALS => (">=", Binding::Relation),
        op::IN => ("in", Binding::Relation),
        op::ADD => ("+", Binding::Sum),
        op::SUBSTRACT => ("-", Binding::Sum),
        op::MULTIPLY => ("*", Binding::Product),
        op::DIVIDE => ("/", Binding::Product),
        op::MODULO => ("%", Binding::Product),
        _ => return None,
    })
}

fn binding(expr: &Expr) -> Binding {
    let Expr::Call(call) = expr else { return Binding::Primary };
    match call.func_name.as_str() {
        op::CONDITIONAL => Binding::Choice,
        op::LOGICAL_NOT | op::NEGATE => Binding::Unary,
        name => binary(name).map_or(Binding::Primary, |(_, binding)| binding),
    }
}

/// Writes a part where something at least as tight as `wanted` must stand.
fn write_part(expr: &IdedExpr, wanted: Binding, out: &mut String) {
    let loose = binding(&expr.expr) < wanted;
    if loose {
        out.push('(');
    }
    match &expr.expr {
        Expr::Literal(value) => literal(value, out),
        Expr::Ident(name) => out.push_str(name),
        Expr::Select(select) => {
            if select.test {
                out.push_str("has(");
            }
            write_part(&select.operand, Binding::Primary, out);
            out.push('.');
            field(&select.field, out);
            if select.test {
                out.push(')');
            }
        }
        Expr::Call(call) => write_call(call, out),
        Expr::List(list) => {
            out.push('[');
            for (at, item) in list.elements.iter().enumerate() {
                separate(at, out);
                if list.optional_indices.contains(&at) {
                    out.push('?');
                }
                write_part(item, Binding::Choice, out);
            }
            out.push(']');
        }
        Expr::Map(map) => {
            out.push('{');
            for (at, entry) in map.entries.iter().enumerate() {
                let EntryExpr::MapEntry(MapEntryExpr { key, value, optional }) = &entry.expr else {
                    continue;
                };
                separate(at, out);
                if *optional {
                    out.push('?');
                }
                write_part(key, Binding::Choice, out);
                out.push_str(": ");
                write_part(value, Binding::Choice, out);
            }
            out.push('}');
        }
        Expr::Comprehension(it) => comprehension(it, out),
        Expr::Struct(_) | Expr::Unspecified => out.push('…'),
    }
    if loose {
        out.push(')');
    }
}

fn write_call(call: &CallExpr, out: &mut String) {
    match (&call.target, call.func_name.as_str(), call.args.as_slice()) {
        (None, op::CONDITIONAL, [test, then, otherwise]) => {
            write_part(test, Binding::Or, out);
            out.push_str(" ? ");
            write_part(then, Binding::Or, out);
            out.push_str(" : ");
            write_part(otherwise, Binding::Choice, out);
        }
        (None, name @ (op::LOGICAL_NOT | op::NEGATE), [operand]) => {
            let symbol = if name == op::NEGATE { '-' } else { '!' };
            let mut inner = String::new();
            write_part(operand, Binding::Unary, &mut inner);
            // Two of them in a row would cancel out in the parser, which `-('a')` does not.
            let cancels = inner.starts_with(symbol);
            out.push(symbol);
            out.push_str(if cancels { "(" } else { "" });
            out.push_str(&inner);
            out.push_str(if cancels { ")" } else { "" });
        }
        (None, name @ (op::INDEX | op::OPT_INDEX), [of, at]) => {
            write_part(of, Binding::Primary, out);
            out.push_str(if name == op::INDEX { "[" } else { "[?" });
            write_part(at, Binding::Choice, out);
            out.push(']');
        }
        (None, op::OPT_SELECT, [of, name]) => {
            write_part(of, Binding::Primary, out);
            out.push_str(".?");
            if let Expr::Literal(LiteralValue::String(name)) = &name.expr {
                field(name.inner(), out);
            }
        }
        (None, name, [a, b]) if binary(name).is_some() => {
            let Some((symbol, binding)) = binary(name) else { return };
            // What stands to the right of an operator of its own kind was in parentheses, except
            // that the parser balances long chains of `&&` and `||`.
            let tighter = match binding {
                Binding::Or | Binding::And => binding,
                Binding::Relation => Binding::Sum,
                Binding::Sum => Binding::Product,
                Binding::Choice | Binding::Product | Binding::Unary | Binding::Primary => {
                    Binding::Unary
                }
            };
            write_part(a, binding, out);
            out.push(' ');
            out.push_str(symbol);
            out.push(' ');
            write_part(b, tighter, out);
        }
        (target, name, args) => {
            if let Some(target) = target {
                write_part(target, Binding::Primary, out);
                out.push('.');
            }
            arguments(name, args, out);
        }
    }
}

fn arguments(name: &str, args: &[IdedExpr], out: &mut String) {
    out.push_str(name);
    out.push('(');
    for (at, arg) in args.iter().enumerate() {
        separate(at, out);
        write_part(arg, Binding::Choice, out);
    }
    out.push(')');
}

/// A macro that the parser has expanded, as it was written.
fn comprehension(it: &ComprehensionExpr, out: &mut String) {
    write_part(&it.iter_range, Binding::Primary, out);
    let mut name = "map";
    let mut args: Vec<&IdedExpr> = Vec::new();
    if let Expr::Call(step) = &it.loop_step.expr {
        match (step.func_name.as_str(), step.args.as_slice()) {
            (op::LOGICAL_AND, [_, body]) => (name, args) = ("all", vec![body]),
            (op::LOGICAL_OR, [_, body]) => (name, args) = ("exists", vec![body]),
            (op::ADD, [_, item]) => args.extend(only(item)),
            (op::CONDITIONAL, [test, then, _]) => {
                args.push(test);
                if !matches!(it.accu_init.expr, Expr::List(_)) {
                    name = "exists_one";
                } else if let Expr::Call(add) = &then.expr
                    && let Some(item) = add.args.last().and_then(only)
                {
                    if matches!(&item.expr, Expr::Ident(found) if *found == it.iter_var) {
                        name = "filter";
                    } else {
                        args.push(item);
                    }
                }
            }
            _ => {}
        }
    }
    out.push('.');
    out.push_str(name);
    out.push('(');
    out.push_str(&it.iter_var);
    for arg in args {
        out.push_str(", ");
        write_part(arg, Binding::Choice, out);
    }
    out.push(')');
}

fn only(list: &IdedExpr) -> Option<&IdedExpr> {
    let Expr::List(list) = &list.expr else { return None };
    list.elements.first()
}

fn separate(at: usize, out: &mut String) {
    if at > 0 {
        out.push_str(", ");
    }
}

/// A name behind a dot, in backquotes if it is none.
fn field(name: &str, out: &mut String) {
    let plain = !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain {
        out.push_str(name);
    } else {
        out.push('`');
        out.push_str(name);
        out.push('`');
    }
}

fn literal(value: &LiteralValue, out: &mut String) {
    match value {
        LiteralValue::Boolean(value) => out.push_str(if *value.inner() { "true" } else { "false" }),
        LiteralValue::Bytes(value) => {
            out.push_str("b'");
            for byte in value.inner() {
                let _ = write!(out, "\\x{byte:02x}");
            }
            out.push('\'');
        }
        LiteralValue::Double(value) => {
            let _ = write!(out, "{:?}", value.inner());
        }
        LiteralValue::Int(value) => out.push_str(&value.inner().to_string()),
        LiteralValue::Null => out.push_str("null"),
        LiteralValue::String(value) => {
            out.push('\'');
            for c in value.inner().chars() {
                match c {
                    '\'' | '\\' => out.extend(['\\', c]),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    other => out.push(other),
                }
            }
            out.push('\'');
        }
        LiteralValue::UInt(value) => {
            out.push_str(&value.inner().to_string());
            out.push('u');
        }
    }
}
