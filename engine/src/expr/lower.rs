//! From the parser's tree to ours: names become slots, macros loops, constants values.

use std::{cmp::Ordering, sync::Arc};

use cel_interpreter::common::ast::{
    CallExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue, operators as op,
};

use super::{
    Dialect,
    error::{Error, ProblemKind},
    functions,
    host::HostFunctions,
    node::{Arith, Node, Pair, Relation},
    syntax::NODES,
    value::{List, Value},
};

/// The deepest tree (R6.8).
const DEPTH: usize = 64;

/// Why a tree cannot be evaluated at all.
pub(super) struct Refusal {
    pub(super) kind: ProblemKind,
    pub(super) message: &'static str,
}

pub(super) type Lowered<T = Node> = Result<T, Refusal>;

pub(super) const fn malformed(message: &'static str) -> Refusal {
    Refusal { kind: ProblemKind::Syntax, message }
}

/// A warning about the first call of a name.
pub(super) struct Warning {
    pub(super) kind: ProblemKind,
    pub(super) call: String,
    pub(super) message: String,
}

/// A tree with the names that it uses.
pub(super) struct Tree {
    pub(super) root: Node,
    pub(super) roots: Vec<Box<str>>,
    pub(super) warnings: Vec<Warning>,
}

pub(super) struct Lower<'h> {
    dialect: Dialect,
    pub(super) hosts: &'h HostFunctions,
    pub(super) locals: Vec<String>,
    roots: Vec<Box<str>>,
    nodes: usize,
    depth: usize,
    warnings: Vec<Warning>,
}

impl<'h> Lower<'h> {
    pub(super) fn lower(
        parsed: &IdedExpr,
        dialect: Dialect,
        hosts: &'h HostFunctions,
    ) -> Lowered<Tree> {
        let mut lower = Self {
            dialect,
            hosts,
            locals: Vec::new(),
            roots: Vec::new(),
            nodes: 0,
            depth: 0,
            warnings: Vec::new(),
        };
        let root = lower.expr(parsed)?;
        Ok(Tree { root, roots: lower.roots, warnings: lower.warnings })
    }

    pub(super) fn expr(&mut self, parsed: &IdedExpr) -> Lowered {
        let refuse = |message| Err(Refusal { kind: ProblemKind::Limit, message });
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > NODES {
            return refuse("the expression has more than 2000 parts");
        }
        if self.depth >= DEPTH {
            return refuse("the expression is nested deeper than 64");
        }
        self.depth = self.depth.saturating_add(1);
        let node = self.kind(&parsed.expr);
        self.depth = self.depth.saturating_sub(1);
        node
    }

    fn boxed(&mut self, parsed: &IdedExpr) -> Lowered<Box<Node>> {
        self.expr(parsed).map(Box::new)
    }

