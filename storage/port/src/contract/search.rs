//! Searching the library, and the variants of its items.

use chatflow::Visibility;
use serde_json::json;

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, content, content_id, fill, fill_contents, school_id, variant,
};
use crate::blocking::Store;
use crate::library::{Batch, ContentRecord, ContentStatus, LookUp, VariantRecord};
use crate::scope::AccessScope;
use crate::search::SearchQuery;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_search_finds_what_its_grammar_says,
        hostile_searches_find_what_they_say,
        what_is_found_follows_the_item,
        a_scope_finds_what_it_sees_the_newest_first,
        variants_are_replaced_with_their_item_and_reach_conversations,
    ]
}

fn found<S: Store>(store: &S, text: &str) -> Vec<u128> {
    let query = SearchQuery::parse(text);
    let found = store.search_contents(&AccessScope::system(), &query, 1000).unwrap();
    let mut found: Vec<_> = found.into_iter().map(|id| id.0.as_u128()).collect();
    found.sort_unstable();
    found
}

fn of(n: u128, body: &serde_json::Value, tags: &[&str]) -> ContentRecord {
    let tags = tags.iter().map(ToString::to_string).collect();
    ContentRecord { content: body.to_string(), tags, ..content(n) }
}

/// Items for every kind of text.
fn items() -> Vec<ContentRecord> {
    vec![
        of(1, &json!({"text": "Octopuses have three hearts."}), &["sea", "animals"]),
        of(2, &json!({"text": "The sea lion dives for fish."}), &["sea"]),
        of(3, &json!({"text": "A lion never goes to sea."}), &["land"]),
        of(4, &json!({"setup": "Why did the café close?", "punchline": "No tea."}), &[]),
        of(5, &json!({"text": "Te reo Māori: whānau, kōrero, ā"}), &["reo"]),
        of(6, &json!({"question": {"text": "How old are you?"}}), &["age"]),
        of(7, &json!({"text": "<p>Diving <b>deep</b></p> at 10.5 metres"}), &[]),
        of(8, &json!({"question_text": "Pick one", "answers": [{"text": "Tea"}]}), &[]),
        of(9, &json!({"text": "Well-known e-mail: ada@example.org"}), &["post"]),
        of(10, &json!({"messages": [{"text": "knock"}, {"text": "who's there"}]}), &[]),
        of(11, &json!({"text": "100% of \"quotes\" are 'quoted'"}), &["a_b"]),
        of(12, &json!({"text": "東京 Straße ΣΟΦΙΑ"}), &[]),
    ]
}

