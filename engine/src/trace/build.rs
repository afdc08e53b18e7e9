//! From the events of a turn to the steps of its trace.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::changes::Changes;
use super::details::shown;
use super::secrets::Secrets;
use super::{TraceLevel, TraceStep, TraceWarning};
use crate::answer::AnswerOption;
use crate::flow::ConnectionType;
use crate::id::NodeId;
use crate::mask::Masker;
use crate::protocol::{
    Beginning, Content, EndReason, Event, Item, Next, Prompt, Refused, Traced, Turn, Visited,
};
use crate::session::Session;
use crate::table::{object, sort};
use crate::time::Timestamp;

/// How much of a script's code is told, in characters.
const CODE: usize = 500;

impl Turn {
    /// The steps of this turn's trace, in order; none if the session is not traced.
    ///
    /// `session` is the session after this turn. Without a `masker` nothing is masked, which is for
    /// previews only (R11.53); answers to sensitive questions are then in the steps as well.
    pub fn trace(&self, session: &Session, masker: Option<&Masker>) -> Vec<TraceStep> {
        let level = session.trace_level();
        if level == TraceLevel::Off {
            return Vec::new();
        }
        let mut builder = Builder { clock: self.at, given: Changes::default(), steps: Vec::new() };
        for event in &self.events {
            builder.take(event);
        }
        let Builder { clock, mut steps, .. } = builder;
        if let Some(last) = steps.last_mut() {
            last.completed_at = clock;
            if let Next::Ended(ending) = &self.next
                && ending.reason == EndReason::Error
                && last.error.is_none()
            {
                let code = ending.code.as_deref().unwrap_or("error");
                last.error = Some((code.to_owned(), "the session ended with an error".to_owned()));
            }
        }
        let changes: Vec<&Changes> =
            steps.iter().flat_map(|step| [&step.given, &step.changes]).collect();
        let secrets = match masker {
            Some(_) => Secrets::of(session, &changes),
            None => Secrets::default(),
        };
        let sensitive = session.engine.sensitive.iter().map(|path| &**path);
        let masker = masker.map(|masker| masker.clone().with_paths(sensitive));
        let finish = |step: Open| step.finish(self, level, masker.as_ref(), &secrets);
        steps.into_iter().map(finish).collect()
    }
}

struct Builder {
    /// The latest time that an event has told.
    clock: Timestamp,
    /// What changed before the first step.
    given: Changes,
    steps: Vec<Open>,
}

/// A step as its events tell it.
struct Open {
    node: Visited,
    node_type: &'static str,
    depth: usize,
    details: Map<String, Value>,
    conditions: Vec<Value>,
    actions: Vec<Value>,
    variable: String,
    given: Changes,
    changes: Changes,
    connection: Option<ConnectionType>,
    next: Option<NodeId>,
    started_at: Timestamp,
    completed_at: Timestamp,
    error: Option<(String, String)>,
    warnings: Vec<TraceWarning>,
}

impl Builder {
    fn take(&mut self, event: &Event) {
        if let Event::Traced(traced) = event {
            self.traced(traced);
        } else if let Some(step) = self.steps.last_mut() {
            step.told(event);
        }
    }

    fn traced(&mut self, traced: &Traced) {
        match traced {
            Traced::Began { node, node_type, depth, at, by } => {
                self.clock = *at;
                if let Some(last) = self.steps.last_mut() {
                    last.completed_at = *at;
                    if last.connection.is_some() && *by == Beginning::Entered {
                        last.next = Some(node.node.clone());
                    }
                }
                let given = std::mem::take(&mut self.given);
                let step = Open::new(node.clone(), node_type, *depth, *at, given);
                self.steps.push(step);
                if *by == Beginning::Patched
                    && let Some(step) = self.steps.last_mut()
                {
                    step.set("type", json!("state_patch"));
                }
            }
            Traced::Resumed { at } => self.clock = *at,
            Traced::Changed { path, old, new } => {
                let changes =
                    self.steps.last_mut().map_or(&mut self.given, |step| &mut step.changes);
                changes.add(path, old.clone(), new.clone());
            }
            Traced::Tested { .. }
            | Traced::Question { .. }
            | Traced::Message { .. }
            | Traced::Did { .. }
            | Traced::Requested { .. }
            | Traced::Responded { .. } => {
                if let Some(step) = self.steps.last_mut() {
                    step.noted(traced);
                }
            }
        }
    }
}

