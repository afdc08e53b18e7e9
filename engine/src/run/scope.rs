//! What expressions and templates can see (R5.1 to R5.4, R6.2).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::expr::{self, Budget, Program, truth};
use crate::flow::predicate::Predicate;
use crate::json_condition::ConditionScope;
use crate::session::{EngineState, Frame, Session};
use crate::value::Lookup;
use crate::value::path::{Path, get_in};

/// The largest JSON an expression may result in, in bytes (R6.8).
const RESULT_BYTES: usize = 256 * 1024;

/// The names in `session` that the engine computes.
const COMPUTED: [&str; 9] =
    ["flow_id", "flow_version", "id", "locale", "now", "revision", "started_at", "turn", "user_id"];

impl Session {
    /// The variables as expressions see them: those that are stored, and the scopes `session`,
    /// `input`, `output` and `local`.
    pub fn scopes(&self) -> Map<String, Value> {
        let mut scopes = self.state.clone();
        scopes.insert("session".to_owned(), Scope::of(self).session());
        if let Some(frame) = self.engine.frames.last() {
            let own = [("input", &frame.input), ("output", &frame.output), ("local", &frame.local)];
            scopes.extend(own.map(|(name, scope)| (name.to_owned(), scope.clone())));
        }
        scopes
    }
}

/// A view of a session's variables.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    engine: &'a EngineState,
    state: &'a Map<String, Value>,
}

impl<'a> Scope<'a> {
    pub(super) fn of(session: &'a Session) -> Self {
        Self { engine: &session.engine, state: &session.state }
    }

    /// Whether a predicate holds; the error of an expression that could not be evaluated.
    pub(super) fn holds(&self, predicate: &Predicate) -> Result<bool, String> {
        match predicate {
            Predicate::Constant(holds) => Ok(*holds),
            Predicate::Cel(program) => self
                .with_slots(program, false, |slots| {
                    program.eval(slots, Budget::default()).map(|value| truth(&value).holds)
                })
                .map_err(|error| error.to_string()),
            Predicate::Json(condition) => Ok(condition.holds(self)),
        }
    }

    /// The value of an expression; `unscoped` lets bare names mean variables of `temp` (F52).
    pub(super) fn evaluate(&self, program: &Program, unscoped: bool) -> Result<Value, String> {
        self.with_slots(program, unscoped, |slots| {
            program.eval(slots, Budget::default()).and_then(|value| value.to_json(RESULT_BYTES))
        })
        .map_err(|error| error.to_string())
    }

    fn with_slots<R>(
        &self,
        program: &Program,
        unscoped: bool,
        run: impl FnOnce(&[Option<expr::Value<'_>>]) -> R,
    ) -> R {
        let roots = program.roots();
        let computed = Computed {
            empty: Value::Object(Map::new()),
            session: roots.iter().any(|root| &**root == "session").then(|| self.session()),
            system: roots.iter().any(|root| &**root == "system").then(|| self.system()),
        };
        let slot = |root: &str| self.root(root, unscoped, &computed).map(expr::Value::from);
        // Most expressions name one or two roots; their slots need no allocation.
        if let [one] = roots {
            return run(&[slot(one)]);
        }
        if let [one, two] = roots {
            return run(&[slot(one), slot(two)]);
        }
        run(&roots.iter().map(|root| slot(root)).collect::<Vec<_>>())
    }

    fn root<'v>(&self, name: &str, unscoped: bool, computed: &'v Computed) -> Option<&'v Value>
    where
        'a: 'v,
    {
        let frame = self.engine.frames.last();
        match name {
            "session" => computed.session.as_ref(),
            "system" => computed.system.as_ref(),
            "input" => frame.map(|frame| &frame.input),
            "output" => frame.map(|frame| &frame.output),
            "local" => frame.map(|frame| &frame.local),
            "user" | "temp" | "context" => self.state.get(name).or(Some(&computed.empty)),
            "env" => Some(&computed.empty),
            _ if unscoped => self.unscoped(name),
            _ => self.state.get(name),
        }
    }

    /// A name without a scope (R5.4): inside a sub-flow its own variables go first.
    fn unscoped(&self, name: &str) -> Option<&'a Value> {
        let own = || {
            let (_, [.., frame]) = self.engine.frames.split_first()? else { return None };
            [&frame.input, &frame.local, &frame.output]
                .into_iter()
                .find_map(|scope| scope.get(name))
        };
        own().or_else(|| self.temp(name)).or_else(|| self.state.get(name))
    }

