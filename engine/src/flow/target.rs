//! Where a node writes.

use std::sync::Arc;

use crate::check::{Code, Pointer, Report};
use crate::value::path::Path;

/// Names in `session` that the engine computes (R5.2); they cannot be written.
pub(crate) const SESSION_NAMES: [&str; 10] = [
    "flow_id",
    "flow_version",
    "id",
    "locale",
    "now",
    "revision",
    "started_at",
    "turn",
    "user_id",
    "token",
];

/// A variable that may be written, checked when the flow is compiled (R5.4, R5.6, R5.7).
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The whole path, scope included, e.g. `temp.answer`.
    path: Path,
    place: Place,
    /// Whether it was written without a scope; an inline composite keeps such a name to itself.
    bare: bool,
}

/// Which object a [`Target`] lies in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// The session's state.
    State,
    /// The `output` scope of the running flow.
    Output,
    /// The `local` scope of the running flow.
    Local,
}

impl Target {
    /// Reads a variable name; an unscoped one lies in `temp`. `None` after a report as `code`.
    pub(crate) fn compile(
        text: &str,
        at: &Pointer,
        code: Code,
        report: &mut Report,
    ) -> Option<Self> {
        let refuse = |report: &mut Report, why: &str| {
            report
                .add(code, at, format!("`{text}` cannot be written: {why}"))
                .help("write to a variable such as `temp.answer` or `user.age`");
        };
        let path = match Path::parse(text) {
            Ok(path) if path.is_declarable() => path,
            Ok(_) => {
                refuse(report, "a variable has letters, digits, `_` and `.` only");
                return None;
            }
            Err(error) => {
                refuse(report, &error.to_string());
                return None;
            }
        };
        let unscoped = path.rest().is_empty();
        let place = match path.head() {
            "input" | "system" | "env" | "secret" | "webhook_responses" => {
                refuse(report, "the scope is read-only");
                return None;
            }
            "user" | "temp" | "context" | "session" | "output" | "local" if unscoped => {
                refuse(report, "it names a whole scope");
                return None;
            }
            "session"
                if path.rest().first().is_some_and(|name| SESSION_NAMES.contains(&&**name)) =>
            {
                refuse(report, "the engine computes it");
                return None;
            }
            "output" => Place::Output,
            "local" => Place::Local,
            _ => Place::State,
        };
        if !unscoped {
            return Some(Self { path, place, bare: false });
        }
        let path = Path::parse(&format!("temp.{text}")).ok()?;
        Some(Self { path, place: Place::State, bare: true })
    }

    /// Reads a variable name that stands in data; `None` if it cannot be written.
    pub(crate) fn quiet(text: &str) -> Option<Self> {
        Self::compile(text, &Pointer::root(), Code::ActionVariable, &mut Report::default())
    }

    /// Where the engine keeps whole responses (R8.22); authors cannot write there.
    pub(crate) fn webhook_response(key: &str) -> Option<Self> {
        let path = Path::parse(&format!("webhook_responses.{key}")).ok()?;
        Some(Self { path, place: Place::State, bare: false })
    }

    /// The name, when it was written without a scope.
    pub(crate) fn bare_name(&self) -> Option<&str> {
        if self.bare { self.path.rest().first().map(|name| &**name) } else { None }
    }

    /// This bare name as a variable of the running frame (R5.4).
    pub(crate) fn in_frame(name: &str, place: Place) -> Option<Self> {
        let scope = match place {
            Place::State => "temp",
            Place::Output => "output",
            Place::Local => "local",
        };
        let path = Path::parse(&format!("{scope}.{name}")).ok()?;
        Some(Self { path, place, bare: false })
    }

    /// The whole path as text, e.g. `temp.answer`.
    pub(crate) fn text(&self) -> &Arc<str> {
        self.path.text()
    }

    /// The whole path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The object that [`Target::segments`] descend.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// The segments below the object of [`Target::place`].
    pub(crate) fn segments(&self) -> &[Box<str>] {
        match self.place {
            Place::State => self.path.segments(),
            Place::Output | Place::Local => self.path.rest(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Target};
    use crate::check::{Code, Pointer, Report};

    #[test]
    fn scopes_are_resolved_and_guarded() {
        // R5.1, R5.2, R5.4, R5.7, R7.3.
        for (text, want) in [
            ("score", Some(("temp.score", Place::State))),
            ("temp.score", Some(("temp.score", Place::State))),
            ("game.score", Some(("game.score", Place::State))),
            ("output.x.y", Some(("output.x.y", Place::Output))),
            ("local.x", Some(("local.x", Place::Local))),
            ("session.mood", Some(("session.mood", Place::State))),
            ("session.id", None),
            ("user", None),
            ("input.x", None),
            ("system.x", None),
            ("a b", None),
            ("9x", None),
            ("", None),
        ] {
            let mut report = Report::default();
            let target = Target::compile(text, &Pointer::root(), Code::ActionVariable, &mut report);
            assert_eq!(target.as_ref().map(|t| (&**t.text(), t.place())), want, "{text}");
            assert_eq!(report.has_errors(), want.is_none(), "{text}");
        }
    }
}