impl Open {
    fn new(
        node: Visited,
        node_type: &'static str,
        depth: usize,
        at: Timestamp,
        given: Changes,
    ) -> Self {
        Self {
            node,
            node_type,
            depth,
            details: object([("type".to_owned(), node_type.into())]),
            conditions: Vec::new(),
            actions: Vec::new(),
            variable: String::new(),
            given,
            changes: Changes::default(),
            connection: None,
            next: None,
            started_at: at,
            completed_at: at,
            error: None,
            warnings: Vec::new(),
        }
    }

    fn set(&mut self, key: &str, value: Value) {
        self.details.insert(key.to_owned(), value);
    }

    fn told(&mut self, event: &Event) {
        if let Event::Left { connection } = event {
            self.connection = Some(connection.clone());
        } else if let Event::Said { items, .. } = event {
            self.said(items);
        } else if let Event::Answered { input, .. } = event {
            self.set("user_response", input.clone());
            self.set("valid", json!(true));
        } else if let Event::Refused(Refused { input, code, .. }) = event {
            self.set("user_response", input.clone());
            self.set("valid", json!(false));
            self.set("validation_code", json!(code));
        } else if let Event::Acknowledged { input, .. } = event {
            self.set("user_response", input.clone());
            self.set("acknowledged", json!(true));
        } else if let Event::Called { status, fallback_used, duration_ms, .. } = event {
            self.set("response_status", json!(status));
            self.set("fallback_used", json!(fallback_used));
            self.set("duration_ms", json!(duration_ms));
        } else if let Event::SubflowEntered { target, version, .. } = event {
            self.set("composite_flow_id", json!(target.id));
            self.set("version", json!(version));
            self.set("depth", json!(self.depth));
        } else if let Event::SubflowReturned { target, success, variables, .. } = event {
            self.set("composite_flow_id", json!(target.id));
            self.set("depth", json!(self.depth));
            self.set("success", json!(success));
            self.set("outputs_mapped", json!(variables));
        } else if let Event::ScriptRequested { request } = event {
            self.script(&request.config);
        } else if let Event::ScriptFinished { error, execution_time_ms, console_logs, .. } = event {
            self.set("error", json!(error));
            self.set("execution_time_ms", json!(execution_time_ms));
            self.set("console_logs", json!(console_logs));
        } else if let Event::Patched { keys, .. } = event {
            self.set("keys", json!(keys));
        } else if let Event::Failed { code, message, .. } = event {
            self.error = Some((code.to_string(), message.clone()));
        } else if let Event::Warned { code, about, .. } = event {
            let about = about.to_string();
            self.warnings.push(TraceWarning { code: (*code).to_owned(), about });
        }
    }

    fn said(&mut self, items: &[Item]) {
        let texts: Vec<&str> = items.iter().filter_map(Item::as_text).collect();
        self.set("rendered_message", texts.join("\n").into());
        let url = |item: &Item| match &item.content {
            Content::Object { body, .. } => body.get("url").cloned(),
            Content::Text(_) => None,
        };
        self.set("media_urls", items.iter().filter_map(url).collect());
        let id = |item: &Item| item.source.as_ref().map(|(id, _)| json!(id));
        self.set("content_ids", items.iter().filter_map(id).collect());
    }

    fn noted(&mut self, traced: &Traced) {
        match traced {
            Traced::Tested { index, expression, result, error } => {
                let entry = json!({
                    "index": index, "expression": expression, "result": result, "error": error,
                });
                self.conditions.push(entry);
                if *result {
                    self.set("matched_condition_index", json!(index));
                }
            }
            Traced::Question { template, prompt, waited_ms, attempt } => {
                self.question(template.as_deref(), prompt);
                if let Some(waited) = waited_ms {
                    self.set("response_time_ms", json!(waited));
                    self.set("attempt", json!(attempt));
                }
            }
            Traced::Message { templates } => {
                self.set("message_template", templates.join("\n").into());
            }
            Traced::Did { index, action, target, error } => self.actions.push(json!({
                "index": index, "type": action, "target": target, "success": error.is_none(),
                "error": error,
            })),
            Traced::Requested { url, method, headers } => {
                self.set("url", json!(url));
                self.set("method", json!(method));
                self.set("request_headers", json!(headers));
            }
            Traced::Responded { body, attempts, error } => {
                if let Some(body) = body {
                    self.set("response_body", body.clone());
                }
                if let Some(attempts) = attempts {
                    self.set("attempts", json!(attempts));
                }
                self.set("error", json!(error));
            }
            Traced::Began { .. } | Traced::Resumed { .. } | Traced::Changed { .. } => {}
        }
    }

