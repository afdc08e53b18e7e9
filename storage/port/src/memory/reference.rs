//! [`ReferenceStore`] in memory.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{ContentId, FlowId, NodeId};

use super::{Library, MemoryStore};
use crate::error::StoreError;
use crate::id::ThemeId;
use crate::library::{FlowRecord, Record};
use crate::reference::{
    FlowReference, FlowUser, FlowUserPage, FlowUserQuery, ReadReferences, ReferenceKind,
    ReferenceStore, check_references,
};
use crate::scope::AccessScope;

/// What a version refers to; the draft's own are in its record.
#[derive(Clone, Debug, Default)]
pub(super) struct References {
    nodes: BTreeSet<FlowReference>,
    theme: Option<ThemeId>,
}

impl References {
    pub(super) fn of(flow: &FlowRecord) -> Self {
        Self { nodes: flow.references.clone(), theme: flow.theme_id }
    }

    fn rows(&self) -> impl Iterator<Item = (Option<NodeId>, ReferenceKind, String)> {
        let theme = self.theme.map(|id| (None, ReferenceKind::Theme, id.0.to_string()));
        let row = |r: &FlowReference| (Some(r.node_id.clone()), r.kind, r.ref_id.clone());
        self.nodes.iter().map(row).chain(theme)
    }
}

impl ReferenceStore for MemoryStore {
    fn flow_users(
        &self,
        scope: &AccessScope,
        query: &FlowUserQuery,
    ) -> Result<FlowUserPage, StoreError> {
        let tables = self.tables();
        let flows = tables.library.flows.values().map(|stored| &stored.record);
        let viewed = flows.filter(|flow| flow.access().is_some_and(|row| scope.views(&row)));
        let mut users: Vec<_> = viewed.flat_map(|flow| tables.library.uses(flow, query)).collect();
        users.retain(|user| query.after.as_ref().is_none_or(|after| user.cursor() > *after));
        users.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
        Ok(FlowUserPage { users, is_complete: true })
    }

    fn unread_flows(&self, _limit: u32) -> Result<Vec<FlowId>, StoreError> {
        Ok(Vec::new())
    }

    fn fill_references(&self, read: &ReadReferences) -> Result<bool, StoreError> {
        check_references(read)?;
        Ok(false)
    }
}

impl Library {
    fn uses(&self, flow: &FlowRecord, query: &FlowUserQuery) -> Vec<FlowUser> {
        let mut rows: BTreeMap<_, (bool, bool)> = BTreeMap::new();
        for row in References::of(flow).rows() {
            rows.entry(row).or_default().0 = true;
        }
        for row in self.references.get(&flow.id).into_iter().flat_map(References::rows) {
            rows.entry(row).or_default().1 = true;
        }
        let is_live = flow.is_active && flow.is_published;
        let named = rows.into_iter().filter(|((_, kind, ref_id), (_, in_version))| {
            *kind == query.kind
                && self.names(flow, query).contains(ref_id)
                && (!query.live_only || (is_live && *in_version))
        });
        let user = |((node_id, _, ref_id), (in_draft, in_version))| FlowUser {
            flow_id: flow.id,
            name: flow.name.clone(),
            node_id,
            ref_id,
            in_draft,
            in_version,
            is_live,
        };
        named.map(user).collect()
    }

    /// The nodes of a flow, in its draft or its newest version, that show a content item (S3.47).
    pub(super) fn nodes_showing(&self, flow: &FlowRecord, content: ContentId) -> BTreeSet<NodeId> {
        let ref_id = content.to_string();
        let version = self.references.get(&flow.id).into_iter().flat_map(|of| &of.nodes);
        let all = flow.references.iter().chain(version);
        let showing = all.filter(|r| r.kind == ReferenceKind::Content && r.ref_id == ref_id);
        showing.map(|r| r.node_id.clone()).collect()
    }

    /// How `flow` may name what is asked for.
    fn names(&self, flow: &FlowRecord, query: &FlowUserQuery) -> Vec<String> {
        if query.kind != ReferenceKind::Flow {
            return vec![query.ref_id()];
        }
        let used = self.flows.get(&FlowId(query.id)).map(|stored| &stored.record);
        let is_near =
            |used: &&FlowRecord| used.school_id.is_none() || used.school_id == flow.school_id;
        let key = used.filter(is_near).and_then(|used| used.seed_key.as_ref());
        let key = key.map(|key| format!("key:{key}"));
        [query.ref_id()].into_iter().chain(key).collect()
    }
}
