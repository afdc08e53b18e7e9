//! Questions (R2.40, sections 3 and 4).

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::loose::Choice;

/// Asks something.
#[derive(JsonSchema)]
pub(super) struct Question {
    /// The prompt, or where it comes from.
    question: Option<Prompt>,
    /// The prompt, when `question` has none. May refer to variables: `{{user.name}}`.
    text: Option<String>,
    /// As `text`, with a part of HTML.
    rich_text: Option<String>,
    /// `random` draws the question from the content library.
    #[schemars(extend("enum" = ["random", null]))]
    source: Option<String>,
    /// What is drawn.
    source_config: Option<SourceConfig>,
    /// Receives the ids of what was drawn, e.g. `temp.seen`.
    track_shown_in: Option<String>,
    /// What kind of answer is asked for; `choice` when there are options.
    #[schemars(extend("default" = "text"))]
    input_type: Option<Kind>,
    /// What there is to choose from.
    #[schemars(extend("default" = []))]
    options: Option<Vec<Choice>>,
    /// The path of a list to choose from, e.g. `temp.hits`; used without `options`.
    options_source: Option<String>,
    /// Same as `options_source`.
    #[schemars(extend("x-alias-of" = "options_source"))]
    items_source: Option<String>,
    /// How many elements of that list are options.
    #[schemars(extend("default" = 50))]
    options_limit: Option<u64>,
    /// The key of an element that is the option's value.
    option_value: Option<String>,
    /// The key of an element that is the option's label.
    option_label: Option<String>,
    /// The key of an element that is the option's picture.
    option_image: Option<String>,
    /// The key of an element that is the option's second line.
    option_description: Option<String>,
    /// What answers are accepted.
    #[schemars(extend("default" = {}))]
    validation: Option<Validation>,
    /// What happens after an answer that is not accepted.
    retry: Option<Retry>,
    /// Where the answer goes, e.g. `temp.answer`; without a scope, in `temp`.
    variable: Option<String>,
    /// Same as `variable`.
    #[schemars(extend("x-alias-of" = "variable"))]
    result_variable: Option<String>,
    /// A list to which the answer is added as well.
    append_to: Option<String>,
    /// Range and looks of a slider.
    slider_config: Option<SliderConfig>,
    /// Looks of a carousel.
    carousel_config: Option<CarouselConfig>,
    /// Shown in the empty input.
    placeholder: Option<String>,
    /// Shown below the input.
    help_text: Option<String>,
    /// Stored when the visitor answers nothing.
    default_value: Option<Value>,
    /// Whether the answer is kept out of histories and traces.
    #[schemars(extend("default" = false))]
    sensitive: Option<bool>,
    /// Same as `sensitive`.
    #[schemars(extend("x-alias-of" = "sensitive"))]
    pii: Option<bool>,
    /// Whether something that is not among the options may be typed.
    #[schemars(extend("default" = false))]
    allow_other: Option<bool>,
    /// How long the visitor has to answer, in seconds.
    #[schemars(extend("exclusiveMinimum" = 0))]
    timeout_seconds: Option<f64>,
    /// Same as in `validation`.
    required: Option<bool>,
    /// Same as in `validation`.
    max_retries: Option<u64>,
    /// Same as in `validation`.
    on_max_retries: Option<OnMaxRetries>,
    /// Same as in `validation`.
    retry_message: Option<String>,
    /// Same as in `validation`.
    error_message: Option<String>,
}

/// A prompt: a text, or an object.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Prompt {
    /// The text.
    Text(String),
    /// With more than a text.
    Object(Box<PromptParts>),
}

/// A prompt.
#[derive(JsonSchema)]
struct PromptParts {
    /// The text.
    text: Option<String>,
    /// Same as `text`.
    #[schemars(extend("x-alias-of" = "text"))]
    question: Option<String>,
    /// An item of the content library, used without a text.
    #[schemars(extend("format" = "uuid"))]
    content_id: Option<String>,
    /// The text with a part of HTML.
    rich_text: Option<String>,
    /// A picture, video or sound beside the prompt.
    media: Option<Map<String, Value>>,
}

/// What a question asks for.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Kind {
    /// Free text.
    Text,
    /// One of the options.
    Choice,
    /// Any number of the options.
    MultipleChoice,
    /// One of the options, shown as buttons.
    Button,
    /// One of the options, shown as pictures.
    ImageChoice,
    /// One of the items that the visitor leafs through.
    Carousel,
    /// Yes or no.
    Boolean,
    /// Same as `boolean`.
    Confirm,
    /// Same as `boolean`.
    YesNo,
    /// A number.
    Number,
    /// A number within a range and in steps.
    Slider,
    /// An email address.
    Email,
    /// A telephone number.
    Phone,
    /// A web address.
    Url,
    /// A calendar date.
    Date,
    /// A file that was uploaded elsewhere.
    File,
}

