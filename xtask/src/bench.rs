//! `cargo xtask bench`: every speed goal in one run, a line each.
//!
//! What one program can measure alone, it does (`benches/times.rs`, `benches/counts.rs`, `benches/stores`).
//! Programs that are held against each other are run here, one after the other in interleaved rounds; each prints CPU
//! nanoseconds per turn.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::{install, npm, package, shell};

/// Rounds, each of which measures all sides one after the other.
const ROUNDS: usize = 5;

/// The package that measures the engine.
const ENGINE: &str = "chatflow-benches";

/// The package that measures the stores, apart because both databases are built for it.
const STORES: &str = "chatflow-store-benches";

/// The package that measures the HTTP service.
const SERVER: &str = "chatflow-server-benches";

/// The peer from npm.
const XSTATE: &str = "xstate@5.33.0";

/// A comparison of two programs; smaller is better.
struct Goal {
    name: &'static str,
    must: f64,
    target: f64,
}

const BEST_PEER: Goal =
    Goal { name: "goal 2, in-memory turn / the faster of ink and zen", must: 0.5, target: 0.25 };
const ZEN_PERSISTED: Goal =
    Goal { name: "goal 4, persisted turn / zen from text to text", must: 0.9, target: 0.6 };
const XSTATE_PERSISTED: Goal =
    Goal { name: "goal 4, persisted turn / XState persisted", must: 0.25, target: 0.15 };
const WASM_IN_MEMORY: Goal =
    Goal { name: "goal 9, wasm / native, in memory", must: 2.5, target: 2.0 };
const WASM_PERSISTED: Goal =
    Goal { name: "goal 9, wasm / native, persisted", must: 3.0, target: 2.2 };
const PACKAGE: Goal =
    Goal { name: "goal 9b, a turn by the package for npm / XState", must: 1.0, target: 0.5 };

/// Measures everything that can be measured here, and fails if a goal is missed.
pub(crate) fn run() -> Result<(), String> {
    let mut lines = Vec::new();
    let own = alone(ENGINE, "std1", &[], &mut lines)?;
    match install::ensure("valgrind", "valgrind") {
        Ok(()) => drop(alone(ENGINE, "counts", &[], &mut lines)?),
        Err(why) => {
            lines.push(format!("goal 1b, instructions per turn / by hand: not measured: {why}"));
        }
    }
    lines.extend(beside_peers(&own));
    lines.extend(beside_wasm(&own));
    lines.push(beside_xstate(&own));
    find_postgres();
    alone(STORES, "stores", &[], &mut lines)?;
    tell(lines, "interleaved rounds, median of the ratios; CPU time where nothing else is said")
}

/// Where Postgres can be neither found nor installed, the programs say so in their lines.
fn find_postgres() {
    if std::env::var_os("DATABASE_URL").is_none_or(|url| url.is_empty()) {
        let _ = install::ensure_postgres();
    }
}

/// Prints all goals in their order; fails if one is missed.
fn tell(mut lines: Vec<String>, how: &str) -> Result<(), String> {
    lines.sort_by_key(|line| order(line));
    println!("\n== Goals ({ROUNDS} {how})");
    for line in &lines {
        println!("{line}");
    }
    let missed = lines.iter().filter(|line| line.ends_with(": missed")).count();
    if missed == 0 { Ok(()) } else { Err(format!("{missed} goals are missed")) }
}

/// Measures the HTTP service as it is shipped, and fails if a goal is missed.
pub(crate) fn run_server() -> Result<(), String> {
    find_postgres();
    shell::run(&mut shell::cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "chatflow-server",
    ]))?;
    let chatflow = shell::target_folder().join("release/chatflow");
    let mut lines = Vec::new();
    alone(SERVER, "load", &[chatflow.as_path()], &mut lines)?;
    tell(lines, "interleaved rounds, median of the ratios")
}

