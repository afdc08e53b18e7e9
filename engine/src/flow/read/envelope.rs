//! What stands around the graph: name, version, visibility and the like (R1.1).

use serde_json::{Map, Value};
use uuid::Uuid;

use super::fields::{id_text, into_object, into_text, kind_of};
use crate::check::{Code, Diagnostic, Patch, Pointer, Report};
use crate::flow::definition::Visibility;
use crate::id::{FlowId, NodeId, TenantId};
use crate::trace::{TraceLevel, Tracing};
use crate::unicode::lowercase;

/// The keys of an envelope; in a bare graph everything else belongs to the graph (R1.3).
const KEYS: &[&str] = &[
    "id",
    "seed_key",
    "name",
    "description",
    "version",
    "entry_node_id",
    "info",
    "contract",
    "is_published",
    "is_active",
    "visibility",
    "school_id",
    "trace_enabled",
    "trace_level",
    "trace_sample_rate",
    "retention_days",
];

/// The version of a flow whose document has none.
const FIRST_VERSION: &str = "1.0.0";

/// The percentage of sessions that are traced when the document does not say.
pub(in crate::flow) const EVERY_SESSION: f64 = 100.0;

/// How long traces are kept when the document does not say.
pub(in crate::flow) const RETENTION_DAYS: u32 = 30;

/// The name of a flow whose document has none.
const NO_NAME: &str = "Untitled flow";

pub(super) struct Envelope {
    pub(super) id: Option<FlowId>,
    pub(super) seed_key: Option<String>,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) version: String,
    pub(super) entry: Option<(NodeId, Pointer)>,
    pub(super) visibility: Visibility,
    pub(super) school_id: Option<TenantId>,
    pub(super) info: Map<String, Value>,
    pub(super) contract: Option<Map<String, Value>>,
    pub(super) tracing: Tracing,
    pub(super) extra: Map<String, Value>,
}

/// Splits a bare graph into envelope and graph.
pub(super) fn split(graph: Map<String, Value>) -> (Map<String, Value>, Map<String, Value>) {
    graph.into_iter().partition(|(key, _)| KEYS.contains(&key.as_str()))
}

pub(super) fn read(map: Map<String, Value>, at: &Pointer, report: &mut Report) -> Envelope {
    let mut reader = Reader { map, at, report };
    let info = reader.object("info").unwrap_or_default();
    let contract = reader.object("contract");
    Envelope {
        id: reader.uuid("id").map(FlowId),
        seed_key: reader
            .text("seed_key")
            .filter(|key| !key.is_empty())
            .or_else(|| seed_key_in(&info)),
        name: reader.name(),
        description: reader.text("description"),
        version: reader.version(),
        entry: reader.entry(),
        visibility: reader.visibility(),
        school_id: reader.uuid("school_id").map(TenantId),
        tracing: reader.tracing(),
        contract: contract_of(contract, &info),
        info,
        extra: reader.map,
    }
}

/// The id under `entry_node_id`, which graph and envelope may both have.
pub(super) fn take_entry(
    map: &mut Map<String, Value>,
    at: &Pointer,
    report: &mut Report,
) -> Option<(NodeId, Pointer)> {
    let value = map.remove("entry_node_id")?;
    let at = at.push("entry_node_id");
    if let Some(id) = id_text(&value) {
        return Some((id.into(), at));
    }
    if !value.is_null() && value.as_str().is_none() {
        let message = format!("`entry_node_id` is {}, not a node's id", kind_of(&value));
        report
            .add(Code::FlowField, &at, message)
            .help("name the node at which sessions start")
            .fix(Patch::remove(&at));
    }
    None
}

fn seed_key_in(info: &Map<String, Value>) -> Option<String> {
    info.get("seed_key")?.as_str().filter(|key| !key.is_empty()).map(Into::into)
}

/// The contract may stand in `info`, and older flows keep a part of it there (R1.1, F53).
fn contract_of(
    own: Option<Map<String, Value>>,
    info: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let mut contract = own.or_else(|| info.get("contract").and_then(Value::as_object).cloned());
    if let Some(state) = info.get("return_state").filter(|state| !state.is_null()) {
        let contract = contract.get_or_insert_with(Map::new);
        if !contract.contains_key("return_state") {
            contract.insert("return_state".into(), state.clone());
        }
    }
    contract
}

struct Reader<'a> {
    map: Map<String, Value>,
    at: &'a Pointer,
    report: &'a mut Report,
}

