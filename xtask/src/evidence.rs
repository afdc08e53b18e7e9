//! `docs/evidence/NAME.md`: what a long run counted, on which commit and when.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::shell;

/// A finished long run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) name: &'a str,
    pub(crate) command: &'a str,
    pub(crate) commit: &'a str,
    pub(crate) batches: u32,
    pub(crate) millis: u128,
    pub(crate) figures: &'a BTreeMap<String, u64>,
    /// What else belongs on the page.
    pub(crate) more: &'a str,
}

/// Writes the page and returns its path.
pub(crate) fn write(evidence: &Evidence<'_>) -> Result<PathBuf, String> {
    let folder = shell::root().join("docs/evidence");
    let path = folder.join(format!("{}.md", evidence.name));
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let machine = format!("{cores} cores, {} {}", std::env::consts::ARCH, std::env::consts::OS);
    let text = page(evidence, &date(since_epoch.as_secs()), &machine);
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(path)
}

fn page(evidence: &Evidence<'_>, date: &str, machine: &str) -> String {
    let Evidence { name, command, commit, batches, millis, figures, more } = *evidence;
    let seconds = millis / 1000;
    let mut text = format!(
        "# Long run: {name}\n\n\
         | what | value |\n|---|---|\n\
         | command | `{command}` |\n| commit | `{commit}` |\n| date | {date} |\n\
         | machine | {machine} |\n| duration | {batches} batches, {seconds} s in all |\n\n\
         | figure | count |\n|---|---|\n"
    );
    for (figure, count) in figures {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {figure} | {count} |");
    }
    text.push_str(more);
    text
}

/// The UTC date, `YYYY-MM-DD`, of a count of seconds since 1970.
fn date(seconds: u64) -> String {
    let mut days = seconds / 86_400;
    let mut year = 1970_u64;
    while days >= year_length(year) {
        days = days.saturating_sub(year_length(year));
        year = year.saturating_add(1);
    }
    let february = if year_length(year) == 366 { 29 } else { 28 };
    let mut month = 1_u64;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days = days.saturating_sub(length);
        month = month.saturating_add(1);
    }
    format!("{year}-{month:02}-{:02}", days.saturating_add(1))
}

fn year_length(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Evidence, date, page};

    #[test]
    fn seconds_become_dates() {
        // `date -u -d @N +%F`
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_251_199, "2024-02-29"),
            (1_709_251_200, "2024-03-01"),
            (1_798_761_599, "2026-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn a_page_names_command_commit_date_and_figures() {
        let figures = BTreeMap::from([("steps".to_owned(), 15)]);
        let evidence = Evidence {
            name: "properties",
            command: "cargo xtask test --long properties",
            commit: "abc",
            batches: 2,
            millis: 2900,
            figures: &figures,
            more: "\n| more |\n",
        };
        let text = page(&evidence, "2026-11-22", "2 cores");
        for part in [
            "| command | `cargo xtask test --long properties` |",
            "| commit | `abc` |",
            "| date | 2026-11-22 |",
            "| duration | 2 batches, 2 s in all |",
            "| steps | 15 |\n\n| more |",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
