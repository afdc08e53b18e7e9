//! The label of a version that is published (S3.88, S3.89).

/// Which number of a label is raised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// `a.b.c` → `(a+1).0.0`.
    Major,
    /// `a.b.c` → `a.(b+1).0`.
    Minor,
    /// `a.b.c` → `a.b.(c+1)`.
    Patch,
}

/// The next label that is not `taken`; without a part the second number is raised and the third stays.
pub(crate) fn next(label: &str, part: Option<Part>, taken: impl Fn(&str) -> bool) -> String {
    let mut next = raised(label, part);
    while taken(&next) {
        next = raised(&next, part);
    }
    next
}

fn raised(label: &str, part: Option<Part>) -> String {
    let Some([a, b, c]) = numbers(label) else {
        let plus =
            label.rsplit_once('+').and_then(|(stem, n)| Some((stem, n.parse::<u64>().ok()?)));
        return plus.map_or_else(
            || format!("{label}+1"),
            |(stem, n)| format!("{stem}+{}", n.saturating_add(1)),
        );
    };
    let more = |number: u64| number.saturating_add(1);
    match part {
        Some(Part::Major) => format!("{}.0.0", more(a)),
        Some(Part::Minor) => format!("{a}.{}.0", more(b)),
        Some(Part::Patch) => format!("{a}.{b}.{}", more(c)),
        None => format!("{a}.{}.{c}", more(b)),
    }
}

/// Up to three numbers separated by dots; those that are missing are 0.
fn numbers(label: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    let mut parts = label.split('.');
    for (number, part) in numbers.iter_mut().zip(&mut parts) {
        let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        // The greatest cannot be raised.
        *number = plain.then(|| part.parse().ok()).flatten().filter(|n| *n < u64::MAX)?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::{Part, next};

    #[test]
    fn labels_are_raised_as_the_table_says() {
        for (label, part, expected) in [
            ("1.0.0", None, "1.1.0"),
            ("1.2.3", None, "1.3.3"),
            ("1.2", None, "1.3.0"),
            ("7", None, "7.1.0"),
            ("1.2.3", Some(Part::Minor), "1.3.0"),
            ("1.2.3", Some(Part::Major), "2.0.0"),
            ("1.2.3", Some(Part::Patch), "1.2.4"),
            ("beta", None, "beta+1"),
            ("beta+1", None, "beta+2"),
            ("1.2.3.4", Some(Part::Major), "1.2.3.4+1"),
            ("1.0.0-rc", None, "1.0.0-rc+1"),
            ("", None, "+1"),
            ("1..2", None, "1..2+1"),
            ("18446744073709551615", None, "18446744073709551615+1"),
        ] {
            assert_eq!(next(label, part, |_| false), expected, "{label} {part:?}");
        }
    }

    #[test]
    fn what_is_taken_is_passed_over() {
        let taken = |label: &str| ["1.1.0", "1.2.0", "x+1"].contains(&label);
        assert_eq!(next("1.0.0", None, taken), "1.3.0");
        assert_eq!(next("x", None, taken), "x+2");
    }
}
