//! Asking for pages of items (S3.42).

use chatflow::{ContentQuery, TenantId, Visibility};
use serde_json::{Map, Value};

use super::record::CatalogContent;
use crate::admin::Total;
use crate::id::UserId;
use crate::library::ContentStatus;
use crate::search::SearchQuery;

/// What an item must be to be listed: all that is given, and the order and the place of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentPageQuery {
    /// Only of this type.
    pub kind: Option<String>,
    /// Only with at least one of these; empty for all.
    pub tags: Vec<String>,
    /// Only what the search finds.
    pub search: Option<SearchQuery>,
    /// Only active ones, or only the others.
    pub is_active: Option<bool>,
    /// Only those that stand so.
    pub status: Option<ContentStatus>,
    /// Only those that are visible so.
    pub visibility: Option<Visibility>,
    /// Only of this school.
    pub school: Option<TenantId>,
    /// Only what this account created.
    pub created_by: Option<UserId>,
    /// Not what is visible to everyone who is signed in (S2.24, F56).
    pub without_public: bool,
    /// Only with such an `info`, as [`ContentQuery::admits`] has it (F38).
    pub info_filters: Map<String, Value>,
    /// What comes first.
    pub order: ContentOrder,
    /// How many to pass over.
    pub skip: u32,
    /// How many to return at most.
    pub limit: u32,
}

/// What comes first in a list. Items that are equal in it are in the order of their ids, in the same
/// direction (S3.14).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ContentOrder {
    /// What was created last.
    #[default]
    Newest,
    /// What was created first.
    Oldest,
    /// What was changed last.
    LastChanged,
    /// What was changed first.
    FirstChanged,
    /// The lowest version.
    Version,
}

/// A page of items.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ContentPage {
    /// The items.
    pub contents: Vec<CatalogContent>,
    /// How many are asked for, on this page, before or after it.
    pub total: Total,
}

impl ContentPageQuery {
    /// The first `limit` of all, the newest first.
    pub fn all(limit: u32) -> Self {
        Self {
            kind: None,
            tags: Vec::new(),
            search: None,
            is_active: None,
            status: None,
            visibility: None,
            school: None,
            created_by: None,
            without_public: false,
            info_filters: Map::new(),
            order: ContentOrder::Newest,
            skip: 0,
            limit,
        }
    }

    /// What decides about the `info` of items; `None` if all pass.
    pub fn info_filter(&self) -> Option<ContentQuery> {
        let info_filters = self.info_filters.clone();
        let filter = ContentQuery { info_filters, ..ContentQuery::default() };
        (!filter.info_filters.is_empty()).then_some(filter)
    }
}

/// Takes items that pass a filter, in their order: counts them and keeps those of one page.
#[derive(Debug)]
pub struct ContentSieve {
    filter: ContentQuery,
    page: std::ops::Range<u64>,
    found: u64,
    contents: Vec<CatalogContent>,
}

impl ContentSieve {
    /// A sieve for a query that filters by `info`.
    pub fn new(filter: ContentQuery, query: &ContentPageQuery) -> Self {
        let begin = u64::from(query.skip);
        let page = begin..begin.saturating_add(query.limit.into());
        Self { filter, page, found: 0, contents: Vec::new() }
    }

    /// Looks at the next item; false once no more need to be looked at.
    ///
    /// # Errors
    /// An error of the parser if `info` is no JSON object.
    pub fn take(&mut self, content: CatalogContent) -> Result<bool, serde_json::Error> {
        if self.filter.admits(&serde_json::from_str(&content.stored.record.info)?) {
            if self.page.contains(&self.found) {
                self.contents.push(content);
            }
            self.found = self.found.saturating_add(1);
        }
        Ok(self.found <= Total::MOST.max(self.page.end))
    }

    /// The page.
    pub fn page(self) -> ContentPage {
        ContentPage { contents: self.contents, total: Total::of(self.found) }
    }
}
