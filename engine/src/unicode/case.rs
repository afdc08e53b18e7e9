//! Lower case, and texts without case.

use super::packed::{Group, number, signed};

/// Runs of characters whose lower case is equally far from each; every one of them or every second.
pub(super) const LOWER: &[u8] = include_bytes!("lower.bin");

/// What becomes of a character in upper and then in lower case, where that is not its lower case.
pub(super) const FOLDED: &[u8] = include_bytes!("folded.bin");

/// Runs of characters that a final sigma depends on.
pub(super) const CONTEXT: &[u8] = include_bytes!("context.bin");

/// In [`CONTEXT`]: letters that have a case.
pub(super) const CASED: u32 = 1;

/// In [`CONTEXT`]: what stands in a word without ending it.
pub(super) const IGNORED: u32 = 2;

/// As [`char::to_lowercase`].
pub(crate) fn lower(c: char, emit: &mut dyn FnMut(char)) {
    if c.is_ascii() {
        emit(c.to_ascii_lowercase());
    } else if c == '\u{130}' {
        // The only one of two parts.
        emit('i');
        emit('\u{307}');
    } else {
        emit(lower_listed(c).unwrap_or(c));
    }
}

/// As [`str::to_lowercase`].
pub(crate) fn lowercase(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut lowered = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c == 'Σ' {
            let (before, after) = text.split_at_checked(at).unwrap_or_default();
            let is_final = ends_cased(before.chars().rev()) && !ends_cased(after.chars().skip(1));
            lowered.push(if is_final { 'ς' } else { 'σ' });
        } else {
            lower(c, &mut |c| lowered.push(c));
        }
    }
    lowered
}

/// As the lower case of [`char::to_uppercase`], which makes more characters equal than lower case alone.
pub(crate) fn fold_case(c: char, emit: &mut dyn FnMut(char)) {
    if c.is_ascii() {
        return emit(c.to_ascii_lowercase());
    }
    let folded = Group::of(FOLDED, c).and_then(|mut group| {
        group.find(c, |bytes, distance| {
            let parts = [number(bytes), number(bytes), number(bytes)];
            (distance == 0).then_some(parts)
        })
    });
    match folded {
        Some(parts) => {
            parts.into_iter().filter(|part| *part != 0).filter_map(char::from_u32).for_each(emit);
        }
        None => lower(c, emit),
    }
}

fn lower_listed(c: char) -> Option<char> {
    let lowered = Group::of(LOWER, c)?.find(c, |bytes, distance| {
        let (length, step) = (number(bytes), signed(number(bytes)));
        // The lowest bit tells that it is every second.
        let count = length >> 1;
        let is_in = if length & 1 == 0 {
            distance < count
        } else {
            distance & 1 == 0 && distance >> 1 < count
        };
        is_in.then_some(u32::from(c).wrapping_add_signed(step))
    });
    char::from_u32(lowered?)
}

/// Whether the first character that counts is a letter with a case.
fn ends_cased(mut chars: impl Iterator<Item = char>) -> bool {
    chars.find_map(|c| match context(c) {
        IGNORED => None,
        class => Some(class == CASED),
    }) == Some(true)
}

fn context(c: char) -> u32 {
    let group = Group::of(CONTEXT, c);
    let class = group.and_then(|mut group| {
        group.find(c, |bytes, distance| {
            let (length, class) = (number(bytes), number(bytes));
            (distance < length).then_some(class)
        })
    });
    class.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert_eq, proptest};

    use super::{fold_case, lower, lowercase};

    #[test]
    fn every_character_has_the_case_that_the_standard_library_gives_it() {
        for c in '\0'..=char::MAX {
            let (mut lowered, mut folded) = (String::new(), String::new());
            lower(c, &mut |c| lowered.push(c));
            fold_case(c, &mut |c| folded.push(c));
            assert_eq!(lowered, c.to_lowercase().collect::<String>(), "{c:?}");
            let expected = c.to_uppercase().flat_map(char::to_lowercase).collect::<String>();
            assert_eq!(folded, expected, "{c:?}");
        }
    }

    #[test]
    fn every_character_tells_whether_a_sigma_is_final() {
        // Between them there are only ideographs and private characters.
        for c in ('\0'..='\u{1ffff}').chain('\u{e0000}'..='\u{e0fff}') {
            for text in [format!("aΣ{c}"), format!("aΣ{c}a"), format!("{c}Σ")] {
                assert_eq!(lowercase(&text), text.to_lowercase(), "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn texts_are_lowered_as_by_the_standard_library(text in "[aAΣσ .\u{301}İßǅ0-9\\PC]{0,12}") {
            prop_assert_eq!(lowercase(&text), text.to_lowercase());
        }
    }
}
