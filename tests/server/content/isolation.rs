//! Who views, lists, changes and deletes which items: the tables of the specification, over HTTP.

use serde_json::{Value, json};

use super::{CONTENT, ids, place};
use crate::real::{Managed, account, school};

const VISIBILITIES: [&str; 4] = ["private", "school", "public", "wriveted"];

type Row = (&'static str, [bool; 4], [bool; 4], [bool; 4]);

/// Of private, school, public and wriveted rows of the first school: which are viewed as drafts,
/// which when they are live, and which may be changed (S2.15, S2.16). The educator created them.
const TABLE: [Row; 13] = [
    ("learner", [false; 4], [false, true, true, true], [false; 4]),
    ("other learner", [false; 4], [false, false, true, true], [false; 4]),
    ("public", [false; 4], [false, false, true, true], [false; 4]),
    ("kiosk", [false; 4], [false, true, true, true], [false; 4]),
    ("other educator", [false, false, true, true], [false, false, true, true], [false; 4]),
    ("colleague", [false, true, true, true], [false, true, true, true], [false; 4]),
    ("educator", [true; 4], [true; 4], [true, false, true, false]),
    ("admin", [true; 4], [true; 4], [true, true, true, false]),
    ("schools", [true; 4], [true; 4], [true, true, true, false]),
    ("other admin", [false, false, true, true], [false, false, true, true], [false; 4]),
    ("reader", [false, true, true, true], [false, true, true, true], [false; 4]),
    ("platform", [true; 4], [true; 4], [true; 4]),
    ("backend", [true; 4], [true; 4], [true; 4]),
];

/// A row that the educator created, whatever educators may create.
fn row(managed: &Managed, visibility: &str, status: &str) -> Value {
    use chatflow_storage::prelude::*;
    use chatflow_storage::{AccessScope, Batch, Change, ContentRecord, ContentStatus, UserId};
    let id = chatflow::ContentId::derived(&format!("{visibility} {status}"));
    let record = ContentRecord {
        id,
        seed_key: None,
        kind: "fact".into(),
        content: json!({"text": "x"}).to_string(),
        info: "{}".into(),
        tags: Vec::new(),
        is_active: true,
        status: ContentStatus::parse(status).unwrap(),
        visibility: serde_json::from_value(json!(visibility)).unwrap(),
        school_id: Some(school(1)),
        created_by: Some(UserId(account("educator"))),
        variants: Vec::new(),
    };
    let contents = vec![Change { expected: None, record }];
    let batch = Batch { contents, ..Batch::default() };
    managed.wait(managed.store.apply(&AccessScope::system(), &batch)).unwrap();
    json!({"id": id})
}

pub(super) fn each_principal_does_what_the_tables_say(managed: &Managed) {
    for (who, drafts, live, edits) in TABLE {
        let is_manager = !["learner", "other learner", "public", "kiosk"].contains(&who);
        for (status, views) in [("draft", drafts), ("published", live)] {
            let rows = VISIBILITIES.map(|visibility| row(managed, visibility, status));
            let list = managed.get(who, &format!("{CONTENT}?status={status}&limit=1000"));
            for (((visibility, row), views), edits) in
                VISIBILITIES.iter().zip(&rows).zip(views).zip(edits)
            {
                let said = format!("{who}, {visibility}, {status}");
                let seen = managed.get(who, &place(row));
                if views {
                    assert_eq!(seen.status, 200, "{said}: {seen:?}");
                } else {
                    seen.refuses(404, "content_not_found", &said);
                }
                if is_manager {
                    assert_eq!(ids(&list.body).contains(&row["id"]), views, "{said}");
                    assert_eq!(list.body["pagination"]["total"], ids(&list.body).len());
                } else {
                    list.refuses(403, "forbidden", &said);
                }
                let info = json!({"info": {"by": who}});
                let changed = managed.send(who, ("PUT", &place(row)), &info);
                let variants = format!("{}/variants", place(row));
                let variant = json!({"variant_key": "a", "variant_data": {"text": who}});
                let varied = managed.send(who, ("POST", &variants), &variant);
                let deleted = managed.send(who, ("DELETE", &place(row)), &Value::Null);
                let statuses = [changed.status, varied.status, deleted.status];
                match (edits, views && is_manager) {
                    (true, _) => assert_eq!(statuses, [200, 201, 204], "{said}"),
                    (false, true) => assert_eq!(statuses, [403; 3], "{said}"),
                    (false, false) => {
                        assert_eq!(
                            statuses,
                            if is_manager { [404; 3] } else { [403; 3] },
                            "{said}"
                        );
                    }
                }
            }
        }
    }
}
