//! What a library is made of, as one JSON document.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::handlers::{Handlers, HandlersError};
use super::library::{Library, LibraryItem};
use crate::check::{Report, Stage};
use crate::flow::FlowDefinition;
use crate::from_json::FromJson;
use crate::id::FlowId;

/// Flows, content and answers for requests: `{"documents": […], "content": […], "handlers": {…}}`.
#[derive(Clone, Debug, Default, Deserialize, FromJson, PartialEq)]
pub struct LibrarySource {
    /// The flows, in any form that is read; one with errors is left out.
    pub documents: Vec<Value>,
    /// The content library.
    #[serde(default)]
    pub content: Vec<LibraryItem>,
    /// As [`Handlers::read`] takes them.
    #[serde(default)]
    pub handlers: Map<String, Value>,
}

/// What became of a document of a [`LibrarySource`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LibraryFlow {
    /// Its id, given or derived; none if it could not be read.
    pub id: Option<FlowId>,
    /// Its seed key.
    pub key: Option<String>,
    /// Its name.
    pub name: String,
    /// The author's version label.
    pub version: String,
    /// As [`Flow::digest`](crate::Flow::digest); none if it has errors.
    pub digest: Option<String>,
    /// Whether it can be talked to.
    pub runnable: bool,
    /// Everything that its author should know, as if it were to be published.
    pub diagnostics: Report,
}

impl LibrarySource {
    /// The library, and what became of each document, in order.
    ///
    /// ```
    /// use chatflow::LibrarySource;
    ///
    /// let source: LibrarySource = serde_json::from_str(r#"{"documents": [
    ///     {"seed_key": "a", "nodes": [
    ///         {"id": "go", "type": "composite", "content": {"composite_flow_seed_key": "b"}}
    ///     ]}
    /// ]}"#)?;
    /// let (library, flows) = source.read()?;
    /// assert!(library.find("a").is_some() && flows[0].runnable);
    /// assert!(flows[0].diagnostics.iter().any(|found| found.code.as_str() == "composite.not_found"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`HandlersError`].
    pub fn read(self) -> Result<(Library, Vec<LibraryFlow>), HandlersError> {
        let handlers = Handlers::read(&Value::Object(self.handlers))?;
        let (library, read) = fill(&self.documents, self.content, handlers);
        let flows = read.into_iter().map(|(definition, mut report)| {
            let Some(definition) = definition else { return LibraryFlow::unread(report) };
            report.append(definition.check_links(&library, Stage::Publish));
            report.waive(&definition);
            let id = definition.own_id();
            // Another document of the same id may have taken its place.
            let flow = library.flow(id);
            let digest = flow.map(|flow| flow.digest().to_owned());
            let (key, name) = (definition.seed_key, definition.name);
            let runnable = flow.is_some();
            let (version, diagnostics) = (definition.version, report);
            LibraryFlow { id: Some(id), key, name, version, digest, runnable, diagnostics }
        });
        let flows = flows.collect();
        Ok((library, flows))
    }
}

impl LibraryFlow {
    fn unread(diagnostics: Report) -> Self {
        let (name, version) = (String::new(), String::new());
        Self { id: None, key: None, name, version, digest: None, runnable: false, diagnostics }
    }
}

/// A library of documents, and what was read of each.
pub(super) fn fill(
    documents: &[Value],
    content: Vec<LibraryItem>,
    handlers: Handlers,
) -> (Library, Vec<(Option<FlowDefinition>, Report)>) {
    let mut library = Library::default();
    library.handlers = handlers;
    for item in content {
        library.add_item(item);
    }
    let read = documents.iter().map(|document| {
        let (definition, mut report) = FlowDefinition::read(document);
        // A document with reading errors must not run, whatever else compiles.
        match &definition {
            Some(definition) if report.has_errors() => library.add_broken_flow(definition),
            Some(definition) => report.append(library.add_flow(definition)),
            None => {}
        }
        (definition, report)
    });
    let read = read.collect();
    (library, read)
}
