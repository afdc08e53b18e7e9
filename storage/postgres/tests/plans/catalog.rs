//! The calls of those who manage content and flows.

use chatflow::{ContentId, TenantId};
use chatflow_postgres::PostgresStore;
use chatflow_storage::{
    AccessScope, AsyncContentCatalog as _, ContentOrder, ContentPageQuery, SearchQuery,
};
use uuid::Uuid;

use super::Sent;
use crate::proxy::Proxy;

pub(super) async fn call_contents(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::school_admin(None, vec![TenantId(Uuid::from_u128(1))]);
    let all = ContentPageQuery::all(10);
    let search = Some(SearchQuery::parse("whale"));
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.catalog_contents(&scope, &[ContentId(Uuid::from_u128(1))]).await.unwrap();
    sends("catalog_contents");
    store.content_page(&scope, &all).await.unwrap();
    sends("content_page");
    let oldest = ContentPageQuery { order: ContentOrder::Oldest, ..all.clone() };
    store.content_page(&scope, &oldest).await.unwrap();
    sends("content_page, the oldest first");
    store.content_page(&scope, &ContentPageQuery { search, ..all }).await.unwrap();
    sends("content_page of a search");
    sent
}
