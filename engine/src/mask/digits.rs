//! Phone and card numbers among other digits (S7.16).

use super::scan::parts;

/// The most digits of a card number, and of anything that is looked for here.
const CARD: usize = 19;
/// The most digits of a phone number.
const PHONE: usize = 15;

/// A run of digits inside a number that may be written in groups.
struct Group {
    /// Where it ends, from the number's start.
    end: usize,
    /// The digits up to there.
    digits: usize,
    /// Whether at most one space or hyphen stands between any two groups so far.
    plain: bool,
}

/// Masks the phone and card numbers of a text.
pub(super) fn mask(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        let (gap, behind) = parts(rest, start);
        out.push_str(gap);
        let (taken, mark) = match told_apart(behind) {
            Some(length) => (length, None),
            None => number(behind),
        };
        let (found, tail) = parts(behind, taken);
        match mark {
            None => out.push_str(found),
            Some(mark) => {
                // What begins the number goes with it.
                if found.contains(')') && out.ends_with('(') {
                    out.pop();
                }
                if out.ends_with('+') {
                    out.pop();
                }
                out.push_str(mark);
            }
        }
        rest = tail;
    }
    out.push_str(rest);
}

/// The length of what begins with a digit or letter and is no phone number by its form.
fn told_apart(text: &str) -> Option<usize> {
    let word = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    named(text, word).or_else(|| decimal(text, word))
}

/// As [`told_apart`], but for decimal numbers; `word` is the length of the first word.
fn named(text: &str, word: usize) -> Option<usize> {
    let letters = text.get(..word).is_some_and(|word| word.bytes().any(|b| !b.is_ascii_digit()));
    let word = uuid(text).or_else(|| letters.then_some(word));
    word.or_else(|| date(text)).or_else(|| time(text))
}

/// A number in groups: how much of the text it is, and what stands for it.
fn number(text: &str) -> (usize, Option<&'static str>) {
    let groups = groups(text);
    let Some(first) = groups.first() else {
        return (text.chars().next().map_or(0, char::len_utf8), None);
    };
    let until = |end: usize| text.get(..end).unwrap_or_default();
    let is_book = text.starts_with("978") || text.starts_with("979");
    if let Some(isbn) = groups.iter().find(|group| is_book && group.plain && group.digits == 13) {
        return (isbn.end, None);
    }
    let card = |group: &&Group| {
        group.plain && (13..=CARD).contains(&group.digits) && passes_luhn(until(group.end))
    };
    if let Some(card) = groups.iter().rfind(card) {
        return (card.end, Some("[CARD]"));
    }
    if let Some(phone) = groups.iter().rfind(|group| (9..=PHONE).contains(&group.digits)) {
        return (phone.end, Some("[PHONE]"));
    }
    (first.end, None)
}

/// The groups of digits that a text begins with, as far as they may be one number.
fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let (mut at, mut digits, mut plain) = (0_usize, 0_usize, true);
    loop {
        let (_, rest) = parts(text, at);
        let length = digits_of(rest);
        if length == 0 || (at > 0 && is_other(text, at)) {
            return groups;
        }
        digits = digits.saturating_add(length);
        if digits > CARD && at > 0 {
            return groups;
        }
        at = at.saturating_add(length);
        groups.push(Group { end: at, digits, plain });
        let (_, rest) = parts(text, at);
        let separator = |byte: &u8| matches!(byte, b' ' | b'-' | b'.' | b'(' | b')');
        let gap = rest.bytes().take_while(separator).count();
        if !(1..=4).contains(&gap) {
            return groups;
        }
        plain = plain && gap == 1 && rest.starts_with([' ', '-']);
        at = at.saturating_add(gap);
    }
}

/// Whether the digits at an offset begin something else than a further group.
fn is_other(text: &str, at: usize) -> bool {
    let (before, rest) = parts(text, at);
    if before.ends_with('.') {
        // One more dot: what has two is no decimal number.
        let word = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        return named(rest, word).is_some();
    }
    told_apart(rest).is_some()
}

fn digits_of(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Whether a text has this form, `0` standing for a digit, `x` for a hexadecimal one.
fn has_form(text: &str, form: &str) -> bool {
    let fits = |(byte, form): (u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_hexdigit(),
        other => byte == other,
    };
    text.len() >= form.len() && text.bytes().zip(form.bytes()).all(fits)
}

/// Whether a word ends at an offset.
fn ends_at(text: &str, at: usize) -> bool {
    !parts(text, at).1.starts_with(char::is_alphanumeric)
}

fn uuid(text: &str) -> Option<usize> {
    (has_form(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") && ends_at(text, 36)).then_some(36)
}

/// `2026-01-31`; a time may follow.
fn date(text: &str) -> Option<usize> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
    let behind = parts(text, 10).1;
    let alone = digits_of(behind) == 0 && !behind.starts_with('-');
    let is_date = has_form(text, "0000-00-00")
        && alone
        && (1..=12).contains(&number(5, 7)?)
        && (1..=31).contains(&number(8, 10)?);
    is_date.then_some(10)
}

/// `12:30`, `12:30:05.25`.
fn time(text: &str) -> Option<usize> {
    let form = ["00:00:00", "00:00", "0:00:00", "0:00"];
    let form = form.iter().find(|form| has_form(text, form))?;
    let (_, rest) = parts(text, form.len());
    if digits_of(rest) > 0 {
        return None;
    }
    let fraction = rest.strip_prefix('.').map_or(0, digits_of);
    let more = if fraction > 0 { fraction.saturating_add(1) } else { 0 };
    Some(form.len().saturating_add(more))
}

/// `3.14159265358`: two groups and one dot, and nothing of the kind behind them.
fn decimal(text: &str, whole: usize) -> Option<usize> {
    let (_, rest) = parts(text, whole);
    let fraction = rest.strip_prefix('.').map_or(0, digits_of);
    if fraction == 0 {
        return None;
    }
    let end = whole.saturating_add(1).saturating_add(fraction);
    let (_, rest) = parts(text, end);
    let goes_on = rest.strip_prefix('.').is_some_and(|rest| digits_of(rest) > 0);
    (!goes_on && ends_at(text, end)).then_some(end)
}

/// The checksum of payment cards (ISO/IEC 7812-1).
fn passes_luhn(text: &str) -> bool {
    let digits = text.bytes().rev().filter(u8::is_ascii_digit).map(|byte| byte & 15);
    let sum = digits.enumerate().fold(0_u32, |sum, (at, digit)| {
        let doubled = u32::from(digit).saturating_mul(if at % 2 == 1 { 2 } else { 1 });
        sum.saturating_add(if doubled > 9 { doubled.saturating_sub(9) } else { doubled })
    });
    sum % 10 == 0
}
