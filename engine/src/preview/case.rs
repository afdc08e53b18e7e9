//! A conversation with everything it needs, as one JSON document.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::handlers::{Handlers, HandlersError};
use super::library::{Library, LibraryItem};
use super::play::{PreviewError, Transcript, play};
use super::source::fill;
use crate::check::{Diagnostic, Report};
use crate::flow::{Flow, FlowDefinition};
use crate::from_json::FromJson;
use crate::id::FlowId;
use crate::time::Timestamp;

/// A conversation to be played: what it runs on and what is answered.
///
/// Unknown keys are passed over, so that a file of a case may also hold what is expected of it.
///
/// ```
/// use chatflow::Case;
///
/// let case = Case::read_json(r#"{
///     "documents": [{"seed_key": "hi", "nodes": [
///         {"id": "ask", "type": "question",
///          "content": {"question": "Who is there?", "input_type": "text", "variable": "user.name"}}
///     ]}],
///     "flow": "hi",
///     "answers": ["Ada"]
/// }"#)?;
/// let (transcript, used) = case.play()?;
/// assert_eq!((used, transcript.ended), (1, Some("completed")));
/// assert_eq!(transcript.state["user"]["name"], "Ada");
/// # Ok::<(), chatflow::CaseError>(())
/// ```
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct Case {
    /// The flows, in any form that is read; one with errors is left out.
    pub documents: Vec<Value>,
    /// The content library.
    #[serde(default)]
    pub content: Vec<LibraryItem>,
    /// Answers for the requests of the flows, as [`Handlers::read`] takes them.
    #[serde(default)]
    pub handlers: Map<String, Value>,
    /// The flow to play, by seed key or id; the only one when absent.
    #[serde(default)]
    pub flow: Option<String>,
    /// Seeds the random draws.
    #[serde(default = "usual_seed")]
    pub seed: String,
    /// When the conversation begins.
    #[serde(default = "usual_time")]
    pub at: Timestamp,
    /// Variables to begin with.
    #[serde(default)]
    pub state: Map<String, Value>,
    /// The answers, one a turn.
    #[serde(default)]
    pub answers: Vec<Value>,
}

/// Why a case cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The text is no case.
    #[error("cannot read the case")]
    Shape(#[source] serde_json::Error),
    /// Its handlers are not in the form of [`Handlers::read`].
    #[error("cannot read the handlers of the case")]
    Handlers(#[source] HandlersError),
    /// It names no flow and has none or several.
    #[error("the case has {count} runnable flows: name one as `flow`{}", because(error.as_deref()))]
    Unnamed {
        /// How many there are.
        count: usize,
        /// The first error in a document.
        error: Option<Box<Diagnostic>>,
    },
    /// No document of it that can be run is the flow.
    #[error("the case has no runnable flow `{flow}`{}", because(error.as_deref()))]
    NoFlow {
        /// The flow asked for.
        flow: String,
        /// The first error in a document.
        error: Option<Box<Diagnostic>>,
    },
    /// The engine refused.
    #[error("cannot play the case")]
    Play(#[source] PreviewError),
}

impl CaseError {
    /// A stable code for hosts that have no Rust types: `argument`, `handlers`, `flow_unnamed`,
    /// `no_flow`, or as [`PreviewError::code`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape(_) => "argument",
            Self::Handlers(_) => "handlers",
            Self::Unnamed { .. } => "flow_unnamed",
            Self::NoFlow { .. } => "no_flow",
            Self::Play(error) => error.code(),
        }
    }
}

impl Case {
    /// Reads a case from the text of a JSON object.
    ///
    /// # Errors
    ///
    /// [`CaseError::Shape`] if it is not JSON, or a key is missing or of another kind.
    pub fn read_json(text: &str) -> Result<Self, CaseError> {
        serde_json::from_str(text).map_err(CaseError::Shape)
    }

    /// What the case runs on, with a report for each document.
    ///
    /// # Errors
    ///
    /// [`CaseError::Handlers`].
    pub fn library(&self) -> Result<(Library, Vec<Report>), CaseError> {
        let handlers = Value::Object(self.handlers.clone());
        let handlers = Handlers::read(&handlers).map_err(CaseError::Handlers)?;
        let (library, read) = fill(&self.documents, self.content.clone(), handlers);
        Ok((library, read.into_iter().map(|(_, report)| report).collect()))
    }