/// Builds a program of the benches, runs it, keeps its goals, and returns its path.
fn alone(
    package: &str,
    name: &str,
    arguments: &[&Path],
    lines: &mut Vec<String>,
) -> Result<PathBuf, String> {
    let words = ["build", "--profile", "bench", "--locked", "--package", package];
    shell::run(shell::cargo(&words).args(["--bin", name]))?;
    let path = shell::target_folder().join("release").join(name);
    // It exits with a failure if a goal is missed, which its lines say, too.
    let output = shell::program(&path)
        .args(arguments)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start {}: {error}", path.display()))?;
    let told = String::from_utf8_lossy(&output.stdout);
    print!("{told}");
    let goals: Vec<String> = told
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("goal") || line.ends_with("TOO LONG"))
        .map(str::to_owned)
        .collect();
    if goals.is_empty() {
        return Err(format!("{name} ({}) told no goal", output.status));
    }
    lines.extend(goals);
    Ok(path)
}

/// A program with its first arguments.
type Side = Vec<OsString>;

/// Goals 2 and 4.
fn beside_peers(own: &Path) -> Vec<String> {
    let own = side(own);
    let (ink, zen) = (peer("ink"), peer("zen"));
    let both = ink.and_then(|ink| Ok([ink, zen.clone()?]));
    let against_both = both.and_then(|both| rounds("in-memory", &own, &both));
    let against_zen = zen.and_then(|zen| rounds("persisted", &own, &[zen]));
    let against_xstate = xstate().and_then(|xstate| rounds("persisted", &own, &[xstate]));
    [(BEST_PEER, against_both), (ZEN_PERSISTED, against_zen), (XSTATE_PERSISTED, against_xstate)]
        .map(|(goal, measured)| {
            goal.line(measured.map(|rounds| median(rounds.iter().map(|(a, b)| a / b).collect())))
        })
        .into()
}

/// Goal 9, with a module that is built as the package's is (ADR 0033).
fn beside_wasm(own: &Path) -> Vec<String> {
    let own = side(own);
    let module = module();
    [(WASM_IN_MEMORY, "in-memory"), (WASM_PERSISTED, "persisted")]
        .map(|(goal, case)| {
            let measured = module.clone().and_then(|module| rounds(case, &own, &[module]));
            goal.line(measured.map(|rounds| median(rounds.iter().map(|(a, b)| b / a).collect())))
        })
        .into()
}

/// Goal 9b, what it costs to cross into the module included.
fn beside_xstate(own: &Path) -> String {
    let measured = package(own)
        .and_then(|package| rounds("in-memory", &package, &[xstate()?]))
        .map(|rounds| median(rounds.iter().map(|(a, b)| a / b).collect()));
    PACKAGE.line(measured)
}

/// Runs our side and the others in each round: our figure and the least of theirs.
fn rounds(case: &str, own: &Side, others: &[Side]) -> Result<Vec<(f64, f64)>, String> {
    let round = |_| {
        let own = nanos(own, case)?;
        let mut least = f64::INFINITY;
        for other in others {
            least = least.min(nanos(other, case)?);
        }
        Ok((own, least))
    };
    (0..ROUNDS).map(round).collect()
}

/// What a program measures of a case.
fn nanos(side: &Side, case: &str) -> Result<f64, String> {
    let (program, before) = side.split_first().ok_or("nothing to run")?;
    let mut command = shell::program(program);
    command.args(before).arg(case);
    let line = shell::spelled(&command);
    let told = shell::output(&mut command).ok_or_else(|| format!("`{line}` failed"))?;
    told.parse().map_err(|_| format!("`{line}` prints no number but: {told}"))
}

/// Builds a peer, in a build folder of its own.
fn peer(name: &str) -> Result<Side, String> {
    let target = shell::target_folder().join("peers");
    let mut command = shell::cargo(&["build", "--release", "--locked", "--features", name]);
    command.args(["--bin", name, "--manifest-path", "benches/peers/Cargo.toml", "--target-dir"]);
    shell::run(command.arg(&target)).map_err(|why| format!("{name} cannot be built: {why}"))?;
    Ok(side(&target.join("release").join(name)))
}

