//! [`FlowCatalog`] in memory.

use std::collections::BTreeSet;

use chatflow::{FlowId, FlowRef, TenantId, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::{Library, MemoryStore};
use crate::admin::Total;
use crate::error::StoreError;
use crate::flow::VersionRecord;
use crate::flow_catalog::{
    ConnectionEntry, EmbeddingFlow, FlowCatalog, FlowDraft, FlowPage, FlowQuery, GraphRows,
    LinkedFlow, NewestVersion, NodeEntry, VersionEntry, VersionPage, finds_flow,
};
use crate::id::UserId;
use crate::library::{FlowRecord, NewVersion, Record as _, Stored};
use crate::scope::AccessScope;

impl FlowCatalog for MemoryStore {
    fn flow_draft(&self, scope: &AccessScope, id: FlowId) -> Result<Option<FlowDraft>, StoreError> {
        let library = &self.tables().library;
        Ok(library.viewed(scope, id).map(|stored| library.draft(stored)))
    }

    fn flow_drafts(
        &self,
        scope: &AccessScope,
        ids: &[FlowId],
    ) -> Result<Vec<FlowDraft>, StoreError> {
        let library = &self.tables().library;
        let ids: BTreeSet<_> = ids.iter().collect();
        let found = ids.into_iter().filter_map(|id| library.viewed(scope, *id));
        Ok(found.map(|stored| library.draft(stored)).collect())
    }

    fn list_flows(&self, scope: &AccessScope, query: &FlowQuery) -> Result<FlowPage, StoreError> {
        let library = &self.tables().library;
        let mut asked: Vec<_> = library
            .flows
            .values()
            .filter(|stored| views(scope, &stored.record) && is_asked(&stored.record, query))
            .collect();
        asked.sort_unstable_by_key(|stored| {
            std::cmp::Reverse((stored.created_at, stored.record.id))
        });
        let total = Total::of(u64::try_from(asked.len()).unwrap_or(u64::MAX));
        let flows = page(asked, query.skip, query.limit).map(|stored| {
            let mut draft = library.draft(stored);
            draft.stored.record.nodes.clear();
            draft.stored.record.connections.clear();
            draft
        });
        Ok(FlowPage { flows: flows.collect(), total })
    }

    fn flow_rows(&self, scope: &AccessScope, id: FlowId) -> Result<Option<GraphRows>, StoreError> {
        let library = &self.tables().library;
        let viewed = library.viewed(scope, id);
        Ok(viewed.map(|_| library.rows.get(&id).cloned().unwrap_or_default()))
    }

    fn list_versions(
        &self,
        scope: &AccessScope,
        id: FlowId,
        skip: u32,
        limit: u32,
    ) -> Result<Option<VersionPage>, StoreError> {
        let library = &self.tables().library;
        if library.viewed(scope, id).is_none() {
            return Ok(None);
        }
        let all: Vec<_> = library.entries.values().filter(|entry| entry.flow.id == id).collect();
        let total = Total::of(u64::try_from(all.len()).unwrap_or(u64::MAX));
        let versions = page(all.into_iter().rev(), skip, limit).cloned().collect();
        Ok(Some(VersionPage { versions, total }))
    }

    fn version_entry(
        &self,
        scope: &AccessScope,
        flow: FlowRef,
    ) -> Result<Option<(VersionEntry, String)>, StoreError> {
        let library = &self.tables().library;
        let found = library.entries.get(&flow).zip(library.versions.get(&flow));
        let found = found.filter(|_| library.viewed(scope, flow.id).is_some());
        Ok(found.map(|(entry, version)| (entry.clone(), version.document.clone())))
    }

    fn linked_flows(
        &self,
        scope: &AccessScope,
        links: &[String],
    ) -> Result<Vec<LinkedFlow>, StoreError> {
        let library = &self.tables().library;
        let find = |link: &String| library.linked(scope, link);
        Ok(links.iter().filter_map(find).collect())
    }

    fn embedding_flows(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Vec<EmbeddingFlow>, StoreError> {
        let library = &self.tables().library;
        let key = library.flows.get(&id).and_then(|stored| stored.record.seed_key.as_deref());
        let id = id.to_string();
        let leads = |link: &String| {
            let (kind, name) = link.split_once(':').unwrap_or_default();
            if kind.starts_with("id") { name == id } else { Some(name) == key }
        };
        let embedding = library.flows.values().map(|stored| &stored.record).filter(|flow| {
            let newest = library.live_version(flow.id).filter(|_| flow.id.to_string() != id);
            newest.is_some_and(|live| live.version.links.iter().any(leads))
        });
        let name = |flow: &FlowRecord| views(scope, flow).then(|| flow.name.clone());
        Ok(embedding.map(|flow| EmbeddingFlow { id: flow.id, name: name(flow) }).collect())
    }
}

impl Library {
    fn viewed(&self, scope: &AccessScope, id: FlowId) -> Option<&Stored<FlowRecord>> {
        let finds = |flow: &FlowRecord| {
            flow.access().is_some_and(|row| finds_flow(scope, &row, flow.is_active))
        };
        self.flows.get(&id).filter(|stored| finds(&stored.record))
    }

    fn draft(&self, stored: &Stored<FlowRecord>) -> FlowDraft {
        let published = self.published.get(&stored.record.id);
        FlowDraft {
            stored: stored.clone(),
            published_at: published.map(|(at, _)| *at),
            published_by: published.and_then(|(_, by)| *by),
            newest: self.newest(stored.record.id).map(|version| NewestVersion {
                seq: version.flow.seq,
                label: version.label.clone(),
                graph_hash: version.graph_hash.clone(),
            }),
        }
    }

    fn linked(&self, scope: &AccessScope, link: &str) -> Option<LinkedFlow> {
        let (kind, name) = link.split_once(':')?;
        let active = self.flows.values().map(|stored| &stored.record).filter(|flow| flow.is_active);
        let flow = if kind.starts_with("id") {
            active.into_iter().find(|flow| flow.id.to_string() == name)
        } else {
            let of_school = |school: TenantId| scope.schools().contains(&school);
            active
                .filter(|flow| flow.seed_key.as_deref() == Some(name))
                .filter(|flow| flow.school_id.is_none_or(of_school))
                .min_by_key(|flow| (!flow.is_published, flow.school_id.is_none(), flow.id))
        }?;
        let is_visible = scope.sees_flow(flow.visibility, flow.school_id, false);
        let live = self.live_version(flow.id).filter(|_| is_visible);
        let all = FlowRef { id: flow.id, seq: 0 }..=FlowRef { id: flow.id, seq: u32::MAX };
        let labels = self.versions.range(all).map(|(_, version)| version.label.clone());
        Some(LinkedFlow {
            link: link.to_owned(),
            id: flow.id,
            school_id: flow.school_id,
            visibility: flow.visibility,
            is_visible,
            labels: live.as_ref().map(|_| labels.collect()).unwrap_or_default(),
            document: live.map(|live| live.version.document),
        })
    }

    /// What stays keeps the time of its creation (S1.48).
    pub(super) fn save_rows(&mut self, flow: &FlowRecord, at: Timestamp) {
        let old = self.rows.remove(&flow.id).unwrap_or_default();
        let old_nodes: Vec<_> = old.nodes.iter().enumerate().collect();
        let nodes = flow.nodes.iter().enumerate().map(|(place, row)| {
            let known = old_nodes.iter().find(|(_, known)| known.row.node_id == row.node_id);
            let stays = known.filter(|(old, known)| *old == place && known.row == *row);
            NodeEntry {
                row: row.clone(),
                created_at: known.map_or(at, |(_, known)| known.created_at),
                updated_at: stays.map_or(at, |(_, known)| known.updated_at),
            }
        });
        let connections = flow.connections.iter().map(|row| {
            let is_same = |known: &&ConnectionEntry| {
                let known = &known.row;
                (&known.source, &known.target, &known.connection_type)
                    == (&row.source, &row.target, &row.connection_type)
            };
            let known = old.connections.iter().find(is_same);
            ConnectionEntry {
                row: row.clone(),
                created_at: known.map_or(at, |known| known.created_at),
            }
        });
        let rows = GraphRows { nodes: nodes.collect(), connections: connections.collect() };
        self.rows.insert(flow.id, rows);
    }
}

/// How a version that is published is listed.
pub(super) fn entry(
    flow: &FlowRecord,
    new: &NewVersion,
    version: &VersionRecord,
    by: Option<UserId>,
) -> VersionEntry {
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    VersionEntry {
        flow: version.flow,
        label: version.label.clone(),
        name: version.name.clone(),
        entry_node_id: flow.entry_node_id.clone(),
        graph_hash: version.graph_hash.clone(),
        published_at: version.published_at,
        published_by: by,
        note: new.note.clone(),
        nodes_count: count(flow.nodes.len()),
        connections_count: count(flow.connections.len()),
    }
}

/// All that is looked at of a flow's `info`.
#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    embeddable: Value,
}

fn views(scope: &AccessScope, flow: &FlowRecord) -> bool {
    flow.access().is_some_and(|row| scope.views(&row))
}

fn is_asked(flow: &FlowRecord, query: &FlowQuery) -> bool {
    let fits =
        |text: &str, search: &str| text.to_ascii_lowercase().contains(&search.to_ascii_lowercase());
    let found = |search: &String| {
        fits(&flow.name, search) || flow.description.as_ref().is_some_and(|text| fits(text, search))
    };
    let embeddable = || serde_json::from_str(&flow.info).is_ok_and(|i: Info| i.embeddable == true);
    query.published.is_none_or(|published| flow.is_published == published)
        && query.active.is_none_or(|active| flow.is_active == active)
        && query.search.as_ref().is_none_or(found)
        && query.version.as_ref().is_none_or(|version| flow.version == *version)
        && query.school.is_none_or(|school| flow.school_id == Some(school))
        && query.visibility.is_none_or(|visibility| flow.visibility == visibility)
        && query.embeddable.is_none_or(|wanted| embeddable() == wanted)
        && query.created_by.is_none_or(|user| flow.created_by == Some(user))
        && !(query.without_public && flow.visibility == chatflow::Visibility::Public)
}

fn page<T>(rows: impl IntoIterator<Item = T>, skip: u32, limit: u32) -> impl Iterator<Item = T> {
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    rows.into_iter().skip(size(skip)).take(size(limit))
}
