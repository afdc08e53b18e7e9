//! Script nodes (R10.2 to R10.5).

use serde_json::{Map, Value, json};

use super::fields::Fields;
use crate::check::{Code, Patch, Pointer, Report, Severity, near_miss};
use crate::flow::definition::ExecutionContext;
use crate::flow::target::{Place, Target};
use crate::value::path::Path;

/// The hosts that scripts may load code from unless the compiler names others.
const CDNS: [&str; 3] = ["cdn.jsdelivr.net", "unpkg.com", "cdnjs.cloudflare.com"];
/// The most characters of a script.
const MAX_CODE: usize = 100_000;
/// The most dependencies.
const MAX_DEPENDENCIES: usize = 10;
const DEFAULT_TIMEOUT: u64 = 5_000;

/// Code that the client runs.
#[derive(Debug)]
pub(crate) struct Script {
    /// What clients get, all but `inputs`.
    pub(crate) config: Map<String, Value>,
    pub(crate) inputs: Box<[(Box<str>, Path)]>,
    pub(crate) outputs: Box<[Output]>,
    pub(crate) context: ExecutionContext,
}

/// A value that a script may leave behind.
#[derive(Debug)]
pub(crate) struct Output {
    /// As declared.
    pub(crate) path: Path,
    /// Where it is written; a name without a scope goes to `output` and to `temp` (F5).
    pub(crate) targets: Box<[Target]>,
}

impl Script {
    /// `cdns` are the hosts of dependencies, the usual three when there is none. `None` after a
    /// report.
    pub(crate) fn compile(
        fields: &Fields<'_>,
        context: ExecutionContext,
        cdns: Option<&[String]>,
        report: &mut Report,
    ) -> Option<Self> {
        let code = code(fields, report);
        let language = language(fields, report);
        let sandbox = sandbox(fields, report);
        let outputs = outputs(fields, report);
        if context == ExecutionContext::Backend {
            report
                .add(
                    Code::ScriptBackend,
                    &fields.at.push("execution_context"),
                    "scripts run in the client only",
                )
                .help("set `execution_context` to `frontend`, or call a handler of the host");
        }
        let mut config = Map::new();
        config.insert("code".to_owned(), json!(code));
        config.insert("language".to_owned(), json!(language));
        config.insert("sandbox".to_owned(), json!(sandbox));
        config.insert("dependencies".to_owned(), dependencies(fields, cdns, report));
        config.insert("timeout".to_owned(), json!(timeout(fields, report)));
        let description = fields.text(&["description"], report).unwrap_or_default();
        config.insert("description".to_owned(), json!(description));
        let declared = outputs.iter().map(|output| Value::from(&**output.path.text())).collect();
        config.insert("outputs".to_owned(), declared);
        let inputs = inputs(fields, report);
        code?;
        Some(Self { config, inputs, outputs, context })
    }

    /// Whether `name` is a declared output.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.outputs.iter().any(|output| &**output.path.text() == name)
    }
}

fn code<'a>(fields: &Fields<'a>, report: &mut Report) -> Option<&'a str> {
    let at = fields.at.push("code");
    let code =
        fields.map.get("code").and_then(Value::as_str).filter(|code| !code.trim().is_empty());
    let Some(code) = code else {
        report
            .add(Code::ScriptCode, &at, "the script has no code")
            .help("write e.g. `return {total: inputs.a + 1}`");
        return None;
    };
    if code.chars().count() > MAX_CODE {
        report
            .add(Code::ScriptCode, &at, format!("the code has more than {MAX_CODE} characters"))
            .help("load the larger part as a dependency");
        return None;
    }
    Some(code)
}

