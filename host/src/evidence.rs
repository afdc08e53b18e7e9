//! What a turn leaves for those who look later: events of content, and its trace.

use chatflow::{Event, Masker, Session, Shown, TraceLevel, TraceStep, Turn};
use chatflow_storage::{ContentEventKind, NewContentEvent, TraceTurn, interaction_id};
use serde_json::{Map, Value, json};

/// In a session's `info`: that it was shown an item of the library. A session that never was has
/// nothing to convert, and its last turn costs what any other costs.
pub(crate) const SHOWN: &str = "content_shown";

/// In a session's `info`: the variables that sensitive questions asked for.
const SENSITIVE: &str = "sensitive_variables";

/// How many turns lie between two whole states (F18).
const STATES: u64 = 20;

/// Whether this is the `info` of a preview.
pub(crate) fn is_preview(info: &Map<String, Value>) -> bool {
    info.get("preview").is_some_and(|preview| *preview == json!(true))
}

/// Whether the next turn's trace begins with the whole state.
pub(crate) fn is_state_due(session: &Session) -> bool {
    session.trace_level() != TraceLevel::Off
        && session.revision().0.checked_rem(STATES).is_some_and(|rest| rest == 0)
}

/// What was shown and what was taken up, in order (S5.21, S5.22). A preview leaves nothing (S4.14).
pub(crate) fn content_events(
    turn: &Turn,
    session: &Session,
    info: &mut Map<String, Value>,
    masker: &Masker,
) -> Vec<NewContentEvent> {
    let mut rows = Vec::new();
    if is_preview(info) {
        return rows;
    }
    note_sensitive(turn, info);
    let paths = info.get(SENSITIVE).and_then(Value::as_array).into_iter().flatten();
    let paths: Vec<&str> = paths.filter_map(Value::as_str).collect();
    let with_paths = (!paths.is_empty()).then(|| masker.clone().with_paths(paths));
    let masker = with_paths.as_ref().unwrap_or(masker);
    for event in &turn.events {
        if let Event::Impression(shown) = event {
            rows.push(row(shown, ContentEventKind::Impression));
            info.insert(SHOWN.to_owned(), json!(true));
        } else if let Event::Engagement { impression, value } = event {
            rows.push(NewContentEvent {
                id: interaction_id(impression.id),
                impression_id: Some(impression.id),
                value: Some(session.masked_answer(variable(turn), value, masker).to_string()),
                ..row(impression, ContentEventKind::Interaction)
            });
        }
    }
    rows
}

/// Keeps in mind which variables are sensitive from now on, whoever asks for them (R11.67). An
/// engine remembers it of traced sessions only; of an answer that must not be told it tells no more
/// than where it went.
fn note_sensitive(turn: &Turn, info: &mut Map<String, Value>) {
    for event in &turn.events {
        if let Event::Answered { value, variable, .. } = event
            && *value == json!("[REDACTED]")
            && !variable.is_empty()
        {
            let known = info.entry(SENSITIVE).or_insert_with(|| json!([]));
            let path = json!(variable);
            if let Value::Array(known) = known
                && !known.contains(&path)
            {
                known.push(path);
            }
        }
    }
}

/// Where the answer of a turn went; empty for nowhere.
fn variable(turn: &Turn) -> &str {
    for event in &turn.events {
        if let Event::Answered { variable, .. } = event {
            return variable;
        }
    }
    ""
}

fn row(shown: &Shown, kind: ContentEventKind) -> NewContentEvent {
    NewContentEvent {
        id: shown.id.0,
        kind,
        content_id: shown.content_id,
        variant_key: shown.variant_key.as_deref().map(Into::into),
        flow_id: Some(shown.node.flow),
        node_id: Some(shown.node.node.clone()),
        impression_id: None,
        value: None,
    }
}

/// The trace of a turn; `state` is the whole state before it, if it is due.
pub(crate) fn trace(
    turn: &Turn,
    session: &Session,
    masker: &Masker,
    state: Option<Map<String, Value>>,
) -> TraceTurn {
    let steps = turn.trace(session, Some(masker));
    let failed = steps.iter().filter(|step| step.error_message.is_some()).count();
    let lasted = |step: &TraceStep| u64::try_from(step.duration_ms).unwrap_or(0);
    TraceTurn {
        flow_id: session.flow().id,
        steps_taken: u32::try_from(steps.len()).unwrap_or(u32::MAX),
        errors: u32::try_from(failed).unwrap_or(u32::MAX),
        duration_ms: steps.iter().map(lasted).fold(0, u64::saturating_add),
        steps: json!(steps).to_string(),
        state: state.map(|state| Value::Object(state).to_string()),
    }
}