    fn kind(&mut self, parsed: &Expr) -> Lowered {
        match parsed {
            Expr::Literal(value) => Ok(Node::Const(literal(value))),
            Expr::Ident(name) => Ok(self.name(name)),
            Expr::Select(select) if select.test => {
                Ok(Node::Has(self.boxed(&select.operand)?, select.field.as_str().into()))
            }
            Expr::Select(select) => match dotted_type(parsed) {
                Some(name) => Ok(Node::Const(Value::Type(name))),
                None => {
                    Ok(Node::Select(self.boxed(&select.operand)?, select.field.as_str().into()))
                }
            },
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let optional = |index| list.optional_indices.contains(&index);
                let items = list.elements.iter().enumerate();
                let items = items.map(|(index, item)| Ok((optional(index), self.expr(item)?)));
                Ok(fold(items.collect::<Lowered<_>>()?))
            }
            Expr::Map(map) => {
                let entries = map.entries.iter().map(|entry| self.entry(entry));
                Ok(Node::Map(entries.collect::<Lowered<_>>()?))
            }
            Expr::Comprehension(it) => self.comprehension(it),
            Expr::Struct(_) => Err(malformed("message literals are not supported")),
            Expr::Unspecified => Err(malformed("empty expression")),
        }
    }

    fn entry(&mut self, entry: &IdedEntryExpr) -> Lowered<(bool, Node, Node)> {
        match &entry.expr {
            EntryExpr::MapEntry(entry) => {
                Ok((entry.optional, self.expr(&entry.key)?, self.expr(&entry.value)?))
            }
            EntryExpr::StructField(_) => Err(malformed("message literals are not supported")),
        }
    }

    /// A variable of a macro, else a root. With a leading dot it is always a root.
    fn name(&mut self, name: &str) -> Node {
        let local = self.locals.iter().rposition(|local| local == name);
        local.map_or_else(|| self.root(name.strip_prefix('.').unwrap_or(name)), Node::Local)
    }

    fn root(&mut self, name: &str) -> Node {
        let slot = self.roots.iter().position(|root| **root == *name).unwrap_or_else(|| {
            self.roots.push(name.into());
            self.roots.len().saturating_sub(1)
        });
        Node::Root(slot)
    }

    fn warn(&mut self, kind: ProblemKind, call: &str, error: Error) -> Node {
        let message = error.message.clone().into_owned();
        self.warnings.push(Warning { kind, call: call.to_owned(), message });
        Node::Fail(error)
    }

    fn pair(&mut self, call: &CallExpr) -> Lowered<Pair> {
        let [a, b] = call.args.as_slice() else { return Err(malformed("two operands expected")) };
        Ok(Box::new([self.expr(a)?, self.expr(b)?]))
    }

    fn operand(&mut self, call: &CallExpr) -> Lowered<Box<Node>> {
        let [a] = call.args.as_slice() else { return Err(malformed("one operand expected")) };
        self.boxed(a)
    }

    fn call(&mut self, call: &CallExpr) -> Lowered {
        if let Some(target) = &call.target {
            return self.member(call, target);
        }
        if let Some(op) = arith(&call.func_name, self.dialect) {
            return Ok(Node::Arith(op, self.pair(call)?));
        }
        if let Some(relation) = relation(&call.func_name) {
            return Ok(Node::Compare(relation, self.pair(call)?));
        }
        Ok(match call.func_name.as_str() {
            op::LOGICAL_AND => Node::And(self.pair(call)?),
            op::LOGICAL_OR => Node::Or(self.pair(call)?),
            op::LOGICAL_NOT => Node::Not(self.operand(call)?),
            op::NEGATE => Node::Neg(self.operand(call)?),
            op::IN => Node::In(self.pair(call)?),
            op::INDEX => Node::Index(self.pair(call)?),
            op::OPT_INDEX => Node::OptIndex(self.pair(call)?),
            op::OPT_SELECT => {
                let [of, field] = call.args.as_slice() else {
                    return Err(malformed("malformed optional selection"));
                };
                let Expr::Literal(LiteralValue::String(field)) = &field.expr else {
                    return Err(malformed("malformed optional selection"));
                };
                Node::OptSelect(self.boxed(of)?, field.inner().into())
            }
            op::CONDITIONAL => {
                let [test, then, otherwise] = call.args.as_slice() else {
                    return Err(malformed("malformed conditional"));
                };
                let parts = [self.expr(test)?, self.expr(then)?, self.expr(otherwise)?];
                Node::Cond(Box::new(parts))
            }
            name => self.function(name.strip_prefix('.').unwrap_or(name), None, &call.args)?,
        })
    }

    /// A call of a function, or of a method on `target`. One that does not exist is a warning, and
    /// an error when it is evaluated.
    pub(super) fn function(
        &mut self,
        name: &str,
        target: Option<&IdedExpr>,
        args: &[IdedExpr],
    ) -> Lowered {
        let nodes = target.into_iter().chain(args).map(|arg| self.expr(arg));
        let nodes = nodes.collect::<Lowered<Vec<_>>>()?;
        let Some(function) = functions::find(name, target.is_some(), args.len()) else {
            let call = name.rsplit('.').next().unwrap_or(name);
            let error = unknown(name, target.is_some(), args.len());
            return Ok(self.warn(ProblemKind::UnknownFunction, call, error));
        };
        if name != "matches" {
            return Ok(Node::Call(function, nodes));
        }
        Ok(match <[Node; 2]>::try_from(nodes) {
            Ok([text, Node::Const(Value::Str(pattern))]) => match functions::regex(&pattern) {
                Ok(regex) => Node::Matches(Box::new(text), Box::new(regex)),
                Err(error) => self.warn(ProblemKind::Pattern, "matches", error),
            },
            Ok(pair) => Node::Call(function, pair.into()),
            Err(nodes) => Node::Call(function, nodes),
        })
    }
}