impl Reader<'_> {
    fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    fn wrong(&mut self, key: &str, message: String) -> &mut Diagnostic {
        self.report.add(Code::FlowField, &self.at.push(key), message)
    }

    fn wrong_kind(&mut self, key: &str, value: &Value, wanted: &str) {
        let message = format!("`{key}` is {}, not {wanted}; it is ignored", kind_of(value));
        let fix = Patch::remove(&self.at.push(key));
        self.wrong(key, message).help(format!("give {wanted}, or remove `{key}`")).fix(fix);
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let value = self.take(key)?;
        into_text(value).map_err(|other| self.wrong_kind(key, &other, "a string")).ok()
    }

    fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        let value = self.take(key)?;
        into_object(value).map_err(|other| self.wrong_kind(key, &other, "an object")).ok()
    }

    fn uuid(&mut self, key: &str) -> Option<Uuid> {
        let text = self.text(key).filter(|text| !text.is_empty())?;
        let uuid = Uuid::parse_str(&text).ok();
        if uuid.is_none() {
            let message = format!("`{key}` is `{text}`, which is not a UUID; it is ignored");
            let fix = Patch::remove(&self.at.push(key));
            self.wrong(key, message).help(format!("give a UUID, or remove `{key}`")).fix(fix);
        }
        uuid
    }

    fn name(&mut self) -> String {
        let Some(name) = self.text("name").filter(|name| !name.is_empty()) else {
            let message = format!("the flow has no `name`; it is called `{NO_NAME}`");
            self.wrong("name", message).help("give it a name of 1 to 255 characters");
            return NO_NAME.into();
        };
        self.cut("name", name, 255)
    }

    fn version(&mut self) -> String {
        let version = match self.take("version") {
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
            Some(other) => {
                self.wrong_kind("version", &other, "a string");
                None
            }
            None => None,
        };
        if let Some(version) = version {
            return self.cut("version", version, 50);
        }
        let message = format!("the flow has no `version`; it is `{FIRST_VERSION}`");
        let at = self.at.push("version");
        self.report
            .add(Code::FlowVersionMissing, &at, message)
            .help("give it three numbers, such as `1.0.0`")
            .fix(Patch::add(&at, FIRST_VERSION));
        FIRST_VERSION.into()
    }

    fn cut(&mut self, key: &str, mut text: String, limit: usize) -> String {
        if let Some((end, _)) = text.char_indices().nth(limit) {
            text.truncate(end);
            let message = format!("`{key}` has more than {limit} characters; the rest is dropped");
            self.wrong(key, message).help(format!("shorten `{key}`"));
        }
        text
    }

    fn entry(&mut self) -> Option<(NodeId, Pointer)> {
        take_entry(&mut self.map, self.at, self.report)
    }

    /// Who may see a flow is never widened by mistake: what cannot be read means `private`.
    fn visibility(&mut self) -> Visibility {
        let Some(value) = self.take("visibility") else { return Visibility::default() };
        let token = value.as_str().map(|text| lowercase(text.trim()));
        match token.as_deref() {
            Some("") => Visibility::default(),
            Some("private") => Visibility::Private,
            Some("school") => Visibility::School,
            Some("public") => Visibility::Public,
            Some("wriveted" | "global") => Visibility::Wriveted,
            Some(_) | None => {
                let message = format!("`visibility` is {value}, which is unknown; it is `private`");
                self.wrong("visibility", message)
                    .help("use `private`, `school`, `public` or `wriveted`");
                Visibility::Private
            }
        }
    }

    fn tracing(&mut self) -> Tracing {
        Tracing {
            enabled: self.trace_enabled(),
            level: self.trace_level(),
            sample_rate: self.trace_sample_rate(),
            retention_days: self.retention_days(),
        }
    }

    fn trace_level(&mut self) -> TraceLevel {
        let Some(value) = self.take("trace_level") else { return TraceLevel::Standard };
        let token = value.as_str().map(|text| lowercase(text.trim()));
        match token.as_deref() {
            Some("minimal") => TraceLevel::Minimal,
            Some("standard" | "") => TraceLevel::Standard,
            Some("verbose") => TraceLevel::Verbose,
            Some(_) | None => {
                // Less is told than was perhaps meant, never more.
                let message =
                    format!("`trace_level` is {value}, which is unknown; it is `minimal`");
                self.wrong("trace_level", message).help("use `minimal`, `standard` or `verbose`");
                TraceLevel::Minimal
            }
        }
    }

    fn trace_sample_rate(&mut self) -> f64 {
        let Some(value) = self.take("trace_sample_rate") else { return EVERY_SESSION };
        let Some(percent) = value.as_f64() else {
            self.wrong_kind("trace_sample_rate", &value, "a number");
            return EVERY_SESSION;
        };
        if !(0.0..=100.0).contains(&percent) {
            let message = format!("`trace_sample_rate` is {value}; it must be from 0 to 100");
            self.wrong("trace_sample_rate", message).help("give a percentage, such as 25");
        }
        percent.clamp(0.0, 100.0)
    }

    fn retention_days(&mut self) -> u32 {
        let Some(value) = self.take("retention_days") else { return RETENTION_DAYS };
        let days = value.as_u64().and_then(|days| u32::try_from(days).ok());
        days.filter(|days| *days > 0).unwrap_or_else(|| {
            let message = format!("`retention_days` is {value}; it is {RETENTION_DAYS}");
            self.wrong("retention_days", message).help("give a number of days, 1 or more");
            RETENTION_DAYS
        })
    }

    fn trace_enabled(&mut self) -> bool {
        match self.take("trace_enabled") {
            None => false,
            Some(Value::Bool(on)) => on,
            Some(other) => {
                self.wrong_kind("trace_enabled", &other, "true or false");
                false
            }
        }
    }
}
