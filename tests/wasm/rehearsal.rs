//! Conversations step by step, through snapshots: the bindings as they run on this machine.

use chatflow::{Case, Seed};
use chatflow_wasm::Library;
use serde_json::{Value, json};

use crate::record;

/// Records a conversation whose flow can be run: what each call gave, and its journal, trace, snapshot and replay.
pub(crate) fn record_case(name: &str, case: &Case) {
    let source = json!({
        "documents": case.documents, "content": case.content, "handlers": case.handlers
    });
    let options = json!({
        "flow": case.flow, "seed": case.seed, "at": case.at, "state": case.state
    });
    // As texts, since JavaScript would write some numbers in another way.
    let answers: Vec<String> = case.answers.iter().map(Value::to_string).collect();
    let (source, options) = (source.to_string(), options.to_string());
    let gives = rehearsed(&source, &options, &answers);
    let answers = json!(answers).to_string();
    record(name, "rehearse", &[&source, &options, &answers], Ok(gives), &json!([]));
}

/// As `rehearse` of `run.mjs`.
fn rehearsed(source: &str, options: &str, answers: &[String]) -> String {
    let library = Library::new(source).expect("it can be read");
    let mut preview = library.preview(options).expect("the flow can be run");
    let mut told = vec![preview.start("{}").expect("it starts")];
    let waits_for = |told: &[String]| {
        let last: Value = serde_json::from_str(&told[told.len() - 1]).expect("JSON");
        last["waits_for"].as_str().map(str::to_owned)
    };
    let restored = |text: String| library.restore(&text).expect("its own snapshot");
    for index in 0..=answers.len() {
        while waits_for(&told).as_deref() == Some("effect") {
            preview = restored(preview.snapshot());
            told.push(preview.resolve("null", "{}").expect("an effect is open"));
        }
        let Some(answer) = answers.get(index).filter(|_| waits_for(&told).is_some()) else { break };
        if index % 3 == 2 {
            preview = restored(preview.snapshot());
        }
        told.push(preview.answer(answer, "{}").expect("it waits for an answer"));
    }
    let journal = preview.journal().expect("all inputs were kept");
    let replayed = library.replay(&journal, usize::MAX, usize::MAX).expect("a journal");
    assert!(replayed.contains("\"divergence\":null"), "{replayed}");
    let hash = |text: &str| Seed::from_text(text).0;
    [
        format!("flows {}", hash(&library.flows().expect("JSON"))),
        format!("told {}", hash(&told.join("\n"))),
        format!("state {}", preview.hash()),
        format!("journal {}", hash(&journal)),
        format!("trace {}", hash(&preview.trace().expect("all inputs were kept"))),
        format!("snapshot {}", hash(&preview.snapshot())),
        format!("replay {}", hash(&replayed)),
    ]
    .join("\n")
}
