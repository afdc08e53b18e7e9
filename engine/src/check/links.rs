//! Rules that need to know other flows and the content library (R12.84, R12.85, R12.88).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::code::Code;
use super::composites::{each_node, link};
use super::contract::{self, at_keys};
use super::references::{content_id, named_content};
use super::report::{Pointer, Report, Severity};
use super::usage::{self, Known, Requirement};
use crate::flow::{FlowDefinition, NodeDefinition, Visibility};
use crate::id::{ContentId, FlowId, TenantId};
use crate::table::{Set, Table};

/// What a check may ask about what lies beside the flow: other flows, and content.
pub trait Neighbours {
    /// The flow that `id:<uuid>` or `key:<seed key>` names, whoever may see it.
    fn flow(&self, link: &str) -> Option<Neighbour>;

    /// Whether an item exists, is active and is shown in flows of `tenant` (R13.30).
    fn has_content(&self, id: ContentId, tenant: Option<TenantId>) -> bool;
}

/// What a check needs to know of another flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// Its id.
    pub id: FlowId,
    /// The owning tenant.
    pub owner: Option<TenantId>,
    /// Who may embed it.
    pub visibility: Visibility,
    /// What its author says about embedding it (R9.32).
    pub embeddable: Option<bool>,
    /// The labels of its published versions; none while it is a draft.
    pub versions: Vec<String>,
    /// Whether versions that are not among them may have been published elsewhere.
    pub has_other_versions: bool,
    /// What it needs and leaves behind.
    pub contract: Option<Map<String, Value>>,
    /// The variables that its own nodes may set; none when it may be any.
    pub sets: Option<BTreeSet<String>>,
    /// The flows that it embeds itself, as [`Neighbours::flow`] takes them.
    pub links: Vec<String>,
}

impl Neighbour {
    /// What a definition tells of a flow, as a draft.
    pub fn of(id: FlowId, definition: &FlowDefinition) -> Self {
        let mut links = Set::new();
        each_node(definition, &mut |node, _| links.extend(link(node).map(|(link, _)| link)));
        Self {
            id,
            owner: definition.school_id,
            visibility: definition.visibility,
            embeddable: definition.info.get("embeddable").and_then(Value::as_bool),
            versions: Vec::new(),
            has_other_versions: false,
            contract: definition.contract.clone(),
            sets: usage::sets(definition),
            links: links.into_iter().collect(),
        }
    }

    /// Whether a flow of `owner` may embed it (R9.31).
    pub fn is_open_to(&self, owner: Option<TenantId>) -> bool {
        matches!(self.visibility, Visibility::Public | Visibility::Wriveted) || self.owner == owner
    }
}

/// What a flow is checked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// It is kept as a draft: what is missing may follow.
    Draft,
    /// It is published: what it needs must be there (F35, F36).
    Publish,
}

impl FlowDefinition {
    /// Reports composites and content that lead nowhere, and requirements of sub-flows that cannot
    /// be met. It adds to what [`Flow::compile`](crate::Flow::compile) reports.
    ///
    /// ```
    /// use chatflow::{ContentId, FlowDefinition, Neighbour, Neighbours, Stage, TenantId};
    ///
    /// struct Nothing;
    /// impl Neighbours for Nothing {
    ///     fn flow(&self, _: &str) -> Option<Neighbour> {
    ///         None
    ///     }
    ///     fn has_content(&self, _: ContentId, _: Option<TenantId>) -> bool {
    ///         false
    ///     }
    /// }
    ///
    /// let (definition, _) = FlowDefinition::read_json(r#"{"nodes": [
    ///     {"id": "a", "type": "composite", "content": {"composite_flow_seed_key": "gone"}}
    /// ]}"#);
    /// let report = definition.ok_or("not a flow")?.check_links(&Nothing, Stage::Draft);
    /// let found = report.iter().next().ok_or("nothing found")?;
    /// assert_eq!(found.code.as_str(), "composite.not_found");
    /// assert_eq!(found.at.as_str(), "/nodes/0/content/composite_flow_seed_key");
    /// # Ok::<(), &'static str>(())
    /// ```
    pub fn check_links(&self, neighbours: &dyn Neighbours, stage: Stage) -> Report {
        let mut report = Report::default();
        let mut check = Check {
            definition: self,
            neighbours,
            stage,
            own: self.own_id(),
            known: Table::new(),
            report: &mut report,
        };
        let cycles = check.leading_back();
        each_node(self, &mut |node, _| {
            check.composite(node, &cycles);
            check.content(node);
        });
        check.requirements();
        report
    }
}

