//! Attributes and their values.

use super::style;
use super::tag::one_of;
use crate::flow::node::media::is_allowed_url;

/// One attribute as written; its value may hold character references.
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// Attributes that browsers follow.
const ADDRESSES: [&str; 8] =
    ["href", "src", "action", "formaction", "xlink:href", "data", "srcdoc", "background"];

impl Attribute<'_> {
    /// Whether a browser could run a script for it.
    pub(super) fn runs_script(&self) -> bool {
        let handler = self.name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on"));
        let address = one_of(&ADDRESSES, self.name).is_some();
        handler || (address && is_script(self.value))
    }

    /// Its name, if the element may have it.
    pub(super) fn allowed_on(&self, element: &str) -> Option<&'static str> {
        let own: &[&'static str] = match element {
            "a" => &["href", "title"],
            "img" => &["src", "alt", "width", "height"],
            _ => &[],
        };
        one_of(own, self.name).or_else(|| one_of(&["class", "id", "style"], self.name))
    }

    /// Writes it under its allowed name; false if a part of the value, or all, is left out.
    pub(super) fn write(&self, name: &'static str, out: &mut String) -> bool {
        let decoded = decoded(self.value);
        let text = decoded.trim_matches(|c: char| c.is_ascii_whitespace());
        let good = match name {
            "href" => is_allowed_link(text),
            "src" => !text.starts_with('/') && is_allowed_url(text),
            "width" | "height" => is_size(text),
            "style" => {
                let (kept, whole) = style::clean(text);
                if !kept.is_empty() {
                    push(name, &escaped(&kept), out);
                }
                return whole;
            }
            _ => {
                let mut kept = String::new();
                push_text(self.value, &mut kept);
                push(name, &kept.replace('"', "&quot;"), out);
                return true;
            }
        };
        if good {
            push(name, &escaped(text), out);
        }
        good
    }
}

/// Appends an attribute whose value is escaped already.
fn push(name: &str, value: &str, out: &mut String) {
    for part in [" ", name, "=\"", value, "\""] {
        out.push_str(part);
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    super::escape(text, &mut out);
    out
}

/// R13.8: https, http, mailto, tel, or relative.
fn is_allowed_link(url: &str) -> bool {
    if url.chars().any(char::is_control) {
        return false;
    }
    let end = url.find([':', '/', '?', '#']).unwrap_or(url.len());
    match url.split_at_checked(end) {
        Some((scheme, rest)) if rest.starts_with(':') => {
            one_of(&["https", "http", "mailto", "tel"], scheme).is_some()
        }
        _ => true,
    }
}

/// Whether an address is code, however it is spelt.
fn is_script(value: &str) -> bool {
    let decoded = decoded(value);
    let seen = decoded.chars().filter(|c| !c.is_control() && *c != ' ').take(20);
    let seen: String = seen.map(|c| c.to_ascii_lowercase()).collect();
    ["javascript:", "vbscript:", "data:text/html"].iter().any(|run| seen.starts_with(run))
}

fn is_size(text: &str) -> bool {
    let digits = text.strip_suffix('%').or_else(|| text.strip_suffix("px")).unwrap_or(text);
    (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Appends text with its character references as they are, and everything else escaped.
pub(super) fn push_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '\0']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        if let Some(length) = reference_length(from) {
            let (reference, after) = from.split_at_checked(length).unwrap_or((from, ""));
            out.push_str(reference);
            rest = after;
            continue;
        }
        match from.bytes().next() {
            Some(b'&') => out.push_str("&amp;"),
            Some(b'<') => out.push_str("&lt;"),
            Some(b'>') => out.push_str("&gt;"),
            _ => {}
        }
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// The length of the character reference that a text begins with: `&name;`, `&#10;` or `&#xa;`.
fn reference_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('&')?;
    let end = inside.bytes().take(33).position(|byte| byte == b';')?;
    let name = inside.get(..end)?;
    let well_formed = match name.strip_prefix('#') {
        Some(digits) => code_point(digits).is_some(),
        None => {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
    };
    well_formed.then(|| end.saturating_add(2))
}

/// The character of the digits of a reference; none for what no text may hold.
fn code_point(digits: &str) -> Option<char> {
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u32::from_str_radix(hex, 16)
        }
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse(),
        _ => return None,
    };
    number.ok().and_then(char::from_u32).filter(|c| *c != '\0')
}

/// A value without its references. Unknown names stay as they are: written anew, their `&` is text.
fn decoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['&', '\0']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let known = reference_length(from).and_then(|length| {
            let (reference, after) = from.split_at_checked(length)?;
            Some((character(reference.get(1..)?.strip_suffix(';')?)?, after))
        });
        if let Some((c, after)) = known {
            out.push(c);
            rest = after;
            continue;
        }
        if from.starts_with('&') {
            out.push('&');
        }
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    match name.strip_prefix('#') {
        Some(digits) => code_point(digits),
        None => match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "colon" => Some(':'),
            "Tab" => Some('\t'),
            "NewLine" => Some('\n'),
            "nbsp" => Some('\u{a0}'),
            _ => None,
        },
    }
}
