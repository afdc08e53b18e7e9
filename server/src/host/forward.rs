//! Relative endpoints that are forwarded to a service of the operator's own (F13).

use chatflow::{EffectKind, HandlerRequest, Outcome, Visited, redact_outcome};
use chatflow_storage::prelude::*;
use serde_json::Value;

use super::{TurnHost, now};
use crate::error::chain;
use crate::internal::InternalApi;
use crate::reading::RECOMMEND;

impl<'a> TurnHost<'a> {
    /// Where a request goes that no handler answers, if it is one that may go there.
    pub(super) async fn forwards(
        &self,
        node: Option<&Visited>,
        kind: &EffectKind,
    ) -> Option<&'a InternalApi> {
        let EffectKind::CallHandler { endpoint, .. } = kind else { return None };
        let internal = self.internal.filter(|_| self.outbound.is_some())?;
        let is_answered = self.handlers.knows(kind)
            || (endpoint.trim_end_matches('/') == RECOMMEND && self.reading.is_some());
        if is_answered || self.turn.owner.is_some() || !internal.forwards(endpoint) {
            return None;
        }
        // The node may stand in a flow that this one embeds, and that is a school's.
        let found = self.store.flow(&self.scope, node?.flow).await;
        match found {
            Ok(flow) => flow.is_some_and(|flow| flow.school_id.is_none()).then_some(internal),
            Err(error) => {
                crate::cli::log(format_args!("error: store: {}", chain(&error)));
                None
            }
        }
    }

    /// Forwards a request. What comes of it is what a handler would say: the body of the answer.
    pub(super) async fn forward(
        &self,
        internal: &InternalApi,
        endpoint: &str,
        request: &HandlerRequest,
    ) -> Result<Value, Outcome> {
        let who = (self.turn.session, self.turn.user);
        let (request, token) =
            internal.request(endpoint, request, who, now()).map_err(|error| {
                crate::cli::log(format_args!("error: internal.api_base: {}", chain(&error)));
                Outcome::failed("no_handler", "no credential can be made")
            })?;
        let mut outcome = self.send(internal.outbound(), &request).await;
        if let Some(token) = token {
            redact_outcome(&mut outcome, &[("flow-call".to_owned(), token)].into());
        }
        let Outcome::Done { mut value } = outcome else { return Err(outcome) };
        // R7.46
        let status = value.get("status").and_then(Value::as_u64).unwrap_or_default();
        if !(200..300).contains(&status) {
            let reason = format!("the answer had status {status}");
            return Err(Outcome::failed("http_status", reason));
        }
        Ok(value.get_mut("body").map(Value::take).unwrap_or_default())
    }
}
