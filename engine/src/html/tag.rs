//! Reading a tag: from `<` to `>`, with its attributes.

use super::attribute::Attribute;

/// One tag.
pub(super) struct Tag<'a> {
    /// As written, in any case.
    pub(super) name: &'a str,
    pub(super) closes: bool,
    /// What stands between the name and `>`.
    inside: &'a str,
}

/// What a `<` begins, and what follows it.
pub(super) enum Scan<'a> {
    Tag(Tag<'a>, &'a str),
    Comment(&'a str),
    Text(&'a str, &'a str),
}

/// What becomes of an element.
pub(super) enum Kind {
    Kept(&'static str),
    /// Kept; it has no content.
    Void(&'static str),
    /// Left out, with its content.
    Opaque {
        dangerous: bool,
    },
    /// Left out; its content is kept.
    Unknown,
}

const KEPT: [&str; 21] = [
    "p",
    "strong",
    "em",
    "u",
    "ol",
    "ul",
    "li",
    "a",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "code",
    "div",
    "span",
    "small",
    "sub",
    "sup",
];
const DANGEROUS: [&str; 12] = [
    "script", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "meta", "link",
    "svg", "math",
];
/// Elements whose content is not markup, or not meant to be read.
const OPAQUE: [&str; 9] = [
    "style",
    "template",
    "noscript",
    "title",
    "textarea",
    "xmp",
    "noembed",
    "noframes",
    "plaintext",
];
/// Of the dangerous ones, those that have no content.
const EMPTY: [&str; 5] = ["frame", "embed", "base", "meta", "link"];

pub(super) fn kind(name: &str) -> Kind {
    if let Some(void) = one_of(&["br", "hr", "img"], name) {
        return Kind::Void(void);
    }
    if let Some(kept) = one_of(&KEPT, name) {
        return Kind::Kept(kept);
    }
    let dangerous = one_of(&DANGEROUS, name).is_some();
    if dangerous || one_of(&OPAQUE, name).is_some() {
        return Kind::Opaque { dangerous };
    }
    Kind::Unknown
}

/// The name of the list that is equal but for case.
pub(super) fn one_of(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().find(|one| one.eq_ignore_ascii_case(name)).copied()
}

/// Whether an element ends the paragraph that it stands in.
pub(super) fn is_block(name: &str) -> bool {
    const BLOCKS: [&str; 13] =
        ["p", "div", "ol", "ul", "li", "blockquote", "hr", "h1", "h2", "h3", "h4", "h5", "h6"];
    BLOCKS.contains(&name)
}

/// What follows the content of an element that is left out whole.
pub(super) fn after_content<'a>(name: &str, after: &'a str) -> &'a str {
    if one_of(&EMPTY, name).is_some() {
        return after;
    }
    let mut rest = after;
    while let Some((_, from)) = rest.find("</").and_then(|at| rest.split_at_checked(at)) {
        let inside = from.get(2..).unwrap_or_default();
        let ends = inside.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name));
        let behind = inside.get(name.len()..).unwrap_or_default();
        if ends && !behind.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return behind.split_once('>').map_or("", |(_, after)| after);
        }
        rest = inside;
    }
    ""
}

/// Reads what the `<` at the beginning of `from` begins. Every byte that it looks at is consumed,
/// so that no text is read again and again.
pub(super) fn scan(from: &str) -> Scan<'_> {
    let inside = from.get(1..).unwrap_or_default();
    if let Some(comment) = inside.strip_prefix("!--") {
        return Scan::Comment(comment.split_once("-->").map_or("", |(_, after)| after));
    }
    if inside.starts_with(['!', '?']) {
        return match inside.split_once('>') {
            Some((_, after)) => Scan::Comment(after),
            None => Scan::Text(from, ""),
        };
    }
    let closes = inside.starts_with('/');
    let named = if closes { inside.get(1..).unwrap_or_default() } else { inside };
    if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return split(from, 1);
    }
    let end = named.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '<'));
    let (name, rest) = named.split_at_checked(end.unwrap_or(named.len())).unwrap_or((named, ""));
    let Some(length) = length_inside(rest) else { return Scan::Text(from, "") };
    let (inside, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
    match after.strip_prefix('>') {
        Some(after) => Scan::Tag(Tag { name, closes, inside }, after),
        // A `<` that begins something else: what came before it was text.
        None => split(from, from.len().saturating_sub(after.len())),
    }
}

fn split(text: &str, at: usize) -> Scan<'_> {
    let (text, after) = text.split_at_checked(at).unwrap_or((text, ""));
    Scan::Text(text, after)
}

/// How many bytes a tag has before the `>` that ends it, or the `<` that shows it is none.
fn length_inside(rest: &str) -> Option<usize> {
    let mut quote = None;
    let mut after_equals = false;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '>' | '<') => return Some(at),
            (None, '"' | '\'') if after_equals => quote = Some(c),
            (Some(_) | None, _) => {}
        }
        after_equals = c == '=' || (after_equals && c.is_ascii_whitespace());
    }
    None
}

impl<'a> Tag<'a> {
    /// The attributes, in order; none of an end tag.
    pub(super) fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: if self.closes { "" } else { self.inside } }
    }
}

pub(super) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let is_gap = |c: char| c.is_ascii_whitespace() || c == '/';
        let rest = self.rest.trim_start_matches(is_gap);
        let first = rest.chars().next()?;
        // A name may begin with `=`, as browsers have it.
        let skip = first.len_utf8();
        let end = rest.get(skip..)?.find(|c: char| is_gap(c) || c == '=');
        let end = end.map_or(rest.len(), |at| at.saturating_add(skip));
        let (name, behind) = rest.split_at_checked(end)?;
        let Some(value) =
            behind.trim_start_matches(|c: char| c.is_ascii_whitespace()).strip_prefix('=')
        else {
            self.rest = behind;
            return Some(Attribute { name, value: "" });
        };
        let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = if let Some(quote) = quoted {
            let inside = value.get(1..).unwrap_or_default();
            inside.split_once(quote).unwrap_or((inside, ""))
        } else {
            let end = value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len());
            value.split_at_checked(end).unwrap_or((value, ""))
        };
        self.rest = after;
        Some(Attribute { name, value })
    }
}
