//! Patterns of personal data in texts (S7.16, S7.17), found by small scanners in linear time.
//!
//! Each scanner goes over the text once and leaves alone what an earlier one put in. The order
//! matters: an address of the web is read before the mail address that it may look like, and phone
//! numbers, which may be any digits, come last.

use std::net::Ipv6Addr;

use super::digits;
use super::{Masker, REDACTED};

/// What stands in place of something found.
const MARKS: [&str; 8] =
    ["[EMAIL]", "[IP]", "[PHONE]", "[CARD]", "[TOKEN]", "[USER]", "[PASS]", REDACTED];

/// The masked text, if anything was found.
pub(super) fn masked(text: &str, masker: &Masker) -> Option<String> {
    if !text.contains(['@', '=', ':', '.']) && !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut found: Option<String> = None;
    // What one pass leaves, another could still take for something; a second finds nothing in
    // ordinary texts.
    for _ in 0..4 {
        let before = found.as_deref().unwrap_or(text);
        let after = pass(before, masker);
        if after == before {
            break;
        }
        found = Some(after);
    }
    found
}

fn pass(text: &str, masker: &Masker) -> String {
    let mut text = credentials(text);
    text = parameters(&text, masker);
    for scan in [tokens, emails, ipv6, ipv4, digits::mask] {
        text = between_marks(&text, scan);
    }
    text
}

/// The length of the mark that a text begins with.
pub(super) fn masked_length(text: &str) -> Option<usize> {
    if let Some(rest) = text.strip_prefix("[MASKED:") {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        return (digits == 8 && rest.as_bytes().get(8) == Some(&b']')).then_some(17);
    }
    MARKS.iter().find(|mark| text.starts_with(**mark)).map(|mark| mark.len())
}

/// Runs a scanner over what stands between marks.
fn between_marks(text: &str, scan: fn(&str, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut searched = 0;
    while let Some(open) = rest.get(searched..).and_then(|tail| tail.find('[')) {
        let open = searched.saturating_add(open);
        let (before, behind) = parts(rest, open);
        if let Some(length) = masked_length(behind) {
            let (mark, tail) = parts(behind, length);
            scan(before, &mut out);
            out.push_str(mark);
            rest = tail;
            searched = 0;
        } else {
            searched = open.saturating_add(1);
        }
    }
    scan(rest, &mut out);
    out
}

/// `scheme://user:pass@host` without user and password.
fn credentials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = parts(rest, at.saturating_add(3));
        out.push_str(before);
        let ends = |c: char| {
            c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '\\')
        };
        let (authority, tail) = parts(behind, behind.find(ends).unwrap_or(behind.len()));
        let host = match authority.rsplit_once('@') {
            Some(("", _)) | None => authority,
            Some((user, host)) => {
                out.push_str(if user.contains(':') { "[USER]:[PASS]@" } else { "[USER]@" });
                host
            }
        };
        out.push_str(host);
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `?name=value` without the value when the name is sensitive.
fn parameters(text: &str, masker: &Masker) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['?', '&', '#']) {
        let (before, behind) = parts(rest, at.saturating_add(1));
        out.push_str(before);
        rest = behind;
        let named = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '%'));
        let (name, tail) = parts(rest, rest.find(named).unwrap_or(rest.len()));
        let Some(value) = tail.strip_prefix('=') else {
            out.push_str(name);
            rest = tail;
            continue;
        };
        let ends = |c: char| c.is_whitespace() || matches!(c, '&' | '#' | '"' | '\'' | '<' | '>');
        let (value, tail) = parts(value, value.find(ends).unwrap_or(value.len()));
        out.push_str(name);
        out.push('=');
        out.push_str(if value.is_empty() || !masker.is_sensitive(name) { value } else { REDACTED });
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Three parts of base64 of which the first is an object: `[TOKEN]`.
fn tokens(text: &str, out: &mut String) {
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    runs(text, out, belongs, |run, _, _| {
        let mut pieces = run.strip_prefix("eyJ")?.split('.');
        let long = pieces.next()?.len() > 3 && pieces.next()?.len() > 3;
        (long && pieces.next().is_some()).then_some((0, run.len(), "[TOKEN]"))
    });
}

/// `name@host.tld`: `[EMAIL]`.
fn emails(text: &str, out: &mut String) {
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '@');
    runs(text, out, belongs, |run, _, _| {
        let mut pieces = run.split('@');
        let mut local = pieces.next()?;
        let found = pieces.any(|domain| {
            let found = !local.is_empty() && is_domain(domain);
            local = domain;
            found
        });
        let end = run.trim_end_matches(['.', '-', '_', '%', '+', '@']).len();
        found.then_some((0, end, "[EMAIL]"))
    });
}

/// Whether a dot has something before it and two letters behind it.
fn is_domain(text: &str) -> bool {
    let mut behind = text.char_indices().filter(|(at, c)| *at > 0 && *c == '.');
    behind.any(|(at, _)| {
        let tail = text.get(at.saturating_add(1)..).unwrap_or_default();
        tail.chars().take(2).filter(|c| c.is_alphabetic()).count() == 2
    })
}

fn ipv6(text: &str, out: &mut String) {
    let belongs = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
    runs(text, out, belongs, |run, before, after| {
        let address = run.trim_end_matches('.');
        let lone = address.strip_suffix(':').filter(|rest| !rest.ends_with(':'));
        let address = lone.unwrap_or(address);
        if beside(before) || beside(after) || address.len() < 3 || address.len() > 45 {
            return None;
        }
        address.parse::<Ipv6Addr>().ok().map(|_| (0, address.len(), "[IP]"))
    });
}

fn ipv4(text: &str, out: &mut String) {
    let belongs = |c: char| c.is_ascii_digit() || c == '.';
    runs(text, out, belongs, |run, before, after| {
        let address = run.trim_matches('.');
        let start = run.len().saturating_sub(run.trim_start_matches('.').len());
        let part = |part: &str| part.len() <= 3 && part.parse::<u8>().is_ok();
        let whole = address.split('.').count() == 4 && address.split('.').all(part);
        let alone = !beside(before) && !beside(after);
        let end = start.saturating_add(address.len());
        (whole && alone).then_some((start, end, "[IP]"))
    });
}

/// Whether a neighbour makes a run part of a longer word.
fn beside(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Goes over the longest runs of characters that belong together; `find` gets each with its
/// neighbours and says which part of it is to be replaced by what.
fn runs(
    text: &str,
    out: &mut String,
    belongs: fn(char) -> bool,
    mut find: impl FnMut(&str, Option<char>, Option<char>) -> Option<(usize, usize, &'static str)>,
) {
    let mut rest = text;
    let mut before = None;
    while let Some(start) = rest.find(belongs) {
        let (gap, behind) = parts(rest, start);
        out.push_str(gap);
        before = gap.chars().next_back().or(before);
        let end = behind.find(|c| !belongs(c)).unwrap_or(behind.len());
        let (run, tail) = parts(behind, end);
        if let Some((start, end, mark)) = find(run, before, tail.chars().next()) {
            out.push_str(run.get(..start).unwrap_or_default());
            out.push_str(mark);
            out.push_str(run.get(end..).unwrap_or_default());
        } else {
            out.push_str(run);
        }
        before = run.chars().next_back();
        rest = tail;
    }
    out.push_str(rest);
}

/// What is before and behind an offset; all of it before when there is no such place.
pub(super) fn parts(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}
