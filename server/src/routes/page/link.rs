//! Makes one script of the chat's modules, so that a page loads it by one plain line.
//!
//! The modules keep to a few habits that make this a matter of lines: an import stands on one line and renames nothing,
//! exports stand before declarations, names at the top are used once in all modules, and each comes after those that it
//! uses while it loads.

/// The text of a module, from the folder of the chat.
macro_rules! module {
    ($($path:literal),* $(,)?) => {
        &[$(include_str!(concat!("../../../../web-demo/widget/", $path))),*]
    };
}

/// What shows a conversation and holds it with the service.
const CHAT: &[&str] = module![
    "chat/dom.js",
    "chat/markup.js",
    "chat/message.js",
    "chat/log.js",
    "chat/colour.js",
    "chat/look.js",
    "chat/style.js",
    "chat/trouble.js",
    "chat/answers/asked.js",
    "chat/answers/field.js",
    "chat/answers/number.js",
    "chat/answers/choice.js",
    "chat/answers/several.js",
    "chat/answers/slider.js",
    "chat/answers/carousel.js",
    "chat/answers/file.js",
    "chat/answers/controls.js",
    "chat/composer.js",
    "chat/view.js",
    "chat/chat.js",
    "http/memory.js",
    "http/requests.js",
    "http/conversation.js",
];

/// What puts it on somebody's page.
const EMBED: &[&str] =
    module!["embed/settings.js", "embed/frame.js", "embed/embed.js", "embed/widget.js"];

/// The page of the service itself.
const PAGE: &[&str] = module!["page/page.js"];

/// The script of the one line.
pub(super) fn widget() -> String {
    link(&[CHAT, EMBED])
}

/// The script of the service's own page.
pub(super) fn page() -> String {
    link(&[CHAT, PAGE])
}

fn link(parts: &[&[&str]]) -> String {
    let mut script = String::from("(() => {\n\"use strict\";\n");
    for module in parts.iter().copied().flatten() {
        let mut is_comment = false;
        for line in module.lines().map(str::trim) {
            let begins = line.starts_with("/*");
            is_comment |= begins;
            let ends = line.ends_with("*/");
            // A comment may also be a cast before an expression on the same line.
            let is_code = !is_comment || (begins && !ends && line.contains("*/"));
            if is_code {
                is_comment = false;
                if !line.is_empty() && !line.starts_with("//") && !line.starts_with("import ") {
                    script.push_str(line.strip_prefix("export ").unwrap_or(line));
                    script.push('\n');
                }
            }
            is_comment &= !ends;
        }
    }
    script.push_str("})();\n");
    script
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_for_readers_and_for_modules_goes() {
        let module = "// Why.\nimport { a } from \"./a.js\";\n\n/**\n * Says\n * more.\n */\nexport function b() {\n  \
                      /** @type {any} */ (a).c = 1;\n  /** @type {B} */\n  let d = 2;\n}\n";
        let script = "(() => {\n\"use strict\";\nfunction b() {\n/** @type {any} */ (a).c = 1;\nlet d = 2;\n}\n})();\n";
        assert_eq!(link(&[&[module]]), script);
    }

    #[test]
    fn modules_keep_to_the_habits_of_one_scope() {
        for parts in [[CHAT, EMBED], [CHAT, PAGE]] {
            let mut names = BTreeSet::new();
            for line in parts.iter().copied().flatten().flat_map(|module| module.lines()) {
                assert!(
                    !line.starts_with("import ")
                        || (line.ends_with("\";") && !line.contains(" as ")),
                    "{line}"
                );
                let line = line.strip_prefix("export ").unwrap_or(line);
                let line = line.strip_prefix("async ").unwrap_or(line);
                let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
                if matches!(words.next(), Some("const" | "let" | "function" | "class")) {
                    let name = words.next().unwrap_or_default();
                    assert!(name.is_empty() || names.insert(name), "`{name}` is there twice");
                }
            }
        }
        let script = widget();
        assert!(
            !script.lines().any(|line| line.starts_with("import ") || line.starts_with("export "))
        );
    }
}