impl Lower<'_> {
    /// `host.name(args)`.
    pub(super) fn host(&mut self, name: &str, args: &[IdedExpr]) -> Lowered {
        let nodes = args.iter().map(|arg| self.expr(arg)).collect::<Lowered<Vec<_>>>()?;
        let Some(function) = self.hosts.find(name, args.len()) else {
            let error = unknown(&format!("host.{name}"), false, args.len());
            return Ok(self.warn(ProblemKind::UnknownFunction, name, error));
        };
        // An argument that can never fit is told when the flow is compiled.
        let refused = nodes.iter().enumerate().find_map(|(at, node)| {
            if let Node::Const(value) = node { function.refuses(at, value) } else { None }
        });
        Ok(match refused {
            Some(error) => self.warn(ProblemKind::UnknownFunction, name, error),
            None => Node::Host(Box::new(function.clone()), nodes),
        })
    }
}

fn unknown(name: &str, member: bool, args: usize) -> Error {
    if name == "now" && !member {
        return Error::missing("unknown function `now`: the time of the turn is `session.now`");
    }
    let what = if member { "method" } else { "function" };
    let plural = if args == 1 { "" } else { "s" };
    Error::missing(format!("unknown {what} `{name}` with {args} argument{plural}"))
}

fn arith(name: &str, dialect: Dialect) -> Option<Arith> {
    Some(match (name, dialect) {
        (op::ADD, _) => Arith::Add,
        (op::SUBSTRACT, _) => Arith::Sub,
        (op::MULTIPLY, _) => Arith::Mul,
        (op::DIVIDE, Dialect::Condition) => Arith::Div,
        (op::DIVIDE, Dialect::Calculate) => Arith::Ratio,
        (op::MODULO, _) => Arith::Rem,
        _ => return None,
    })
}

fn relation(name: &str) -> Option<Relation> {
    Some(match name {
        op::EQUALS => Relation::Equal,
        op::NOT_EQUALS => Relation::Unequal,
        op::LESS => Relation::Order(Ordering::is_lt),
        op::LESS_EQUALS => Relation::Order(Ordering::is_le),
        op::GREATER => Relation::Order(Ordering::is_gt),
        op::GREATER_EQUALS => Relation::Order(Ordering::is_ge),
        _ => return None,
    })
}

/// `google.protobuf.Timestamp` and its like: a chain of plain names that is a type's name.
fn dotted_type(mut parsed: &Expr) -> Option<&'static str> {
    let mut parts = Vec::new();
    while let Expr::Select(select) = parsed {
        parts.push(select.field.as_str());
        parsed = &select.operand.expr;
    }
    let Expr::Ident(root) = parsed else { return None };
    if root.trim_start_matches('.') != "google" {
        return None;
    }
    parts.push("google");
    parts.reverse();
    functions::type_named(&parts.join("."))
}

fn literal(value: &LiteralValue) -> Value<'static> {
    match value {
        LiteralValue::Boolean(b) => Value::Bool(*b.inner()),
        LiteralValue::Bytes(b) => Value::Bytes(b.inner().into()),
        LiteralValue::Double(d) => Value::Double(*d.inner()),
        LiteralValue::Int(i) => Value::Int(*i.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::String(s) => Value::string(s.inner()),
        LiteralValue::UInt(u) => Value::UInt(*u.inner()),
    }
}

/// A list of constants is a constant; nothing else is worth folding.
fn fold(items: Vec<(bool, Node)>) -> Node {
    let constant = |(optional, item): &(bool, Node)| !optional && matches!(item, Node::Const(_));
    if !items.iter().all(constant) {
        return Node::List(items);
    }
    let value = |(_, item)| if let Node::Const(value) = item { value } else { Value::Null };
    Node::Const(Value::List(List::Own(Arc::new(items.into_iter().map(value).collect()))))
}
