//! Macros: `all`, `exists`, `exists_one`, `map`, `filter` and their kin.

use std::collections::BTreeMap;

use super::{
    error::Error,
    eval::Evaluation,
    functions::sort_by_key,
    key::Key,
    meter::{Meter, Res},
    node::{Loop, LoopKind},
    number,
    value::Value,
};

/// What a macro has gathered so far.
#[derive(Default)]
struct Gathered<'a> {
    list: Vec<Value<'a>>,
    map: BTreeMap<Key<'a>, Value<'a>>,
    matched: usize,
    error: Option<Error>,
}

impl<'a> Evaluation<'a> {
    /// Runs a macro. A map is iterated in key order.
    #[inline(never)]
    pub(super) fn run_loop(&mut self, it: &'a Loop) -> Res<'a> {
        let range = self.eval(&it.range)?;
        let depth = self.locals.len();
        let mut gathered = Gathered::default();
        let walked = self.walk(it, &range, &mut gathered);
        self.locals.truncate(depth);
        walked?;
        gathered.finish(it.kind, &range, &mut self.meter)
    }

    fn walk(
        &mut self,
        it: &'a Loop,
        range: &Value<'a>,
        out: &mut Gathered<'a>,
    ) -> Result<(), Error> {
        let depth = self.locals.len();
        if let Value::List(items) = range {
            for (index, item) in items.iter().enumerate() {
                let first = it.two.then(|| Value::Int(number::length(index)));
                self.locals.truncate(depth);
                if self.element(it, first, item, out)? {
                    break;
                }
            }
            return Ok(());
        }
        let Value::Map(entries) = range else {
            return Err(Error::no_overload("a macro", std::slice::from_ref(range)));
        };
        for (key, value) in entries.iter() {
            let key = key.into_value();
            let (first, item) = if it.two { (Some(key), value) } else { (None, key) };
            self.locals.truncate(depth);
            if self.element(it, first, item, out)? {
                break;
            }
        }
        Ok(())
    }

    /// One element; `true` ends the loop.
    fn element(
        &mut self,
        it: &'a Loop,
        first: Option<Value<'a>>,
        item: Value<'a>,
        out: &mut Gathered<'a>,
    ) -> Result<bool, Error> {
        self.meter.pay(1)?;
        let key = if it.kind == LoopKind::MapToMap { first.clone() } else { None };
        self.locals.extend(first);
        self.locals.push(item);
        if let Some(filter) = &it.filter
            && !self.truth("a filter", filter)?
        {
            return Ok(false);
        }
        match it.kind {
            LoopKind::All | LoopKind::Exists => return self.decide(it, out),
            LoopKind::ExistsOne => {
                if self.truth("exists_one", &it.body)? {
                    out.matched = out.matched.saturating_add(1);
                }
            }
            LoopKind::Map | LoopKind::SortBy => out.list.push(self.eval(&it.body)?),
            LoopKind::MapToMap => {
                let value = self.eval(&it.body)?;
                let key = Key::new(&key.unwrap_or(Value::Null))?;
                self.meter.pay(key.cost())?;
                out.map.insert(key, value);
            }
        }
        Ok(false)
    }

    /// `all` and `exists`, as in CEL's expansion `@result && p`: a decisive element outweighs
    /// errors on others, but not an exhausted budget.
    fn decide(&mut self, it: &'a Loop, out: &mut Gathered<'a>) -> Result<bool, Error> {
        match self.truth("a predicate", &it.body) {
            Ok(holds) if holds == (it.kind == LoopKind::Exists) => {
                out.matched = 1;
                return Ok(true);
            }
            Ok(_) => {}
            Err(error) if error.is_limit() => return Err(error),
            Err(error) => {
                out.error.get_or_insert(error);
            }
        }
        Ok(false)
    }
}

impl<'a> Gathered<'a> {
    fn finish(self, kind: LoopKind, range: &Value<'a>, meter: &mut Meter) -> Res<'a> {
        match (kind, self.error) {
            (LoopKind::All | LoopKind::Exists, Some(error)) if self.matched == 0 => Err(error),
            (LoopKind::All, _) => Ok(Value::Bool(self.matched == 0)),
            (LoopKind::Exists, _) => Ok(Value::Bool(self.matched > 0)),
            (LoopKind::ExistsOne, _) => Ok(Value::Bool(self.matched == 1)),
            (LoopKind::Map, _) => Ok(Value::list(self.list)),
            (LoopKind::MapToMap, _) => Ok(Value::map(self.map)),
            (LoopKind::SortBy, _) => {
                let Value::List(items) = range else {
                    return Err(Error::no_overload("sortBy", std::slice::from_ref(range)));
                };
                let mut pairs: Vec<_> = self.list.into_iter().zip(items.iter()).collect();
                sort_by_key(meter, &mut pairs)?;
                Ok(Value::list(pairs.into_iter().map(|(_, item)| item).collect()))
            }
        }
    }
}
