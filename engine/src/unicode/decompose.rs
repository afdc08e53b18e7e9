//! Canonical decompositions and combining classes.

use super::packed::{Group, number, signed};

pub(super) const DECOMPOSITIONS: &[u8] = include_bytes!("decompositions.bin");
pub(super) const CLASSES: &[u8] = include_bytes!("classes.bin");

/// No character before it decomposes or combines.
pub(super) const FIRST: char = '\u{c0}';

/// No character before it is the last part of a decomposition.
pub(super) const FIRST_MARK: u32 = 0x300;

/// Gives the parts of a character's full canonical decomposition.
pub(crate) fn decompose(c: char, emit: &mut dyn FnMut(char)) {
    match hangul(c).or_else(|| listed(c)) {
        Some((first, Some(last))) => {
            decompose(first, emit);
            emit(last);
        }
        Some((only, None)) => emit(only),
        None => emit(c),
    }
}

/// Where a mark stands among others; 0 of what is none.
pub(crate) fn combining_class(c: char) -> u8 {
    let group = if c < FIRST { None } else { Group::of(CLASSES, c) };
    let Some(mut group) = group else { return 0 };
    group
        .find(c, |bytes, distance| {
            let (length, class) = (number(bytes), number(bytes));
            (distance < length).then_some(class)
        })
        .and_then(|class| u8::try_from(class).ok())
        .unwrap_or(0)
}

/// Syllables are composed by arithmetic (Unicode, 3.12).
pub(super) fn hangul(c: char) -> Option<(char, Option<char>)> {
    let syllable = u32::from(c).checked_sub(0xac00).filter(|syllable| *syllable < 11_172)?;
    let (block, trailing) = (syllable / 28, syllable % 28);
    let (first, last) = if trailing == 0 {
        (0x1100_u32.checked_add(block / 21)?, 0x1161_u32.checked_add(block % 21)?)
    } else {
        (u32::from(c).checked_sub(trailing)?, 0x11a7_u32.checked_add(trailing)?)
    };
    Some((char::from_u32(first)?, char::from_u32(last)))
}

fn listed(c: char) -> Option<(char, Option<char>)> {
    if c < FIRST {
        return None;
    }
    let mut group = Group::of(DECOMPOSITIONS, c)?;
    let mut first = group.base;
    let (first, last) = group.find(c, |bytes, distance| {
        let (step, mark) = (number(bytes), number(bytes));
        first = first.wrapping_add_signed(signed(step));
        (distance == 0).then_some((first, mark))
    })?;
    let last = last.checked_sub(1).and_then(|mark| char::from_u32(FIRST_MARK.checked_add(mark)?));
    Some((char::from_u32(first)?, last))
}

#[cfg(test)]
mod tests {
    use unicode_normalization::char::{canonical_combining_class, decompose_canonical};

    use super::{combining_class, decompose};

    #[test]
    fn every_character_decomposes_as_unicode_says() {
        for c in '\0'..=char::MAX {
            let (mut own, mut expected) = (String::new(), String::new());
            decompose(c, &mut |part| own.push(part));
            decompose_canonical(c, |part| expected.push(part));
            assert_eq!(own, expected, "{c:?}");
        }
    }

    #[test]
    fn every_character_has_the_class_that_unicode_gives_it() {
        for c in '\0'..=char::MAX {
            assert_eq!(combining_class(c), canonical_combining_class(c), "{c:?}");
        }
    }
}
