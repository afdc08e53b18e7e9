//! [`FlowStore`] in memory.

use std::collections::BTreeSet;

use chatflow::{FlowId, FlowRef, TenantId, Visibility};

use super::{Library, MemoryStore};
use crate::error::StoreError;
use crate::flow::{FlowStore, FlowSummary, LiveVersion, Pin, VersionRecord};
use crate::id::ThemeId;
use crate::library::{FlowRecord, Stored, ThemeRecord};
use crate::scope::AccessScope;

impl FlowStore for MemoryStore {
    fn flow(&self, scope: &AccessScope, id: FlowId) -> Result<Option<FlowSummary>, StoreError> {
        let library = &self.tables().library;
        let stored = library.flows.get(&id).filter(|stored| sees(scope, &stored.record));
        Ok(stored.map(|stored| library.summary(stored)))
    }

    fn theme(&self, scope: &AccessScope, id: ThemeId) -> Result<Option<ThemeRecord>, StoreError> {
        let stored = self.tables().library.themes.get(&id).map(|stored| stored.record.clone());
        Ok(stored.filter(|theme| theme.is_active && scope.sees_theme(theme.school_id)))
    }

    fn flow_by_seed_key(
        &self,
        scope: &AccessScope,
        seed_key: &str,
    ) -> Result<Option<FlowSummary>, StoreError> {
        let library = &self.tables().library;
        let named = library.flows.values().filter(|stored| {
            let flow = &stored.record;
            flow.is_active && flow.seed_key.as_deref() == Some(seed_key) && sees(scope, flow)
        });
        let first = named.min_by_key(|stored| {
            let flow = &stored.record;
            (!flow.is_published, flow.school_id.is_some(), flow.id)
        });
        Ok(first.map(|stored| library.summary(stored)))
    }

    fn startable_flows(&self, scope: &AccessScope) -> Result<Vec<FlowSummary>, StoreError> {
        let library = &self.tables().library;
        let live = library.flows.values().filter(|stored| {
            stored.record.is_active && stored.record.is_published && sees(scope, &stored.record)
        });
        let mut flows: Vec<_> = live.map(|stored| library.summary(stored)).collect();
        flows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(flows)
    }

    fn flow_version(
        &self,
        scope: &AccessScope,
        flow: FlowRef,
    ) -> Result<Option<VersionRecord>, StoreError> {
        let version = self.tables().library.versions.get(&flow).cloned();
        Ok(version.filter(|version| sees_version(scope, version)))
    }

    fn newest_version(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Option<LiveVersion>, StoreError> {
        let live = self.tables().library.live_version(id);
        Ok(live.filter(|live| sees_version(scope, &live.version)))
    }

    fn pins(&self, scope: &AccessScope, root: FlowRef) -> Result<Vec<Pin>, StoreError> {
        let library = &self.tables().library;
        let Some(start) = library.versions.get(&root).filter(|start| sees_version(scope, start))
        else {
            return Ok(Vec::new());
        };
        let mut pins = BTreeSet::new();
        let mut open = vec![start];
        let mut seen = BTreeSet::from([root]);
        while let Some(parent) = open.pop() {
            for link in &parent.links {
                let target = library.resolve(link, start.school_id);
                let Some(version) = target.filter(|version| may_refer(parent, version)) else {
                    continue;
                };
                pins.insert(Pin { link: link.clone(), flow: version.flow });
                if seen.insert(version.flow) {
                    open.push(version);
                }
            }
        }
        Ok(pins.into_iter().collect())
    }
}

fn sees(scope: &AccessScope, flow: &FlowRecord) -> bool {
    scope.sees_flow(flow.visibility, flow.school_id, flow.allow_anonymous)
}

fn sees_version(scope: &AccessScope, version: &VersionRecord) -> bool {
    scope.sees_flow(version.visibility, version.school_id, version.allow_anonymous)
}

/// Whether `parent` may run `child` (S2.27).
fn may_refer(parent: &VersionRecord, child: &VersionRecord) -> bool {
    matches!(child.visibility, Visibility::Public | Visibility::Wriveted)
        || (child.school_id.is_some() && child.school_id == parent.school_id)
}

impl Library {
    pub(super) fn newest(&self, id: FlowId) -> Option<&VersionRecord> {
        let all = FlowRef { id, seq: 0 }..=FlowRef { id, seq: u32::MAX };
        self.versions.range(all).next_back().map(|(_, version)| version)
    }

    pub(super) fn live_version(&self, id: FlowId) -> Option<LiveVersion> {
        let flow = &self.flows.get(&id)?.record;
        let version = self.newest(id).filter(|_| flow.is_active && flow.is_published)?.clone();
        Some(LiveVersion { version, tracing: flow.tracing() })
    }

    /// The newest version, or the newest with this label.
    fn labelled(&self, id: FlowId, label: Option<&str>) -> Option<&VersionRecord> {
        let all = FlowRef { id, seq: 0 }..=FlowRef { id, seq: u32::MAX };
        let mut versions = self.versions.range(all).rev().map(|(_, version)| version);
        versions.find(|version| label.is_none_or(|label| version.label == label))
    }

    fn resolve(&self, link: &str, school: Option<TenantId>) -> Option<&VersionRecord> {
        let (kind, name) = link.split_once(':')?;
        let (kind, label) = kind.split_once('@').map_or((kind, None), |(k, l)| (k, Some(l)));
        if kind == "id" {
            let live = self.flows.keys().find(|flow| flow.to_string() == name)?;
            let flow = &self.flows.get(live)?.record;
            return if flow.is_active && flow.is_published {
                self.labelled(*live, label)
            } else {
                None
            };
        }
        if kind != "key" {
            return None;
        }
        let key = name;
        let named = self.flows.values().map(|stored| &stored.record).filter(|flow| {
            flow.seed_key.as_deref() == Some(key)
                && flow.is_active
                && flow.is_published
                && (flow.school_id.is_none() || flow.school_id == school)
        });
        let first = named.min_by_key(|flow| (flow.school_id.is_none(), flow.id))?;
        self.labelled(first.id, label)
    }

    fn summary(&self, stored: &Stored<FlowRecord>) -> FlowSummary {
        let flow = &stored.record;
        FlowSummary {
            id: flow.id,
            seed_key: flow.seed_key.clone(),
            name: flow.name.clone(),
            description: flow.description.clone(),
            version: flow.version.clone(),
            visibility: flow.visibility,
            school_id: flow.school_id,
            allow_anonymous: flow.allow_anonymous,
            theme_id: flow.theme_id,
            info: flow.info.clone(),
            is_published: flow.is_published,
            is_active: flow.is_active,
            published_at: self.published.get(&flow.id).map(|(at, _)| *at),
            tracing: flow.tracing(),
            retention_days: flow.retention_days,
            newest: self.newest(flow.id).map(|version| version.flow),
            row_version: stored.row_version,
        }
    }
}
