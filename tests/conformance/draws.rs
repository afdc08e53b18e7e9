//! Random content: each visitor gets different items that suit the age, and over many visitors every item comes up as
//! often as the others.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::Handlers;
use chatflow_tests::conversation::{Opening, World, play_in_memory};
use serde_json::{Value, json};

use super::every_store_agrees;

/// Conversations that are played in memory; of these every 250th on every store, too.
const CONVERSATIONS: usize = 10_000;

/// Ten facts for ages from 5 to 9, two that are for older visitors, and two that are no facts or have no such tag.
fn world() -> World {
    let item = |n: u32, kind: &str, tag: &str, ages: [u32; 2]| {
        json!({
            "id": format!("5f0c7a52-6d5d-4a39-9d0a-0000000000{n:02}"),
            "type": kind, "tags": [tag], "content": {"text": format!("Fact {n}.")},
            "info": {"min_age": ages[0], "max_age": ages[1]},
        })
    };
    let mut items: Vec<Value> = (10..20).map(|n| item(n, "fact", "sea", [5, 9])).collect();
    items.extend([20, 21].map(|n| item(n, "fact", "sea", [10, 14])));
    items.extend([item(22, "joke", "sea", [5, 9]), item(23, "fact", "sky", [5, 9])]);
    let drawn = json!({
        "source": "random", "track_shown_in": "temp.seen",
        "source_config": {
            "type": "fact", "tags": ["sea"], "exclude_from": "temp.seen",
            "info_filters": {"min_age": "${user.age}", "max_age": "${user.age}"},
        },
    });
    let flow = json!({
        "seed_key": "facts", "name": "facts", "version": "1.0.0", "entry_node_id": "facts",
        "nodes": [{"id": "facts", "type": "message", "content": {"messages": [drawn, drawn, drawn]}}],
        "connections": [],
    });
    World::of_documents(&[flow], &items, Handlers::default())
}

/// The 99.9 % point of the chi-square distribution with nine degrees of freedom.
const BOUND: f64 = 27.88;

#[test]
fn draws_are_even_distinct_fitting_and_the_same_on_every_store() {
    // R4.6, R4.7, R4.9, F38.
    let world = world();
    let mut hits = [const { BTreeMap::<String, u32>::new() }; 3];
    for n in 0..CONVERSATIONS {
        let opening = Opening::new("facts", &format!("visitor {n}"), json!({"user": {"age": 8}}));
        let played = play_in_memory(&world, &opening, &mut [].iter());
        let seen = played.transcript.state["temp"]["seen"].as_array().unwrap();
        let ids: Vec<&str> = seen.iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3, "{ids:?}");
        for (place, id) in ids.into_iter().enumerate() {
            *hits[place].entry(id.to_owned()).or_default() += 1;
        }
        if n % 250 == 0 {
            every_store_agrees(&world, &opening, &[], &played);
        }
    }
    for of_place in hits {
        // Ten suit the age and have the type and the tag.
        assert_eq!(of_place.len(), 10, "{of_place:?}");
        let expected = 1000.0;
        let chi: f64 =
            of_place.values().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum();
        assert!(chi < BOUND, "{chi}: {of_place:?}");
    }
}
