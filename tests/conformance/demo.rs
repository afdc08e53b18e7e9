//! Our own demo, in every branch it has.

use std::collections::BTreeSet;

use chatflow_sqlite::SqliteStore;
use chatflow_tests::conversation::{Opening, Played, StoredHost, World, play_in_memory, publish};
use serde_json::{Value, json};

use super::coverage::Coverage;
use super::guest::{Guest, Say, draws_are_fair, has_scores, sum_of_scores, top};
use super::{every_store_agrees, root};

const ROUND: usize = 3;
/// Picture questions that fit any one age.
const POOL: usize = 9;

/// A visitor of the museum.
#[derive(Clone, Copy, Debug)]
struct Case {
    group: bool,
    age: u64,
    stay: usize,
    step_free: bool,
    mood: usize,
    /// How many trails; four use up all pictures.
    rounds: usize,
    taste: usize,
}

impl Case {
    /// Spreads over all combinations as `number` grows.
    fn of(number: usize) -> Self {
        Self {
            group: number.is_multiple_of(2),
            age: [5, 12, 13, 40, 64, 65][number % 6],
            stay: number / 2 % 3,
            step_free: (number / 3).is_multiple_of(2),
            mood: number / 6 % 3,
            rounds: [1, 2, 4, 7][number / 4 % 4],
            taste: number.wrapping_mul(0x9E37_79B9_7F4A_7C15),
        }
    }

    fn opening(&self, number: usize) -> Opening {
        let state =
            if self.group { json!({"context": {"group_name": "Room 4"}}) } else { json!({}) };
        Opening::new("museum-guide", &number.to_string(), state)
    }

    fn guest(&self) -> Guest {
        let mut what_next = vec![Say::Option(0); self.rounds - 1];
        what_next.push(Say::Option(2));
        Guest { taste: self.taste, ..Guest::default() }
            .plan("user.name", &[Say::Plain(json!("Ada"))])
            // The first answer is refused and asked again.
            .plan("user.age_number", &[Say::Plain(json!(3)), Say::Plain(json!(self.age))])
            .plan("temp.time", &[Say::Option(self.stay)])
            .plan("user.step_free", &[Say::Plain(json!(self.step_free))])
            .plan("temp.mood", &[Say::Option(self.mood)])
            .plan("temp.what_next", &what_next)
    }

    fn check(&self, world: &World, played: &Played, guest: &Guest) {
        assert_eq!(played.transcript.ended, Some("completed"), "{self:?}");
        assert_eq!(guest.picked.len(), self.rounds * ROUND);
        draws_are_fair(&guest.picked, POOL);
        assert_eq!(guest.pauses.len(), self.rounds);
        for (round, pause) in guest.pauses.iter().enumerate() {
            let picked = &guest.picked[round * ROUND..][..ROUND];
            let scores = sum_of_scores(world, picked, "taste");
            let state = &pause["session_updated"]["state"];
            has_scores(&state["temp"]["taste_profile"], &scores);
            assert_eq!(state["user"]["taste_keys"], json!(top(&scores, 3)));
        }
        let state = &played.transcript.state;
        assert_eq!(state["user"]["age_number"], json!(self.age));
        assert_eq!(state["user"]["step_free"], json!(self.step_free));
        assert_eq!(state["user"]["minutes"], json!([15, 60, 180][self.stay]));
        assert_eq!(state["temp"]["round"], json!(self.rounds));
    }
}

fn world() -> World {
    let world = World::of_fixture(&root().join("server/demo"));
    assert!(world.reports.iter().all(|report| !report.has_errors()), "{:?}", world.reports);
    world
}

/// The nodes at which the conversations found a trail, only favourites, or nothing.
fn found(played: &Played) -> BTreeSet<&str> {
    let nodes = played.path.iter().map(|entry| entry[1].as_str().unwrap());
    nodes.filter(|node| ["show_trail", "show_any", "nothing_found"].contains(node)).collect()
}

