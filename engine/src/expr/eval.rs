//! Evaluation of a tree. One [`Evaluation`] per evaluation; it owns all that changes.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    compile::Program,
    error::Error,
    functions,
    host::HostFunction,
    key::Key,
    meter::{Budget, Meter, Res},
    node::{Node, Pair},
    operators,
    value::{Str, Value},
};

pub(super) struct Evaluation<'a> {
    program: &'a Program,
    roots: &'a [Option<Value<'a>>],
    pub(super) locals: Vec<Value<'a>>,
    pub(super) meter: Meter,
}

impl<'a> Evaluation<'a> {
    pub(super) const fn new(
        program: &'a Program,
        roots: &'a [Option<Value<'a>>],
        budget: Budget,
    ) -> Self {
        Self { program, roots, locals: Vec::new(), meter: Meter::new(budget) }
    }

    /// The recursion is bounded by the depth of the tree, which compilation bounds; the larger
    /// arms are functions of their own to keep this one's frame small.
    pub(super) fn eval(&mut self, node: &'a Node) -> Res<'a> {
        self.meter.pay(1)?;
        match node {
            Node::Const(value) => Ok(value.lend()),
            Node::Root(slot) => self.root(*slot),
            Node::Local(slot) => self.local(*slot),
            Node::Select(of, field) => {
                let of = self.eval(of)?;
                operators::select(&of, field)
            }
            Node::Has(of, field) => {
                let of = self.eval(of)?;
                operators::has(&of, field).map(Value::Bool)
            }
            Node::OptSelect(of, field) => {
                let of = self.eval(of)?;
                operators::opt_index(&mut self.meter, &of, &Value::Str(Str::Ref(field)))
            }
            Node::Index(pair) => {
                let (of, at) = self.both(pair)?;
                operators::index(&mut self.meter, &of, &at)
            }
            Node::OptIndex(pair) => {
                let (of, at) = self.both(pair)?;
                operators::opt_index(&mut self.meter, &of, &at)
            }
            Node::And(pair) => self.logic(pair, false),
            Node::Or(pair) => self.logic(pair, true),
            Node::Cond(parts) => self.cond(parts),
            Node::Not(of) => self.truth("!", of).map(|holds| Value::Bool(!holds)),
            Node::Neg(of) => {
                let of = self.eval(of)?;
                operators::negate(&of)
            }
            Node::Arith(op, pair) => {
                let (a, b) = self.both(pair)?;
                operators::arith(&mut self.meter, *op, &a, &b)
            }
            Node::Compare(relation, pair) => {
                let (a, b) = self.both(pair)?;
                operators::compare(&mut self.meter, *relation, &a, &b).map(Value::Bool)
            }
            Node::In(pair) => {
                let (needle, hay) = self.both(pair)?;
                operators::is_in(&mut self.meter, &needle, &hay).map(Value::Bool)
            }
            Node::List(items) => self.make_list(items),
            Node::Map(entries) => self.make_map(entries),
            Node::Loop(it) => self.run_loop(it),
            Node::Bind(pair) => self.bind(pair),
            Node::OptMap(flat, pair) => self.opt_map(*flat, pair),
            Node::Matches(text, regex) => self.matches(text, regex),
            Node::Call(function, args) => self.call(*function, args),
            Node::Host(function, args) => self.host(function, args),
            Node::Fail(error) => Err(error.clone()),
        }
    }

    fn local(&self, slot: usize) -> Res<'a> {
        self.locals.get(slot).cloned().ok_or_else(|| Error::missing("unbound macro variable"))
    }

    /// The value in a slot. An empty one that has a type's name is that type (`type(x) == int`).
    fn root(&self, slot: usize) -> Res<'a> {
        if let Some(Some(value)) = self.roots.get(slot) {
            return Ok(value.lend());
        }
        let name = self.program.roots().get(slot).map_or("", |name| &**name);
        functions::type_named(name)
            .map(Value::Type)
            .ok_or_else(|| Error::missing(format!("no variable `{name}`")))
    }

    fn both(&mut self, pair: &'a Pair) -> Result<(Value<'a>, Value<'a>), Error> {
        let [a, b] = &**pair;
        Ok((self.eval(a)?, self.eval(b)?))
    }

    #[inline(never)]
    fn call(&mut self, function: functions::Function, args: &'a [Node]) -> Res<'a> {
        match args {
            [] => function(&mut self.meter, &[]),
            [a] => {
                let args = [self.eval(a)?];
                function(&mut self.meter, &args)
            }
            [a, b] => {
                let args = [self.eval(a)?, self.eval(b)?];
                function(&mut self.meter, &args)
            }
            more => {
                let args = more.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
                function(&mut self.meter, &args)
            }
        }
    }

    #[inline(never)]
    fn host(&mut self, function: &HostFunction, args: &'a [Node]) -> Res<'a> {
        let args = args.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
        function.call(&mut self.meter, &args)
    }

    #[inline(never)]
    fn matches(&mut self, text: &'a Node, regex: &'a regex_lite::Regex) -> Res<'a> {
        let text = self.eval(text)?;
        let Value::Str(text) = &text else {
            return Err(Error::no_overload("matches", std::slice::from_ref(&text)));
        };
        self.meter.pay_match(text)?;
        Ok(Value::Bool(regex.is_match(text)))
    }

    #[inline(never)]
    fn cond(&mut self, parts: &'a [Node; 3]) -> Res<'a> {
        let [test, then, otherwise] = parts;
        if self.truth("?:", test)? { self.eval(then) } else { self.eval(otherwise) }
    }

    /// `&&` (`decisive` = false) and `||` (`decisive` = true): a decisive side wins over an error
    /// on the other, but never over an exhausted budget.
    #[inline(never)]
    fn logic(&mut self, pair: &'a Pair, decisive: bool) -> Res<'a> {
        let [a, b] = &**pair;
        let symbol = if decisive { "||" } else { "&&" };
        let left = self.truth(symbol, a);
        match left {
            Ok(holds) if holds == decisive => return Ok(Value::Bool(holds)),
            Err(error) if error.is_limit() => return Err(error),
            _ => {}
        }
        match (left, self.truth(symbol, b)) {
            (_, Err(error)) if error.is_limit() => Err(error),
            (_, Ok(holds)) if holds == decisive => Ok(Value::Bool(holds)),
            (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(_), Ok(holds)) => Ok(Value::Bool(holds)),
        }
    }

    /// A boolean operand of `what`.
    pub(super) fn truth(&mut self, what: &str, node: &'a Node) -> Result<bool, Error> {
        let value = self.eval(node)?;
        let Value::Bool(holds) = value else { return Err(Error::no_overload(what, &[value])) };
        Ok(holds)
    }

    #[inline(never)]
    fn make_list(&mut self, items: &'a [(bool, Node)]) -> Res<'a> {
        let mut list = Vec::with_capacity(items.len());
        for (optional, item) in items {
            let value = self.eval(item)?;
            if *optional {
                list.extend(optional_value("[?]", value)?);
            } else {
                list.push(value);
            }
        }
        Ok(Value::list(list))
    }

    #[inline(never)]
    fn make_map(&mut self, entries: &'a [(bool, Node, Node)]) -> Res<'a> {
        let mut map = BTreeMap::new();
        for (optional, key, value) in entries {
            let key = Key::new(&self.eval(key)?)?;
            self.meter.pay(key.cost())?;
            let value = self.eval(value)?;
            let value = if *optional { optional_value("{?}", value)? } else { Some(value) };
            let Some(value) = value else { continue };
            if map.contains_key(&key) {
                return Err(Error::range("a key stands twice"));
            }
            map.insert(key, value);
        }
        Ok(Value::map(map))
    }

    #[inline(never)]
    fn bind(&mut self, pair: &'a Pair) -> Res<'a> {
        let [value, body] = &**pair;
        let value = self.eval(value)?;
        self.with(value, body)
    }

    fn with(&mut self, value: Value<'a>, body: &'a Node) -> Res<'a> {
        self.locals.push(value);
        let result = self.eval(body);
        self.locals.pop();
        result
    }

    #[inline(never)]
    fn opt_map(&mut self, flat: bool, pair: &'a Pair) -> Res<'a> {
        let [value, body] = &**pair;
        let Some(value) = optional_value("optMap", self.eval(value)?)? else {
            return Ok(Value::Optional(None));
        };
        let result = self.with(value, body)?;
        if flat {
            return optional_value("optFlatMap", result)
                .map(|inner| Value::Optional(inner.map(Arc::new)));
        }
        Ok(Value::some(result))
    }
}

/// What an optional holds; anything else is an error of `what`.
fn optional_value<'a>(what: &str, value: Value<'a>) -> Result<Option<Value<'a>>, Error> {
    let Value::Optional(inner) = value else { return Err(Error::no_overload(what, &[value])) };
    Ok(inner.map(Arc::unwrap_or_clone))
}
