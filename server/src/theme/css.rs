//! The little of CSS that a theme may hold.

use serde_json::Value;

const UNITS: [&str; 15] =
    ["px", "em", "rem", "%", "vh", "vw", "vmin", "vmax", "ch", "ex", "pt", "pc", "cm", "mm", "in"];

/// `#rrggbb`.
pub(super) fn is_hex(text: &str) -> bool {
    text.len() == 7 && is_hash(text)
}

/// `#rrggbb`, `#rrggbbaa`, `rgb(…)` or `rgba(…)`.
pub(super) fn is_colour(text: &str) -> bool {
    if is_hash(text) {
        return matches!(text.len(), 7 | 9);
    }
    let parts = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb("));
    let Some(parts) = parts.and_then(|rest| rest.strip_suffix(')')) else { return false };
    let parts: Vec<&str> = parts.split([',', '/', ' ']).filter(|part| !part.is_empty()).collect();
    let is_part = |part: &&str| is_number(part.strip_suffix('%').unwrap_or(part));
    matches!(parts.len(), 3 | 4) && parts.iter().all(is_part)
}

fn is_hash(text: &str) -> bool {
    let digits = text.strip_prefix('#');
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_number(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_plain && text.len() <= 20 && text.parse::<f64>().is_ok()
}

/// A number with a unit, or 0.
pub(super) fn is_length(text: &str) -> bool {
    let with_unit = |unit: &&str| text.strip_suffix(unit).is_some_and(is_number);
    text == "0" || UNITS.iter().any(with_unit)
}

/// A number of pixels, `auto` or a length.
pub(super) fn is_size(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "auto" || is_length(text),
        Value::Number(number) => {
            number.as_f64().is_some_and(|number| (200.0..=4000.0).contains(&number))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

pub(super) fn names_fonts(text: &str) -> bool {
    text.chars().count() <= 300 && !text.contains([';', '{', '}', '<', '>'])
}

pub(super) fn is_easing(text: &str) -> bool {
    let words = ["linear", "ease", "ease-in", "ease-out", "ease-in-out", "step-start", "step-end"];
    let is_call = |name: &str| {
        let inner = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('('));
        let inner = inner.and_then(|rest| rest.strip_suffix(')'));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"., -".contains(&byte);
        inner.is_some_and(|inner| inner.bytes().all(plain))
    };
    text.len() <= 60 && (words.contains(&text) || is_call("cubic-bezier") || is_call("steps"))
}

/// An address, an emoji or nothing.
pub(super) fn shows_someone(text: &str) -> bool {
    let is_emoji = text.chars().count() <= 16 && text.chars().all(|c| !c.is_ascii_graphic());
    is_emoji || is_address(text)
}

/// An https address, or one of this site (S8.1).
pub(crate) fn is_address(text: &str) -> bool {
    if text.is_empty() || text.chars().count() > 512 || text.chars().any(is_odd) {
        return false;
    }
    if let Some(rest) = text.strip_prefix("https://") {
        return !rest.is_empty() && !rest.starts_with('/');
    }
    // Whatever has a scheme or names another host is none of this site's.
    let path = text.split(['/', '?', '#']).next().unwrap_or_default();
    !text.starts_with("//") && !path.contains(':')
}

fn is_odd(c: char) -> bool {
    c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\')
}

/// Whether a style sheet holds nothing that runs or reaches out (S8.3).
pub(super) fn is_style(text: &str) -> bool {
    // An escape could write any of these words another way.
    let lower = text.to_ascii_lowercase();
    let refused =
        ["<", "\\", "\0", "@import", "javascript:", "expression(", "behavior:", "-moz-binding"];
    text.chars().count() <= 20_000
        && !refused.iter().any(|word| lower.contains(word))
        && lower.split("url(").skip(1).all(is_harmless)
}

/// What stands behind `url(`.
fn is_harmless(rest: &str) -> bool {
    let target = rest.trim_start().trim_start_matches(['"', '\'']).trim_start();
    let images = ["png", "jpeg", "webp", "gif"];
    let is_image = target.strip_prefix("data:image/").is_some_and(|kind| {
        let kind = kind.split([';', ',']).next().unwrap_or_default();
        images.contains(&kind)
    });
    target.starts_with("https://") || is_image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_neither_runs_nor_reaches_out() {
        // S8.3
        for good in [
            "",
            ".a > .b { background: URL( 'https://x.example/a.png') }",
            "a { background: url(data:image/png;base64,AAAA) }",
        ] {
            assert!(is_style(good), "{good}");
        }
        for bad in [
            "</style>",
            "@IMPORT 'x'",
            "a { background: url(//x.example) }",
            "a { background: url(\"http://x.example\") }",
            "a { background: url(data:image/svg+xml,x) }",
            "a { background: url(https://x.example) url(data:text/html,x) }",
            "a { x: expression(1) }",
            "a { -moz-binding: x }",
            "a { BEHAVIOR: x }",
            "a { x: \\75rl(x) }",
            "a { x: 'JavaScript:1' }",
        ] {
            assert!(!is_style(bad), "{bad}");
        }
        assert!(!is_style(&"a".repeat(20_001)));
    }

    #[test]
    fn an_address_is_of_https_or_of_this_site() {
        for good in ["https://x.example/a.png", "/logo.svg", "img/logo.png?v=1:2", "logo"] {
            assert!(is_address(good), "{good}");
        }
        for bad in
            ["", "http://x", "//x.example", "javascript:1", "data:x", "https://", "a b", "\"x"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
