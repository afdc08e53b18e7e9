//! Schools, themes and content of a fixture.

use std::collections::BTreeMap;

use chatflow::{TenantId, Visibility};
use chatflow_storage::{
    AccessScope, Batch, Change, ContentRecord, ContentStatus, LibraryStore, LookUp, SchoolRecord,
    SchoolState, StoreError, ThemeId, ThemeRecord,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::ImportReport;
use crate::fixture::{Content, Fixture, School, Theme};

/// The ids under which entries of the fixture are stored.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) themes: BTreeMap<String, ThemeId>,
    /// Where a school is stored under another id than the fixture's.
    pub(super) schools: BTreeMap<TenantId, TenantId>,
}

impl Ids {
    /// The id under which a school is stored.
    pub(super) fn school(&self, id: TenantId) -> TenantId {
        self.schools.get(&id).copied().unwrap_or(id)
    }
}

pub(super) fn fill<S: LibraryStore>(
    store: &S,
    scope: &AccessScope,
    fixture: &Fixture,
    batch: &mut Batch,
    report: &mut ImportReport,
) -> Result<Ids, StoreError> {
    let mut ids = Ids::default();
    let [schools, themes, contents, ..] = &mut report.counts;
    for school in &fixture.schools {
        let found = store.find_school(
            scope,
            look_up(&school.seed_key, Some(school.id.0), Some(&school.name), None),
        )?;
        let old = found.as_ref().map(|found| &found.record);
        let new = school_record(school, old);
        ids.schools.insert(school.id, new.id);
        schools.count(old, &new);
        batch.schools.push(Change {
            expected: Some(found.map_or(0, |found| found.row_version)),
            record: new,
        });
    }
    for theme in &fixture.themes {
        let owner = theme.school.map(|id| ids.school(id));
        let found =
            store.find_theme(scope, look_up(&theme.seed_key, None, Some(&theme.name), owner))?;
        let old = found.as_ref().map(|found| &found.record);
        let new = theme_record(theme, owner, old);
        ids.themes.insert(theme.seed_key.clone(), new.id);
        themes.count(old, &new);
        batch.themes.push(Change {
            expected: Some(found.map_or(0, |found| found.row_version)),
            record: new,
        });
    }
    for content in &fixture.contents {
        let owner = content.school.map(|id| ids.school(id));
        let found = store.find_content(
            scope,
            look_up(&content.seed_key, Some(content.item.id.0), None, owner),
        )?;
        let old = found.as_ref().map(|found| &found.record);
        let new = content_record(content, owner, old);
        contents.count(old, &new);
        batch.contents.push(Change {
            expected: Some(found.map_or(0, |found| found.row_version)),
            record: new,
        });
    }
    Ok(ids)
}

pub(super) fn look_up<'a>(
    seed_key: &'a str,
    id: Option<Uuid>,
    name: Option<&'a str>,
    school: Option<TenantId>,
) -> LookUp<'a> {
    LookUp { seed_key: Some(seed_key), id, name, school }
}

fn school_record(school: &School, old: Option<&SchoolRecord>) -> SchoolRecord {
    SchoolRecord {
        id: old.map_or(school.id, |old| old.id),
        seed_key: Some(school.seed_key.clone()),
        name: school.name.clone(),
        state: SchoolState::parse(&school.state).unwrap_or(SchoolState::Active),
        theme_id: old.and_then(|old| old.theme_id),
        info: Value::Object(school.info.clone()).to_string(),
    }
}

fn theme_record(theme: &Theme, owner: Option<TenantId>, old: Option<&ThemeRecord>) -> ThemeRecord {
    let text = |key: &str| theme.entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag =
        |key: &str, usual: bool| theme.entry.get(key).and_then(Value::as_bool).unwrap_or(usual);
    let config = theme.entry.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
    let space = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"chatflow:theme");
    ThemeRecord {
        id: old
            .map_or_else(|| ThemeId(Uuid::new_v5(&space, theme.seed_key.as_bytes())), |old| old.id),
        seed_key: Some(theme.seed_key.clone()),
        name: theme.name.clone(),
        description: text("description"),
        school_id: owner,
        config: Value::Object(config).to_string(),
        logo_url: text("logo_url"),
        avatar_url: text("avatar_url"),
        is_active: flag("is_active", true),
        is_default: flag("is_default", false),
        version: text("version").unwrap_or_else(|| "1.0".to_owned()),
        created_by: old.and_then(|old| old.created_by),
    }
}

fn content_record(
    content: &Content,
    owner: Option<TenantId>,
    old: Option<&ContentRecord>,
) -> ContentRecord {
    let json = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
    let kept = old.filter(|_| !content.names_variants).map(|old| old.variants.clone());
    ContentRecord {
        id: old.map_or(content.item.id, |old| old.id),
        seed_key: Some(content.seed_key.clone()),
        kind: content.item.kind.clone(),
        content: json(&content.item.content),
        info: json(&content.item.info),
        tags: content.tags.clone(),
        is_active: true,
        status: ContentStatus::parse(&content.status).unwrap_or(ContentStatus::Draft),
        visibility: visibility(&content.visibility),
        school_id: owner,
        created_by: old.and_then(|old| old.created_by),
        variants: kept.unwrap_or_else(|| content.item.variants.iter().map(Into::into).collect()),
    }
}

/// What cannot be read is shown to nobody else.
fn visibility(text: &str) -> Visibility {
    match text {
        "wriveted" => Visibility::Wriveted,
        "public" => Visibility::Public,
        "school" => Visibility::School,
        _ => Visibility::Private,
    }
}
