//! Snapshots of many flows, written anew from their rows (R1.24, S3.100).

use std::collections::HashMap;

use chatflow::{FlowDefinition, TenantId};
use chatflow_storage::{FlowDraft, ThemeId};

use super::draft::Draft;
use super::record::record;
use super::save::{check_edit, edit, read, theme};
use crate::app::App;
use crate::author::Author;
use crate::error::ApiError;

/// One run over many flows. Flows whose snapshots are as their rows say, as nearly all are, cost no
/// statement but the one that has read them, and one for each theme.
pub(crate) struct Regeneration<'a> {
    app: &'a App,
    author: &'a Author,
    /// The themes that were asked for, by the school of the flow and their names.
    themes: HashMap<(Option<TenantId>, String), Option<ThemeId>>,
}

impl<'a> Regeneration<'a> {
    pub(crate) fn new(app: &'a App, author: &'a Author) -> Self {
        Self { app, author, themes: HashMap::new() }
    }

    /// Writes the snapshot of a flow that was read, if it is there; says whether it was not as the rows
    /// say.
    pub(crate) async fn of(&mut self, stored: Option<&FlowDraft>) -> Result<bool, ApiError> {
        let stored = stored.ok_or_else(ApiError::flow_not_found)?;
        check_edit(self.author, stored)?;
        if self.is_as_its_rows(stored).await? {
            return Ok(false);
        }
        let change = |stored: &FlowDraft, draft: &mut Draft| {
            draft.action = "flow.regenerate";
            draft.regenerate(&stored.stored.record)?;
            Ok(stored.stored.row_version)
        };
        // It is read again: it may have been changed since.
        let id = stored.stored.record.id;
        let (saved, before) = edit(self.app, self.author, id, change).await?;
        Ok(saved.draft.stored.row_version != before)
    }

    async fn is_as_its_rows(&mut self, stored: &FlowDraft) -> Result<bool, ApiError> {
        let old = &stored.stored.record;
        let mut draft = Draft::of(stored)?;
        draft.regenerate(old)?;
        let definition = read(&mut draft)?;
        let theme_id = self.theme(&definition).await?;
        Ok(record(&definition, draft.standing(theme_id)) == *old)
    }

    async fn theme(&mut self, definition: &FlowDefinition) -> Result<Option<ThemeId>, ApiError> {
        let Some(name) = definition.theme_id() else { return Ok(None) };
        let key = (definition.school_id, name.to_owned());
        if let Some(known) = self.themes.get(&key) {
            return Ok(*known);
        }
        let found = theme(self.app, definition, &mut Vec::new()).await?;
        self.themes.insert(key, found);
        Ok(found)
    }
}
