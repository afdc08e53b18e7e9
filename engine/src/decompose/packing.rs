//! Writes the tables: `UPDATE=1 cargo test -p chatflow packed`.

use std::collections::BTreeMap;
use std::path::Path;

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};

use super::{CLASSES, DECOMPOSITIONS, FIRST, FIRST_MARK, GROUP, hangul};

/// A character, the number that counts from the one of the entry before, and the bytes behind it.
struct Entry {
    at: u32,
    base: u32,
    counts_base: bool,
    rest: Vec<u8>,
}

#[test]
fn the_tables_are_packed_as_this_version_of_unicode_wants_them() {
    for (name, packed, entries) in [
        ("decompositions.bin", DECOMPOSITIONS, decompositions()),
        ("classes.bin", CLASSES, classes()),
    ] {
        let expected = pack(&entries);
        if std::env::var_os("UPDATE").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/decompose");
            std::fs::write(folder.join(name), expected).unwrap();
        } else {
            assert!(packed == expected, "{name} is of another version: run this with UPDATE=1");
        }
    }
}

fn decompositions() -> Vec<Entry> {
    let full: BTreeMap<char, Vec<char>> = (FIRST..=char::MAX)
        .map(|c| {
            let mut parts = Vec::new();
            decompose_canonical(c, |part| parts.push(part));
            (c, parts)
        })
        .filter(|(c, parts)| *parts != [*c])
        .collect();
    // What the parts without the last are a decomposition of.
    let mut whole: BTreeMap<&[char], char> = BTreeMap::new();
    for (c, parts) in &full {
        whole.entry(parts).or_insert(*c);
    }
    let listed = full.iter().filter(|(c, _)| hangul(**c).is_none());
    let entry = |(c, parts): (&char, &Vec<char>)| {
        let (last, before) = parts.split_last().unwrap();
        let (first, mark) = match before {
            [] => (*last, 0),
            [only] => (*only, u32::from(*last) - FIRST_MARK + 1),
            several => (whole[several], u32::from(*last) - FIRST_MARK + 1),
        };
        Entry { at: (*c).into(), base: first.into(), counts_base: true, rest: number(mark) }
    };
    listed.map(entry).collect()
}

/// Characters in a row that have the same class.
fn classes() -> Vec<Entry> {
    let mut runs: Vec<(u32, u32, u8)> = Vec::new();
    for c in FIRST..=char::MAX {
        let (at, class) = (u32::from(c), canonical_combining_class(c));
        match runs.last_mut() {
            Some((start, length, known)) if *known == class && *start + *length == at => *length += 1,
            _ if class != 0 => runs.push((at, 1, class)),
            _ => (),
        }
    }
    let rest = |length, class: u8| [number(length), number(class.into())].concat();
    let entry = |(at, length, class)| Entry { at, base: 0, counts_base: false, rest: rest(length, class) };
    runs.into_iter().map(entry).collect()
}

fn pack(entries: &[Entry]) -> Vec<u8> {
    let (mut heads, mut packed) = (Vec::new(), Vec::new());
    for group in entries.chunks(GROUP) {
        let (mut at, mut base) = (group[0].at, group[0].base);
        heads.extend(&at.to_be_bytes()[1..]);
        heads.extend(&base.to_be_bytes()[1..]);
        heads.extend(u16::try_from(packed.len()).unwrap().to_be_bytes());
        for entry in group {
            packed.extend(number(entry.at - at));
            if entry.counts_base {
                let step = entry.base.wrapping_sub(base).cast_signed();
                packed.extend(number(((step << 1) ^ (step >> 31)).cast_unsigned()));
            }
            packed.extend(&entry.rest);
            (at, base) = (entry.at, entry.base);
        }
    }
    let count = u8::try_from(entries.len().div_ceil(GROUP)).unwrap();
    [vec![count], heads, packed].concat()
}

fn number(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}
