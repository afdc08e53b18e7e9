//! `chatflow chat PATH`: talk in the terminal, or play a file of answers.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use chatflow::{InputType, Item, Preview, PreviewError, Prompt, Timestamp, Turn, play};
use clap::Args;
use serde_json::{Map, Value};

use super::report::{say, tell, tell_error, tell_report};
use super::{exit, open};

/// What a played conversation begins with unless told otherwise, so that it can be compared.
const PLAYED_SEED: &str = "0";
const PLAYED_AT: &str = "2026-01-01T00:00:00Z";

#[derive(Debug, Args)]
pub(super) struct ChatArguments {
    /// A flow document, a seed fixture, or a folder with a seed.json.
    path: PathBuf,
    /// The flow to talk to, by seed key or id; needed when the file has several.
    #[arg(long, value_name = "KEY")]
    flow: Option<String>,
    /// Variables to start with, e.g. '{"user": {"age": 9}}'.
    #[arg(long, value_name = "JSON")]
    state: Option<String>,
    /// Play these answers, one a line, and print the transcript.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Answers for the requests of the flow.
    #[arg(long, value_name = "FILE")]
    handlers: Option<PathBuf>,
    /// Print the transcript as one JSON document (with --answers).
    #[arg(long, requires = "answers")]
    json: bool,
    /// Seeds the random draws; the same seed draws the same.
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// When the conversation begins, e.g. 2026-01-31T09:30:00Z.
    #[arg(long, value_name = "RFC3339")]
    at: Option<String>,
}

pub(super) fn run(arguments: &ChatArguments) -> u8 {
    talk(arguments).unwrap_or_else(|code| code)
}

fn talk(arguments: &ChatArguments) -> Result<u8, u8> {
    let mut opened = open::fixture(&arguments.path)?;
    if let Some(path) = &arguments.handlers {
        opened.library.handlers = open::handlers(path)?;
    }
    let state = state(arguments.state.as_deref())?;
    let at = time(arguments)?;
    let seed = arguments.seed.clone().unwrap_or_else(|| match &arguments.answers {
        Some(_) => PLAYED_SEED.to_owned(),
        None => at.as_millis().to_string(),
    });
    let answers = arguments.answers.as_ref().map(|path| answers(path)).transpose()?;
    let (name, flow) = opened.choose(arguments.flow.as_deref())?;
    warn_of_errors(&opened);
    let Some(answers) = answers else {
        return converse(Preview::start(&opened.library, flow, &seed, at, state));
    };
    let played = play(&opened.library, (&name, flow), (&seed, at), state, &answers);
    let (transcript, used) = played.map_err(|error| refused(&error))?;
    if arguments.json {
        say(serde_json::to_string_pretty(&transcript).unwrap_or_default());
    } else {
        for told in &transcript.turns {
            if !told.input.is_null() {
                say(format_args!("> {}", plain(&told.input)));
            }
            show_told(&told.turn);
        }
    }
    if transcript.ended.is_some() && used == answers.len() {
        return Ok(exit::OK);
    }
    let left = answers.len().saturating_sub(used);
    if let Some(why) = &transcript.refused {
        tell(format_args!("error: answer {} was not taken: {why}", used.saturating_add(1)));
    } else if transcript.ended.is_none() {
        tell("error: the answers ended before the conversation did");
    } else {
        tell(format_args!("error: the conversation ended with {left} answers left over"));
    }
    Ok(exit::ANSWERS)
}

/// Errors of flows that were not chosen: a composite may need them.
fn warn_of_errors(opened: &open::Opened) {
    for (i, report) in opened.reports.iter().filter(|(_, report)| report.has_errors()) {
        if let Some(flow) = opened.fixture.flows.get(*i) {
            tell_report(flow, report);
        }
    }
}

fn state(text: Option<&str>) -> Result<Map<String, Value>, u8> {
    let Some(text) = text else { return Ok(Map::new()) };
    serde_json::from_str(text).map_err(|error| {
        tell(format_args!("error: --state is not a JSON object: {error} (help: write e.g. '{{\"user\": {{\"age\": 9}}}}')"));
        exit::INPUT
    })
}

fn time(arguments: &ChatArguments) -> Result<Timestamp, u8> {
    let text = match (&arguments.at, &arguments.answers) {
        (Some(text), _) => text.as_str(),
        (None, Some(_)) => PLAYED_AT,
        (None, None) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            return Ok(Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX)));
        }
    };
    Timestamp::parse(text).ok_or_else(|| {
        tell(format_args!(
            "error: --at `{text}` is not a time (help: write e.g. 2026-01-31T09:30:00Z)"
        ));
        exit::INPUT
    })
}

