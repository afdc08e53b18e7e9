//! What is wrong with a flow: the engine's checks, with what lies beside the flow loaded for them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chatflow::{
    Compiler, ContentId, Flow, FlowDefinition, FlowId, FlowReport, Neighbour, Neighbours, Stage,
    TenantId, Visibility,
};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, LinkedFlow};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;

/// How often the engine is asked anew after what it asked for was loaded: once for each step that
/// references lead further, and sessions nest no deeper.
const MOST_ROUNDS: usize = 18;

/// A flow that was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) report: FlowReport,
    /// None if there are errors.
    pub(crate) compiled: Option<Arc<Flow>>,
}

/// Versions that are about to be published with the flow that is checked, by their flows: the document
/// and the label.
pub(crate) type Upcoming = BTreeMap<FlowId, (String, String)>;

/// Checks a flow as the engine does, and what it refers to as its owner sees it.
pub(crate) async fn check(
    app: &App,
    definition: &FlowDefinition,
    stage: Stage,
) -> Result<Checked, ApiError> {
    check_with(app, definition, stage, &Upcoming::new()).await
}

/// As [`check`], as if these versions were published already.
pub(super) async fn check_with(
    app: &App,
    definition: &FlowDefinition,
    stage: Stage,
    upcoming: &Upcoming,
) -> Result<Checked, ApiError> {
    // Read anew, so that findings say where in the stored document they are.
    let (read, mut report) = FlowDefinition::read(&definition.to_value());
    let Some(definition) = read else {
        return Ok(Checked { report: FlowReport::of_no_flow(&report), compiled: None });
    };
    let compiled = Compiler::default().compile(&definition, 1);
    report.append(compiled.report);
    let scope = AccessScope::conversation(definition.school_id, None);
    let mut known = Beside::default();
    for _ in 0..MOST_ROUNDS {
        definition.check_links(&known, stage);
        if !known.load(app, &scope, upcoming).await? {
            break;
        }
    }
    report.append(definition.check_links(&known, stage));
    report.waive(&definition);
    let compiled = compiled.flow.filter(|_| !report.has_errors());
    Ok(Checked { report: FlowReport::of(&report, &definition), compiled })
}

/// What a flow refers to, as the engine names it.
#[derive(Debug)]
pub(crate) struct References {
    pub(crate) links: BTreeSet<String>,
    pub(crate) contents: BTreeSet<ContentId>,
}

/// What a flow itself refers to.
pub(crate) fn references(definition: &FlowDefinition) -> References {
    let nothing = Beside::default();
    definition.check_links(&nothing, Stage::Draft);
    References {
        links: nothing.links_asked.into_inner(),
        contents: nothing.contents_asked.into_inner(),
    }
}

/// What is known of what lies beside a flow, and what the engine asked for that is not.
#[derive(Default)]
struct Beside {
    flows: BTreeMap<String, Option<Neighbour>>,
    contents: BTreeMap<ContentId, bool>,
    links_asked: RefCell<BTreeSet<String>>,
    contents_asked: RefCell<BTreeSet<ContentId>>,
}

impl Neighbours for Beside {
    fn flow(&self, link: &str) -> Option<Neighbour> {
        if let Some(known) = self.flows.get(link) {
            return known.clone();
        }
        self.links_asked.borrow_mut().insert(link.to_owned());
        None
    }

    fn has_content(&self, id: ContentId, _: Option<TenantId>) -> bool {
        self.contents.get(&id).copied().unwrap_or_else(|| {
            self.contents_asked.borrow_mut().insert(id);
            false
        })
    }
}

impl Beside {
    /// Loads what was asked for; false if that is nothing.
    async fn load(
        &mut self,
        app: &App,
        scope: &AccessScope,
        upcoming: &Upcoming,
    ) -> Result<bool, ApiError> {
        let links: Vec<String> = self.links_asked.take().into_iter().collect();
        let ids: Vec<ContentId> = self.contents_asked.take().into_iter().collect();
        if links.is_empty() && ids.is_empty() {
            return Ok(false);
        }
        if !ids.is_empty() {
            let found = app.store.contents(scope, &ids).await?;
            self.contents.extend(ids.into_iter().zip(found).map(|(id, item)| (id, item.is_some())));
        }
        if !links.is_empty() {
            let mut found = app.store.linked_flows(scope, &links).await?;
            for linked in found.iter_mut().filter(|linked| linked.is_visible) {
                if let Some((document, label)) = upcoming.get(&linked.id) {
                    linked.document = Some(document.clone());
                    linked.labels.push(label.clone());
                }
            }
            self.flows.extend(links.into_iter().map(|link| (link, None)));
            self.flows.extend(found.into_iter().map(neighbour));
        }
        Ok(true)
    }
}

fn neighbour(linked: LinkedFlow) -> (String, Option<Neighbour>) {
    let document = linked.document.as_deref();
    let read = document.and_then(|document| FlowDefinition::read_json(document).0);
    let unknown = || Neighbour {
        id: linked.id,
        owner: linked.school_id,
        visibility: linked.visibility,
        embeddable: None,
        versions: Vec::new(),
        has_other_versions: false,
        contract: None,
        sets: None,
        links: Vec::new(),
    };
    let of = |definition: &FlowDefinition| Neighbour::of(linked.id, definition);
    let mut found = read.as_ref().map_or_else(unknown, of);
    // Who owns and sees it counts as it is now, not as it was when it was published.
    (found.owner, found.visibility) = (linked.school_id, linked.visibility);
    if !linked.is_visible {
        // It is somebody else's, whoever that is: a flow of no school is nobody's but the platform's.
        found.owner = Some(linked.school_id.unwrap_or(TenantId(Uuid::nil())));
        found.visibility = Visibility::Private;
    }
    found.versions = linked.labels;
    (linked.link, Some(found))
}
