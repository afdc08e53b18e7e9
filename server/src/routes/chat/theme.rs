//! The theme of a conversation (S8.11, S8.13).

use chatflow::TenantId;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, StoredSession, ThemeCandidate, ThemeId, ThemeRecord, VersionRecord,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::turn::flow_school;
use crate::app::App;
use crate::error::ApiError;
use crate::theme::complete;

/// What is looked at of a flow's document.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    flow_data: Named,
    info: Named,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    theme_id: Value,
}

/// The theme that a conversation has from now on; what is wrong with those that its flow names is
/// told.
pub(super) async fn resolve(
    app: &App,
    version: &VersionRecord,
    schools: Schools,
    warnings: &mut Vec<String>,
) -> Result<Option<ThemeRecord>, ApiError> {
    let document: Document = serde_json::from_str(&version.document).unwrap_or_default();
    let (named, odd) = named(version.theme_id, &document);
    warnings.extend(odd);
    let all = [schools.named, schools.session, version.school_id];
    let scope = AccessScope::reader(all.into_iter().flatten().collect());
    let candidates = app.store.theme_candidates(&scope, &named).await?;
    Ok(pick(&candidates, &named, all, warnings).cloned())
}

/// Whose themes a conversation may have beside its flow's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Schools {
    /// The session's.
    pub(super) session: Option<TenantId>,
    /// The one that its visitor named, if no account says which it is (F14).
    pub(super) named: Option<TenantId>,
}

/// Under `info`: the school whose theme it is, when nothing but its visitor names that school.
const THEME_SCHOOL: &str = "theme_school_id";

/// Keeps in mind whose theme it is, if it would not be found without.
pub(super) fn note(info: &mut Map<String, Value>, theme: Option<&ThemeRecord>, schools: Schools) {
    let owner = theme.and_then(|theme| theme.school_id);
    if owner.is_some() && owner == schools.named && owner != schools.session {
        info.insert(THEME_SCHOOL.to_owned(), json!(owner));
    }
}

/// The themes that the flow asks for, in order.
fn named(column: Option<ThemeId>, document: &Document) -> (Vec<ThemeId>, Vec<String>) {
    let mut ids: Vec<ThemeId> = column.into_iter().collect();
    let mut warnings = Vec::new();
    for theme_id in [&document.flow_data.theme_id, &document.info.theme_id] {
        match theme_id.as_str().map(str::parse) {
            Some(Ok(id)) if !ids.contains(&ThemeId(id)) => ids.push(ThemeId(id)),
            Some(Ok(_)) => {}
            None if theme_id.is_null() => {}
            Some(Err(_)) | None => {
                warnings.push(format!("the flow's theme_id {theme_id} is no id of a theme"));
            }
        }
    }
    (ids, warnings)
}

/// The first that there is: the flow's own; what the school that the visitor named has chosen, and its
/// default; the same of the session's school and of the flow's; everyone's default.
fn pick<'a>(
    candidates: &'a [ThemeCandidate],
    named: &[ThemeId],
    schools: [Option<TenantId>; 3],
    warnings: &mut Vec<String>,
) -> Option<&'a ThemeRecord> {
    let find = |is_it: &dyn Fn(&ThemeCandidate) -> bool| {
        candidates.iter().find(|found| is_it(found)).map(|found| &found.theme.record)
    };
    let [_, of_flow @ ..] = schools;
    for id in named {
        let theme = find(&|found| found.theme.record.id == *id);
        // That a visitor names a school is no reason to show its themes elsewhere.
        let is_own = |theme: &&ThemeRecord| {
            theme.school_id.is_none_or(|owner| of_flow.contains(&Some(owner)))
        };
        if let Some(theme) = theme.filter(is_own) {
            return Some(theme);
        }
        warnings.push(format!("the flow's theme {} is deleted or another school's", id.0));
    }
    let is_default = |found: &ThemeCandidate, owner: Option<TenantId>| {
        found.theme.record.is_default && found.theme.record.school_id == owner
    };
    for school in schools.into_iter().flatten() {
        let chosen = find(&|found| found.chosen_by.contains(&school));
        let theme = chosen.or_else(|| find(&|found| is_default(found, Some(school))));
        if theme.is_some() {
            return theme;
        }
    }
    find(&|found| is_default(found, None))
}