fn language(fields: &Fields<'_>, report: &mut Report) -> &'static str {
    let at = fields.at.push("language");
    let Some((_, value)) = fields.first(&["language"]) else {
        report
            .add_as(Code::ScriptLanguage, Severity::Warning, &at, "the script names no language")
            .help("add `\"language\": \"javascript\"`, which is assumed")
            .fix(Patch::add(&at, "javascript"));
        return "javascript";
    };
    match value.as_str().map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        Some("javascript" | "js") => "javascript",
        Some("typescript" | "ts") => "typescript",
        other => {
            let meant = other.and_then(|text| near_miss(text, &["javascript", "typescript"]));
            report
                .add(Code::ScriptLanguage, &at, format!("{value} is no language of scripts"))
                .help("use `javascript` or `typescript`")
                .fix(meant.map(|name| Patch::replace(&at, name)));
            "javascript"
        }
    }
}

fn sandbox(fields: &Fields<'_>, report: &mut Report) -> &'static str {
    match fields.first(&["sandbox"]).map(|(_, value)| value) {
        None | Some(Value::Bool(true)) => "strict",
        Some(Value::Bool(false)) => "permissive",
        Some(Value::String(text)) if text == "strict" => "strict",
        Some(Value::String(text)) if text == "permissive" => "permissive",
        Some(value) => {
            let at = fields.at.push("sandbox");
            let meant = near_miss(value.as_str().unwrap_or_default(), &["strict", "permissive"]);
            report
                .add(Code::ScriptSandbox, &at, format!("{value} is no sandbox"))
                .help("use `strict` or `permissive`")
                .fix(meant.map(|name| Patch::replace(&at, name)));
            "strict"
        }
    }
}

fn timeout(fields: &Fields<'_>, report: &mut Report) -> u64 {
    let Some((_, value)) = fields.first(&["timeout"]) else { return DEFAULT_TIMEOUT };
    let Some(ms) = value.as_u64().filter(|ms| (1_000..=60_000).contains(ms)) else {
        report
            .add(Code::ScriptTimeout, &fields.at.push("timeout"), format!("{value} is no timeout"))
            .help("give whole milliseconds from 1000 to 60000");
        return DEFAULT_TIMEOUT;
    };
    ms
}

fn inputs(fields: &Fields<'_>, report: &mut Report) -> Box<[(Box<str>, Path)]> {
    let at = fields.at.push("inputs");
    let Some((_, value)) = fields.first(&["inputs"]) else { return Box::default() };
    let Some(map) = value.as_object() else {
        report
            .add(Code::ScriptInputsKey, &at, "`inputs` must be an object of names and paths")
            .help("write e.g. `{\"age\": \"user.age\"}`");
        return Box::default();
    };
    let mut inputs = Vec::new();
    for (name, source) in map {
        let at = at.push(name);
        if !is_identifier(name) {
            report
                .add(Code::ScriptInputsKey, &at, format!("`{name}` is no name of an input"))
                .help("use letters, digits and `_`, and begin with none of the digits");
            continue;
        }
        let path = source.as_str().and_then(|text| Path::parse(text).ok());
        match path.filter(|path| path.is_declarable() && path.head() != "secret") {
            Some(path) => inputs.push((name.as_str().into(), path)),
            None => {
                report
                    .add(Code::ScriptInputsPath, &at, format!("{source} is no path"))
                    .help("name a variable, e.g. `user.age`, or a whole scope, e.g. `temp`");
            }
        }
    }
    inputs.into()
}

/// `^[A-Za-z_][A-Za-z0-9_]*$`
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn outputs(fields: &Fields<'_>, report: &mut Report) -> Box<[Output]> {
    let at = fields.at.push("outputs");
    let list = match fields.first(&["outputs"]).map(|(_, value)| value) {
        None => &[][..],
        Some(Value::Array(list)) => list,
        Some(_) => {
            report
                .add(Code::ScriptOutputs, &at, "`outputs` must be a list of names")
                .help("write e.g. `[\"total\"]`");
            return Box::default();
        }
    };
    if list.is_empty() {
        report
            .add(Code::ScriptNoOutputs, &at, "the script leaves nothing behind")
            .help("declare what it returns, e.g. `[\"total\"]`, if the flow needs it");
    }
    let outputs = list.iter().enumerate().filter_map(|(i, name)| {
        let at = at.push(i);
        let Some(name) = name.as_str() else {
            report
                .add(Code::ScriptOutputs, &at, format!("{name} is no name of an output"))
                .help("write e.g. `\"total\"`");
            return None;
        };
        output(name, &at, report)
    });
    outputs.collect()
}

fn output(name: &str, at: &Pointer, report: &mut Report) -> Option<Output> {
    let target = Target::compile(name, at, Code::ScriptOutputs, report)?;
    let path = Path::parse(name).ok()?;
    let targets = match target.bare_name() {
        Some(name) => {
            let places = [Place::Output, Place::State];
            places.into_iter().filter_map(|place| Target::in_frame(name, place)).collect()
        }
        None => Box::new([target]) as Box<[Target]>,
    };
    Some(Output { path, targets })
}

fn dependencies(fields: &Fields<'_>, cdns: Option<&[String]>, report: &mut Report) -> Value {
    let at = fields.at.push("dependencies");
    let list = match fields.first(&["dependencies"]).map(|(_, value)| value) {
        None => return json!([]),
        Some(Value::Array(list)) => list,
        Some(_) => {
            report
                .add(Code::ScriptDependencyType, &at, "`dependencies` must be a list of URLs")
                .help("write e.g. `[\"https://cdn.jsdelivr.net/npm/d3@7\"]`");
            return json!([]);
        }
    };
    if list.len() > MAX_DEPENDENCIES {
        report
            .add(
                Code::ScriptDependencyType,
                &at,
                format!("a script may have {MAX_DEPENDENCIES} dependencies"),
            )
            .help("bundle them");
    }
    for (i, dependency) in list.iter().enumerate() {
        check_dependency(dependency, cdns, &at.push(i), report);
    }
    json!(list)
}

fn check_dependency(
    dependency: &Value,
    cdns: Option<&[String]>,
    at: &Pointer,
    report: &mut Report,
) {
    let integrity = dependency.get("integrity");
    let url = dependency.as_str().or_else(|| dependency.get("url").and_then(Value::as_str));
    let (Some(url), true) = (url, integrity.is_none_or(Value::is_string)) else {
        report
            .add(Code::ScriptDependencyType, at, format!("{dependency} is no dependency"))
            .help("write a URL, or `{\"url\": …, \"integrity\": …}`");
        return;
    };
    let scheme = url.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let Some(rest) = scheme.and_then(|scheme| url.get(scheme.len()..)) else {
        report
            .add(Code::ScriptDependencyHttps, at, format!("`{url}` is no https URL"))
            .help("load it by https");
        return;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.strip_suffix(":443").unwrap_or(authority);
    let is_host = |known: &str| host.eq_ignore_ascii_case(known);
    let known = match cdns {
        Some(cdns) => cdns.iter().any(|cdn| is_host(cdn)),
        None => CDNS.into_iter().any(is_host),
    };
    if !known {
        let hosts = cdns.map_or_else(|| CDNS.join(", "), |cdns| cdns.join(", "));
        report
            .add(
                Code::ScriptDependencyHost,
                at,
                format!("`{authority}` is no host that scripts load code from"),
            )
            .help(format!("use one of {hosts}, without user and port"));
    } else if !names_version(path) {
        report
            .add(Code::ScriptDependencyUnpinned, at, format!("`{url}` names no version"))
            .help("name one, e.g. `…/npm/d3@7.9.0`, so that the script stays as it was tested");
    }
}

/// Whether a part of the path is a version: `d3@7.9.0`, or `4.17.21` between slashes.
fn names_version(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    path.split('/').any(|part| {
        is_digit(part) || part.rsplit_once('@').is_some_and(|(_, version)| is_digit(version))
    })
}
