use serde_json::json;

use super::{check, reply};

#[test]
fn files_are_named_by_address_or_id() {
    // R3.29c.
    let png = json!({"url": "https://a.nz/x/Pic.PNG?v=1", "name": "Pic.PNG"});
    let upload =
        json!({"id": "f1", "name": "a.pdf", "size": 2_000_001, "mime_type": "application/pdf"});
    check(
        "file",
        json!([
            [{}, "https://a.nz/x/Pic.PNG?v=1", png],
            [{}, "https://a.nz", {"url": "https://a.nz"}],
            [{},
                {"url": "/up/a.txt", "name": "b\u{0}.txt", "size": 5.0, "x": 1, "mime_type": null},
                {"url": "/up/a.txt", "name": "b.txt", "size": 5}],
            [{}, "data:image/png;base64,AAAA", {"url": "data:image/png;base64,AAAA"}],
            [{}, upload, upload],
            [{"accept": [".png"]}, "https://a.nz/x/Pic.PNG?v=1", png],
            [{"accept": ["image/*", "PDF"]}, upload, upload],
            [{"accept": ["application/pdf"]}, upload, upload],
            [{"accept": ["image/*"]}, upload, "!file_type"],
            [{"accept": ["image/*"]}, "data:image/png,A", {"url": "data:image/png,A"}],
            [{"accept": ["image/*"]}, "https://a.nz/x/Pic.PNG", "!file_type"],
            [{"accept": ["image/*"], "max_size": 1}, upload, "!file_type"],
            [{"max_size": 2_000_000}, upload, "!file_size"],
            [{"max_size": 2_000_001}, upload, upload],
            [{}, "", "!required"],
            [{}, [], "!required"],
            [{}, {}, "!file"],
            [{}, 5, "!file"],
            [{}, {"name": "a.pdf"}, "!file"],
            [{}, {"id": 5}, "!file"],
            [{}, {"id": "f1", "size": -1}, "!file"],
            [{}, {"id": "f1", "url": "javascript:alert(1)"}, "!file"]
        ]),
    );
    let huge = format!("data:image/png,{}", "a".repeat(64 * 1024));
    for bad in ["a.pdf", "//a.nz/x", "/\\a.nz", "http://a.nz/x", "data:text/html,x", &huge] {
        assert_eq!(reply("file", &json!({}), &json!(bad)), json!("!file"), "{bad}");
    }
}
