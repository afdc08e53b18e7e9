//! The keys of a theme, their defaults and what may stand there (S8.2).

use serde_json::{Map, Value, json};

use super::BOT_NAME;

/// What may stand under a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// `#rrggbb`.
    Hex,
    /// That, `#rrggbbaa`, `rgb(…)` or `rgba(…)`.
    Colour,
    /// The names of fonts.
    Font,
    /// A CSS length.
    Length,
    /// One to four of them.
    Lengths,
    /// A number of pixels from 200 to 4000, `auto` or a CSS length.
    Size,
    /// A number from the first to the second.
    Number(f64, f64),
    /// A text of so many characters.
    Text(usize, usize),
    /// An address, an emoji or nothing.
    Avatar,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// How an animation runs.
    Easing,
    Flag,
}

/// A key of a group, or of a group within one.
pub(super) struct Key {
    pub(super) path: &'static str,
    /// JSON; a text that does not begin with a quote is one all the same.
    usual: &'static str,
    pub(super) rule: Rule,
}

const fn key(path: &'static str, usual: &'static str, rule: Rule) -> Key {
    Key { path, usual, rule }
}

const TYPING: &[&str] = &["dots", "text", "wave", "none"];
const PLACES: &[&str] = &["bottom-right", "bottom-left", "bottom-center", "fullscreen", "inline"];
const ENTRIES: &[&str] = &["fade", "slide", "none"];
const SIZES: &[&str] = &["default", "large", "xlarge"];
const FONTS: &str = "system-ui, -apple-system, BlinkMacSystemFont, 'Segoe UI', sans-serif";

pub(super) const KEYS: &[Key] = &[
    key("colors.primary", "#1890ff", Rule::Hex),
    key("colors.secondary", "#52c41a", Rule::Hex),
    key("colors.background", "#ffffff", Rule::Hex),
    key("colors.backgroundAlt", "#f5f5f5", Rule::Hex),
    key("colors.userBubble", "#e6f7ff", Rule::Hex),
    key("colors.userBubbleText", "#000000", Rule::Hex),
    key("colors.botBubble", "#f0f0f0", Rule::Hex),
    key("colors.botBubbleText", "#262626", Rule::Hex),
    key("colors.border", "#d9d9d9", Rule::Hex),
    key("colors.shadow", "rgba(0,0,0,0.1)", Rule::Colour),
    key("colors.error", "#ff4d4f", Rule::Hex),
    key("colors.success", "#52c41a", Rule::Hex),
    key("colors.warning", "#faad14", Rule::Hex),
    key("colors.text", "#262626", Rule::Hex),
    key("colors.textMuted", "#8c8c8c", Rule::Hex),
    key("colors.link", "#1890ff", Rule::Hex),
    key("typography.fontFamily", FONTS, Rule::Font),
    key("typography.fontSize.small", "12px", Rule::Length),
    key("typography.fontSize.medium", "14px", Rule::Length),
    key("typography.fontSize.large", "16px", Rule::Length),
    key("typography.lineHeight", "1.5", Rule::Number(0.8, 3.0)),
    key("typography.fontWeight.normal", "400", Rule::Number(100.0, 900.0)),
    key("typography.fontWeight.medium", "500", Rule::Number(100.0, 900.0)),
    key("typography.fontWeight.bold", "600", Rule::Number(100.0, 900.0)),
    key("bubbles.borderRadius", "12", Rule::Number(0.0, 64.0)),
    key("bubbles.padding", "12px 16px", Rule::Lengths),
    key("bubbles.maxWidth", "80%", Rule::Length),
    key("bubbles.spacing", "8", Rule::Number(0.0, 64.0)),
    key("bot.name", BOT_NAME, Rule::Text(1, 60)),
    key("bot.avatar", "\"\"", Rule::Avatar),
    key("bot.typingIndicator", "dots", Rule::OneOf(TYPING)),
    key("bot.typingSpeed", "50", Rule::Number(0.0, 1000.0)),
    key("bot.responseDelay", "500", Rule::Number(0.0, 10_000.0)),
    key("layout.position", "bottom-right", Rule::OneOf(PLACES)),
    key("layout.width", "400", Rule::Size),
    key("layout.height", "600", Rule::Size),
    key("layout.maxWidth", "90vw", Rule::Length),
    key("layout.maxHeight", "90vh", Rule::Length),
    key("layout.margin", "20px", Rule::Lengths),
    key("layout.padding", "16px", Rule::Lengths),
    key("layout.showHeader", "true", Rule::Flag),
    key("layout.showFooter", "true", Rule::Flag),
    key("layout.headerHeight", "60", Rule::Number(0.0, 400.0)),
    key("layout.footerHeight", "80", Rule::Number(0.0, 400.0)),
    key("animations.enabled", "true", Rule::Flag),
    key("animations.messageEntry", "fade", Rule::OneOf(ENTRIES)),
    key("animations.duration", "300", Rule::Number(0.0, 5000.0)),
    key("animations.easing", "ease-in-out", Rule::Easing),
    key("accessibility.highContrast", "false", Rule::Flag),
    key("accessibility.reduceMotion", "false", Rule::Flag),
    key("accessibility.fontSize", "default", Rule::OneOf(SIZES)),
];

/// The key at this place.
pub(super) fn at(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Whether there is a group at this place.
pub(super) fn is_group(path: &str) -> bool {
    let is_below =
        |key: &Key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    KEYS.iter().any(is_below)
}

/// Every key with its default.
pub(super) fn defaults() -> Map<String, Value> {
    let mut all = Map::from_iter([("customCSS".to_owned(), Value::Null)]);
    for key in KEYS {
        let usual = serde_json::from_str(key.usual).unwrap_or_else(|_| json!(key.usual));
        let mut place = &mut all;
        let mut names = key.path.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                place.insert(name.to_owned(), usual.clone());
                break;
            }
            let below = place.entry(name).or_insert_with(|| json!({}));
            let Some(below) = below.as_object_mut() else { break };
            place = below;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::check;

    #[test]
    fn the_defaults_hold_their_own_rules() {
        assert!(check(&defaults()).is_ok());
        assert_eq!(defaults()["typography"]["fontWeight"]["bold"], 600);
        assert_eq!(defaults()["bot"]["avatar"], "");
        assert_eq!(defaults().len(), 8);
    }
}
