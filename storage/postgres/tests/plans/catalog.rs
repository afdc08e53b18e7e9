//! The calls of those who manage content and flows.

use chatflow::{ContentId, FlowId, FlowRef, TenantId};
use chatflow_postgres::PostgresStore;
use chatflow_storage::{
    AccessScope, AsyncContentCatalog as _, AsyncFlowCatalog as _, ContentOrder, ContentPageQuery,
    FlowQuery, SearchQuery,
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

pub(super) async fn call_flows(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let school = AccessScope::school_admin(None, vec![TenantId(Uuid::from_u128(1))]);
    let flow = FlowRef { id: FlowId(Uuid::from_u128(1)), seq: 1 };
    let links = [format!("id:{}", flow.id), "key:flow-2".to_owned()];
    let query = FlowQuery { limit: 10, ..FlowQuery::default() };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.list_flows(&school, &query).await.unwrap();
    sends("list_flows");
    store.flow_drafts(&scope, &[flow.id]).await.unwrap();
    sends("flow_drafts");
    store.list_versions(&scope, flow.id, 0, 10).await.unwrap();
    sends("list_versions");
    store.version_entry(&scope, flow).await.unwrap();
    sends("version_entry");
    store.linked_flows(&scope, &links).await.unwrap();
    sends("linked_flows");
    store.embedding_flows(&scope, flow.id).await.unwrap();
    sends("embedding_flows");
    sent
}