/// The package for npm with STD-1 to play.
fn package(own: &Path) -> Result<Side, String> {
    install::ensure("node", "nodejs")?;
    let package = package::package()?;
    let flow = shell::target_folder().join("wasm-package/std1.json");
    let text = shell::output(shell::program(own).arg("flow")).ok_or("`std1 flow` failed")?;
    std::fs::write(&flow, text).map_err(|error| package::told("write", &flow, &error))?;
    Ok(vec!["node".into(), "benches/package.mjs".into(), package.into(), flow.into()])
}

/// Installs the peer from npm into the build folder.
fn xstate() -> Result<Side, String> {
    let folder = shell::target_folder().join("peers/npm");
    npm::ensure(&folder, &[XSTATE])?;
    Ok(vec!["node".into(), "benches/xstate.mjs".into(), folder.into()])
}

/// The benches as a module with its package for Node, as `node` is to run it.
fn module() -> Result<Side, String> {
    install::ensure_wasm_target().and_then(|()| install::ensure("node", "nodejs"))?;
    let target = shell::target_folder();
    let words = ["build", "--locked", "--package", "chatflow-benches", "--lib", "--target"];
    let mut command = shell::cargo(&words);
    command.args(["wasm32-unknown-unknown", "--profile", package::PROFILE, "--target-dir"]);
    shell::run(command.arg(&target))?;
    let built = format!("wasm32-unknown-unknown/{}/chatflow_benches.wasm", package::PROFILE);
    let package = target.join("wasm-package/benches");
    package::bind("nodejs", &target.join(built), &package)?;
    Ok(vec!["node".into(), "benches/wasm.mjs".into(), package.into()])
}

fn side(program: &Path) -> Side {
    vec![program.into()]
}

impl Goal {
    /// One line, as `benches/goal.rs` writes them.
    fn line(&self, figure: Result<f64, String>) -> String {
        let Self { name, must, target } = self;
        match figure {
            Err(why) => {
                let why = why.lines().next().unwrap_or_default();
                format!("{name}: not measured: {why}")
            }
            Ok(figure) => {
                let verdict = match (figure <= *must, figure <= *target) {
                    (_, true) => "better than T",
                    (true, false) => "M met",
                    (false, false) => "missed",
                };
                format!("{name}: {figure:.2} (M {must}, T {target}): {verdict}")
            }
        }
    }
}

/// The middle one of some figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Goals by number, `1b` behind `1`; whatever is none comes last.
fn order(line: &str) -> (u32, String) {
    let number = line.strip_prefix("goals ").or_else(|| line.strip_prefix("goal "));
    let word = number.and_then(|rest| rest.split([',', ' ']).next()).unwrap_or_default();
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    (digits.parse().unwrap_or(u32::MAX), word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{BEST_PEER, median, order};

    #[test]
    fn a_line_tells_figure_limits_and_verdict() {
        for (figure, verdict) in [(0.25, "better than T"), (0.5, "M met"), (0.51, "missed")] {
            let line = BEST_PEER.line(Ok(figure));
            assert!(line.ends_with(&format!("{figure:.2} (M 0.5, T 0.25): {verdict}")), "{line}");
        }
        let line = BEST_PEER.line(Err("no network\nat all".into()));
        assert!(line.ends_with(": not measured: no network"), "{line}");
    }

    #[test]
    fn goals_are_sorted_by_number() {
        let mut lines =
            ["x, TOO LONG", "goal 10, a", "goal 1b, b", "goals 7 and 8, c", "goal 1, d"];
        lines.sort_by_key(|line| order(line));
        assert_eq!(
            lines,
            ["goal 1, d", "goal 1b, b", "goals 7 and 8, c", "goal 10, a", "x, TOO LONG"]
        );
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
    }
}