/// The theme that a conversation started with, deleted or not (S8.13).
pub(super) async fn kept(
    app: &App,
    stored: &StoredSession,
    info: &Map<String, Value>,
) -> Result<Value, ApiError> {
    let Some(id) = stored.head.theme_id else { return Ok(Value::Null) };
    let named = info.get(THEME_SCHOOL).and_then(Value::as_str);
    let named = named.and_then(|id| id.parse().ok()).map(TenantId);
    let all = [named, stored.head.school_id, flow_school(info, stored)];
    let scope = AccessScope::reader(all.into_iter().flatten().collect());
    let theme = app.store.stored_theme(&scope, id).await?;
    Ok(theme.map_or(Value::Null, |theme| shown(&theme.record)))
}

/// A theme as clients show it.
pub(super) fn shown(theme: &ThemeRecord) -> Value {
    let config: Map<String, Value> = serde_json::from_str(&theme.config).unwrap_or_default();
    json!({
        "id": theme.id, "name": theme.name, "config": complete(&config),
        "logo_url": theme.logo_url, "avatar_url": theme.avatar_url,
    })
}

#[cfg(test)]
mod tests {
    use chatflow::Timestamp;
    use chatflow_storage::Stored;
    use uuid::Uuid;

    use super::*;

    const A: TenantId = TenantId(Uuid::from_u128(1));
    const B: TenantId = TenantId(Uuid::from_u128(2));

    fn candidate(n: u128, school_id: Option<TenantId>, is_default: bool) -> ThemeCandidate {
        let record = ThemeRecord {
            id: ThemeId(Uuid::from_u128(n)),
            seed_key: None,
            name: n.to_string(),
            description: None,
            school_id,
            config: "{}".to_owned(),
            logo_url: None,
            avatar_url: None,
            is_active: true,
            is_default,
            version: "1.0".to_owned(),
            created_by: None,
        };
        let at = Timestamp::default();
        let theme = Stored { record, row_version: 1, created_at: at, updated_at: at };
        ThemeCandidate { theme, chosen_by: Vec::new() }
    }

    #[test]
    fn the_first_of_seven_wins() {
        // S8.11: session of school A, flow of school B.
        let chosen = |n, by| ThemeCandidate { chosen_by: vec![by], ..candidate(n, None, false) };
        let mut all = vec![
            candidate(1, None, false),
            candidate(2, None, false),
            chosen(3, A),
            candidate(4, Some(A), true),
            chosen(5, B),
            candidate(6, Some(B), true),
            candidate(7, None, true),
        ];
        let named = [1, 2].map(|n| ThemeId(Uuid::from_u128(n)));
        let mut steps = Vec::new();
        loop {
            let mut warnings = Vec::new();
            let found = pick(&all, &named, [None, Some(A), Some(B)], &mut warnings);
            let Some(id) = found.map(|theme| theme.id) else { break };
            steps.push((id.0.as_u128(), warnings.len()));
            all.retain(|left| left.theme.record.id != id);
        }
        assert_eq!(steps, [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 2), (7, 2)]);
    }

    #[test]
    fn what_is_no_id_is_passed_over_with_a_warning() {
        let id = Uuid::from_u128(9);
        let document = |data: Value, info: Value| Document {
            flow_data: Named { theme_id: data },
            info: Named { theme_id: info },
        };
        assert_eq!(named(None, &document(Value::Null, Value::Null)), (vec![], vec![]));
        let (ids, warnings) = named(None, &document(json!("sea"), json!(id)));
        assert_eq!((ids, warnings.len()), (vec![ThemeId(id)], 1));
        let (ids, warnings) = named(Some(ThemeId(id)), &document(json!(id), json!(7)));
        assert_eq!((ids, warnings.len()), (vec![ThemeId(id)], 1));
    }
}
