//! What stands for the world outside in a preview (F69).

use chatflow::{EffectKind, Handlers, Outcome, Visited};

/// Answers the requests of a preview.
#[derive(Debug)]
pub(crate) struct Trial {
    /// By node, by flow and node, or by endpoint or URL.
    pub(crate) mocks: Handlers,
    /// Whether what has no such answer goes out.
    pub(crate) is_real: bool,
}

impl Trial {
    /// What a request comes to; none if it is no request, or is to be sent.
    pub(super) fn answer(&self, node: Option<&Visited>, kind: &EffectKind) -> Option<Outcome> {
        if !kind.is_outside() {
            return None;
        }
        let by_node = node.and_then(|Visited { flow, node }| {
            let exact = format!("{flow}/{node}");
            let by_name = |name: &str| self.mocks.resolve_named(name, kind);
            by_name(&exact).or_else(|| by_name(node.as_str()))
        });
        if by_node.is_some() {
            return by_node;
        }
        if self.mocks.knows(kind) {
            return self.mocks.resolve(kind);
        }
        if !self.is_real {
            return Some(Outcome::failed("not_in_preview", "a preview sends no requests"));
        }
        let secrets = match kind {
            EffectKind::CallWebhook { request } => &request.request.secrets,
            EffectKind::CallHandler { request, .. } => &request.secrets,
            EffectKind::LoadFlow { .. }
            | EffectKind::FetchContent { .. }
            | EffectKind::ListCandidates { .. }
            | _ => return None,
        };
        (!secrets.is_empty())
            .then(|| Outcome::failed("secret_unavailable", "a preview knows no secrets"))
    }
}