struct Check<'a> {
    definition: &'a FlowDefinition,
    neighbours: &'a dyn Neighbours,
    stage: Stage,
    own: FlowId,
    /// The flows that were asked for, by link.
    known: Table<String, Option<Neighbour>>,
    report: &'a mut Report,
}

impl Check<'_> {
    fn flow(&mut self, link: &str) -> Option<&Neighbour> {
        if !self.known.contains_key(link) {
            self.known.insert(link.to_owned(), self.neighbours.flow(link));
        }
        self.known.get(link)?.as_ref()
    }

    fn is_own(&self, link: &str) -> bool {
        let key = self.definition.seed_key.as_deref();
        link.strip_prefix("key:").is_some_and(|name| key == Some(name))
            || link.strip_prefix("id:").is_some_and(|id| id == self.own.0.to_string())
    }

    /// The flows from which embedding leads back to this one, through others.
    fn leading_back(&mut self) -> Set<FlowId> {
        let mut open: Vec<String> = Neighbour::of(self.own, self.definition).links;
        open.retain(|link| !self.is_own(link));
        let mut entered_from: Table<FlowId, Set<FlowId>> = Table::new();
        let mut seen = Set::new();
        while let Some(link) = open.pop() {
            let is_own = self.is_own(&link);
            let Some(neighbour) = self.flow(&link).cloned().filter(|_| !is_own) else { continue };
            if neighbour.id == self.own || !seen.insert(neighbour.id) {
                continue;
            }
            for link in neighbour.links {
                let target = if self.is_own(&link) {
                    Some(self.own)
                } else {
                    self.flow(&link).map(|target| target.id)
                };
                if let Some(target) = target {
                    entered_from.or_default(target).insert(neighbour.id);
                    open.push(link);
                }
            }
        }
        let mut leading = Set::new();
        let mut rest = vec![self.own];
        while let Some(id) = rest.pop() {
            for from in entered_from.get(&id).into_iter().flat_map(Set::iter) {
                if leading.insert(*from) {
                    rest.push(*from);
                }
            }
        }
        leading
    }

    fn composite(&mut self, node: &NodeDefinition, cycles: &Set<FlowId>) {
        let Some((link, at)) = link(node) else { return };
        let (own, owner) = (self.own, self.definition.school_id);
        let is_own = self.is_own(&link);
        let found = self.flow(&link).cloned();
        if is_own || found.as_ref().is_some_and(|neighbour| neighbour.id == own) {
            self.report
                .add(Code::CompositeSelf, &at, format!("`{}` embeds its own flow", node.id))
                .help("lead back to the flow's first node by a connection instead");
            return;
        }
        let Some(neighbour) = found else {
            self.report
                .add(Code::CompositeNotFound, &at, format!("no flow answers to `{link}`"))
                .help("add the flow, or correct the composite's reference");
            return;
        };
        if !neighbour.is_open_to(owner) {
            self.report
                .add(
                    Code::CompositeForbidden,
                    &at,
                    format!("`{link}` belongs to another owner, who does not share it"),
                )
                .help("ask its owner to make it public, or embed a flow of your own");
            return;
        }
        if neighbour.owner != owner && neighbour.embeddable != Some(true) {
            let severity = if neighbour.embeddable == Some(false) {
                Severity::Error
            } else {
                Severity::Warning
            };
            self.report
                .add_as(Code::CompositeNotEmbeddable, severity, &at, format!("`{link}` belongs to another owner, who does not say that it may be embedded"))
                .help("ask its owner to set `info.embeddable`");
        }
        if neighbour.versions.is_empty() {
            let severity = self.stage.severity();
            self.report
                .add_as(
                    Code::CompositeNotPublished,
                    severity,
                    &at,
                    format!("`{link}` has no published version"),
                )
                .help("publish it first");
        } else {
            self.version(node, &neighbour);
        }
        if cycles.contains(&neighbour.id) {
            self.report
                .add(
                    Code::CompositeCycle,
                    &at,
                    format!("`{link}` embeds, itself or through others, this flow again"),
                )
                .help("make sure that a condition ends the nesting; it may go 16 deep");
        }
    }

    /// Whether the exact version that a composite asks for is among the published ones.
    fn version(&mut self, node: &NodeDefinition, neighbour: &Neighbour) {
        let at = node.at.push("content");
        let reference = node.content.get("flow_ref").map(|inner| (inner, at.push("flow_ref")));
        for (fields, at) in [Some((&node.content, at)), reference].into_iter().flatten() {
            let Some(version) = fields.get("version").and_then(Value::as_str) else { continue };
            let has_mark = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '+');
            let is_exact = !version.is_empty() && !version.contains(has_mark);
            if is_exact && !neighbour.versions.iter().any(|label| label == version) {
                let severity =
                    if neighbour.has_other_versions { Severity::Warning } else { Severity::Error };
                self.report
                    .add_as(
                        Code::CompositeVersionUnsatisfied,
                        severity,
                        &at.push("version"),
                        format!("no published version that is known here is `{version}`"),
                    )
                    .help(format!("those known here are {}", neighbour.versions.join(", ")));
            }
        }
    }

    fn content(&mut self, node: &NodeDefinition) {
        for (id, at) in named_content(node) {
            let Some(id) = content_id(id) else { continue };
            if !self.neighbours.has_content(id, self.definition.school_id) {
                let severity = self.stage.severity();
                self.report
                    .add_as(
                        Code::ContentMissing,
                        severity,
                        &at,
                        format!("there is no content item `{}` for this flow", id.0),
                    )
                    .help("correct the id, or activate or share the item");
            }
        }
    }

    /// The variables that a flow and all that it embeds may set; none when it may be any.
    fn sets(&mut self, link: String) -> Option<BTreeSet<String>> {
        let mut sets = BTreeSet::new();
        let (mut open, mut seen) = (vec![link], Set::new());
        while let Some(link) = open.pop() {
            if !seen.insert(link.clone()) {
                continue;
            }
            let neighbour = self.flow(&link)?;
            sets.extend(neighbour.sets.as_ref()?.iter().cloned());
            open.extend(neighbour.links.iter().cloned());
        }
        Some(sets)
    }

    /// Requirements of sub-flows that nothing can have met (R12.85), and what they leave unset.
    fn requirements(&mut self) {
        let mut links = Set::new();
        each_node(self.definition, &mut |node, _| links.extend(link(node).map(|(link, _)| link)));
        let sets: Table<_, _> =
            links.into_iter().map(|link| (link.clone(), self.sets(link))).collect();
        let known = &self.known;
        let of = |node: &NodeDefinition, at: &Pointer| {
            let Some((link, _)) = link(node) else { return Known::default() };
            let neighbour = known.get(&link).and_then(Option::as_ref);
            let requires =
                neighbour.map_or_else(Vec::new, |neighbour| requirements(node, at, neighbour));
            Known { requires, sets: sets.get(&link).cloned().flatten() }
        };
        let report = &mut *self.report;
        usage::check_known(self.definition, &of, report);
        // What comes in by `inputs` is known without following the flow.
        let mut missing = Vec::new();
        each_node(self.definition, &mut |node, _| {
            let Some((link, at)) = link(node) else { return };
            let Some(Some(neighbour)) = known.get(&link) else { return };
            let inputs = node.content.get("inputs");
            for (path, severity) in required(neighbour) {
                let name = path.strip_prefix("input.");
                let name = name.map(|rest| rest.split('.').next().unwrap_or(rest).to_owned());
                if let Some(name) = name
                    && inputs.is_none_or(|inputs| inputs.get(&name).is_none())
                {
                    missing.push((path, severity, at.clone()));
                }
            }
        });
        for (path, severity, at) in missing {
            report
                .add_as(
                    Code::CompositeContractInput,
                    severity,
                    &at,
                    format!("the embedded flow needs `{path}`, which `inputs` does not give"),
                )
                .help("add it to the composite's `inputs`");
        }
    }
}

