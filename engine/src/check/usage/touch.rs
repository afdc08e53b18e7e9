//! What a node does with variables: reads and writes, by names that can be compared.

use super::Requirement;
use crate::check::report::Pointer;
use crate::table::Set;
use crate::value::path::Path;

/// Ends every segment of a key, so that a key is the beginning of all keys below it.
const END: char = '\u{1}';

/// A variable as it is read. It may be any of several, since a name without a scope is looked up in
/// more than one (R5.4).
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) keys: Vec<String>,
    /// As written.
    pub(super) text: String,
}

/// One thing that a node does, in the order in which it does them.
#[derive(Debug)]
pub(super) enum Touch {
    /// Uses a variable; `checked` if it ought to have been set before.
    Read { variable: Variable, at: Pointer, checked: bool },
    /// Uses a variable that the host gives.
    Given { text: String, at: Pointer },
    /// Sets a variable, which may be kept under any of the keys.
    Write { keys: Vec<String>, at: Pointer, text: String, by_action: bool },
    /// A sub-flow needs a variable.
    Require { keys: Vec<String>, requirement: Requirement },
    /// May read and set anything.
    Everything,
}

/// The scopes that belong to one running (sub-)flow (R5.1, R9.9).
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// Tells the frames of a document apart; 0 is the flow's own.
    pub(super) number: usize,
    /// The inputs that an inline composite is given.
    pub(super) inputs: Set<String>,
    /// The outputs that an inline composite declares: names without a scope are written there.
    pub(super) outputs: Set<String>,
    /// The custom scopes that the flow declares.
    pub(super) scopes: Set<String>,
}

/// Names that are given or belong to the engine (R12.90).
const GIVEN: [&str; 8] =
    ["user", "context", "session", "system", "env", "secret", "input", "webhook_responses"];

impl Frame {
    pub(super) fn top() -> Self {
        Self::default()
    }

    fn own(&self, scope: &str) -> String {
        format!("{scope}#{}", self.number)
    }

    /// The keys under which a path is looked for, and whether it ought to have been set; `None` for
    /// what the host gives.
    pub(super) fn read(&self, path: &[Box<str>]) -> Option<(Vec<String>, bool)> {
        let (head, rest) = path.split_first()?;
        Some(match &**head {
            given if GIVEN.contains(&given) => return None,
            "temp" => (vec![key("temp", rest)], !rest.is_empty()),
            own @ ("local" | "output") => (vec![key(&self.own(own), rest)], !rest.is_empty()),
            input if self.inputs.contains(input) => return None,
            _ => {
                let keys = vec![
                    key("temp", path),
                    key(&self.own("local"), path),
                    key(&self.own("output"), path),
                    key(head, rest),
                ];
                (keys, rest.is_empty())
            }
        })
    }

    /// The keys under which a variable of this name is kept once it is set; `None` if it is none.
    pub(super) fn written(&self, text: &str) -> Option<Vec<String>> {
        let path = Path::parse(text).ok()?;
        let (head, rest) = (path.head(), path.rest());
        Some(match head {
            own @ ("local" | "output") => vec![key(&self.own(own), rest)],
            _ if !rest.is_empty() => vec![key(head, rest)],
            _ if self.number == 0 => vec![key("temp", path.segments())],
            name => {
                let scope = if self.outputs.contains(name) { "output" } else { "local" };
                vec![key(&self.own(scope), path.segments()), key("temp", path.segments())]
            }
        })
    }

    /// Whether a name stands alone although no such scope is known.
    pub(super) fn is_unscoped(&self, path: &[Box<str>]) -> bool {
        let [name] = path else { return false };
        let known = ["temp", "local", "output"].contains(&&**name) || GIVEN.contains(&&**name);
        self.number == 0 && !known && !self.scopes.contains(&**name)
    }
}

fn key(head: &str, rest: &[Box<str>]) -> String {
    let mut key = String::with_capacity(32);
    for segment in std::iter::once(head).chain(rest.iter().map(|segment| &**segment)) {
        key.push_str(segment);
        key.push(END);
    }
    key
}

/// The keys that `key` lies in, itself included.
pub(super) fn prefixes(key: &str) -> impl Iterator<Item = &str> {
    key.match_indices(END).filter_map(|(at, _)| key.get(..=at))
}

/// Whether `keys` has `key`, one that it lies in or one that lies in it.
pub(super) fn overlaps(keys: &Set<&str>, key: &str) -> bool {
    prefixes(key).any(|prefix| keys.contains(prefix))
        || keys.from(key).next().is_some_and(|next| next.starts_with(key))
}
