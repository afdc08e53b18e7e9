//! What does best, and all content together (S5.34, S5.35).

use chatflow::Timestamp;
use serde_json::{Value, json};

use super::talk::{Talk, week};
use super::{count, flow, made, ok};
use crate::real::{Managed, school};

const TOP: &str = "/v1/cms/analytics/content/top";
const ALL: &str = "/v1/cms/analytics/content";

fn new(managed: &Managed, who: &str, body: &Value) -> String {
    made(managed, who, "/v1/cms/content", body)
}

/// A time of today, early enough to be over and as a text.
fn today() -> (String, String) {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.expect("the clock is past 1970").as_millis();
    let now = Timestamp::from_millis(i64::try_from(millis).expect("it fits")).to_string();
    let day = now[..10].to_owned();
    (format!("{day}T00:00:00Z"), day)
}

/// S5.34, S5.35
#[expect(clippy::too_many_lines, reason = "one library, and every number of it")]
pub(super) fn the_best_and_all_together(managed: &Managed) {
    let joke = json!({"type": "joke", "content": {"setup": "Why did the owl laugh so long about it all night?!",
        "punchline": "x"}, "tags": ["owls", "night"], "visibility": "wriveted"});
    let joke = new(managed, "platform", &joke);
    let fact = json!({"type": "fact", "content": {"text": "Owls cannot move their eyes. ".repeat(9)},
        "tags": ["owls"], "visibility": "public"});
    let fact = new(managed, "platform", &fact);
    let quote = json!({"type": "quote", "content": {"text": ""}, "visibility": "wriveted"});
    let quote = new(managed, "platform", &quote);
    let own = json!({"type": "joke", "content": {"text": "Ours"}, "tags": ["ours"]});
    let own = new(managed, "admin", &own);
    let off = json!({"type": "joke", "content": {"text": "Off"}, "tags": ["off"],
        "visibility": "wriveted", "is_active": false});
    let off = new(managed, "platform", &off);
    new(
        managed,
        "platform",
        &json!({"type": "joke", "content": {"text": "Never shown"},
        "visibility": "wriveted", "tags": ["owls"]}),
    );
    let flow = flow(managed, "Shows");
    let (time, day) = today();
    let mut n = 0;
    // Item, school, how often it was shown and taken up.
    for (item, school, shown, taken) in [
        (&joke, 1, 4, 3),
        (&joke, 2, 2, 1),
        (&fact, 1, 5, 1),
        (&quote, 0, 2, 2),
        (&own, 1, 6, 6),
        (&off, 1, 9, 9),
    ] {
        for one in 0..shown {
            n += 1;
            let talk = week(item, &flow, &flow)[0].clone();
            let turns: Vec<(&str, &[&str])> = vec![(&time, &["q"]), (&time, &["bye"])];
            let answer = talk.answer.clone().filter(|_| one < taken);
            Talk { n, variant: None, school, turns, answer, ends: false, ..talk }.hold(managed);
        }
    }
    let of =
        |id: &str, kind: &str, title: &str, score: f64, [shown, taken]: [u64; 2], tags: Value| {
            json!({"content_id": id, "type": kind, "title": title, "engagement_score": score,
            "impressions": shown, "interactions": taken, "tags": tags})
        };
    let title = "Why did the owl laugh so long about it all night?!";
    let jokes = of(&joke, "joke", title, 0.666_667, [6, 4], json!(["owls", "night"]));
    let title = "Owls cannot move their eyes. Owls cannot move thei";
    let facts = of(&fact, "fact", title, 0.2, [5, 1], json!(["owls"]));
    let quotes = of(&quote, "quote", "Untitled", 1.0, [2, 2], json!([]));
    let ours = of(&own, "joke", "Ours", 1.0, [6, 6], json!(["ours"]));
    for _ in 0..2 {
        let top = |who: &str, query: &str| ok(managed, who, &format!("{TOP}{query}"));
        let found = top("platform", "?limit=3");
        // The quote was shown less than five times, and three others were not.
        assert_eq!(found["top_content"], json!([ours, jokes, facts]));
        assert_eq!((&found["metric"], &found["scope"]), (&json!("engagement"), &json!(null)));
        assert_eq!(found["time_period"]["end_date"], day.as_str());
        assert_eq!(found["time_period"]["days"], 30);
        let found = top("platform", "?metric=engagement&days=1");
        // Fewer than ten were.
        assert_eq!(found["top_content"], json!([ours, quotes, jokes, facts]));
        assert_eq!(found["time_period"]["days"], 1);
        let found = top("platform", "?metric=impressions&limit=2");
        let most = if own < joke { json!([ours, jokes]) } else { json!([jokes, ours]) };
        assert_eq!((&found["top_content"], &found["metric"]), (&most, &json!("impressions")));
        // Of school 2 only what its own were shown (S2.30).
        let found = top("other admin", "");
        let title = "Why did the owl laugh so long about it all night?!";
        let theirs = of(&joke, "joke", title, 0.5, [2, 1], json!(["owls", "night"]));
        assert_eq!(found["top_content"], json!([theirs]));
        assert_eq!(found["scope"]["school_id"], json!(school(2).0));
        all_together(managed, &day);
        count(managed);
    }
}

fn all_together(managed: &Managed, day: &str) {
    let all = |who: &str, query: &str| ok(managed, who, &format!("{ALL}{query}"));
    let of = |items: u64, impressions: u64, interactions: u64, rate: f64| {
        json!({"items": items, "impressions": impressions, "interactions": interactions,
            "engagement_rate": rate})
    };
    let found = all("platform", &format!("?start_date={day}"));
    let period = json!({"start_date": day, "end_date": day, "days": 0});
    let expected = json!({
        "filters": {"content_type": null, "tags": []},
        "analytics": {
            "total_content": 5,
            // 4/6, 1/5, 2/2 and 6/6 of four items.
            "avg_engagement_rate": 0.716_667,
            // 6/6; 4/6; 5/11.
            "top_performing_tags": ["ours", "night", "owls"],
            "total_impressions": 19,
            "total_interactions": 13,
            "by_type": {"joke": of(3, 12, 10, 0.833_333), "fact": of(1, 5, 1, 0.2),
                "quote": of(1, 2, 2, 1.0)},
        },
        "time_period": period,
        "scope": null,
    });
    assert_eq!(found, expected);
    let found = all("platform", "?content_type=JOKE&tags=owls,ours");
    let filters = json!({"content_type": "joke", "tags": ["owls", "ours"]});
    assert_eq!(found["filters"], filters);
    let numbers = &found["analytics"];
    assert_eq!(numbers["by_type"], json!({"joke": of(3, 12, 10, 0.833_333)}));
    assert_eq!(numbers["avg_engagement_rate"], 0.833_333);
    let found = all("other admin", "?tags=owls");
    let numbers = &found["analytics"];
    assert_eq!(numbers["total_content"], 3);
    assert_eq!(numbers["by_type"], json!({"joke": of(2, 2, 1, 0.5), "fact": of(1, 0, 0, 0.0)}));
    // Less than five impressions.
    assert_eq!(numbers["top_performing_tags"], json!([]));
    let before = all("platform", "?start_date=2020-01-01&end_date=2020-01-31");
    let numbers = &before["analytics"];
    assert_eq!((&numbers["total_content"], &numbers["total_impressions"]), (&json!(5), &json!(0)));
    assert_eq!(numbers["avg_engagement_rate"], 0.0);
}
