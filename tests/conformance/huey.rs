//! A live children's book chatbot, as its authors keep it; runs where its files are.

use std::path::PathBuf;

use chatflow::{Handlers, NodeType};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::Store;
use chatflow_tests::conversation::{Opening, Played, StoredHost, World, play_in_memory, publish};
use chatflow_tests::report;
use serde_json::{Value, json};

use super::coverage::Coverage;
use super::every_store_agrees;
use super::guest::{Guest, Say, draws_are_fair, has_scores, sum_of_scores, top};

const ENDPOINT: &str = "/v1/recommend";
/// Questions a round; the library holds one more.
const ROUND: usize = 3;
const POOL: usize = 4;

/// What the service finds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Finds {
    Books,
    OnlyFallback,
    Nothing,
    /// The service does not answer; the flow's own fallback says that there is nothing.
    Silence,
}

const OUTCOMES: [Finds; 4] = [Finds::Books, Finds::OnlyFallback, Finds::Nothing, Finds::Silence];

/// The folder, if there is one; says so otherwise.
fn folder(test: &str) -> Option<PathBuf> {
    let Some(corpus) = report::corpus() else {
        report::corpus_cases("huey", 0);
        println!("CHATFLOW_CORPUS is not set: {test} has nothing to run");
        return None;
    };
    let folder = corpus.join("huey");
    assert!(folder.join("seed.json").is_file(), "there is no seed.json in {}", folder.display());
    Some(folder)
}

impl Finds {
    fn handlers(self, books: &Value) -> Handlers {
        let none = json!({"books": [], "count": 0});
        let rules = match self {
            Self::Books => json!([{"when": {"fallback": false}, "answer": books}]),
            Self::OnlyFallback => {
                json!([{"when": {"fallback": true}, "answer": books}, {"answer": none}])
            }
            Self::Nothing => json!([{"answer": none}]),
            Self::Silence => json!([{"fail": "timeout"}]),
        };
        Handlers::read(&json!({ENDPOINT: rules})).unwrap()
    }

    /// How often the service is asked in a round.
    fn requests(self) -> usize {
        if self == Self::Books { 1 } else { 2 }
    }
}

/// One visitor: the first round, then another one.
struct Case<'a> {
    world: &'a World,
    books: &'a Value,
    finds: Finds,
    school: Option<&'a str>,
    age: usize,
    level: usize,
}

impl Case<'_> {
    fn opening(&self, seed: &str) -> Opening {
        let state = match self.school {
            Some(id) => json!({"context": {"school_wriveted_id": id, "school_name": "Kōwhai"}}),
            None => json!({}),
        };
        Opening::new("huey-bookbot", seed, state)
    }

    fn guest(&self) -> Guest {
        let taste = self.age * 31 + self.level * 7;
        Guest { taste, ..Guest::default() }
            .plan("temp.age_selection", &[Say::Option(self.age)])
            .plan("temp.reading_selection", &[Say::Option(self.level)])
            .plan("temp.restart_choice", &[Say::Option(0), Say::Option(1)])
    }

    /// What must hold of both rounds, whatever the host.
    fn check(&self, played: &Played, guest: &Guest) {
        assert_eq!(played.transcript.ended, Some("completed"));
        assert_eq!(guest.picked.len(), 2 * ROUND);
        draws_are_fair(&guest.picked, POOL);
        assert_eq!(guest.pauses.len(), 2);
        for (round, pause) in guest.pauses.iter().enumerate() {
            // The pause comes after the questions are counted and before the service is asked.
            let user = &pause["session_updated"]["state"]["user"];
            let picked = &guest.picked[round * ROUND..][..ROUND];
            let scores = sum_of_scores(self.world, picked, "hue_map");
            has_scores(&user["hue_profile"], &scores);
            assert_eq!(user["hue_keys"], json!(top(&scores, 5)));
            assert_eq!(user["age_number"], json!(self.age + 5));
            assert_eq!(user["reading_ability_keys"].as_array().unwrap().len(), 1);
            if round == 0 {
                assert_eq!(pause["session_updated"]["state"]["temp"].get("book_count"), None);
            }
        }
        self.check_books(played);
    }

    /// Books are shown when there are any, and the conversation goes on when there are none.
    fn check_books(&self, played: &Played) {
        let shown: Vec<&Value> = played
            .transcript
            .turns
            .iter()
            .flat_map(|turn| turn.turn["messages"].as_array().unwrap())
            .filter(|item| item["type"] == "book_list")
            .map(|item| &item["content"]["books"])
            .collect();
        match self.finds {
            Finds::Books | Finds::OnlyFallback => {
                assert_eq!(shown, [&self.books["books"], &self.books["books"]]);
            }
            Finds::Nothing | Finds::Silence => assert!(shown.is_empty(), "{shown:?}"),
        }
    }

    /// What the service was asked: the answers given, for this school or none (R7.44, F27).
    fn check_requests(&self, played: &Played, guest: &Guest) {
        assert_eq!(played.requests.len(), 2 * self.finds.requests());
        for (i, request) in played.requests.iter().enumerate() {
            let (round, repeat) = (i / self.finds.requests(), i % self.finds.requests());
            let body = &request.body;
            assert_eq!(body["fallback"], json!(repeat == 1));
            assert_eq!(body["age"], json!(self.age + 5));
            assert_eq!(body["wriveted_identifier"], json!(self.school));
            let picked = &guest.picked[round * ROUND..][..ROUND];
            let scores = sum_of_scores(self.world, picked, "hue_map");
            if repeat == 0 {
                assert_eq!(body["hues"], json!(top(&scores, 5)));
                // R7.43: parameters are texts.
                assert_eq!(request.query["limit"], json!("5"));
            }
        }
    }
}

