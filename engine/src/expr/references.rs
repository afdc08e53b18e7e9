//! Which variables an expression names, told without evaluating it.

use super::compile::Program;
use super::functions;
use super::node::{Node, Relation};
use super::value::Value;

/// The segments of a path, scope first.
pub(crate) type Segments = Vec<Box<str>>;

/// What an expression says about variables, in the order in which it is said.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// The variables whose values are used, and whether their absence is thought of: by `has()` of
    /// them or of what they lie in, or by an optional selection.
    pub(crate) variables: Vec<(Segments, bool)>,
    /// Variables that pass `has(x) && x != ''` although they may be null (F42).
    pub(crate) null_passes: Vec<Segments>,
    /// Variables that are compared with themselves.
    pub(crate) self_compared: Vec<Segments>,
}

impl Program {
    /// What the expression says about variables.
    pub(crate) fn references(&self) -> References {
        let mut walk = Walk { roots: self.roots(), ..Walk::default() };
        walk.node(self.tree());
        walk.finish()
    }
}

#[derive(Default)]
struct Walk<'p> {
    roots: &'p [Box<str>],
    used: Vec<(Segments, bool)>,
    tested: Vec<Segments>,
    /// Compared with `''` by `!=`.
    not_blank: Vec<Segments>,
    /// Compared with null.
    null_tested: Vec<Segments>,
    self_compared: Vec<Segments>,
}

impl Walk<'_> {
    fn finish(self) -> References {
        let Self { mut used, tested, not_blank, null_tested, self_compared, .. } = self;
        for (path, guarded) in &mut used {
            *guarded |= tested.iter().any(|test| path.starts_with(test));
        }
        let passes = |path: &Segments| tested.contains(path) && !null_tested.contains(path);
        let mut null_passes: Vec<_> = not_blank.into_iter().filter(passes).collect();
        null_passes.dedup();
        used.extend(tested.into_iter().map(|path| (path, true)));
        References { variables: used, null_passes, self_compared }
    }

    /// The path that a chain of selections is, if it begins with a free name.
    fn path(&self, node: &Node) -> Option<Segments> {
        if let Node::Root(slot) = node {
            return Some(vec![self.roots.get(*slot)?.clone()]);
        }
        let (of, segment) = if let Node::Select(of, field) = node {
            (&**of, field.clone())
        } else if let Node::Index(pair) = node {
            let [of, key] = &**pair;
            (of, segment(key)?)
        } else {
            return None;
        };
        let mut path = self.path(of)?;
        path.push(segment);
        Some(path)
    }

    fn use_of(&mut self, path: Segments, guarded: bool) {
        let is_type = path.len() == 1
            && path.first().is_some_and(|name| functions::type_named(name).is_some());
        if !is_type {
            self.used.push((path, guarded));
        }
    }

    /// Walks a part; the depth is bounded when the expression is compiled.
    fn node(&mut self, node: &Node) {
        if let Some(path) = self.path(node) {
            return self.use_of(path, false);
        }
        match node {
            Node::Has(of, field) => match self.path(of) {
                Some(mut path) => {
                    path.push(field.clone());
                    self.tested.push(path);
                }
                None => self.node(of),
            },
            Node::OptSelect(of, field) => match self.path(of) {
                Some(mut path) => {
                    path.push(field.clone());
                    self.use_of(path, true);
                }
                None => self.node(of),
            },
            Node::OptIndex(pair) => {
                let [of, key] = &**pair;
                match self.path(of) {
                    Some(path) => self.use_of(path, true),
                    None => self.node(of),
                }
                self.node(key);
            }
            Node::Compare(relation, pair) => {
                let [a, b] = &**pair;
                self.comparison(*relation, a, b);
                self.node(a);
                self.node(b);
            }
            Node::Index(pair)
            | Node::And(pair)
            | Node::Or(pair)
            | Node::Arith(_, pair)
            | Node::In(pair)
            | Node::Bind(pair)
            | Node::OptMap(_, pair) => pair.iter().for_each(|part| self.node(part)),
            Node::Cond(parts) => parts.iter().for_each(|part| self.node(part)),
            Node::Select(of, _) | Node::Not(of) | Node::Neg(of) | Node::Matches(of, _) => {
                self.node(of);
            }
            Node::List(items) => items.iter().for_each(|(_, item)| self.node(item)),
            Node::Map(entries) => {
                for (_, key, value) in entries {
                    self.node(key);
                    self.node(value);
                }
            }
            Node::Loop(it) => {
                self.node(&it.range);
                it.filter.iter().for_each(|filter| self.node(filter));
                self.node(&it.body);
            }
            Node::Call(_, args) | Node::Host(_, args) => args.iter().for_each(|arg| self.node(arg)),
            Node::Const(_) | Node::Root(_) | Node::Local(_) | Node::Fail(_) => {}
        }
    }

    fn comparison(&mut self, relation: Relation, a: &Node, b: &Node) {
        let (left, right) = (self.path(a), self.path(b));
        if left.is_some() && left == right {
            self.self_compared.extend(left);
            return;
        }
        let (path, other) = match (left, right) {
            (Some(path), None) => (path, b),
            (None, Some(path)) => (path, a),
            _ => return,
        };
        match (relation, other) {
            (Relation::Unequal, Node::Const(Value::Str(text))) if text.is_empty() => {
                self.not_blank.push(path);
            }
            (Relation::Unequal | Relation::Equal, Node::Const(Value::Null)) => {
                self.null_tested.push(path);
            }
            _ => {}
        }
    }
}

/// A constant key or index as a segment of a path.
fn segment(key: &Node) -> Option<Box<str>> {
    let Node::Const(key) = key else { return None };
    if let Value::Str(text) = key {
        return Some((**text).into());
    }
    if let Value::Int(index) = key { Some(index.to_string().into()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::{Dialect, Program};

    #[test]
    fn variables_are_found_with_what_guards_them() {
        // R12.90, F42, R12.23
        for (source, want) in [
            ("temp.a > 1 && user.b[0].c == 'x'", "temp.a user.b.0.c"),
            ("has(temp.a) && temp.a.b != ''", "?temp.a.b ?temp.a"),
            ("has(temp.a) && temp.a != ''", "?temp.a ?temp.a null:temp.a"),
            ("has(temp.a) && temp.a != null && temp.a != ''", "?temp.a ?temp.a ?temp.a"),
            ("temp.?a.orValue(1) > 0", "?temp.a"),
            ("temp.list.filter(x, x.n > temp.n).size() > 0", "temp.list temp.n"),
            ("temp.a == temp['a']", "temp.a temp.a self:temp.a"),
            ("type(temp.a) == int", "temp.a"),
            ("temp.a[temp.i].b", "temp.a temp.i"),
            ("cel.bind(x, temp.a, x + score)", "temp.a score"),
        ] {
            let found = Program::compile(source, Dialect::Condition).unwrap().references();
            let text = |mark: &str, path: &[Box<str>]| format!("{mark}{}", path.join("."));
            let used = found.variables.iter();
            let used = used.map(|(path, guarded)| text(if *guarded { "?" } else { "" }, path));
            let null = found.null_passes.iter().map(|path| text("null:", path));
            let own = found.self_compared.iter().map(|path| text("self:", path));
            let all: Vec<_> = used.chain(null).chain(own).collect();
            assert_eq!(all.join(" "), want, "{source}");
        }
    }
}