    /// Plays the answers until they or the conversation end. Says how many were used.
    ///
    /// # Errors
    ///
    /// [`CaseError`] if there is no such flow, or the engine refuses the state or an answer.
    pub fn play(&self) -> Result<(Transcript, usize), CaseError> {
        let (library, reports) = self.library()?;
        let Some((name, id)) = self.choose(&library) else {
            let error = reports.iter().flat_map(Report::errors).next();
            let error = error.map(|error| Box::new(error.clone()));
            return Err(match &self.flow {
                Some(flow) => CaseError::NoFlow { flow: flow.clone(), error },
                None => CaseError::Unnamed { count: library.flows().count(), error },
            });
        };
        let begin = (self.seed.as_str(), self.at);
        play(&library, (&name, id), begin, self.state.clone(), &self.answers)
            .map_err(CaseError::Play)
    }

    fn choose(&self, library: &Library) -> Option<(String, FlowId)> {
        if let Some(name) = &self.flow {
            return library.find(name).map(|id| (name.clone(), id));
        }
        library.only_flow().map(|id| (id.to_string(), id))
    }
}

/// Everything that the author of one flow document should know about it.
///
/// ```
/// let report = chatflow::check(r#"{"nodes": [{"id": "hi", "type": "massage"}]}"#);
/// assert!(report.has_errors());
/// ```
pub fn check(document: &str) -> Report {
    let (definition, mut report) = FlowDefinition::read_json(document);
    if let Some(definition) = definition {
        report.append(Flow::compile(&definition, 0).report);
        report.waive(&definition);
    }
    report
}

fn usual_seed() -> String {
    "0".to_owned()
}

/// 2026-01-01T00:00:00Z.
fn usual_time() -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000)
}

fn because(error: Option<&Diagnostic>) -> String {
    error.map_or_else(String::new, |error| format!(" ({error})"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Case;

    fn refusal(case: &Value) -> String {
        Case::read_json(&case.to_string()).and_then(|case| case.play()).unwrap_err().to_string()
    }

    fn hello(key: &str) -> Value {
        json!({"seed_key": key, "nodes": [{"id": "hi", "type": "message", "content": {"text": "Hello!"}}]})
    }

    #[test]
    fn a_case_needs_nothing_but_its_only_flow() {
        let case = Case::read_json(&json!({"documents": [hello("a")]}).to_string()).unwrap();
        let (transcript, used) = case.play().unwrap();
        assert_eq!((transcript.turns.len(), used), (1, 0));
        assert_eq!(transcript.ended, Some("completed"));
        assert_eq!(json!(case.at), "2026-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_written_case_reads_back() {
        let case = json!({
            "documents": [hello("a")],
            "content": [{
                "id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "type": "joke",
                "content": {"text": "Knock"}, "info": {"min_age": 4}, "tags": ["t"]
            }],
            "handlers": {"/v1/x": {"answer": 1}},
            "flow": "a", "seed": "7", "at": "2026-05-04T03:02:01Z",
            "state": {"user": {"age": 9}}, "answers": ["x", 1.5, ["y"]]
        });
        let read = Case::read_json(&case.to_string()).unwrap();
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(Case::read_json(&written).unwrap(), read);
        assert_eq!(read.content[0].tags, ["t"]);
        assert_eq!(read.content[0].item.kind, "joke");
        assert_eq!(read.content[0].owner, None);
    }

    #[test]
    fn a_refusal_says_what_is_wrong_with_the_case() {
        assert_eq!(refusal(&json!({"flow": "a"})), "cannot read the case");
        assert_eq!(
            refusal(&json!({"documents": [hello("a")], "handlers": {"/x": 1}})),
            "cannot read the handlers of the case"
        );
        assert_eq!(
            refusal(&json!({"documents": [hello("a")], "flow": "b"})),
            "the case has no runnable flow `b`"
        );
        assert_eq!(
            refusal(&json!({"documents": [hello("a"), hello("b")]})),
            "the case has 2 runnable flows: name one as `flow`"
        );
        let broken = refusal(&json!({"documents": [{"nodes": [{"id": "x", "type": "massage"}]}]}));
        assert!(broken.starts_with("the case has 0 runnable flows"), "{broken}");
        assert!(broken.contains("massage"), "{broken}");
    }
}