#[test]
fn huey_finds_books_for_every_school_age_and_level_in_memory_and_in_sqlite() {
    huey_finds_books(|| SqliteStore::open_in_memory().unwrap());
}

/// Plays the whole chatbot in memory and in a store, a new one for each way that a search ends.
pub(crate) fn huey_finds_books<S: Store>(new_store: impl Fn() -> S) {
    let Some(folder) = folder("the whole chatbot") else { return };
    let text = std::fs::read_to_string(folder.join("recommend-response.json")).unwrap();
    let books: Value = serde_json::from_str(&text).unwrap();
    let school = World::of_fixture(&folder).schools[0].to_string();
    let (mut cases, mut coverage) = (0, Coverage::default());
    let mut levels = std::collections::BTreeSet::new();
    for finds in OUTCOMES {
        let mut world = World::of_fixture(&folder);
        world.library.handlers = finds.handlers(&books);
        let store = new_store();
        let mut host = StoredHost::new(&world, true);
        publish(&world, &store, Opening::new("", "", json!({})).at);
        for number in 0..2 * 9 * 5 {
            let school = (number % 2 == 1).then_some(school.as_str());
            let (age, level) = (number / 2 % 9, number / 18);
            let (world, books) = (&world, &books);
            let case = Case { world, books, finds, school, age, level };
            let opening = case.opening(&number.to_string());
            let mut guest = case.guest();
            let played = play_in_memory(world, &opening, &mut guest);
            case.check(&played, &guest);
            let stored = host.play(|| &store, &opening, &mut guest.said.iter());
            assert_eq!(stored.to_text(), played.to_text());
            case.check_requests(&stored, &guest);
            levels.insert(played.transcript.state["user"]["reading_ability_key"].to_string());
            coverage.add(&played);
            cases += 1;
        }
        let keys = ["huey-bookbot", "huey-profile", "huey-preferences", "huey-recommendation"];
        if finds == Finds::Silence {
            coverage.is_complete(&world, &keys);
        }
    }
    assert_eq!(levels.len(), 5, "{levels:?}");
    assert!(cases > 0);
    report::corpus_cases("huey", cases);
}

#[test]
fn huey_leaves_the_same_bytes_on_every_host() {
    huey_agrees(every_store_agrees);
}

/// Plays one visit in memory, and has `agree` play it elsewhere.
pub(crate) fn huey_agrees(agree: impl Fn(&World, &Opening, &[Value], &Played)) {
    let Some(folder) = folder("the comparison of hosts") else { return };
    let text = std::fs::read_to_string(folder.join("recommend-response.json")).unwrap();
    let books: Value = serde_json::from_str(&text).unwrap();
    let mut world = World::of_fixture(&folder);
    world.library.handlers = Finds::OnlyFallback.handlers(&books);
    let finds = Finds::OnlyFallback;
    let case = Case { world: &world, books: &books, finds, school: None, age: 4, level: 2 };
    let opening = case.opening("hosts");
    let mut guest = case.guest();
    let played = play_in_memory(&world, &opening, &mut guest);
    agree(&world, &opening, &guest.said, &played);
    report::corpus_cases("huey", 1);
}

#[test]
fn every_genre_leads_to_its_own_message() {
    let Some(folder) = folder("the small flow") else { return };
    let world = World::of_fixture(&folder);
    let key = "admin-ui-demo-flow";
    let flow = world.definitions.iter().find(|flow| flow.seed_key.as_deref() == Some(key)).unwrap();
    let branch = flow.nodes.iter().find(|node| node.kind == NodeType::Condition).unwrap();
    let mut cases = 0;
    for (option, kind) in ["$0", "$1"].into_iter().enumerate() {
        let mut guest = Guest::default().plan("temp.genre", &[Say::Option(option)]);
        let opening = Opening::new(key, "genre", json!({}));
        let played = play_in_memory(&world, &opening, &mut guest);
        let edge = flow
            .connections
            .iter()
            .find(|edge| edge.source == branch.id && edge.kind.to_string() == kind)
            .unwrap();
        assert_eq!(played.transcript.ended, Some("completed"));
        assert_eq!(played.last()["current_node_id"], json!(edge.target));
        assert_eq!(played.last()["messages"].as_array().unwrap().len(), 1);
        every_store_agrees(&world, &opening, &guest.said, &played);
        cases += 1;
    }
    report::corpus_cases("huey", cases);
}
