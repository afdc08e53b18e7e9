//! Reading conditions, with a diagnostic for whatever cannot hold.

use serde_json::{Map, Value};

use super::operator::Operator;
use super::{JsonCondition, Operand, Test};
use crate::check::{Code, Pointer, Report, Severity};
use crate::pattern::Pattern;

/// Compiles a path or an expression; reports and gives `None` if it cannot.
type Part<'a, T> = dyn FnMut(&str, &Pointer, &mut Report) -> Option<T> + 'a;

/// The deepest nesting; what is deeper is false.
const DEPTH: usize = 64;

/// Keys that decide what an object is, first wins (R6.30).
const FORMS: [&str; 4] = ["and", "or", "not", "var"];

impl<P, C> JsonCondition<P, C> {
    /// Reads a condition: an object, a CEL string or a boolean.
    ///
    /// A broken part is reported and false; unknown operators are reported and ignored.
    pub(crate) fn compile(
        json: &Value,
        at: &Pointer,
        report: &mut Report,
        path: &mut Part<'_, P>,
        cel: &mut Part<'_, C>,
    ) -> Self {
        Compiler { report, path, cel }.condition(json, at, 0)
    }
}

struct Compiler<'a, 'p, 'c, P, C> {
    report: &'a mut Report,
    path: &'a mut Part<'p, P>,
    cel: &'a mut Part<'c, C>,
}

impl<P, C> Compiler<'_, '_, '_, P, C> {
    fn condition(&mut self, json: &Value, at: &Pointer, depth: usize) -> JsonCondition<P, C> {
        if depth >= DEPTH {
            return self.broken(at, format!("conditions nest deeper than {DEPTH}"));
        }
        match json {
            Value::Bool(holds) => JsonCondition::Constant(*holds),
            Value::String(text) => (self.cel)(text, at, self.report)
                .map_or(JsonCondition::Constant(false), JsonCondition::Cel),
            Value::Object(fields) => self.object(fields, at, depth),
            Value::Null | Value::Number(_) | Value::Array(_) => {
                self.broken(at, "a condition is an object, an expression or a boolean")
            }
        }
    }

    fn object(
        &mut self,
        fields: &Map<String, Value>,
        at: &Pointer,
        depth: usize,
    ) -> JsonCondition<P, C> {
        let mut forms = FORMS.iter().filter_map(|key| Some((*key, fields.get(*key)?)));
        let Some((form, inner)) = forms.next() else {
            return self.broken(at, "a condition needs one of `and`, `or`, `not` and `var`");
        };
        for (ignored, _) in forms {
            let message = format!("`{ignored}` beside `{form}` is ignored");
            self.warn(&at.push(ignored), message);
        }
        let inside = at.push(form);
        match form {
            "and" => self.list(inner, &inside, depth).map(JsonCondition::All),
            "or" => self.list(inner, &inside, depth).map(JsonCondition::Any),
            "not" => {
                let part = self.condition(inner, &inside, depth.saturating_add(1));
                Some(JsonCondition::Not(Box::new(part)))
            }
            _ => self.var(inner, fields, at),
        }
        .unwrap_or(JsonCondition::Constant(false))
    }

    fn list(
        &mut self,
        parts: &Value,
        at: &Pointer,
        depth: usize,
    ) -> Option<Vec<JsonCondition<P, C>>> {
        let Some(parts) = parts.as_array() else {
            self.broken(at, "this must be a list of conditions");
            return None;
        };
        let deeper = depth.saturating_add(1);
        let compiled =
            parts.iter().enumerate().map(|(i, part)| self.condition(part, &at.push(i), deeper));
        Some(compiled.collect())
    }

    fn var(
        &mut self,
        path: &Value,
        fields: &Map<String, Value>,
        at: &Pointer,
    ) -> Option<JsonCondition<P, C>> {
        let path = self.var_path(path, &at.push("var"));
        let (mut tests, mut whole) = (Vec::new(), path.is_some());
        let (mut operators, mut unknown) = (0_usize, Vec::new());
        for (key, operand) in fields.iter().filter(|(key, _)| !FORMS.contains(&key.as_str())) {
            let Some(operator) = Operator::parse(key) else {
                unknown.push(key);
                continue;
            };
            operators = operators.saturating_add(1);
            match self.operand(operator, operand, &at.push(key)) {
                Some(operand) => tests.push(Test { operator, operand }),
                None => whole = false,
            }
        }
        for key in unknown {
            self.report
                .add(
                    Code::ConditionOperator,
                    &at.push(key),
                    format!("unknown operator `{key}` is ignored"),
                )
                .help("use one such as `eq`, `gte`, `in`, `contains`, `exists`");
        }
        if operators == 0 {
            self.warn(at, "without an operator this never holds");
            return None;
        }
        path.filter(|_| whole).map(|path| JsonCondition::Var { path, tests })
    }

    fn var_path(&mut self, path: &Value, at: &Pointer) -> Option<P> {
        let Some(text) = path.as_str() else {
            self.broken(at, "`var` must be a path such as `user.age`");
            return None;
        };
        (self.path)(text, at, self.report)
    }

    fn operand(&mut self, operator: Operator, operand: &Value, at: &Pointer) -> Option<Operand<P>> {
        if let Some(path) = operand.as_object().filter(|o| o.len() == 1).and_then(|o| o.get("var"))
        {
            return self.var_path(path, &at.push("var")).map(Operand::Var);
        }
        if operator == Operator::Between && operand.as_array().is_none_or(|o| o.len() != 2) {
            self.broken(at, "`between` needs a list of two numbers");
            return None;
        }
        if operator != Operator::Matches {
            return Some(Operand::Literal(operand.clone()));
        }
        let compiled = operand.as_str().map(Pattern::compile);
        match compiled.unwrap_or_else(|| Err("it is not text".to_owned())) {
            Ok(pattern) => Some(Operand::Pattern(pattern)),
            Err(error) => {
                self.broken(at, format!("this is not a regular expression: {error}"));
                None
            }
        }
    }

    fn broken(&mut self, at: &Pointer, message: impl Into<String>) -> JsonCondition<P, C> {
        self.report
            .add(Code::ConditionJson, at, message)
            .help("write e.g. `{\"var\": \"user.age\", \"gte\": 8}`, or CEL as a text");
        JsonCondition::Constant(false)
    }

    fn warn(&mut self, at: &Pointer, message: impl Into<String>) {
        self.report
            .add_as(Code::ConditionJson, Severity::Warning, at, message)
            .help("write e.g. `{\"var\": \"user.age\", \"gte\": 8}`, or CEL as a text");
    }
}
