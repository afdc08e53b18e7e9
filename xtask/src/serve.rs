//! `cargo xtask serve`: from a fresh clone to a running demo.

use std::path::PathBuf;
use std::process::Command;

use crate::{shell, studio};

/// What `chatflow serve` is given unless the caller says otherwise.
const DEFAULTS: [(&str, &str); 3] = [
    ("--db", "chatflow.db"),
    ("--listen", "127.0.0.1:8000"),
    ("--handlers", "server/demo/handlers.json"),
];

/// Names the folder of the studio to the server.
const STUDIO: &str = "FLOW_STUDIO__DIR";

/// Builds the server and the studio, imports the demo and serves both until interrupted.
pub(crate) fn serve(extra: &[&str]) -> Result<(), String> {
    println!("Building the server (a minute or more the first time) ...");
    shell::run(&mut shell::cargo(&[
        "build",
        "--locked",
        "--package",
        "chatflow-server",
        "--bin",
        "chatflow",
    ]))?;
    let words = serve_words(extra);
    let database = option(&words, "--db").unwrap_or("chatflow.db");
    shell::run(&mut chatflow(&import_words(database)))?;
    let address = option(&words, "--listen").unwrap_or("127.0.0.1:8000");
    let mut command = chatflow(&words);
    if let Some(folder) = built_studio()? {
        command.env(STUDIO, folder);
        println!("Open http://{address}/studio/ to draw flows.");
    }
    println!("Open http://{address}/ to chat (Ctrl-C stops the server).");
    replace_this_process(&mut command)
}

/// The folder of the studio: the one that is named already, or the one that is built now, or none on a machine that
/// cannot build it, for which the chat is no worse.
fn built_studio() -> Result<Option<PathBuf>, String> {
    if let Some(named) = std::env::var_os(STUDIO).filter(|folder| !folder.is_empty()) {
        return Ok(Some(named.into()));
    }
    if let Err(why) = studio::ready() {
        println!("The studio is left out: {why}");
        return Ok(None);
    }
    println!("Building the studio (some minutes the first time) ...");
    studio::build().map(Some)
}

/// The words of the import; with [`serve_words`] all that is known here of the command's syntax.
fn import_words(database: &str) -> Vec<&str> {
    vec!["import", "server/demo/seed.json", "--db", database]
}

/// The words of `chatflow serve`: a default gives way to the same option in `extra`.
fn serve_words<'a>(extra: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["serve"];
    for (name, value) in DEFAULTS {
        if option(extra, name).is_none() {
            words.extend([name, value]);
        }
    }
    words.extend(extra);
    words
}

/// The value given for an option, as `--name value` or `--name=value`.
fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(index, word)| {
        if *word == name {
            return words.get(index.checked_add(1)?).copied();
        }
        word.strip_prefix(name)?.strip_prefix('=')
    })
}

/// The `chatflow` command, run through cargo so that its place in the build folder is cargo's affair.
///
/// It is the dev build: the same artefacts serve `cargo test`, it compiles in a fraction of the time
/// that an optimised build with link-time optimisation takes, and one visitor does not feel the difference.
fn chatflow(words: &[&str]) -> Command {
    let mut command = shell::cargo(&["run", "--quiet", "--locked"]);
    command.args(["--package", "chatflow-server", "--bin", "chatflow", "--"]).args(words);
    command
}

/// On Unix both this program and cargo make way for the server, so that Ctrl-C and signals reach it alone.
#[cfg(unix)]
fn replace_this_process(command: &mut Command) -> Result<(), String> {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Err(format!("cannot start `{}`: {error}", shell::spelled(command)))
}

/// Elsewhere the server runs as a child on the same console.
#[cfg(not(unix))]
fn replace_this_process(command: &mut Command) -> Result<(), String> {
    shell::run(command)
}

#[cfg(test)]
mod tests {
    use super::{option, serve_words};

    #[test]
    fn defaults_are_given_to_the_server() {
        let words = serve_words(&[]).join(" ");
        let expected =
            "serve --db chatflow.db --listen 127.0.0.1:8000 --handlers server/demo/handlers.json";
        assert_eq!(words, expected);
    }

    #[test]
    fn extra_arguments_are_passed_on_and_replace_defaults() {
        let words = serve_words(&["--listen=[::1]:9000", "--db", "other.db", "--verbose"]);
        assert_eq!(option(&words, "--listen"), Some("[::1]:9000"));
        assert_eq!(option(&words, "--db"), Some("other.db"));
        assert_eq!(words.iter().filter(|word| word.starts_with("--db")).count(), 1);
        assert_eq!(words.last(), Some(&"--verbose"));
    }

    #[test]
    fn an_option_without_its_value_has_none() {
        assert_eq!(option(&["--db"], "--db"), None);
        assert_eq!(option(&["--dbx", "1"], "--db"), None);
    }
}
