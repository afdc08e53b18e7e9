//! The suite that every store must pass: one file per role, the same cases for each store.
//!
//! Each case gets a fresh, empty store. An async store comes in through
//! [`Waiting`](crate::Waiting), which blocks on its futures, so that the cases can use threads.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code; it panics when a store breaks the contract"
)]

mod account;
mod admin;
mod analytics;
mod audit;
mod catalog;
mod changes;
mod content;
mod effect;
mod engagement;
mod evidence;
mod export;
mod extras;
mod fixture;
mod flow;
mod flow_catalog;
mod isolation;
mod library;
mod listing;
mod month;
mod outbox;
mod performance;
mod pins;
mod reference;
mod search;
mod session;
mod settlement;
mod stream;
mod subscription;
mod theme;
mod trace;
mod turn;
mod work;

use crate::blocking::Store;

type Case<S> = fn(&S);

/// Every case of every role.
pub fn run_all<S: Store>(make_store: impl Fn() -> S) {
    flows(&make_store);
    flow_catalog(&make_store);
    contents(&make_store);
    catalog(&make_store);
    library(&make_store);
    references(&make_store);
    sessions(&make_store);
    evidence(&make_store);
    traces(&make_store);
    performance(&make_store);
    engagement(&make_store);
    analytics(&make_store);
    audit(&make_store);
    exports(&make_store);
    months(&make_store);
    events(&make_store);
    accounts(&make_store);
    work(&make_store);
    effects(&make_store);
    session_admin(&make_store);
}

/// The cases of [`FlowStore`](crate::FlowStore).
pub fn flows<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &[flow::cases(), pins::cases()].concat());
}

/// The cases of [`FlowCatalog`](crate::FlowCatalog).
pub fn flow_catalog<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &flow_catalog::cases());
}

/// The cases of [`ContentStore`](crate::ContentStore).
pub fn contents<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &content::cases());
}

/// The cases of [`ContentCatalog`](crate::ContentCatalog).
pub fn catalog<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &[catalog::cases(), listing::cases()].concat());
}

/// The cases of [`LibraryStore`](crate::LibraryStore) and of [`ThemeStore`](crate::ThemeStore).
pub fn library<S: Store>(make_store: impl Fn() -> S) {
    run(
        make_store,
        &[library::cases(), search::cases(), isolation::cases(), theme::cases()].concat(),
    );
}

/// The cases of [`ReferenceStore`](crate::ReferenceStore).
pub fn references<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &reference::cases());
}

/// The cases of [`SessionStore`](crate::SessionStore).
pub fn sessions<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &[session::cases(), turn::cases(), extras::cases()].concat());
}

/// The cases of [`EvidenceStore`](crate::EvidenceStore).
pub fn evidence<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &evidence::cases());
}

/// The cases of [`TraceStore`](crate::TraceStore).
pub fn traces<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &trace::cases());
}

/// The cases of [`PerformanceStore`](crate::PerformanceStore).
pub fn performance<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &performance::cases());
}

/// The cases of [`EngagementStore`](crate::EngagementStore).
pub fn engagement<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &engagement::cases());
}

/// The cases of [`AnalyticsStore`](crate::AnalyticsStore).
pub fn analytics<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &analytics::cases());
}

/// The cases of [`AuditStore`](crate::AuditStore).
pub fn audit<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &audit::cases());
}

/// The cases of [`ExportStore`](crate::ExportStore).
pub fn exports<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &export::cases());
}

/// The cases of [`MonthStore`](crate::MonthStore).
pub fn months<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &month::cases());
}

/// The cases of [`OutboxStore`](crate::OutboxStore), of
/// [`SubscriptionStore`](crate::SubscriptionStore) and of [`Changes`](crate::Changes).
pub fn events<S: Store>(make_store: impl Fn() -> S) {
    run(&make_store, &[outbox::cases(), settlement::cases(), stream::cases()].concat());
    run(make_store, &[subscription::cases(), changes::cases()].concat());
}

/// The cases of [`AccountStore`](crate::AccountStore).
pub fn accounts<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &account::cases());
}

/// The cases of [`SettingStore`](crate::SettingStore) and [`JobStore`](crate::JobStore).
pub fn work<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &work::cases());
}

/// The cases of [`EffectStore`](crate::EffectStore).
pub fn effects<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &effect::cases());
}

/// The cases of [`SessionAdminStore`](crate::SessionAdminStore).
pub fn session_admin<S: Store>(make_store: impl Fn() -> S) {
    run(make_store, &admin::cases());
}

fn run<S>(make_store: impl Fn() -> S, cases: &[Case<S>]) {
    assert!(!cases.is_empty(), "a role without cases proves nothing");
    for case in cases {
        case(&make_store());
    }
}
