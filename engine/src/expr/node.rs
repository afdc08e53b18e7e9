//! The tree that is evaluated.

use std::cmp::Ordering;

use super::{error::Error, functions::Function, host::HostFunction, value::Value};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    /// `/` of the calculate dialect: between integers as well a division of doubles (F52).
    Ratio,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Order(fn(Ordering) -> bool),
}

/// Two operands.
pub(super) type Pair = Box<[Node; 2]>;

#[derive(Debug)]
pub(super) enum Node {
    Const(Value<'static>),
    /// A free name: the position in [`Program::roots`](super::Program::roots).
    Root(usize),
    /// A variable of a macro, by its depth.
    Local(usize),
    Select(Box<Self>, Box<str>),
    Has(Box<Self>, Box<str>),
    OptSelect(Box<Self>, Box<str>),
    Index(Pair),
    OptIndex(Pair),
    And(Pair),
    Or(Pair),
    Cond(Box<[Self; 3]>),
    Not(Box<Self>),
    Neg(Box<Self>),
    Arith(Arith, Pair),
    Compare(Relation, Pair),
    In(Pair),
    /// Elements; `true` marks an optional one.
    List(Vec<(bool, Self)>),
    /// Entries; `true` marks an optional one.
    Map(Vec<(bool, Self, Self)>),
    Loop(Box<Loop>),
    /// `cel.bind(x, value, body)`.
    Bind(Pair),
    /// `o.optMap(x, body)`, or `optFlatMap` with `true`.
    OptMap(bool, Pair),
    /// `matches` with a constant pattern, compiled once.
    Matches(Box<Self>, Box<regex_lite::Regex>),
    Call(Function, Vec<Self>),
    /// A function of the host.
    Host(Box<HostFunction>, Vec<Self>),
    /// An error when (and only when) it is evaluated.
    Fail(Error),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LoopKind {
    All,
    Exists,
    ExistsOne,
    Map,
    MapToMap,
    SortBy,
}

/// A macro: `body` runs once for each element that passes `filter`.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) kind: LoopKind,
    pub(super) range: Node,
    /// Whether there are two variables: index or key, and element.
    pub(super) two: bool,
    pub(super) filter: Option<Node>,
    pub(super) body: Node,
}