/// One answer a line: JSON if it is an array or object, else text.
fn answers(path: &std::path::Path) -> Result<Vec<Value>, u8> {
    Ok(open::text(path)?.lines().map(answer).collect())
}

fn answer(line: &str) -> Value {
    let structured = line.trim_start().starts_with(['[', '{']);
    let parsed = structured.then(|| serde_json::from_str(line).ok()).flatten();
    parsed.unwrap_or_else(|| Value::from(line))
}

fn refused(error: &PreviewError) -> u8 {
    tell_error(error);
    exit::INPUT
}

fn converse(started: Result<(Preview<'_>, Turn), PreviewError>) -> Result<u8, u8> {
    let (mut preview, turn) = started.map_err(|error| refused(&error))?;
    show(&turn);
    let mut lines = std::io::stdin().lock().lines();
    while preview.ended().is_none() {
        ask(preview.prompt());
        match lines.next() {
            Some(Ok(line)) => match preview.reply(answer(&line)) {
                Ok(turn) => show(&turn),
                // The question is still open: say why, and wait for another answer.
                Err(error) => tell_error(&error),
            },
            Some(Err(error)) => {
                tell(format_args!("error: cannot read the terminal: {error}"));
                return Ok(exit::HOST);
            }
            None => {
                tell("");
                return Ok(exit::ANSWERS);
            }
        }
    }
    Ok(exit::OK)
}

fn ask(prompt: Option<&Prompt>) {
    let mark = match prompt.map(|prompt| prompt.input_type) {
        Some(InputType::Continue) => "[Enter] ",
        Some(_) => "> ",
        None => "{} ",
    };
    let mut out = std::io::stdout();
    let _ = write!(out, "{mark}");
    let _ = out.flush();
}

fn show(turn: &Turn) {
    for item in turn.messages() {
        show_item(&item);
    }
    if let chatflow::Next::Ask(prompt) | chatflow::Next::Acknowledge(prompt) = &turn.next {
        show_prompt(&prompt.to_value());
    }
    if let chatflow::Next::Script(request) = &turn.next {
        show_script(&request.to_value());
    }
}

fn show_item(item: &Item) {
    show_told_item(&serde_json::to_value(item).unwrap_or_default());
}

/// Prints a turn as it stands in a transcript.
fn show_told(turn: &Value) {
    for item in turn.get("messages").and_then(Value::as_array).into_iter().flatten() {
        show_told_item(item);
    }
    if let Some(request) = turn.get("input_request") {
        show_prompt(request);
    }
    if let Some(request) = turn.get("script_request") {
        show_script(request);
    }
}

fn show_told_item(item: &Value) {
    let content = item.get("content");
    let lists = ["books", "items"].into_iter().find_map(|key| content?.get(key)?.as_array());
    if let Some(things) = lists {
        for thing in things {
            let titles = ["display_title", "title", "label", "name"];
            let title = titles.into_iter().find_map(|key| thing.get(key)?.as_str());
            say(format_args!("  * {}", title.map_or_else(|| thing.to_string(), str::to_owned)));
        }
    } else if let Some(text) =
        [item.get("text"), content.and_then(|content| content.get("rich_text"))]
            .into_iter()
            .find_map(|text| text?.as_str().filter(|text| !text.is_empty()))
    {
        say(text);
    } else {
        let alt = content.and_then(|content| content.get("alt")).and_then(Value::as_str);
        let kind = item.get("type").and_then(Value::as_str).unwrap_or("item");
        say(format_args!(
            "[{kind}{}{}]",
            if alt.is_some() { ": " } else { "" },
            alt.unwrap_or_default()
        ));
    }
}

fn show_prompt(request: &Value) {
    if request.is_null() {
        return;
    }
    let text = request.pointer("/question/text").and_then(Value::as_str).unwrap_or_default();
    if !text.is_empty() {
        say(text);
    }
    for option in request.get("options").and_then(Value::as_array).into_iter().flatten() {
        say(format_args!("  - {}", plain(option.get("label").unwrap_or(option))));
    }
}

/// What the client is to run; the answer is the JSON of its result.
fn show_script(request: &Value) {
    let Some(config) = request.get("script_config") else { return };
    let told = |key| config.get(key).map(plain).unwrap_or_default();
    say(format_args!("[script: {}]", told("language")));
    for line in told("code").lines() {
        say(format_args!("  {line}"));
    }
    say(format_args!("  inputs: {}", told("inputs")));
    say(format_args!("  answer: {{\"outputs\": {{…}}}} with {}", told("outputs")));
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
