//! Inline styles: some properties, no addresses (F7).

const PROPERTIES: [&str; 21] = [
    "color",
    "background",
    "font",
    "text",
    "line-height",
    "letter-spacing",
    "margin",
    "padding",
    "border",
    "box-shadow",
    "opacity",
    "display",
    "flex",
    "gap",
    "width",
    "height",
    "overflow",
    "align",
    "justify",
    "row-gap",
    "column-gap",
];
const SIZES: [&str; 4] = ["min-width", "min-height", "max-width", "max-height"];
/// Properties that stand for a family of longer names, such as `font-size`.
const FAMILIES: [&str; 10] = [
    "background",
    "font",
    "text",
    "margin",
    "padding",
    "border",
    "flex",
    "align",
    "justify",
    "overflow",
];
const FUNCTIONS: [&str; 10] = [
    "rgb",
    "rgba",
    "hsl",
    "hsla",
    "calc",
    "min",
    "max",
    "clamp",
    "linear-gradient",
    "radial-gradient",
];

/// The declarations that are allowed, and whether that is all of them.
pub(super) fn clean(style: &str) -> (String, bool) {
    let mut kept = String::new();
    let mut whole = true;
    for declaration in style.split(';').map(str::trim).filter(|text| !text.is_empty()) {
        let parts = declaration.split_once(':');
        let good = parts.filter(|(name, value)| {
            is_property(&name.trim().to_ascii_lowercase()) && is_plain(value.trim())
        });
        let Some((name, value)) = good else {
            whole = false;
            continue;
        };
        if !kept.is_empty() {
            kept.push(';');
        }
        kept.push_str(&name.trim().to_ascii_lowercase());
        kept.push(':');
        kept.push_str(value.trim());
    }
    (kept, whole)
}

fn is_property(name: &str) -> bool {
    let in_family = |family: &&str| {
        name.strip_prefix(*family).and_then(|rest| rest.strip_prefix('-')).is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        })
    };
    PROPERTIES.contains(&name) || SIZES.contains(&name) || FAMILIES.iter().any(in_family)
}

/// Whether a value names colours, lengths and words only: no escapes, comments or foreign functions.
fn is_plain(value: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | '<' | '>' | '@' | '{' | '}' | '"');
    if value.is_empty() || value.contains(odd) || value.contains("/*") {
        return false;
    }
    let mut calls = value.split('(');
    // What stands before each `(` must end in a known function, or group inside one.
    let last = calls.next_back();
    last.is_some()
        && calls.all(|before| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
            let name = before.rsplit(|c: char| !is_name(c)).next().unwrap_or_default();
            name.is_empty() || FUNCTIONS.iter().any(|one| one.eq_ignore_ascii_case(name))
        })
}
