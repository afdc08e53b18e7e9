//! One batch of fuzzing: each target of `tests/fuzz` for a minute, on what was found before.

use std::fmt::Write as _;
use std::path::Path;

use crate::shell;

/// How long each target runs in one batch.
pub(super) const SECONDS: u32 = 60;

const TARGETS: [&str; 4] = ["flow", "expression", "template", "reply"];

/// Runs every target and returns what they did as a report; a finding is a failure.
pub(super) fn batch(number: u32) -> Result<String, String> {
    let root = shell::root();
    let built = shell::target_folder().join("fuzz");
    shell::run(cargo_fuzz("build").arg("--target-dir").arg(&built)).map_err(|why| {
        format!("{why}\n(fuzzing needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`)")
    })?;
    let mut report = String::new();
    for target in TARGETS {
        let program = program(&built, target)?;
        let seeds = root.join("tests/fuzz/corpus").join(target);
        let found = built.join("corpus").join(target);
        let faults = root.join("tests/fuzz/artifacts");
        for folder in [&found, &faults] {
            std::fs::create_dir_all(folder)
                .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        }
        println!("   {target}: {SECONDS} s");
        let mut command = shell::program(&program);
        command.args([&found, &seeds]);
        command.args([
            format!("-max_total_time={SECONDS}"),
            format!("-seed={number}"),
            format!("-artifact_prefix={}/{target}-", faults.display()),
        ]);
        command.args([
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-max_len=8192",
            "-print_final_stats=1",
        ]);
        let output = command.output().map_err(|error| format!("cannot run {target}: {error}"))?;
        let text = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let tail: Vec<&str> = text.lines().rev().take(30).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            return Err(format!("{target} found something:\n{}", tail.join("\n")));
        }
        let runs = executions(&text).ok_or_else(|| format!("{target} did not say its runs"))?;
        // Writing to a String cannot fail.
        let _ = writeln!(report, "figure\texecutions of {target}\t{runs}");
        let _ = writeln!(report, "figure\tseconds of {target}\t{SECONDS}");
    }
    Ok(report)
}

fn cargo_fuzz(verb: &str) -> std::process::Command {
    // The repository's own toolchain is stable; libFuzzer needs flags that only nightly takes.
    let mut command = shell::program("rustup");
    command.env_remove("CARGO").env_remove("RUSTC");
    command.args(["run", "nightly", "cargo", "fuzz", verb]);
    command.args(["--fuzz-dir", "tests/fuzz", "--sanitizer", "none"]);
    command
}

/// The built target; its folder is named after the machine.
fn program(built: &Path, target: &str) -> Result<std::path::PathBuf, String> {
    let folders = std::fs::read_dir(built)
        .map_err(|error| format!("cannot read {}: {error}", built.display()))?;
    let mut programs = folders.flatten().map(|folder| folder.path().join("release").join(target));
    programs
        .find(|program| program.is_file())
        .ok_or_else(|| format!("{} has no built target `{target}`", built.display()))
}

/// The count in libFuzzer's last lines.
fn executions(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("stat::number_of_executed_units:"))?;
    line.rsplit(' ').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::executions;

    #[test]
    fn the_number_of_runs_is_read_from_the_final_statistics() {
        let text =
            "Done 12 runs in 1 second(s)\nstat::number_of_executed_units: 190653\nstat::x: 1\n";
        assert_eq!(executions(text), Some(190_653));
        assert_eq!(executions("nothing"), None);
    }
}
