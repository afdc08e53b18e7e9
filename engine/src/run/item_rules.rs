//! Questions whose content item says how they are answered (R2.40, R2.43, R13.2).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::item::unwrapped;
use crate::answer::{AnswerRules, InputType};
use crate::check::{Pointer, Report};
use crate::content::ContentItem;
use crate::flow::node::question::{Question, constant_extras};
use crate::protocol::Prompt;

/// What an item may say where its node does not.
const OF_ITEM: [&str; 5] =
    ["validation", "slider_config", "carousel_config", "default_value", "allow_other"];

/// The type of the question and what clients are told of its answers; `None` when the item adds
/// nothing to what its node says.
pub(super) fn rules_of_item(
    question: &Question,
    found: &ContentItem,
    has_options: bool,
) -> Option<(InputType, Arc<Map<String, Value>>)> {
    let body = unwrapped(found);
    let kind = if question.typed {
        question.input_type
    } else {
        let named = body.get("input_type").and_then(Value::as_str).and_then(InputType::parse);
        let usual = if has_options { InputType::Choice } else { question.input_type };
        named.filter(|kind| kind.is_question()).unwrap_or(usual)
    };
    let mut content = question.rules_of_node.clone();
    let mut adds = kind != question.input_type;
    for name in OF_ITEM {
        if let Some(value) = body.get(name).filter(|value| !value.is_null())
            && !content.contains_key(name)
        {
            content.insert(name.to_owned(), value.clone());
            adds = true;
        }
    }
    if !adds {
        return None;
    }
    let (at, mut report) = (Pointer::root(), Report::default());
    let (_, validation) = AnswerRules::compile(kind, &content, &at, &mut report);
    Some((kind, Arc::new(constant_extras(&content, validation))))
}

/// The rules that an answer to a prompt is held against: those of its node, unless an item said more
/// when it was presented.
pub(super) fn rules_of_prompt<'a>(question: &'a Question, prompt: &Prompt) -> Cow<'a, AnswerRules> {
    let constant = &question.extras.constant;
    let same = |name: &&str| prompt.more.get(*name) == constant.get(*name);
    if prompt.content_id.is_none()
        || (prompt.input_type == question.input_type && OF_ITEM.iter().all(same))
    {
        return Cow::Borrowed(&question.rules);
    }
    let (at, mut report) = (Pointer::root(), Report::default());
    Cow::Owned(AnswerRules::compile(prompt.input_type, &prompt.more, &at, &mut report).0)
}
