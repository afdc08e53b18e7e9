//! Addresses of pictures, films, sounds, files and links (R2.23).

use serde_json::{Map, Value};

use super::request::with_https;
use crate::check::{Code, Patch, Pointer, Report};

const MEDIA: [&str; 6] = ["image", "gif", "video", "audio", "file", "link"];

/// Reports media whose address is missing or not allowed.
pub(crate) fn check_media(
    kind: &str,
    content: &Map<String, Value>,
    at: &Pointer,
    report: &mut Report,
) {
    if !MEDIA.contains(&kind) {
        return;
    }
    let url = content.get("url").and_then(Value::as_str).unwrap_or_default();
    if !url.contains("{{") && !is_allowed_url(url) {
        let at = at.push("url");
        let safe = with_https(url).filter(|url| is_allowed_url(url));
        report
            .add(Code::MessageMediaUrl, &at, format!("`{url}` is not an allowed address"))
            .help("use an https URL, a path that begins with `/`, or a small data:image")
            .fix(safe.map(|url| Patch::replace(&at, url)));
    }
}

/// Whether an item of this type needs an allowed `url` (R2.23).
pub(crate) fn needs_url(kind: &str) -> bool {
    MEDIA.contains(&kind)
}

/// R2.23: https, a root-relative path, or an image of at most 64 KiB.
pub(crate) fn is_allowed_url(url: &str) -> bool {
    let clean = !url.chars().any(|c| c.is_control() || c == '\\');
    let rooted = url.starts_with('/') && !url.starts_with("//");
    let image = url.starts_with("data:image/") && url.len() <= 64 * 1024;
    clean && (url.starts_with("https://") || rooted || image)
}

#[cfg(test)]
mod tests {
    use super::is_allowed_url;

    #[test]
    fn only_safe_addresses_are_shown() {
        // R2.23.
        for url in ["https://a.example/x.png", "/img/a.png", "data:image/svg+xml,x"] {
            assert!(is_allowed_url(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            "http://a.example",
            "//a.example",
            "data:text/html,x",
            "",
            "/\\a.example",
        ] {
            assert!(!is_allowed_url(url), "{url}");
        }
    }
}
