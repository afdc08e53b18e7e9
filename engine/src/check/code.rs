//! The closed list of diagnostic codes.

use std::fmt;

use serde::{Serialize, Serializer};

use super::report::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $severity:ident;)*) => {
        /// What kind of thing a diagnostic is about. The text form is stable.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable text form, e.g. `flow.entry_missing`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// How severe it usually is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    /// The document is not a flow in any accepted shape.
    FlowShape = "flow.shape", Error;
    /// More nodes, connections, bytes or nesting than a flow may have (R1.5, R12.89).
    FlowTooLarge = "flow.too_large", Error;
    /// There are no nodes (R12.60).
    FlowNoNodes = "flow.no_nodes", Error;
    /// No entry can be determined (R1.6, R12.61).
    FlowEntryMissing = "flow.entry_missing", Error;
    /// The entry names no node (R12.62).
    FlowEntryNotFound = "flow.entry_not_found", Error;
    /// The only node without an incoming connection was taken as the entry (R1.6).
    FlowEntryInferred = "flow.entry_inferred", Info;
    /// Envelope and `flow_data` name different entries; the envelope's is used (R1.6).
    FlowEntryConflict = "flow.entry_conflict", Warning;
    /// Both `connections` and `edges` are given; `connections` is used (R1.3).
    FlowEdgesIgnored = "flow.edges_ignored", Warning;
    /// No version was given; `1.0.0` is used (R1.1).
    FlowVersionMissing = "flow.version_missing", Warning;
    /// A field of the envelope has a value of the wrong kind; its default is used.
    FlowField = "flow.field", Warning;
    /// A cycle never waits for the visitor (R12.71); a warning when a condition may leave it.
    FlowLoopWithoutInput = "flow.loop_without_input", Error;
    /// A declared variable cannot be written where it says (R5.7).
    FlowVariable = "flow.variable", Error;
    /// A node has no id (R1.13).
    NodeIdMissing = "node.id_missing", Error;
    /// A node id is empty, too long or has a character that ids may not have (R1.13).
    NodeIdInvalid = "node.id_invalid", Error;
    /// Two nodes share an id; the first is used (R1.14).
    NodeDuplicateId = "node.duplicate_id", Error;
    /// A node's type is missing or unknown (R1.12).
    NodeUnknownType = "node.unknown_type", Error;
    /// A node's content is not an object (R12.20).
    NodeContentType = "node.content_type", Error;
    /// A node's content is empty (R12.20).
    NodeContentEmpty = "node.content_empty", Error;
    /// A field of a node's content is null (R12.20).
    NodeNullField = "node.null_field", Warning;
    /// A field of a node has a value of the wrong kind.
    NodeField = "node.field", Error;
    /// The node uses something that this version does not run yet.
    NodeNotBuilt = "node.not_built", Error;
    /// The entry does not lead to this node (R12.68).
    NodeUnreachable = "node.unreachable", Warning;
    /// A node has no connections at all and is not the entry (R12.69).
    NodeOrphan = "node.orphan", Warning;
    /// A node that is not a message has no connection out (R12.70).
    NodeDeadEnd = "node.dead_end", Info;
    /// A connection is not an object with a source and a target.
    ConnectionShape = "connection.shape", Error;
    /// A connection's source or target is not a node (R1.23).
    ConnectionDangling = "connection.dangling", Error;
    /// Two connections of one type join the same nodes under different predicates (R1.20).
    ConnectionDuplicate = "connection.duplicate", Warning;
    /// A connection's type is not a known one; `default` is used (R1.18).
    ConnectionUnknownType = "connection.unknown_type", Warning;
    /// A connection's predicate does not parse (R12.67).
    ConnectionPredicate = "connection.predicate_syntax", Error;
    /// More than one unconditional `default` leaves a node; the first is used (R12.80).
    ConnectionMultipleDefault = "connection.multiple_default", Warning;
    /// A connection of a type that its source never takes (R12.79).
    ConnectionTypeMismatch = "connection.type_mismatch", Warning;
    /// A message has nothing to say (R12.21).
    MessageNoContent = "message.no_content", Error;
    /// `messages` is not a list (R12.21).
    MessageMessagesType = "message.messages_type", Error;
    /// An entry of `messages` is neither an object nor a text (R12.21).
    MessageItemType = "message.item_type", Error;
    /// An entry of `messages` has nothing to show (R12.21).
    MessageItemEmpty = "message.item_empty", Error;
    /// A `content_id` is not a UUID (R12.21).
    MessageContentId = "message.content_id", Error;
    /// A list message does not say where its list is (R12.21).
    MessageListSource = "message.book_list_source", Error;
    /// A media URL is missing or of a scheme that is not allowed (R2.23).
    MessageMediaUrl = "message.media_url", Error;
    /// A delay is negative or not a number, which drops it, or more than 30 seconds (R12.21).
    MessageDelay = "message.delay", Warning;
    /// Markup would be left out (R12.21); an error when it could run a script (F7).
    MessageRichText = "message.rich_text", Warning;
    /// `typing_indicator` or `wait_for_ack` is not true or false (R12.21).
    MessageFlagType = "message.flag_type", Error;
    /// A message type is not one of R2.23; it passes through (R12.21).
    MessageUnknownType = "message.unknown_type", Info;
    /// A question has no prompt (R12.22).
    QuestionPromptMissing = "question.prompt_missing", Error;
    /// A prompt is empty and there are no options (R12.22).
    QuestionPromptEmpty = "question.prompt_empty", Warning;
    /// `input_type` is not a known one (R12.22).
    QuestionInputType = "question.input_type", Error;
    /// `input_type` is absent; the usual one is taken (R12.22).
    QuestionInputTypeMissing = "question.input_type_missing", Warning;
    /// A choice has nothing to choose from (R12.22).
    QuestionOptionsMissing = "question.options_missing", Error;
    /// An option is neither an object nor a scalar (R12.22).
    QuestionOptionType = "question.option_type", Error;
    /// An option has no value, label or text (R12.22).
    QuestionOptionValue = "question.option_value", Error;
    /// Two options have the same value or label; the first is meant (R12.22).
    QuestionOptionDuplicate = "question.option_duplicate", Warning;
    /// A picture to choose has no address (R12.22).
    QuestionImageMissing = "question.image_missing", Error;
    /// A slider ends where it begins, or before (R12.22).
    QuestionSliderRange = "question.slider_range", Error;
    /// A slider's step is not above 0; a warning when it is longer than the slider (R12.22).
    QuestionSliderStep = "question.slider_step", Error;
    /// A slider's default is outside its range (R12.22).
    QuestionSliderDefault = "question.slider_default", Error;
    /// `items_per_view` is not a whole number above 0 (R12.22).
    QuestionCarouselConfig = "question.carousel_config", Warning;
    /// A variable of a question cannot be written (R12.22).
    QuestionVariable = "question.variable", Error;
    /// The answer goes nowhere (R12.22).
    QuestionVariableMissing = "question.variable_missing", Warning;
    /// A variable without a scope goes to `temp` (R12.22).
    QuestionVariableUnscoped = "question.variable_unscoped", Info;
    /// `validation` or a part of it has a value of the wrong kind (R12.22).
    QuestionValidationType = "question.validation_type", Error;
    /// A lower limit is above its upper limit, or above the number of options (R12.22).
    QuestionValidationRange = "question.validation_range", Error;
    /// `pattern` is not a regular expression (R12.22).
    QuestionPattern = "question.pattern", Error;
    /// `max_retries` is negative or not a whole number (R12.22).
    QuestionMaxRetries = "question.max_retries", Error;
    /// `source` is something else than `random` (R12.22).
    QuestionSource = "question.source", Error;
    /// `source_config` does not describe a draw (R12.22, R4.13).
    QuestionSourceConfig = "question.source_config", Error;
    /// What was shown is noted but not left out, or left out but not noted (R12.22).
    QuestionRandomRepeat = "question.random_repeat", Info;
    /// An option has no connection and there is no default (R12.75).
    QuestionOptionWithoutPath = "question.option_without_path", Warning;
    /// A connection serves an option that the question does not have (R12.76).
    QuestionPathWithoutOption = "question.path_without_option", Warning;
    /// Every connection out of a question is under a condition (R12.77).
    QuestionNoDefault = "question.no_default", Warning;
    /// Retries are counted, but nothing leads on when they are used up (R12.22).
    QuestionRetryExit = "question.retry_exit", Info;
    /// A condition has no entries (R12.23).
    ConditionMissing = "condition.conditions_missing", Error;
    /// An entry of a condition is not an object (R12.23).
    ConditionEntry = "condition.entry_type", Error;
    /// An entry of a condition has no `if` (R12.23).
    ConditionIfMissing = "condition.if_missing", Error;
    /// An entry of a condition has no `then` (R12.23).
    ConditionThenMissing = "condition.then_missing", Error;
    /// An expression of a condition does not parse (R12.23).
    ConditionSyntax = "condition.cel_syntax", Error;
    /// An expression of a condition calls a function that does not exist (R12.23).
    ConditionFunction = "condition.unknown_function", Error;
    /// A JSON condition has an operator that does not exist; it is ignored (R12.23).
    ConditionOperator = "condition.unknown_operator", Warning;
    /// A condition compares a variable with itself (R12.23).
    ConditionSelfComparison = "condition.self_comparison", Info;
    /// A condition names a variable without its scope (R12.23).
    ConditionUnscoped = "condition.unscoped_variable", Warning;
    /// `has(x) && x != ''` holds for null as well (F42).
    ConditionNullPasses = "condition.null_passes", Info;
    /// A CEL expression does not parse (R12.23).
    CelSyntax = "cel.syntax", Error;
    /// A CEL expression calls a function that does not exist (R12.23).
    CelUnknownFunction = "cel.unknown_function", Error;
    /// A CEL expression holds a `{{path}}`; it is read as that path (R6.9).
    CelTemplate = "cel.template_in_expression", Warning;
    /// A JSON condition has no `var`, `and`, `or` or `not`, or no operator (R12.23).
    ConditionJson = "condition.json_invalid", Error;
    /// A `then` or the default path leads to no connection (R12.73).
    ConditionPath = "condition.path_without_connection", Error;
    /// A condition has neither a default connection nor one for its default path (R12.72).
    ConditionNoDefault = "condition.no_default", Warning;
    /// A connection of a condition that no path names (R12.74).
    ConditionConnectionUnused = "condition.connection_unused", Warning;
    /// An action node has no actions (R12.24).
    ActionMissing = "action.actions_missing", Error;
    /// An entry of `actions` is not an object (R12.24).
    ActionItem = "action.item_type", Error;
    /// An action has no `type` (R12.24).
    ActionTypeMissing = "action.type_missing", Error;
    /// An action's type is not a known one (R7.2, R12.24).
    ActionType = "action.type_unknown", Error;
    /// An action lacks a field that its type needs (R12.24).
    ActionField = "action.field_missing", Error;
    /// An action's variable cannot be written (R12.24).
    ActionVariable = "action.variable", Error;
    /// The expression of a `calculate` or `aggregate` does not parse (R12.24).
    ActionExpression = "action.expression_syntax", Error;
    /// An aggregate's operation or strategy is unknown (R12.24).
    ActionOperation = "action.operation", Error;
    /// An amount is neither a number nor a reference (R12.24).
    ActionAmount = "action.amount", Error;
    /// An `api_call` endpoint is neither a relative path nor a URL that may be reached (R7.42).
    ActionEndpoint = "action.api_endpoint", Error;
    /// An `api_call` has an unknown method (R12.24).
    ActionMethod = "action.api_method", Error;
    /// A timeout of an `api_call` is out of range; a warning when it is very long (R8.12, F25).
    ActionTimeout = "action.timeout_range", Error;
    /// A call of an action can fail, and nothing serves that (R12.78).
    ActionNoFailurePath = "action.no_failure_path", Warning;
    /// A webhook can fail, and nothing serves that (R12.78).
    WebhookNoFailurePath = "webhook.no_failure_path", Warning;
    /// A response mapping of an `api_call` is not a path and a variable (R12.24).
    ActionMapping = "action.response_mapping", Error;
    /// Neither side of a response mapping looks like a variable (R12.24).
    ActionMappingDirection = "action.mapping_direction", Warning;
    /// `async` is accepted; the actions run at once all the same (R7.60).
    ActionAsync = "action.async_ignored", Info;
    /// A webhook has no URL (R12.25).
    WebhookUrlMissing = "webhook.url_missing", Error;
    /// A webhook's URL is not an absolute one that may be reached (R12.25, R8.30, R8.31).
    WebhookUrl = "webhook.url_format", Error;
    /// A webhook's URL is not https (R12.25).
    WebhookHttps = "webhook.https_only", Error;
    /// A webhook has an unknown method (R12.25).
    WebhookMethod = "webhook.method", Error;
    /// Headers of a request break the rules; a warning for those that are dropped (R8.1, R8.18).
    WebhookHeaders = "webhook.headers", Error;
    /// The body of a request is too large to be sent (R8.1).
    WebhookBody = "webhook.body_size", Error;
    /// A webhook's timeout is out of range; a warning when it is very long (R8.12, F25).
    WebhookTimeout = "webhook.timeout_range", Error;
    /// A timeout without unit was taken for milliseconds (R8.12).
    WebhookTimeoutMs = "webhook.timeout_ms_assumed", Info;
    /// `retry` or `circuit_breaker` of a request has a value out of range (R8.13, R8.40).
    WebhookRetry = "webhook.retry", Error;
    /// The key of a stored response is not a name (R8.1).
    WebhookResponseKey = "webhook.response_key", Error;
    /// A response mapping of a webhook is not a variable and a path (R12.25).
    WebhookMapping = "webhook.response_mapping", Error;
    /// A webhook's fallback is not an object (R12.25).
    WebhookFallback = "webhook.fallback", Error;
    /// Both `body` and `payload` are given; `body` is used (R8.2).
    WebhookBodyAndPayload = "webhook.body_and_payload", Warning;
    /// A secret is part of a URL, which logs and servers keep (R12.25, F47).
    WebhookSecretInUrl = "webhook.secret_in_url", Warning;
    /// A credential is written down in the flow (R12.25).
    WebhookPlainSecret = "webhook.plain_secret", Warning;
    /// A composite has neither a reference nor nodes (R12.26).
    CompositeNothing = "composite.nothing", Error;
    /// A composite's flow is unknown (R12.84).
    CompositeNotFound = "composite.not_found", Error;
    /// A composite embeds its own flow (R9.38).
    CompositeSelf = "composite.self_reference", Error;
    /// A composite's reference is not one (R12.26).
    CompositeRefFormat = "composite.ref_format", Error;
    /// `nodes` is empty; the composite completes at once (R9.14).
    CompositeEmpty = "composite.empty", Warning;
    /// `inputs` is not an object of names and sources (R12.26).
    CompositeInputs = "composite.inputs", Error;
    /// `outputs` is not an object of names and paths (R12.26).
    CompositeOutputs = "composite.outputs", Error;
    /// A node inside a composite has errors (R12.26).
    CompositeChildInvalid = "composite.child_invalid", Error;
    /// No node inside a composite writes an output that it declares (R12.26).
    CompositeOutputNeverSet = "composite.output_never_set", Warning;
    /// A composite's version is neither a label nor a range of versions (R12.26).
    CompositeVersion = "composite.version_constraint", Error;
    /// A script has no code, or too much (R12.27).
    ScriptCode = "script.code_missing", Error;
    /// A script's language is unknown; a warning when there is none (R10.2).
    ScriptLanguage = "script.language", Error;
    /// A script's sandbox is unknown (R12.27).
    ScriptSandbox = "script.sandbox", Error;
    /// A script's input has no usable name (R12.27).
    ScriptInputsKey = "script.inputs_key", Error;
    /// A script's input is no path (R12.27).
    ScriptInputsPath = "script.inputs_path", Error;
    /// A script's outputs are no names of variables (R12.27).
    ScriptOutputs = "script.outputs", Error;
    /// A script declares no outputs (R12.27).
    ScriptNoOutputs = "script.no_outputs", Info;
    /// A script's dependency is neither a URL nor an object with one, or there are too many (R10.5).
    ScriptDependencyType = "script.dependency_type", Error;
    /// A script's dependency is not loaded by https (R10.5).
    ScriptDependencyHttps = "script.dependency_https", Error;
    /// A script's dependency comes from a host that is not allowed (R10.5).
    ScriptDependencyHost = "script.dependency_host", Error;
    /// A script's dependency names no version (R10.5).
    ScriptDependencyUnpinned = "script.dependency_unpinned", Warning;
    /// A script's timeout is out of range (R12.27).
    ScriptTimeout = "script.timeout", Error;
    /// A script is to run on the host (R10.2).
    ScriptBackend = "script.backend_unsupported", Error;
    /// A composite's flow has no published version (R12.84, F36).
    CompositeNotPublished = "composite.not_published", Warning;
    /// A composite's flow belongs to somebody else and is not public (R9.31, R12.84).
    CompositeForbidden = "composite.forbidden", Error;
    /// A composite's flow belongs to somebody else and is not meant to be embedded (R9.32).
    CompositeNotEmbeddable = "composite.not_embeddable", Warning;
    /// A composite's flow embeds, through others, the flow that embeds it (R9.38).
    CompositeCycle = "composite.cycle", Warning;
    /// No published version of a composite's flow is the one that it asks for (R12.84).
    CompositeVersionUnsatisfied = "composite.version_unsatisfied", Error;
    /// A variable that a composite's flow requires cannot have been set before (R12.85).
    CompositeContractInput = "composite.contract_input", Warning;
    /// A variable that a flow promises to leave behind is set by none of its nodes (R12.86).
    CompositeContractOutput = "composite.contract_output", Warning;
    /// An entry of a contract is not the path of a variable (R12.87).
    ContractPath = "contract.path_invalid", Error;
    /// On no path to here can the variable have been set (R12.81, R12.90).
    VariableUsedBeforeSet = "variable.used_before_set", Warning;
    /// An action sets a variable that nothing reads (R12.82).
    VariableNeverUsed = "variable.never_used", Info;
    /// A node writes to `context`, which belongs to the host (R12.83).
    VariableWriteContext = "variable.write_context", Warning;
    /// A business rule is broken; the diagnostic goes by the rule's id (R12.41).
    RuleBroken = "rule.broken", Warning;
    /// A business rule could not be evaluated (R12.42).
    RuleFailed = "rule.evaluation_failed", Warning;
    /// `{{` without `}}`, or an empty or unreadable reference (R12.28).
    TemplateMalformed = "template.malformed", Warning;
    /// A reference begins with what is no scope (R12.28).
    TemplateUnknownScope = "template.unknown_scope", Warning;
    /// A reference without a scope (R12.28).
    TemplateUnscoped = "template.unscoped", Warning;
    /// A filter that does not exist; the reference counts as unresolved (R12.28).
    TemplateFilter = "template.unknown_filter", Warning;
    /// `{{secret:…}}` outside a request (R5.29).
    SecretMisplaced = "secret.misplaced", Error;
    /// Content names an item that is missing, inactive or not visible (R12.88).
    ContentMissing = "content.missing", Warning;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
