//! What is told of a change of an item: events (S6.22, S6.30) and the audit log (S1.68).

use chatflow::{ContentId, TenantId, Timestamp};
use chatflow_storage::{AuditEntry, NewEvent};
use serde_json::{Map, Value};

use crate::app::App;
use crate::author::Author;
use crate::error::ApiError;
use crate::events::Happening;
use crate::host::now;
use crate::trail::Deed;

/// The item that is told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) id: ContentId,
    pub(super) school: Option<TenantId>,
}

/// Writes down what one request changes.
#[derive(Clone, Copy)]
pub(super) struct Teller<'a> {
    app: &'a App,
    author: &'a Author,
    pub(super) at: Timestamp,
}

impl<'a> Teller<'a> {
    pub(super) fn new(app: &'a App, author: &'a Author) -> Self {
        Self { app, author, at: now() }
    }

    /// An entry of the audit log; `action` is what is done to the item.
    pub(super) fn entry(
        &self,
        subject: Subject,
        action: &str,
        changes: &Value,
    ) -> Result<AuditEntry, ApiError> {
        let deed = Deed {
            action: format!("content.{action}"),
            resource_type: "content",
            resource_id: subject.id.to_string(),
            school_id: subject.school,
            changes: changes.clone(),
        };
        self.author.entry(deed, self.at)
    }

    /// The rows of an event; with a `once`, who writes each row once tells once.
    pub(super) async fn events(
        &self,
        subject: Subject,
        event_type: &'static str,
        data: Map<String, Value>,
        once: Option<&str>,
    ) -> Result<Vec<NewEvent>, ApiError> {
        let by = (&*self.author.caller, &self.author.trail, self.at);
        let row = ("content", subject.id.0);
        let happening = Happening::of_row(event_type, row, subject.school, by, data.into());
        Ok(self.app.emitter.tell(&self.app.store, &happening, once).await?)
    }
}
