//! The kinds of reply.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::from_json::FromJson;

/// What a question asks for, or what a client says that it sends (R3.50).
#[derive(Clone, Copy, Debug, Deserialize, Eq, FromJson, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InputType {
    /// Free text.
    Text,
    /// One of the options, shown as buttons.
    Button,
    /// A file that was uploaded elsewhere.
    File,
    /// One of the options.
    Choice,
    /// A number.
    Number,
    /// An email address.
    Email,
    /// A telephone number.
    Phone,
    /// A web address.
    Url,
    /// A calendar date.
    Date,
    /// A number within a range and in steps.
    Slider,
    /// One of the options, shown as pictures.
    ImageChoice,
    /// One of the items that the visitor leafs through.
    Carousel,
    /// Any number of the options.
    MultipleChoice,
    /// Yes or no.
    #[serde(alias = "confirm", alias = "yes_no")]
    Boolean,
    /// The visitor goes on without an answer; never the type of a question.
    Continue,
    /// What a script returned; never the type of a question.
    ScriptResult,
}

impl InputType {
    /// All types, in the order of the specification.
    pub const ALL: [Self; 16] = [
        Self::Text,
        Self::Button,
        Self::File,
        Self::Choice,
        Self::Number,
        Self::Email,
        Self::Phone,
        Self::Url,
        Self::Date,
        Self::Slider,
        Self::ImageChoice,
        Self::Carousel,
        Self::MultipleChoice,
        Self::Boolean,
        Self::Continue,
        Self::ScriptResult,
    ];

    /// Reads a name; `confirm` and `yes_no` mean `boolean`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "confirm" | "yes_no" => Some(Self::Boolean),
            _ => Self::ALL.into_iter().find(|kind| kind.as_str() == name),
        }
    }

    /// The name, e.g. `multiple_choice`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Button => "button",
            Self::File => "file",
            Self::Choice => "choice",
            Self::Number => "number",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Date => "date",
            Self::Slider => "slider",
            Self::ImageChoice => "image_choice",
            Self::Carousel => "carousel",
            Self::MultipleChoice => "multiple_choice",
            Self::Boolean => "boolean",
            Self::Continue => "continue",
            Self::ScriptResult => "script_result",
        }
    }

    /// Whether a question may be of this type: all but `continue` and `script_result`.
    pub const fn is_question(self) -> bool {
        !matches!(self, Self::Continue | Self::ScriptResult)
    }

    /// Whether an answer is one of several, so that `$0`, `$1`, … connections follow it (R2.45).
    pub const fn is_choice(self) -> bool {
        matches!(
            self,
            Self::Choice | Self::Button | Self::ImageChoice | Self::Carousel | Self::Boolean
        )
    }

    /// Whether there must be options to choose from.
    pub const fn takes_options(self) -> bool {
        matches!(
            self,
            Self::Choice | Self::Button | Self::ImageChoice | Self::Carousel | Self::MultipleChoice
        )
    }
}

impl fmt::Display for InputType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::InputType;

    #[test]
    fn names_parse_print_and_serialise_alike() {
        // R3.50.
        for kind in InputType::ALL {
            assert_eq!(InputType::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.to_string()));
            assert_eq!(serde_json::from_value::<InputType>(json!(kind.as_str())).unwrap(), kind);
        }
        for alias in ["confirm", "yes_no"] {
            assert_eq!(InputType::parse(alias), Some(InputType::Boolean));
            assert_eq!(
                serde_json::from_value::<InputType>(json!(alias)).unwrap(),
                InputType::Boolean
            );
        }
        assert_eq!(InputType::parse("timeout"), None);
    }

    #[test]
    fn only_some_types_have_options() {
        assert!(InputType::Boolean.is_choice() && !InputType::Boolean.takes_options());
        assert!(
            !InputType::MultipleChoice.is_choice() && InputType::MultipleChoice.takes_options()
        );
        assert!(InputType::Carousel.is_choice() && InputType::Carousel.takes_options());
        assert!(!InputType::Continue.is_question() && InputType::File.is_question());
    }
}
