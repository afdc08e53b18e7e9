//! Why a reply is not an answer, told kindly.

use serde::Serialize;

/// What is wrong with a reply (R3.12). The text form is stable.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefusalCode {
    /// Nothing was said.
    Required,
    /// A list or an object came instead of text.
    NotText,
    /// Too few characters.
    MinLength,
    /// Too many characters.
    MaxLength,
    /// The author's pattern is not found.
    Pattern,
    /// Not a number.
    NotANumber,
    /// Not a whole number.
    NotAnInteger,
    /// Too small a number.
    Min,
    /// Too great a number.
    Max,
    /// Between two steps.
    Step,
    /// Not an email address.
    Email,
    /// Not a telephone number.
    Phone,
    /// Not a web address.
    Url,
    /// Not a calendar date.
    Date,
    /// Too early a date.
    DateMin,
    /// Too late a date.
    DateMax,
    /// None of the options.
    NotAnOption,
    /// Too few options.
    MinSelections,
    /// Too many options.
    MaxSelections,
    /// An option twice.
    DuplicateSelection,
    /// Not a file.
    File,
    /// A file of another type than asked for.
    FileType,
    /// Too big a file.
    FileSize,
    /// Neither yes nor no.
    Boolean,
}

impl RefusalCode {
    /// The stable text form, e.g. `not_an_option`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::NotText => "not_text",
            Self::MinLength => "min_length",
            Self::MaxLength => "max_length",
            Self::Pattern => "pattern",
            Self::NotANumber => "not_a_number",
            Self::NotAnInteger => "not_an_integer",
            Self::Min => "min",
            Self::Max => "max",
            Self::Step => "step",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Date => "date",
            Self::DateMin => "date_min",
            Self::DateMax => "date_max",
            Self::NotAnOption => "not_an_option",
            Self::MinSelections => "min_selections",
            Self::MaxSelections => "max_selections",
            Self::DuplicateSelection => "duplicate_selection",
            Self::File => "file",
            Self::FileType => "file_type",
            Self::FileSize => "file_size",
            Self::Boolean => "boolean",
        }
    }
}

/// A reply that is not an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    /// What is wrong.
    pub(crate) code: RefusalCode,
    /// What to tell the visitor unless the author has words of their own.
    pub(crate) message: String,
}

impl Refusal {
    pub(super) fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// `1 character`, `2 characters`.
pub(super) fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}