/// What is drawn from the content library.
#[derive(JsonSchema)]
pub(super) struct SourceConfig {
    /// The type of content.
    #[schemars(extend("default" = "question", "examples" = ["joke", "fact", "question", "quote", "message", "prompt"]))]
    r#type: Option<String>,
    /// Items with one of these tags; one tag, a list, or a reference.
    tags: Option<Tags>,
    /// Items with all of these tags.
    tags_all: Option<Tags>,
    /// What the metadata of an item must say.
    info_filters: Option<Map<String, Value>>,
    /// The path of a list of ids that are not drawn.
    exclude_from: Option<String>,
    /// Accepted and without effect: one item is drawn at a time.
    #[schemars(extend("default" = 1))]
    count: Option<f64>,
    /// What happens when nothing is left.
    #[schemars(extend("default" = "reuse"))]
    on_exhausted: Option<OnExhausted>,
}

/// Tags.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Tags {
    /// One, or a reference such as `{{temp.tags}}`.
    One(String),
    /// Several.
    List(Vec<String>),
}

/// What happens when nothing is left to draw.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum OnExhausted {
    /// What was shown longest ago is shown again.
    Reuse,
    /// The question is passed over.
    Skip,
    /// The node fails.
    Fail,
}

/// What happens when the last retry was in vain.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum OnMaxRetries {
    /// The node fails.
    Fail,
    /// The default value is stored.
    Default,
    /// Null is stored.
    Skip,
    /// The session ends.
    End,
}

/// A bound: a number, or for dates a date such as `2026-01-31` or `today+7d`.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Bound {
    /// Of a number.
    Number(f64),
    /// Of a date.
    Date(String),
}

/// What answers are accepted. Other keys go through to the client.
#[derive(JsonSchema)]
struct Validation {
    /// Whether the visitor has to answer.
    #[schemars(extend("default" = true))]
    required: Option<bool>,
    /// Makes a text question one for a number or for yes or no.
    #[schemars(extend("examples" = ["string", "number", "integer", "boolean", "array"]))]
    r#type: Option<String>,
    /// The least number, the earliest date.
    min: Option<Bound>,
    /// The largest number, the latest date.
    max: Option<Bound>,
    /// Whether the number must be whole.
    #[schemars(extend("default" = false))]
    integer: Option<bool>,
    /// The number must be this often above the least one.
    #[schemars(extend("exclusiveMinimum" = 0))]
    step: Option<f64>,
    /// The fewest characters.
    min_length: Option<u64>,
    /// The most characters.
    max_length: Option<u64>,
    /// Same as `min_length`.
    #[schemars(rename = "minLength", extend("x-alias-of" = "min_length"))]
    min_length_camel: Option<u64>,
    /// Same as `max_length`.
    #[schemars(rename = "maxLength", extend("x-alias-of" = "max_length"))]
    max_length_camel: Option<u64>,
    /// A regular expression that is found in the text; without look-around and back-references.
    pattern: Option<String>,
    /// Whether spaces around the text are dropped.
    #[schemars(extend("default" = true))]
    trim: Option<bool>,
    /// The fewest options to choose.
    min_selections: Option<u64>,
    /// The most options to choose.
    max_selections: Option<u64>,
    /// Types or endings of files.
    accept: Option<Tags>,
    /// The most bytes of a file.
    max_size: Option<u64>,
    /// Said when an answer is not accepted.
    error_message: Option<String>,
    /// Said from the second time on.
    retry_message: Option<String>,
    /// How often the question is asked again; without limit when absent.
    max_retries: Option<u64>,
    /// What happens after that.
    on_max_retries: Option<OnMaxRetries>,
}

/// What happens after an answer that is not accepted; `validation` goes before it.
#[derive(JsonSchema)]
struct Retry {
    /// Whether the visitor has to answer.
    required: Option<bool>,
    /// How often the question is asked again.
    max_retries: Option<u64>,
    /// What happens after that.
    on_max_retries: Option<OnMaxRetries>,
    /// Said from the second time on.
    retry_message: Option<String>,
    /// Said when an answer is not accepted.
    error_message: Option<String>,
}

/// Range and looks of a slider. Other keys go through to the client.
#[derive(JsonSchema)]
struct SliderConfig {
    /// The left end.
    #[schemars(extend("default" = 0))]
    min: Option<f64>,
    /// The right end.
    #[schemars(extend("default" = 100))]
    max: Option<f64>,
    /// The distance between two places.
    #[schemars(extend("default" = 1, "exclusiveMinimum" = 0))]
    step: Option<f64>,
    /// Where it stands at first.
    default_value: Option<f64>,
    /// Same as `default_value`.
    #[schemars(extend("x-alias-of" = "default_value"))]
    default: Option<f64>,
}

/// Looks of a carousel. Other keys go through to the client.
#[derive(JsonSchema)]
struct CarouselConfig {
    /// How many items are seen at once.
    items_per_view: Option<f64>,
}