/// F49: the same searches, whatever finds them.
fn a_search_finds_what_its_grammar_says<S: Store>(store: &S) {
    fill_contents(store, items());
    for (text, expected) in [
        // Words, endings, case.
        ("octopus", vec![1]),
        ("HEARTS", vec![1]),
        ("heart three", vec![1]),
        ("sea", vec![1, 2, 3]),
        ("dive", vec![2, 7]),
        ("diving", vec![2, 7]),
        ("divers", vec![]),
        ("fish sea", vec![2]),
        ("tea", vec![4, 8]),
        ("animal", vec![1]),
        // Phrases.
        ("\"sea lion\"", vec![2]),
        ("\"lion sea\"", vec![]),
        ("\"lion never goes\"", vec![3]),
        ("\"deep 10 5\"", vec![7]),
        ("\"knock there\"", vec![10]),
        ("\"sea lion", vec![2]),
        // Alternatives.
        ("octopus or tea", vec![1, 4, 8]),
        ("octopus OR fish or reo", vec![1, 2, 5]),
        ("sea lion or deep", vec![2, 3, 7]),
        ("or tea or", vec![4, 8]),
        // Exclusion.
        ("sea -lion", vec![1]),
        ("sea -\"sea lion\"", vec![1, 3]),
        ("-sea", vec![4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ("-sea -tea", vec![5, 6, 7, 9, 10, 11, 12]),
        ("tea -tea", vec![]),
        ("octopus or -sea -tea -dive", vec![1, 5, 6, 9, 10, 11, 12]),
        ("-sea or -tea", vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        // Accents, macrons, other scripts.
        ("cafe", vec![4]),
        ("CAFÉ", vec![4]),
        ("maori", vec![5]),
        ("whanau korero", vec![5]),
        ("wha\u{304}nau", vec![5]),
        ("東京", vec![12]),
        ("σοφια", vec![12]),
        // Punctuation.
        ("well-known", vec![9]),
        ("\"well known\"", vec![9]),
        ("ada@example.org", vec![9]),
        ("10.5", vec![7]),
        ("100%", vec![11]),
        ("a_b", vec![11]),
        // What says nothing finds nothing.
        ("", vec![]),
        ("the and of", vec![]),
        ("-the", vec![]),
        ("%", vec![]),
        ("*", vec![]),
        ("()", vec![]),
    ] {
        assert_eq!(found(store, text), expected, "{text}");
    }
}

fn hostile_searches_find_what_they_say<S: Store>(store: &S) {
    let item = |(n, text): (u128, &&str)| of(n, &json!({ "text": text }), &[]);
    fill_contents(store, (1..).zip(&HOSTILE).map(item).collect());
    let words = |text: &str| crate::search::words(text);
    for text in HOSTILE.iter().copied().chain([
        "words:joke",
        "NEAR(drop table)",
        "^drop",
        "drop*",
        "drop AND table",
        "drop NOT table",
        "'drop' | 'x'",
        "drop & !table",
        "drop <-> table",
        "\\\"drop\\\"",
        "\0drop\0",
        "((((((((((drop",
        "--",
        "; DELETE FROM cms_content",
    ]) {
        let query = SearchQuery::parse(text);
        let fits = |(n, body): (u128, &&str)| query.fits(&words(body)).then_some(n);
        let expected: Vec<u128> = (1..).zip(&HOSTILE).filter_map(fits).collect();
        assert_eq!(found(store, text), expected, "{text}");
    }
}

fn what_is_found_follows_the_item<S: Store>(store: &S) {
    fill_contents(store, vec![of(1, &json!({"text": "whale"}), &[])]);
    assert_eq!((found(store, "whale"), found(store, "ship")), (vec![1], vec![]));
    fill_contents(store, vec![of(1, &json!({"text": "ship"}), &["harbour"])]);
    assert_eq!((found(store, "whale"), found(store, "ship harbour")), (vec![], vec![1]));
    // A change of something else leaves it where it is.
    let draft = ContentRecord {
        status: ContentStatus::Draft,
        is_active: false,
        ..of(1, &json!({"text": "ship"}), &["harbour"])
    };
    fill_contents(store, vec![draft]);
    assert_eq!(found(store, "ship"), [1]);
    fill_contents(store, vec![of(1, &json!({"text": ""}), &[])]);
    assert_eq!(found(store, "ship or harbour"), []);
    assert_eq!(found(store, "-ship"), [1]);
}

fn a_scope_finds_what_it_sees_the_newest_first<S: Store>(store: &S) {
    use Visibility::{Private, Public, School, Wriveted};
    for (n, visibility) in (1..).zip([Wriveted, Public, School, Private]) {
        let record = ContentRecord { visibility, school_id: Some(school_id(1)), ..content(n) };
        let contents = vec![anyway(record)];
        let millis = i64::try_from(n).unwrap();
        fill(store, &Batch { at: at(millis), contents, ..batch() });
    }
    let ids = |scope: &AccessScope, limit| {
        let found = store.search_contents(scope, &SearchQuery::parse("jokes"), limit).unwrap();
        found.into_iter().map(|id| id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&AccessScope::system(), 100), [4, 3, 2, 1]);
    assert_eq!(ids(&AccessScope::system(), 2), [4, 3]);
    assert_eq!(ids(&AccessScope::system(), 0), []);
    assert_eq!(ids(&AccessScope::learner(None, None), 100), [2, 1]);
    assert_eq!(ids(&AccessScope::learner(None, Some(school_id(1))), 100), [3, 2, 1]);
    assert_eq!(ids(&AccessScope::school_admin(None, vec![school_id(1)]), 100), [4, 3, 2, 1]);
    assert_eq!(ids(&AccessScope::school_admin(None, vec![school_id(2)]), 100), [2, 1]);
}

fn variants_are_replaced_with_their_item_and_reach_conversations<S: Store>(store: &S) {
    // R13.20, S1.41
    let with = |variants| ContentRecord { variants, ..content(1) };
    let scope = AccessScope::anonymous();
    let shown = || store.contents(&scope, &[content_id(1)]).unwrap()[0].clone().unwrap().variants;
    let heavy = VariantRecord {
        weight: 10_000,
        conditions: json!({"cel": "temp.x == 1"}).to_string(),
        ..variant("b")
    };
    let off = VariantRecord { is_active: false, weight: 0, ..variant("B") };
    fill_contents(store, vec![with(vec![off, variant("a"), heavy.clone()]), content(2)]);
    let found = shown();
    let keys = found.iter().map(|one| (one.key.as_str(), one.weight, one.is_active));
    let keys: Vec<_> = keys.collect();
    assert_eq!(keys, [("B", 0, false), ("a", 100, true), ("b", 10_000, true)]);
    assert_eq!(
        (&found[1].data["text"], &found[2].conditions["cel"]),
        (&json!("a"), &json!("temp.x == 1"))
    );
    assert_eq!(store.contents(&scope, &[content_id(2)]).unwrap()[0].clone().unwrap().variants, []);
    // Those that are no longer named are gone, and the item has a new version.
    fill_contents(store, vec![with(vec![VariantRecord { weight: 1, ..variant("a") }, heavy])]);
    let keys: Vec<_> = shown().iter().map(|one| (one.key.clone(), one.weight)).collect();
    assert_eq!(keys, [("a".to_owned(), 1), ("b".to_owned(), 10_000)]);
    let by_id = LookUp { id: Some(content_id(1).0), ..LookUp::default() };
    let stored = store.find_content(&AccessScope::system(), by_id).unwrap().unwrap();
    assert_eq!((stored.row_version, stored.record.variants.len()), (2, 2));
    fill_contents(store, vec![content(1)]);
    assert_eq!(shown(), []);
}
