//! Publishing what a flow embeds before the flow itself (F36).

use std::collections::BTreeSet;

use chatflow::{FlowDefinition, FlowId};
use chatflow_storage::AccessScope;
use chatflow_storage::prelude::*;

use super::check::references;
use super::draft::{Draft, Publishing};
use super::record::definition;
use super::save::{Together, load_to_edit, prepare};
use crate::app::App;
use crate::author::Author;
use crate::error::ApiError;
use crate::input::Condition;

/// A flow on the way down, or on the way back.
enum Step {
    Enter(FlowId),
    Leave(FlowId),
}

/// Has the flows published together with `flow` that it embeds, itself or through others, and that are not
/// published: each after those that it embeds.
pub(super) async fn publish_below(
    app: &App,
    author: &Author,
    flow: &FlowDefinition,
    together: &mut Together,
) -> Result<(), ApiError> {
    // What the caller has read is the flow, not what it embeds.
    let author = Author { condition: Condition::default(), ..author.clone() };
    let mut seen: BTreeSet<FlowId> = flow.id.into_iter().collect();
    let mut steps = unpublished(app, flow).await?;
    while let Some(step) = steps.pop() {
        match step {
            Step::Enter(id) => {
                if !seen.insert(id) {
                    continue;
                }
                let Some(draft) = app.store.flow_draft(author.scope(), id).await? else { continue };
                steps.push(Step::Leave(id));
                steps.extend(unpublished(app, &definition(&draft.stored.record)?).await?);
            }
            Step::Leave(id) => {
                let before = load_to_edit(app, &author, id).await?;
                let mut draft = Draft::of(&before)?;
                draft.publishing =
                    Some(Publishing::Publish { label: None, part: None, note: None });
                prepare(app, &author, Some(&before), draft, together).await?;
            }
        }
    }
    Ok(())
}

/// What a flow embeds that has no published version.
async fn unpublished(app: &App, flow: &FlowDefinition) -> Result<Vec<Step>, ApiError> {
    let links: Vec<String> = references(flow).links.into_iter().collect();
    let scope = AccessScope::conversation(flow.school_id, None);
    let linked = app.store.linked_flows(&scope, &links).await?;
    let open = linked.into_iter().filter(|linked| linked.is_visible && linked.document.is_none());
    Ok(open.map(|linked| Step::Enter(linked.id)).collect())
}
