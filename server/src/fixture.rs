//! Seed fixtures and plain flow files, read from disk (S11.6 to S11.14).

mod accounts;
mod entries;
mod file;

use std::path::{Path, PathBuf};

use chatflow::{
    ContentId, ContentItem, FlowDefinition, Library, LibraryItem, Report, Stage, TenantId,
};
use serde_json::{Map, Value};

pub use accounts::{ServiceAccount, User};
pub use file::ReadError;

/// Everything that one path holds.
#[derive(Debug, Default)]
pub struct Fixture {
    /// The schools.
    pub schools: Vec<School>,
    /// The themes.
    pub themes: Vec<Theme>,
    /// The content items.
    pub contents: Vec<Content>,
    /// The flows, in the order of the file.
    pub flows: Vec<FixtureFlow>,
    /// The people who may sign in.
    pub users: Vec<User>,
    /// The programs that may sign in.
    pub service_accounts: Vec<ServiceAccount>,
    /// What was left out, with the file and place: not fatal unless asked for.
    pub notices: Vec<String>,
}

/// A school.
#[derive(Clone, Debug)]
pub struct School {
    /// Its stable key.
    pub seed_key: String,
    /// Its id in all other records.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// `active`, `inactive` or `pending`.
    pub state: String,
    /// Free metadata.
    pub info: Map<String, Value>,
}

/// A theme.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Its stable key.
    pub seed_key: String,
    /// Its name.
    pub name: String,
    /// The whole entry, for the store.
    pub entry: Map<String, Value>,
    /// Its owner; none for everyone's.
    pub school: Option<TenantId>,
}

/// A content item.
#[derive(Clone, Debug)]
pub struct Content {
    /// Its stable key.
    pub seed_key: String,
    /// The item.
    pub item: ContentItem,
    /// Whether the fixture says what variants it has; else an import leaves those that are stored.
    pub names_variants: bool,
    /// Its tags.
    pub tags: Vec<String>,
    /// `draft`, `published`, …
    pub status: String,
    /// `private`, `school`, `public` or `wriveted`.
    pub visibility: String,
    /// Its owner; none for everyone's.
    pub school: Option<TenantId>,
}

/// A flow with where it was read.
#[derive(Debug)]
pub struct FixtureFlow {
    /// The file that holds it.
    pub file: PathBuf,
    /// What was found while reading it.
    pub report: Report,
    /// The flow; none when the document is no flow at all.
    pub definition: Option<FlowDefinition>,
    /// Whether it is to be published.
    pub publish: bool,
    /// The key of its theme.
    pub theme: Option<String>,
}

impl FixtureFlow {
    /// What it is checked for.
    pub(crate) fn stage(&self) -> Stage {
        if self.publish { Stage::Publish } else { Stage::Draft }
    }
}

impl Fixture {
    /// Reads a seed fixture, a plain flow document, or a folder with a `seed.json`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a file cannot be read or is not JSON, or is neither fixture nor flow.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        file::read(path)
    }

    /// The flows and content as a library to talk to; the second part tells what is wrong, per flow.
    pub fn library(&self) -> (Library, Vec<(usize, Report)>) {
        let mut library = Library::default();
        for content in self.contents.iter().filter(|content| content.status != "archived") {
            let owner = content
                .school
                .filter(|_| content.visibility == "school" || content.visibility == "private");
            library.add_item(LibraryItem {
                item: content.item.clone(),
                tags: content.tags.clone(),
                owner,
            });
        }
        let mut reports = Vec::new();
        for (i, flow) in self.flows.iter().enumerate() {
            let mut report = flow.report.clone();
            if let Some(definition) = &flow.definition {
                // A document with reading errors must not run, whatever else compiles.
                if report.has_errors() {
                    report.append(chatflow::Flow::compile(definition, 0).report);
                    library.add_broken_flow(definition);
                } else {
                    report.append(library.add_flow(definition));
                }
            }
            reports.push((i, report));
        }
        self.check_links(&mut library, &mut reports);
        (library, reports)
    }

    /// Adds what is wrong between the flows, and between flows and content.
    fn check_links(&self, library: &mut Library, reports: &mut [(usize, Report)]) {
        let drafts = self.flows.iter().filter(|flow| !flow.publish);
        for key in drafts.filter_map(|flow| flow.definition.as_ref()?.seed_key.as_deref()) {
            if let Some(id) = library.find(key) {
                library.withdraw(id);
            }
        }
        for (i, report) in reports {
            let Some(flow) = self.flows.get(*i) else { continue };
            if let Some(definition) = &flow.definition {
                report.append(definition.check_links(library, flow.stage()));
            }
        }
    }

    /// The id that an entry of `kind` under `key` gets on every machine.
    pub(crate) fn content_id(seed: &str, key: &str) -> ContentId {
        ContentId::derived(&format!("{seed}/{key}"))
    }
}