    fn temp(&self, name: &str) -> Option<&'a Value> {
        self.state.get("temp")?.as_object()?.get(name)
    }

    /// The `session` scope: what is stored there, under what the engine computes (R5.2, F62).
    fn session(&self) -> Value {
        let mut scope = self.state.get("session").cloned().unwrap_or_else(|| json!({}));
        if let Value::Object(map) = &mut scope {
            for name in COMPUTED {
                map.extend(self.computed(name).map(|value| (name.to_owned(), value)));
            }
        }
        scope
    }

    /// What the engine knows of the session under one name (R5.2).
    fn computed(&self, name: &str) -> Option<Value> {
        let engine = self.engine;
        Some(match name {
            "id" => json!(engine.id),
            "flow_id" => json!(engine.flow.id),
            "flow_version" => json!(engine.version),
            "started_at" => json!(engine.started_at),
            "revision" | "turn" => json!(engine.revision),
            // What is not known is absent, so that `has` says so (F42).
            "user_id" => json!(engine.user_id.as_ref()?),
            "locale" => self.state.get("context")?.get("locale")?.clone(),
            "now" => json!(engine.turn.as_ref()?.at),
            _ => return None,
        })
    }

    /// The `system` scope, as far as authors may read it.
    fn system(&self) -> Value {
        let mut scope = Map::new();
        scope.extend(self.engine.last_error.clone().map(|error| ("last_error".to_owned(), error)));
        Value::Object(scope)
    }
}

/// Scopes that exist only while something looks at them.
struct Computed {
    empty: Value,
    session: Option<Value>,
    system: Option<Value>,
}

impl Lookup for Scope<'_> {
    fn get(&self, path: &Path) -> Option<Cow<'_, Value>> {
        let frame = |scope: fn(&Frame) -> &Value| {
            let frame = self.engine.frames.last()?;
            get_in(scope(frame), path.rest()).map(Cow::Borrowed)
        };
        let owned = |scope: &Value, rest| get_in(scope, rest).cloned().map(Cow::Owned);
        match path.head() {
            // One name at a time: the whole scope may be large, and templates name it often.
            "session" => match path.rest().split_first() {
                None => Some(Cow::Owned(self.session())),
                Some((name, rest)) => match self.computed(name) {
                    Some(value) => owned(&value, rest),
                    None => get_in(self.state.get("session")?, path.rest()).map(Cow::Borrowed),
                },
            },
            "system" => owned(&self.system(), path.rest()),
            // A scope is there even if nothing was written to it (R5.3).
            "user" | "temp" | "context" | "env" if path.rest().is_empty() => {
                let scope = self.state.get(path.head()).map(Cow::Borrowed);
                scope.or_else(|| Some(Cow::Owned(json!({}))))
            }
            "input" => frame(|frame| &frame.input),
            "output" => frame(|frame| &frame.output),
            "local" => frame(|frame| &frame.local),
            head => {
                let unscoped = path.rest().is_empty();
                let found = if unscoped { self.unscoped(head) } else { self.state.get(head) };
                get_in(found?, path.rest()).map(Cow::Borrowed)
            }
        }
    }
}

impl ConditionScope<Path, Program> for Scope<'_> {
    fn get(&self, path: &Path) -> Option<Cow<'_, Value>> {
        Lookup::get(self, path)
    }

    fn cel(&self, program: &Program) -> bool {
        let holds = |slots: &[Option<expr::Value<'_>>]| {
            program.eval(slots, Budget::default()).is_ok_and(|value| truth(&value).holds)
        };
        self.with_slots(program, false, holds)
    }
}
