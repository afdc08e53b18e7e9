//! A conversation in a file, without a server: run it again and it goes on where it stopped.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use chatflow::{Content, FlowDefinition, Library, SessionId};
use chatflow_host::Talk;
use chatflow_sqlite::SqliteStore;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "offline.db".to_owned());
    let store = SqliteStore::open(file)?;
    let (flow, _) = FlowDefinition::read_json(include_str!("offline.json"));
    let mut library = Library::default();
    library.add_flow(&flow.ok_or("the flow is not JSON")?);
    let flow = library.find("packing").ok_or("the flow has errors")?;
    let (mut talk, mut turn) = Talk::open(&store, &library, flow, SessionId::derived("me"))?;
    let mut answers = std::io::stdin().lines();
    loop {
        for item in turn.iter().flat_map(chatflow::Turn::messages) {
            if let Content::Text(text) = item.content {
                println!("{text}");
            }
        }
        let Some(prompt) = talk.prompt() else { return Ok(()) };
        let question = prompt.question.get("text").and_then(serde_json::Value::as_str);
        println!("{}", question.unwrap_or_default());
        let Some(answer) = answers.next() else { return Ok(()) };
        turn = Some(talk.reply(answer?.into())?);
    }
}