#[test]
fn the_demo_takes_every_branch_it_has_in_memory_and_in_sqlite() {
    let world = world();
    let store = SqliteStore::open_in_memory().unwrap();
    publish(&world, &store, Opening::new("", "", json!({})).at);
    let mut host = StoredHost::new(&world, true);
    let mut coverage = Coverage::default();
    let mut outcomes = BTreeSet::new();
    for number in 0..144 {
        let case = Case::of(number);
        let opening = case.opening(number);
        let mut guest = case.guest();
        let played = play_in_memory(&world, &opening, &mut guest);
        case.check(&world, &played, &guest);
        let stored = host.play(|| &store, &opening, &mut guest.said.iter());
        assert_eq!(stored.to_text(), played.to_text());
        outcomes.extend(found(&played).into_iter().map(str::to_owned));
        coverage.add(&played);
    }
    assert_eq!(outcomes.len(), 3, "{outcomes:?}");
    coverage.add(&somebody_else(&world).1);
    for ticket in tickets(&world) {
        coverage.add(&ticket);
    }
    let keys: Vec<&str> =
        world.definitions.iter().map(|flow| flow.seed_key.as_deref().unwrap()).collect();
    coverage.is_complete(&world, &keys);
}

/// Two visitors one after the other; the second is somebody else.
fn somebody_else(world: &World) -> (Guest, Played) {
    let mut guest = Guest { taste: 5, ..Guest::default() }
        .plan("user.name", &[Say::Plain(json!("Ada")), Say::Plain(json!("Bo"))])
        .plan("user.age_number", &[Say::Plain(json!(40)), Say::Plain(json!(8))])
        .plan("temp.time", &[Say::Option(1)])
        .plan("user.step_free", &[Say::Plain(json!(false))])
        .plan("temp.what_next", &[Say::Option(1), Say::Option(2)]);
    let opening = Opening::new("museum-guide", "two", json!({}));
    let played = play_in_memory(world, &opening, &mut guest);
    (guest, played)
}

#[test]
fn somebody_else_begins_with_nothing_shown() {
    let world = world();
    let (guest, played) = somebody_else(&world);
    let state = &played.transcript.state;
    assert_eq!(state["user"]["name"], json!("Bo"));
    assert_eq!(state["user"]["age_number"], json!(8));
    assert_eq!(state["temp"]["round"], json!(1));
    assert_eq!(state["temp"]["shown_questions"].as_array().unwrap().len(), ROUND);
    let scores = sum_of_scores(&world, &guest.picked[ROUND..], "taste");
    has_scores(&state["temp"]["taste_profile"], &scores);
}

fn tickets(world: &World) -> Vec<Played> {
    let plans: [(usize, u64); 4] = [(0, 1), (1, 2), (1, 5), (2, 1)];
    let play = |(party, children): (usize, u64)| {
        let mut guest = Guest::default()
            .plan("temp.party", &[Say::Option(party)])
            .plan("temp.children", &[Say::Plain(json!(children))]);
        play_in_memory(world, &Opening::new("museum-tickets", "t", json!({})), &mut guest)
    };
    plans.into_iter().map(play).collect()
}

#[test]
fn every_party_is_told_its_own_ticket() {
    let world = world();
    let last: Vec<Value> =
        tickets(&world).iter().map(|played| played.last()["current_node_id"].clone()).collect();
    assert_eq!(last, ["single", "family", "big_family", "class"]);
}

#[test]
fn the_demo_leaves_the_same_bytes_on_every_host() {
    the_demo_agrees(every_store_agrees);
}

/// Plays two visits in memory, and has `agree` play them elsewhere.
pub(crate) fn the_demo_agrees(agree: impl Fn(&World, &Opening, &[Value], &Played)) {
    let world = world();
    for number in [3, 14] {
        let case = Case::of(number);
        let opening = case.opening(number);
        let mut guest = case.guest();
        let played = play_in_memory(&world, &opening, &mut guest);
        agree(&world, &opening, &guest.said, &played);
    }
}
