//! What is wrong with a theme's configuration (S8.2, S8.3).

use serde_json::{Map, Value, json};

use super::EXTENSIONS;
use super::css::{
    is_colour, is_easing, is_hex, is_length, is_size, is_style, names_fonts, shows_someone,
};
use super::keys::{Rule, at, is_group};
use crate::error::{ApiError, FieldError};

/// How many findings one answer lists (S3.5).
const MOST_FINDINGS: usize = 50;

/// Checks what is given; a null is a wish for the default.
///
/// # Errors
/// 422 with every key that breaks a rule, or `unknown_theme_group`.
pub(crate) fn check(config: &Map<String, Value>) -> Result<(), ApiError> {
    let is_known = |name: &str| is_group(name) || matches!(name, EXTENSIONS | "customCSS");
    if let Some(unknown) = config.keys().find(|name| !is_known(name)) {
        let place = ["body", "config", unknown];
        let message = "is no group of a theme; what is yours goes into `extensions`";
        return Err(ApiError::field_as("unknown_theme_group", &place, "value_error", message));
    }
    let mut found = Findings(Vec::new());
    for (name, value) in config {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("customCSS", Value::String(style)) if is_style(style) => {}
            ("customCSS", _) => found.add(
                name,
                "must be a text of at most 20000 characters without markup, imports, scripts and \
                 addresses other than of https and images",
            ),
            (EXTENSIONS, Value::Object(_)) => {}
            (_, Value::Object(group)) => found.group(name, group),
            _ => found.add(name, "must be an object"),
        }
    }
    found.0.truncate(MOST_FINDINGS);
    if found.0.is_empty() { Ok(()) } else { Err(ApiError::fields(&found.0)) }
}

struct Findings(Vec<FieldError>);

impl Findings {
    fn add(&mut self, path: &str, message: impl Into<String>) {
        let loc = ["body", "config"].into_iter().chain(path.split('.'));
        let loc = loc.map(|name| json!(name)).collect();
        self.0.push(FieldError { loc, msg: message.into(), kind: "value_error.theme".to_owned() });
    }

    fn group(&mut self, path: &str, group: &Map<String, Value>) {
        for (name, value) in group {
            let path = format!("{path}.{name}");
            match (at(&path), value) {
                (_, Value::Null) => {}
                (Some(key), _) => {
                    if let Some(problem) = problem(key.rule, value) {
                        self.add(&path, problem);
                    }
                }
                (None, Value::Object(below)) if is_group(&path) => self.group(&path, below),
                (None, Value::Object(_) | Value::Array(_)) => {
                    self.add(&path, "must not be a list or an object");
                }
                (None, _) if is_group(&path) => self.add(&path, "must be an object"),
                // What nobody knows is kept, but a colour is one (S8.3).
                (None, _) if path.starts_with("colors.") => {
                    if let Some(problem) = problem(Rule::Colour, value) {
                        self.add(&path, problem);
                    }
                }
                (None, _) => {}
            }
        }
    }
}

/// How a value breaks a rule.
fn problem(rule: Rule, value: &Value) -> Option<String> {
    let text = value.as_str();
    let (holds, message) = match rule {
        Rule::Hex => (text.is_some_and(is_hex), "must be a colour such as `#0b7285`"),
        Rule::Colour => (
            text.is_some_and(is_colour),
            "must be a colour such as `#0b7285`, `#0b728580` or `rgba(0,0,0,0.1)`",
        ),
        Rule::Font => (text.is_some_and(names_fonts), "must name fonts, without `;{}<>`"),
        Rule::Length => (text.is_some_and(is_length), "must be a CSS length such as `14px`"),
        Rule::Lengths => (
            text.is_some_and(|text| {
                let count = text.split_whitespace().count();
                (1..=4).contains(&count) && text.split_whitespace().all(is_length)
            }),
            "must be one to four CSS lengths",
        ),
        Rule::Size => (is_size(value), "must be 200 to 4000, `auto` or a CSS length"),
        Rule::Number(least, most) => {
            let holds = value.as_f64().is_some_and(|number| (least..=most).contains(&number));
            return (!holds).then(|| format!("must be a number from {least} to {most}"));
        }
        Rule::Text(least, most) => {
            let fits = |text: &str| (least..=most).contains(&text.chars().count());
            return (!text.is_some_and(fits))
                .then(|| format!("must have {least} to {most} characters"));
        }
        Rule::Avatar => (text.is_some_and(shows_someone), "must be an address, an emoji or empty"),
        Rule::OneOf(all) => {
            let holds = text.is_some_and(|text| all.contains(&text));
            return (!holds).then(|| format!("must be one of {}", all.join(", ")));
        }
        Rule::Easing => (text.is_some_and(is_easing), "must be an easing of CSS"),
        Rule::Flag => (value.is_boolean(), "must be true or false"),
    };
    (!holds).then(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_rule() {
        // S8.2, S8.3
        for (path, good, bad) in [
            ("/colors/primary", json!("#0B7285"), json!("red")),
            ("/colors/shadow", json!("rgba(0, 0, 0, .1)"), json!("rgba(0)")),
            ("/colors/header", json!("#11223344"), json!(7)),
            ("/typography/fontFamily", json!("'Segoe UI', serif"), json!("x;}")),
            ("/typography/fontSize/small", json!("1.2em"), json!("12")),
            ("/typography/fontSize", json!({"huge": "x"}), json!("12px")),
            ("/typography/lineHeight", json!(0.8), json!(3.1)),
            ("/typography/fontWeight/bold", json!(900), json!("bold")),
            ("/bubbles/padding", json!("0 1px 2% 3vh"), json!("1px 2px 3px 4px 5px")),
            ("/bubbles/borderRadius", json!(0), json!(65)),
            ("/bot/name", json!("Coral"), json!("")),
            ("/bot/avatar", json!("🐙"), json!("javascript:alert(1)")),
            ("/bot/typingIndicator", json!("wave"), json!("blink")),
            ("/layout/width", json!("auto"), json!(199)),
            ("/layout/height", json!(4000), json!("tall")),
            ("/layout/showHeader", json!(false), json!("no")),
            ("/animations/easing", json!("cubic-bezier(0.1, 0.7, 1, .1)"), json!("url(x)")),
            ("/accessibility/fontSize", json!("xlarge"), json!("small")),
            ("/bot/mood", json!("sunny"), json!(["sunny"])),
            ("/extensions", json!({"any": {"thing": []}}), json!(1)),
            ("/customCSS", json!("a { color: red }"), json!("</style>")),
            ("/bot", json!(null), json!([])),
        ] {
            let with = |value: &Value| {
                let mut whole = json!({});
                let mut names = path.split('/').skip(1).peekable();
                let mut place = &mut whole;
                while let Some(name) = names.next() {
                    place = &mut place[name];
                    if names.peek().is_some() {
                        *place = json!({});
                    }
                }
                *place = value.clone();
                whole.as_object().unwrap().clone()
            };
            assert!(check(&with(&good)).is_ok(), "{path} {good}");
            assert!(check(&with(&bad)).is_err(), "{path} {bad}");
        }
        assert!(check(json!({"colours": {}}).as_object().unwrap()).is_err());
    }
}
