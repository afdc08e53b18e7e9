//! Diagnostics and the report that gathers them.

use std::fmt::{self, Write};
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::code::Code;
use super::patch::Patch;

use crate::from_json::FromJson;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, Deserialize, Eq, FromJson, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The flow cannot be published or started.
    Error,
    /// It runs, but probably not as meant.
    Warning,
    /// Good to know.
    Info,
}

/// A JSON pointer (RFC 6901) into the document under check; empty for the whole document.
#[derive(
    Clone, Debug, Default, Deserialize, Eq, FromJson, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct Pointer(String);

impl Pointer {
    /// The pointer to the whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// This pointer with one more key or index.
    #[must_use]
    pub fn push(&self, key: impl fmt::Display) -> Self {
        let mut text = String::with_capacity(self.0.len().saturating_add(16));
        text.push_str(&self.0);
        text.push('/');
        let before = text.len();
        // A key whose `Display` fails ends where it failed.
        let _ = write!(text, "{key}");
        // Most keys are indices and names of fields, with nothing to escape.
        let written = text.get(before..).unwrap_or_default();
        if written.contains(['~', '/']) {
            let escaped = written.replace('~', "~0").replace('/', "~1");
            text.truncate(before);
            text.push_str(&escaped);
        }
        Self(text)
    }

    /// This pointer without its last key, if that is `key`.
    pub(crate) fn outside(&self, key: &str) -> Self {
        let outside = self.0.strip_suffix(key).and_then(|rest| rest.strip_suffix('/'));
        outside.map_or_else(|| self.clone(), |rest| Self(rest.to_owned()))
    }

    /// Reads a pointer; `None` unless it is empty or begins with `/`.
    pub fn parse(text: &str) -> Option<Self> {
        (text.is_empty() || text.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// The keys and indexes from this pointer down to `below`; `None` if `below` is elsewhere.
    pub fn steps_to(&self, below: &Self) -> Option<Vec<String>> {
        let rest = below.0.strip_prefix(&self.0)?;
        if rest.is_empty() {
            return Some(Vec::new());
        }
        let steps = rest.strip_prefix('/')?.split('/');
        Some(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
    }

    /// The pointer as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(document)" } else { &self.0 })
    }
}

/// One thing an author should know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// What kind of thing; stable.
    pub code: Code,
    /// The id of the business rule that is broken, where `code` is [`Code::RuleBroken`]; it stands
    /// for the code wherever the diagnostic is shown (R12.41).
    pub rule: Option<Arc<str>>,
    /// How much it matters.
    pub severity: Severity,
    /// Where in the document.
    pub at: Pointer,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What cures it, in the document as it was given, where that can be said.
    pub fix: Option<Patch>,
    /// The author's note on why it is meant that way; never on an error.
    pub waived: Option<String>,
}

impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let more = [self.help.is_some(), self.fix.is_some(), self.waived.is_some()];
        let fields = more.iter().filter(|given| **given).count().saturating_add(4);
        let mut object = serializer.serialize_struct("Diagnostic", fields)?;
        object.serialize_field("code", self.id())?;
        object.serialize_field("severity", &self.severity)?;
        object.serialize_field("at", &self.at)?;
        object.serialize_field("message", &self.message)?;
        if let Some(help) = &self.help {
            object.serialize_field("help", help)?;
        }
        if let Some(fix) = &self.fix {
            object.serialize_field("fix", fix)?;
        }
        if let Some(waived) = &self.waived {
            object.serialize_field("waived", waived)?;
        }
        object.end()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        write!(f, "{severity}[{}] at {}: {}", self.id(), self.at, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " (help: {help})"))
    }
}

/// All diagnostics of one document, in the order they were found.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    /// The scopes that the document declares, beside those that every flow has.
    #[serde(skip)]
    scopes: Vec<Box<str>>,
}

/// The scopes of every flow (R5.1). `secret` is judged where it stands.
const SCOPES: [&str; 11] = [
    "user",
    "temp",
    "context",
    "session",
    "system",
    "input",
    "output",
    "local",
    "env",
    "secret",
    "webhook_responses",
];

impl Report {
    /// A report on a document that declares these scopes.
    pub(crate) fn with_scopes(scopes: Vec<Box<str>>) -> Self {
        Self { diagnostics: Vec::new(), scopes }
    }

    /// Whether a name is a scope (R12.28).
    pub(crate) fn knows_scope(&self, name: &str) -> bool {
        SCOPES.contains(&name) || self.scopes.iter().any(|scope| **scope == *name)
    }

    /// Adds a diagnostic with the code's usual severity.
    pub fn add(&mut self, code: Code, at: &Pointer, message: impl Into<String>) -> &mut Diagnostic {
        self.add_as(code, code.severity(), at, message)
    }

    /// Adds a diagnostic with a severity of its own.
    pub fn add_as(
        &mut self,
        code: Code,
        severity: Severity,
        at: &Pointer,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let diagnostic = Diagnostic {
            code,
            rule: None,
            severity,
            at: at.clone(),
            message: message.into(),
            help: None,
            fix: None,
            waived: None,
        };
        self.diagnostics.push_mut(diagnostic)
    }

    /// Adds that a business rule is broken.
    pub(super) fn add_rule(
        &mut self,
        rule: &str,
        severity: Severity,
        at: &Pointer,
        message: String,
    ) -> &mut Diagnostic {
        let diagnostic = self.add_as(Code::RuleBroken, severity, at, message);
        diagnostic.rule = Some(rule.into());
        diagnostic
    }

    /// Takes over the diagnostics of another report.
    pub fn append(&mut self, mut other: Self) {
        self.diagnostics.append(&mut other.diagnostics);
    }

    /// Whether anything forbids running the flow.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// The diagnostics of severity [`Severity::Error`].
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.iter().filter(|d| d.severity == Severity::Error)
    }

    /// Gives another fix to what has one, has this code and stands at `at`.
    pub(crate) fn refit(&mut self, code: Code, at: &Pointer, fix: &Patch) {
        for found in &mut self.diagnostics {
            if found.code == code && found.at == *at && found.fix.is_some() {
                found.fix = Some(fix.clone());
            }
        }
    }

    /// Takes the fixes away from all diagnostics but the first ones.
    pub(crate) fn drop_fixes(&mut self, first: usize) {
        self.diagnostics.iter_mut().skip(first).for_each(|found| found.fix = None);
    }

    /// The warnings and notes, to be marked as waived.
    pub(super) fn harmless_mut(&mut self) -> impl Iterator<Item = &mut Diagnostic> {
        self.diagnostics.iter_mut().filter(|d| d.severity != Severity::Error)
    }

    /// All diagnostics.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.diagnostics.iter()
    }

    /// How many diagnostics there are.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }
}

impl<'a> IntoIterator for &'a Report {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Diagnostic {
    /// The stable name of what is wrong: the id of the broken business rule, else the code.
    pub fn id(&self) -> &str {
        self.rule.as_deref().unwrap_or_else(|| self.code.as_str())
    }

    /// Adds what to do about it.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what cures it: a patch, or none where this case has no mechanical cure.
    pub fn fix(&mut self, fix: impl Into<Option<Patch>>) -> &mut Self {
        self.fix = fix.into();
        self
    }
}
