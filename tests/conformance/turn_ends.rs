//! A turn goes on through messages, conditions and actions until the visitor is needed (R2.1).

use chatflow::Handlers;
use chatflow_tests::conversation::{Opening, Played, World, play_in_memory};
use serde_json::{Value, json};

/// A node of a chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Link {
    Message,
    /// A message that asks the host for its content.
    ContentMessage,
    Pause,
    Question,
    Action,
    /// An action that asks a handler.
    Request,
    Condition,
}

const ALL: [Link; 7] = [
    Link::Message,
    Link::ContentMessage,
    Link::Pause,
    Link::Question,
    Link::Action,
    Link::Request,
    Link::Condition,
];

/// What stands before the chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Entrance {
    Start,
    Answer,
    Acknowledgement,
    SubflowReturn,
}

const ENTRANCES: [Entrance; 4] =
    [Entrance::Start, Entrance::Answer, Entrance::Acknowledgement, Entrance::SubflowReturn];

const JOKE: &str = "00000000-0000-4000-8000-000000000001";

impl Link {
    fn waits(self) -> bool {
        matches!(self, Self::Question | Self::Pause)
    }

    fn node(self, id: &str) -> Value {
        let (kind, content) = match self {
            Self::Message => ("message", json!({"text": format!("at {id}")})),
            Self::ContentMessage => ("message", json!({"messages": [{"content_id": JOKE}]})),
            Self::Pause => ("message", json!({"text": format!("at {id}"), "wait_for_ack": true})),
            Self::Question => (
                "question",
                json!({"question": "?", "input_type": "text", "variable": format!("temp.{id}")}),
            ),
            Self::Action => {
                ("action", json!({"actions": [{"type": "increment", "variable": "temp.done"}]}))
            }
            Self::Request => (
                "action",
                json!({"actions": [
                    {"type": "api_call", "config": {"endpoint": "/n", "response_mapping": {"n": "temp.n"}}},
                    {"type": "increment", "variable": "temp.done"}
                ]}),
            ),
            Self::Condition => {
                ("condition", json!({"conditions": [{"if": "temp.done > 1", "then": "$0"}]}))
            }
        };
        json!({"id": id, "type": kind, "content": content})
    }
}

/// A chain of these nodes between an entrance and a last message; the ids of its nodes in order.
fn world(entrance: Entrance, chain: &[Link]) -> (World, Vec<String>) {
    let mut nodes = vec![match entrance {
        Entrance::Start => Link::Message.node("e"),
        Entrance::Answer => Link::Question.node("e"),
        Entrance::Acknowledgement => Link::Pause.node("e"),
        Entrance::SubflowReturn => json!({
            "id": "e", "type": "composite", "content": {"composite_flow_seed_key": "sub"}
        }),
    }];
    let mut ids = vec!["e".to_owned()];
    for (i, link) in chain.iter().enumerate() {
        let id = format!("n{i}");
        nodes.push(link.node(&id));
        ids.push(id);
    }
    nodes.push(Link::Message.node("end"));
    ids.push("end".to_owned());
    let mut connections: Vec<Value> =
        ids.windows(2).map(|pair| json!({"source": pair[0], "target": pair[1]})).collect();
    for (i, link) in chain.iter().enumerate() {
        if *link == Link::Condition {
            let (source, target) = (&ids[i + 1], &ids[i + 2]);
            connections.push(json!({"source": source, "target": target, "type": "$0"}));
        }
    }
    let main = json!({
        "seed_key": "main", "name": "Main", "entry_node_id": "e",
        "nodes": nodes, "connections": connections,
    });
    let sub = json!({
        "seed_key": "sub", "name": "Sub", "entry_node_id": "s1",
        "nodes": [Link::Question.node("s1"), Link::Message.node("s2"), Link::Action.node("s3")],
        "connections": [{"source": "s1", "target": "s2"}, {"source": "s2", "target": "s3"}],
    });
    let joke = json!({"id": JOKE, "type": "joke", "content": {"setup": "?", "punchline": "!"}});
    let handlers = Handlers::read(&json!({"/n": {"answer": {"n": 1}}})).unwrap();
    (World::of_documents(&[main, sub], &[joke], handlers), ids)
}