    fn question(&mut self, template: Option<&str>, prompt: &Prompt) {
        self.variable = prompt.variable.to_string();
        self.set("question_text", json!(template));
        self.set("rendered_question", prompt.question.get("text").cloned().unwrap_or_default());
        self.set("options", prompt.options.iter().map(AnswerOption::label).collect());
        self.set("input_type", json!(prompt.input_type));
        self.set("user_response", Value::Null);
        if let Some(id) = prompt.content_id {
            self.set("content_id", json!(id));
        }
    }

    fn script(&mut self, config: &Map<String, Value>) {
        let code = config.get("code").and_then(Value::as_str).unwrap_or_default();
        self.set("code_preview", code.chars().take(CODE).collect::<String>().into());
        for key in ["language", "inputs"] {
            self.set(key, config.get(key).cloned().unwrap_or_default());
        }
    }

    /// What is known only when all is told.
    fn complete(&mut self, changed: &BTreeMap<String, [Value; 2]>) {
        match self.node_type {
            "condition" => {
                let entries = std::mem::take(&mut self.conditions);
                self.set("conditions_evaluated", entries.into());
                self.details.entry("matched_condition_index").or_insert(Value::Null);
                self.set("connection_taken", json!(self.connection));
            }
            "action" => {
                let actions = std::mem::take(&mut self.actions);
                let kind = match &*actions {
                    [one] => one.get("type").cloned().unwrap_or_default(),
                    _ => json!("multiple"),
                };
                self.set("action_type", kind);
                self.set("actions_executed", actions.into());
                let sides = |(path, [old, new]): (&String, &[Value; 2])| {
                    (path.clone(), json!({"old": old, "new": new}))
                };
                let changed = object(changed.iter().map(sides));
                self.set("variables_changed", Value::Object(changed));
            }
            "script" if self.details.contains_key("console_logs") => {
                let left = |(path, [_, new]): (&String, &[Value; 2])| (path.clone(), new.clone());
                self.set("outputs", Value::Object(object(changed.iter().map(left))));
            }
            "webhook" => {
                let message = self.error.as_ref().map(|(_, message)| message.clone());
                if let Some(message) = message {
                    self.set("error", message.into());
                }
            }
            _ => {}
        }
    }

    fn finish(
        mut self,
        turn: &Turn,
        level: TraceLevel,
        masker: Option<&Masker>,
        secrets: &Secrets,
    ) -> TraceStep {
        let (mut given, mut changed) = (BTreeMap::new(), BTreeMap::new());
        let mut removed = Vec::new();
        if level > TraceLevel::Minimal {
            let before = std::mem::take(&mut self.given);
            gather(before, &mut given, &mut Vec::new(), secrets);
            let own = std::mem::take(&mut self.changes);
            gather(own, &mut changed, &mut removed, secrets);
        }
        self.complete(&changed);
        let mut details = Value::Object(std::mem::take(&mut self.details));
        secrets.redact(&mut details);
        let details = if let Value::Object(details) = details { details } else { Map::new() };
        if let Some(masker) = masker {
            for (path, sides) in given.iter_mut().chain(&mut changed) {
                for side in sides {
                    *side = masker.mask_at(path, side);
                }
            }
        }
        let tell = |mut text: String| {
            secrets.redact_text(&mut text);
            masker.map_or_else(|| text.clone(), |masker| masker.mask_text(&text))
        };
        let (code, message) = self.error.unzip();
        let warning =
            |warning: TraceWarning| TraceWarning { about: tell(warning.about), ..warning };
        let duration = self.completed_at.as_millis().saturating_sub(self.started_at.as_millis());
        TraceStep {
            flow_id: self.node.flow,
            turn: turn.revision,
            node_id: self.node.node,
            node_type: self.node_type.to_owned(),
            depth: self.depth,
            execution_details: shown(details, &self.variable, level, masker),
            changed,
            removed,
            given,
            connection_type: self.connection,
            next_node_id: self.next,
            started_at: self.started_at,
            completed_at: self.completed_at,
            duration_ms: duration,
            error_message: message.map(tell),
            error_details: code.map(|code| json!({"code": code})),
            warnings: self.warnings.into_iter().map(warning).collect(),
        }
    }
}

/// Both sides of each change, without secrets, and which have no new side.
fn gather(
    changes: Changes,
    into: &mut BTreeMap<String, [Value; 2]>,
    removed: &mut Vec<String>,
    secrets: &Secrets,
) {
    for (path, old, new) in changes.finish() {
        if new.is_none() {
            removed.push(path.clone());
        }
        let mut sides = [old.unwrap_or_default(), new.unwrap_or_default()];
        for side in &mut sides {
            secrets.redact(side);
        }
        into.insert(path, sides);
    }
    sort(removed);
}