impl Stage {
    /// How much it matters that something is not there yet.
    fn severity(self) -> Severity {
        match self {
            Self::Draft => Severity::Warning,
            Self::Publish => Severity::Error,
        }
    }
}

/// What a flow requires, and how much that matters.
fn required(neighbour: &Neighbour) -> Vec<(String, Severity)> {
    let Some(contract) = &neighbour.contract else { return Vec::new() };
    let severity = if contract::is_strict(contract) { Severity::Error } else { Severity::Warning };
    let list = at_keys(contract, contract::ENTRY).and_then(Value::as_array);
    let paths = list.into_iter().flatten().filter_map(Value::as_str);
    paths.map(|path| (path.to_owned(), severity)).collect()
}

/// The variables that must have been set when a composite is reached: neither what its `inputs` can
/// give nor what the host knows.
fn requirements(node: &NodeDefinition, at: &Pointer, neighbour: &Neighbour) -> Vec<Requirement> {
    let given = ["input.", "context.", "session.", "env.", "system."];
    let inputs = node.content.get("inputs");
    let is_open = |path: &String| {
        !given.iter().any(|scope| path.starts_with(scope))
            && inputs.is_none_or(|inputs| inputs.get(path).is_none())
    };
    required(neighbour)
        .into_iter()
        .filter(|(path, _)| is_open(path))
        .map(|(path, severity)| Requirement { path, at: at.clone(), severity })
        .collect()
}
