//! Refusals of accounts of schools, in the audit log (S12.13).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::app::App;
use crate::error::{ApiError, chain, refusal_code};
use crate::host::now;
use crate::identity::{Caller, Role};
use crate::trail::{Deed, Trail};

/// So many entries an account gets in a period; what is beyond is counted.
const MOST: u32 = 10;
/// A period, in milliseconds.
const PERIOD_MS: i64 = 60 * 1000;
/// So many accounts are kept in mind before those that have been quiet are forgotten.
const SWEEP_AT: usize = 1000;

/// Who was found to send a request, and what of it was refused though the answer is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    caller: Arc<OnceLock<Caller>>,
    items: Arc<OnceLock<RefusedItems>>,
}

/// Items that somebody may not change, among others of one request.
#[derive(Clone, Debug)]
struct RefusedItems {
    code: &'static str,
    count: usize,
    /// Some of them.
    ids: Vec<Uuid>,
}

/// So many items of a request are named in its entry.
const MOST_ITEMS: usize = 20;

impl Known {
    /// Takes note of who sends it.
    pub(crate) fn is(&self, caller: &Caller) {
        // It is the same account each time.
        drop(self.caller.set(caller.clone()));
    }

    /// Takes note of items that were refused, each with the reason.
    pub(crate) fn may_not<'a>(&self, items: impl Iterator<Item = (Option<Uuid>, &'a ApiError)>) {
        let refused: Vec<_> = items.filter(|(_, error)| error.is_forbidden()).collect();
        let Some((_, first)) = refused.first() else { return };
        let ids = refused.iter().filter_map(|(id, _)| *id).take(MOST_ITEMS).collect();
        drop(self.items.set(RefusedItems { code: first.code(), count: refused.len(), ids }));
    }
}

/// How many entries each account got: one that is refused in a loop must not fill the table.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<Uuid, Count>>);

#[derive(Debug)]
struct Count {
    since: Timestamp,
    written: u32,
    /// Refusals since the last entry that got none.
    left_out: u32,
}

impl Refusals {
    /// Whether another entry may be written, and how many were not since the last.
    fn admit(&self, account: Uuid, at: Timestamp) -> Option<u32> {
        let is_over = |count: &Count| {
            let age = at.as_millis().saturating_sub(count.since.as_millis());
            !(0..PERIOD_MS).contains(&age)
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= SWEEP_AT && !all.contains_key(&account) {
            all.retain(|_, count| !is_over(count));
        }
        let count = all.entry(account).or_insert(Count { since: at, written: 0, left_out: 0 });
        if is_over(count) {
            (count.since, count.written) = (at, 0);
        }
        if count.written < MOST {
            count.written = count.written.saturating_add(1);
            return Some(std::mem::take(&mut count.left_out));
        }
        count.left_out = count.left_out.saturating_add(1);
        None
    }
}

/// Writes down that an account of a school was refused.
pub(crate) async fn note(app: &App, request: Request, next: Next) -> Response {
    let known = Known::default();
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(known.clone());
    let trail = Trail::of(&parts);
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let response = next.run(Request::from_parts(parts, body)).await;
    let caller = known.caller.get().filter(|caller| is_of_school(caller));
    let items = known.items.get();
    let whole = refusal_code(&response).filter(|code| !code.starts_with("csrf_"));
    let whole = whole.filter(|_| response.status() == StatusCode::FORBIDDEN);
    let (Some(caller), Some(code)) = (caller, whole.or_else(|| items.map(|items| items.code)))
    else {
        return response;
    };
    let at = now();
    let Some(left_out) = app.refusals.admit(caller.id, at) else { return response };
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let left_out = (left_out > 0).then_some(left_out);
    let mut changes =
        json!({"method": method.as_str(), "route": route, "code": code, "left_out": left_out});
    if let (Some(items), Some(changes)) = (items, changes.as_object_mut()) {
        changes.insert("items".to_owned(), json!({"count": items.count, "ids": items.ids}));
    }
    let deed = Deed {
        action: "permission.refused".to_owned(),
        resource_type: resource_type(route),
        resource_id: first_id(uri.path()),
        school_id: caller.schools.first().copied(),
        changes,
    };
    if let Err(error) = write(app, &trail, caller, deed, at).await {
        // The refusal stands, whether it can be written down or not.
        crate::cli::log(format_args!("error: audit log: {error}"));
    }
    response
}

async fn write(
    app: &App,
    trail: &Trail,
    caller: &Caller,
    deed: Deed,
    at: Timestamp,
) -> Result<(), String> {
    let entry = trail.entry(caller, deed, at).map_err(|error| error.said())?;
    app.store.append_audit(&[entry]).await.map_err(|error| chain(&error))
}

fn is_of_school(caller: &Caller) -> bool {
    caller.role() != Role::Platform && !caller.schools.is_empty()
}

/// The kind of resource, as changes of it are written down.
fn resource_type(route: &str) -> &'static str {
    match route.trim_start_matches("/v1/cms/").split('/').next() {
        Some("content") => "content",
        Some("flows") => "flow",
        Some("themes") => "theme",
        Some("webhooks") => "webhook",
        _ => "route",
    }
}

/// The first id in the path: of what the request is about, or of what holds it.
fn first_id(path: &str) -> String {
    let id = path.split('/').find_map(|part| part.parse::<Uuid>().ok());
    id.map(|id| id.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_is_refused_in_a_loop_gets_few_entries() {
        // S12.13
        let refusals = Refusals::default();
        let [one, other] = [1, 2].map(Uuid::from_u128);
        let at = Timestamp::from_millis;
        let written = (0..1000).filter(|n| refusals.admit(one, at(*n)) == Some(0)).count();
        assert_eq!(written, 10);
        assert_eq!(refusals.admit(other, at(1000)), Some(0));
        assert_eq!(refusals.admit(one, at(59_999)), None);
        assert_eq!(refusals.admit(one, at(60_000)), Some(991), "what was left out is told");
        assert_eq!(refusals.admit(one, at(60_001)), Some(0));
        assert_eq!(refusals.admit(one, at(0)), Some(0), "a clock was put back");
        for account in 0..5000 {
            refusals.admit(Uuid::from_u128(account), at(i64::try_from(account).unwrap() * 1000));
        }
        assert!(refusals.0.lock().unwrap().len() <= SWEEP_AT);
    }
}