/// Which nodes each turn must enter: each ends behind a node that waits, or with the chain.
fn expected(entrance: Entrance, chain: &[Link], ids: &[String]) -> Vec<Vec<String>> {
    let mut turns = vec![vec![ids[0].clone()]];
    match entrance {
        Entrance::Start => {}
        Entrance::Answer | Entrance::Acknowledgement => turns.push(Vec::new()),
        Entrance::SubflowReturn => {
            turns[0].push("s1".to_owned());
            turns.push(vec!["s2".to_owned(), "s3".to_owned()]);
        }
    }
    for (i, link) in chain.iter().enumerate() {
        turns.last_mut().unwrap().push(ids[i + 1].clone());
        if link.waits() {
            turns.push(Vec::new());
        }
    }
    turns.last_mut().unwrap().push("end".to_owned());
    turns
}

/// The nodes that the turns entered, and whether each but the last waits for the visitor.
fn check(entrance: Entrance, chain: &[Link]) {
    let (world, ids) = world(entrance, chain);
    let answers = vec![json!("x"); chain.len() + 1];
    let opening = Opening::new("main", "0", json!({"temp": {"done": 0}}));
    let played = play_in_memory(&world, &opening, &mut answers.iter());
    let context = format!("{entrance:?} {chain:?}");
    let expected = expected(entrance, chain, &ids);
    assert_eq!(played.transcript.ended, Some("completed"), "{context}");
    assert_eq!(played.transcript.turns.len(), expected.len(), "{context}");
    for (i, turn) in played.transcript.turns.iter().enumerate() {
        let is_last = i + 1 == expected.len();
        let waits = !turn.turn["input_request"].is_null();
        assert_eq!((waits, turn.turn["session_ended"] == true), (!is_last, is_last), "{context}");
    }
    assert_eq!(entered(&played), expected.concat(), "{context}");
    let counted = chain.iter().filter(|link| matches!(link, Link::Action | Link::Request)).count();
    let counted = counted + usize::from(entrance == Entrance::SubflowReturn);
    assert_eq!(played.transcript.state["temp"]["done"], json!(counted), "{context}");
}

/// The nodes visited; an entry with a fourth element tells of a node that was only left (F45).
fn entered(played: &Played) -> Vec<String> {
    let visits =
        played.path.iter().filter(|entry| entry.as_array().is_some_and(|entry| entry.len() == 3));
    visits.map(|entry| entry[1].as_str().unwrap().to_owned()).collect()
}

fn chains(letters: &[Link], length: usize) -> Vec<Vec<Link>> {
    let mut chains = vec![Vec::new()];
    for _ in 0..length {
        let longer = |chain: &Vec<Link>| {
            let add = |link: &Link| chain.iter().copied().chain([*link]).collect::<Vec<_>>();
            letters.iter().map(add).collect::<Vec<_>>()
        };
        chains = chains.iter().flat_map(longer).collect();
    }
    chains
}

#[test]
fn the_four_kinds_in_every_order_behind_every_entrance_end_at_an_interaction_or_the_end() {
    // R2.1, R2.4, R2.14, R9.7, R11.6.
    let letters = [Link::Question, Link::Message, Link::Action, Link::Condition];
    let mut orders = chains(&letters, 4);
    orders.retain(|order| letters.iter().all(|letter| order.contains(letter)));
    assert_eq!(orders.len(), 24);
    for order in &orders {
        for entrance in ENTRANCES {
            check(entrance, order);
            let mut twice = order.clone();
            twice.extend_from_within(..);
            check(entrance, &twice);
        }
    }
}

#[test]
fn kinds_that_repeat_or_ask_the_host_end_a_turn_no_sooner() {
    // R2.1, R9.7, R11.6.
    for length in 0..=3 {
        for chain in chains(&ALL, length) {
            for entrance in ENTRANCES {
                check(entrance, &chain);
            }
        }
    }
}
