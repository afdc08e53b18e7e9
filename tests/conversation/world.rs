//! Flows, content and handlers that a conversation runs on.

use std::path::Path;

use chatflow::{
    ContentItem, Flow, FlowDefinition, Handlers, Library, LibraryItem, Report, TenantId, Visibility,
};
use chatflow_server::Fixture;
use serde_json::Value;

/// Flows, content and handlers, for a library in memory and for a store alike.
#[derive(Debug)]
pub struct World {
    /// The flows that may run; each has an id.
    pub definitions: Vec<FlowDefinition>,
    /// The content items that are published.
    pub items: Vec<WorldItem>,
    /// The schools that own any of these.
    pub schools: Vec<TenantId>,
    /// All of it in memory.
    pub library: Library,
    /// What is wrong with each flow.
    pub reports: Vec<Report>,
}

/// A content item with what a store wants to know beside it.
#[derive(Clone, Debug)]
pub struct WorldItem {
    /// The item.
    pub item: ContentItem,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Its owner.
    pub school: Option<TenantId>,
}

impl World {
    /// Everything that a seed fixture holds, with the handlers of `handlers.json` beside it if
    /// there is such a file.
    pub fn of_fixture(folder: &Path) -> Self {
        let fixture = Fixture::read(folder).unwrap();
        let (mut library, reports) = fixture.library();
        if let Ok(text) = std::fs::read_to_string(folder.join("handlers.json")) {
            library.handlers = Handlers::read(&serde_json::from_str(&text).unwrap()).unwrap();
        }
        let published = fixture.contents.iter().filter(|content| content.status == "published");
        let items = published.map(|content| WorldItem {
            item: content.item.clone(),
            tags: content.tags.clone(),
            visibility: serde_json::from_value(Value::from(content.visibility.as_str())).unwrap(),
            school: content.school,
        });
        let items = items.collect();
        let schools = fixture.schools.iter().map(|school| school.id).collect();
        let definitions = fixture.flows.into_iter().map(|flow| flow.definition.unwrap()).collect();
        let reports = reports.into_iter().map(|(_, report)| report).collect();
        Self { definitions, items, schools, library, reports }
    }

    /// Plain flow documents and content items with their `tags`, all of them everyone's.
    pub fn of_documents(documents: &[Value], content: &[Value], handlers: Handlers) -> Self {
        let mut library = Library::default();
        library.handlers = handlers;
        let (mut definitions, mut reports) = (Vec::new(), Vec::new());
        for document in documents {
            let (definition, mut report) = FlowDefinition::read(document);
            let mut definition = definition.unwrap_or_else(|| panic!("{report:?}"));
            report.append(library.add_flow(&definition));
            if let Some(flow) = Flow::compile(&definition, 0).flow {
                definition.id = Some(flow.version().id);
                definitions.push(definition);
            }
            reports.push(report);
        }
        let items: Vec<WorldItem> = content.iter().map(world_item).collect();
        for item in &items {
            let (tags, item) = (item.tags.clone(), item.item.clone());
            library.add_item(LibraryItem { item, tags, owner: None });
        }
        Self { definitions, items, schools: Vec::new(), library, reports }
    }

    /// The content item of an id.
    pub fn item(&self, id: &str) -> &ContentItem {
        let found = self.items.iter().find(|item| item.item.id.to_string() == id);
        &found.unwrap_or_else(|| panic!("no item {id}")).item
    }
}

fn world_item(value: &Value) -> WorldItem {
    let tags = value.get("tags").and_then(Value::as_array).into_iter().flatten();
    WorldItem {
        item: serde_json::from_value(value.clone()).unwrap(),
        tags: tags.map(|tag| tag.as_str().unwrap().to_owned()).collect(),
        visibility: Visibility::Wriveted,
        school: None,
    }
}
