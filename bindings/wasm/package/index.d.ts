/**
 * Chatflow's engine for browsers and Node: check a flow, talk to it, look inside, run it again.
 *
 * ```js
 * import init, { Library } from "chatflow";
 *
 * await init();
 * const preview = new Library({ documents: [flow] }).preview();
 * let { turn } = preview.start();
 * while (!turn.session_ended) ({ turn } = preview.answer(await ask(turn.messages, turn.input_request)));
 * ```
 *
 * The engine has no clock, no randomness and no network of its own: the same inputs give the same
 * conversation in a page, in Node and on a server, byte for byte. What a flow wants of the outside
 * world (a webhook, a call of an API) comes back as an {@link Effect} for the host to resolve.
 *
 * Data has the names of the engine's JSON (`snake_case`); functions and methods have JavaScript's.
 * Whatever is refused is thrown as a {@link ChatflowError}.
 *
 * @packageDocumentation
 */

/** Anything that JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** RFC 3339 with milliseconds in UTC, e.g. `2026-01-01T00:00:00.000Z`. */
export type Timestamp = string;

/** What a time may be given as; texts may have any offset. */
export type Time = Timestamp | Date;

// ---------------------------------------------------------------------------------------- module

/** The module: its address, its bytes, or the module itself. */
export type Source = string | URL | Response | ArrayBuffer | Uint8Array | WebAssembly.Module;

/**
 * Loads the engine. Call it once before anything else; more calls wait for the first.
 *
 * In a browser it fetches `chatflow.wasm`, which lies beside this file; Vite, webpack 5, Rollup and
 * plain `<script type="module">` find it without a plugin. In Node the engine is loaded by the
 * import already, and the call does nothing.
 *
 * @param source Where the module is, if not beside this file: a path of a content delivery network,
 *   say, or bytes that were kept for use without a network.
 * @throws {ChatflowError} `not_loaded` if the module cannot be fetched or compiled.
 */
export default function init(source?: Source): Promise<void>;

/**
 * Something was refused. {@link Error.message} says what in a sentence, `cause` why.
 *
 * ```js
 * try {
 *   library.preview({ flow: "welcome" }).start();
 * } catch (error) {
 *   if (error instanceof ChatflowError && error.code === "no_flow") choose(library.flows);
 *   else throw error;
 * }
 * ```
 */
export declare class ChatflowError extends Error {
  readonly name: "ChatflowError";
  /** What kind of refusal; stable. */
  readonly code: ErrorCode;
  /** The reason behind it, if there is one. */
  readonly cause?: Error;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown });
}

/** The kinds of refusals. */
export type ErrorCode =
  /** {@link init} was not called or has not finished, or the module could not be loaded. */
  | "not_loaded"
  /** The object was given back by `dispose()`. */
  | "disposed"
  /** The engine broke down on this call, which is a defect of it; load the page anew. */
  | "trapped"
  /** An argument is not of the form that is described here. */
  | "argument"
  /** The handlers are not in the form of {@link Handlers}. */
  | "handlers"
  /** The library has no runnable flow of this key or id. */
  | "no_flow"
  /** No flow was named, and the library has none or several. */
  | "flow_unnamed"
  /** A flow that the conversation stands in is not in the library. */
  | "flow_not_loaded"
  /** The conversation stands at a node that its flow does not have. */
  | "node_gone"
  /** The conversation is over. */
  | "session_ended"
  /** The conversation waits for something else. */
  | "unexpected_input"
  /** Another effect is open than the one that was resolved. */
  | "unexpected_effect"
  /** A scope of the state that must be an object is something else. */
  | "invalid_state"
  /** The variables would take more than a mebibyte. */
  | "state_too_large"
  /** One input takes more than 64 KiB. */
  | "input_too_large"
  /** The text is no expression. */
  | "expression_syntax"
  /** The expression has no value. */
  | "expression_evaluation"
  /** The expression is too long, too deep or too costly. */
  | "expression_limit"
  /** The patch does not fit the document. */
  | "patch_place"
  /** It is no list of `add`, `remove`, `replace` and `move`. */
  | "patch_shape"
  /** It is not a journal. */
  | "journal"
  /** It is not a snapshot. */
  | "snapshot"
  /** The flows are not those that the snapshot was taken with. */
  | "flow_changed"
  /** There is no such place in the conversation. */
  | "no_place"
  /** The conversation was begun without `history`. */
  | "no_history";

// ------------------------------------------------------------------------------------- documents

/**
 * A flow as its author wrote it. Any form that the engine reads will do: the graph at the top, or
 * within `flow_data`.
 */
export interface FlowDocument {
  id?: string;
  seed_key?: string;
  name?: string;
  description?: string;
  version?: string;
  entry_node_id?: string;
  nodes?: NodeDocument[];
  connections?: ConnectionDocument[];
  /** Free metadata; nothing in it changes what the flow does. */
  info?: { [key: string]: unknown };
  [key: string]: unknown;
}

/** A node of a {@link FlowDocument}. */
export interface NodeDocument {
  id: string;
  /** `message`, `question`, `condition`, `action`, `webhook`, `composite` or `script`. */
  type: string;
  content?: { [key: string]: unknown };
  [key: string]: unknown;
}

/** A connection of a {@link FlowDocument}. */
export interface ConnectionDocument {
  source: string;
  target: string;
  /** `default` if absent; `$0`, `$1`, … for the option or path of that number. */
  type?: string;
  [key: string]: unknown;
}

/** One item of the content library. */
export interface ContentItem {
  /** A UUID. */
  id: string;
  /** `joke`, `fact`, `question`, `quote`, `message` or `prompt`. */
  type: string;
  content: JsonObject;
  /** Free metadata; random sources filter by it. */
  info?: JsonObject;
  tags?: string[];
  /** The tenant that alone may see it, a UUID; everyone if absent. */
  owner?: string;
  /** Other forms of the body, of which a conversation sees one. */
  variants?: JsonObject[];
}

/**
 * Answers for webhooks and APIs, by URL or endpoint: `{"/v1/recommend": {"answer": …}}`. An endpoint
 * may have `:name` segments; a URL without a query answers for all queries. The first rule whose
 * `when` is contained in the body of the request answers it.
 */
export interface Handlers {
  [endpoint: string]: HandlerRule | HandlerRule[];
}

/** One rule of {@link Handlers}. */
export type HandlerRule = { when?: JsonObject } & (HandlerAnswer | { sequence: HandlerAnswer[] });

/** What a {@link HandlerRule} answers; of a sequence each in turn, and the last from then on. */
export type HandlerAnswer =
  /** It succeeds. */
  | { answer: Json }
  /** It is answered with this HTTP status. */
  | { status: number; body?: Json; headers?: { [name: string]: string } }
  /** It fails with this code, e.g. `timeout`. */
  | { fail: string };

/** How much a diagnostic matters: an `error` keeps the flow from running. */
export type Severity = "error" | "warning" | "info";

/** One thing that an author should know of a flow. */
export interface Diagnostic {
  /** What kind of thing; stable, and explained in the documentation. */
  code: string;
  severity: Severity;
  /** A JSON pointer (RFC 6901) into the document; empty for all of it. */
  at: string;
  /** What is wrong, in a sentence. */
  message: string;
  /** What to do about it. */
  help?: string;
  /** What cures it; see {@link applyPatch}. */
  fix?: Patch;
  /** The author's note on why it is meant that way; never on an error. */
  waived?: string;
}

/** A JSON Patch (RFC 6902) against the document as it was given. */
export type Patch = PatchOperation[];

/** One change of a {@link Patch}. */
export type PatchOperation =
  | { op: "add"; path: string; value: Json }
  | { op: "remove"; path: string }
  | { op: "replace"; path: string; value: Json }
  | { op: "move"; from: string; path: string };

/**
 * Everything that the author of one flow document should know about it alone. What lies beside it,
 * embedded flows and content, is looked at by {@link Library.flows}.
 *
 * ```js
 * const [found] = check({ nodes: [{ id: "hi", type: "massage" }] });
 * // found.code === "node.type", found.at === "/nodes/0/type"
 * ```
 *
 * @param document The document, or its text, which need not be JSON: that is a diagnostic, too.
 */
export declare function check(document: FlowDocument | string): Diagnostic[];

/**
 * A copy of a document with all changes of a patch made, such as the `fix` of a {@link Diagnostic}.
 *
 * @throws {ChatflowError} `patch_shape`, or `patch_place` if one of the changes does not fit.
 */
export declare function applyPatch<T>(document: T, patch: Patch): T;

// ----------------------------------------------------------------------------------- expressions

/** A problem of an expression; lines and columns (in characters) count from 1, 0 is all of it. */
export interface ExpressionProblem {
  /** `syntax` and `limit` keep the text from being an expression. */
  kind: "syntax" | "limit" | "unknown_function" | "pattern" | "template_in_expression";
  line: number;
  column: number;
  message: string;
}

/** `calculation`: `/` gives fractions, and bare names mean variables of `temp`. */
export type Dialect = "condition" | "calculation";

/**
 * What is wrong with the text of an expression, without evaluating it: fast enough for each key.
 * Empty if there is nothing.
 */
export declare function checkExpression(expression: string, dialect?: Dialect): ExpressionProblem[];

/**
 * Evaluates an expression with the keys of `context` as its variables.
 *
 * ```js
 * evaluate("temp.cups > 2", { temp: { cups: 3 } }); // true
 * ```
 *
 * @throws {ChatflowError} `expression_syntax`, `expression_evaluation` or `expression_limit`.
 */
export declare function evaluate(expression: string, context: JsonObject): Json;

/** What explains an expression. */
export interface ExplainOptions {
  /** The conversation's trace up to the moment in question: it tells who set what. */
  steps?: TraceStep[];
  dialect?: Dialect;
}

/**
 * Why a condition holds or does not: the value of each part, and who set each variable.
 *
 * ```js
 * const { holds, whole } = explain("temp.cups > 2 && temp.tea", { temp: { cups: 1 } });
 * // holds === false, whole.parts[0].outcome is { value: false }, whole.parts[1].outcome "skipped"
 * ```
 *
 * @param condition An expression, or a JSON condition such as `{"var": "user.age", "gte": 8}`.
 * @param context The variables by scope, as {@link Preview.state} gives them.
 * @throws {ChatflowError} `expression_syntax` or `expression_limit`; what goes wrong in the
 *   evaluation is part of the explanation.
 */
export declare function explain(
  condition: Json,
  context: JsonObject,
  options?: ExplainOptions,
): Explanation;

/** An expression with what it and each of its parts came to. */
export interface Explanation {
  /** Whether it holds, as a condition. */
  holds: boolean;
  whole: ExplainedPart;
  /** The variables that were looked at, each once, in the order of their first use. */
  variables: VariableRead[];
}

/** A part of an expression. */
export interface ExplainedPart {
  /** Its text; the whole as written, a part in the spelling of the language. */
  source: string;
  /** Its value, why it has none, or `skipped`: what came before it decided. */
  outcome: { value: Json } | { error: string } | "skipped";
  /** Its own parts, in order, without literals. */
  parts: ExplainedPart[];
}

/** A variable that an expression looked at. */
export interface VariableRead {
  /** E.g. `temp.drink`. */
  path: string;
  /** Absent if there was none. */
  value?: Json;
  /** The step that last set it, something in it, or what it is in. */
  set_by: SetBy | null;
}

/** A step of a trace that set a variable. */
export interface SetBy {
  /** Its place among the steps, from 1. */
  step: number;
  flow_id: string;
  node_id: string;
  /** Whether it was there before the node was entered: the conversation started with it. */
  given: boolean;
}

/** A function, method or macro that expressions may call, for completion and help. */
export interface ExpressionFunction {
  /** E.g. `size`, `math.greatest`. */
  name: string;
  /**
   * A `function` is called with its arguments only, a `method` behind a value and a dot, a `macro` as
   * either, with a name of the author's and what is done with it.
   */
  kind: "function" | "method" | "macro";
  /** E.g. `value.startsWith(string) → bool`. */
  signature: string;
  /** What it does, in a sentence. */
  about: string;
  /** An expression that can be evaluated as it is. */
  example: string;
}

/** The functions, methods and macros of expressions, in alphabetical order. */
export declare function expressionFunctions(): ExpressionFunction[];

/** A variable that a flow uses, for completion. */
export interface FlowVariable {
  /** E.g. `temp.score`. */
  path: string;
  /** The nodes that may set it, by id. */
  set_by: string[];
  /** The nodes that look at it, by id. */
  read_by: string[];
  /** Whether the flow declares it under `variables` or needs it in its contract. */
  declared: boolean;
}

/** The variables that a flow sets, reads or declares, sorted by path. */
export declare function flowVariables(document: FlowDocument | string): FlowVariable[];

/** What {@link mask} looks for. */
export interface MaskOptions {
  /** Keys the hashes, so that equal values stay equal within one key only. */
  key?: string;
  /** Further sensitive keys, e.g. `nick name`. */
  keys?: string[];
  /** Dotted paths that are sensitive whatever their key says. */
  paths?: string[];
  /** Dotted paths whose key is not sensitive. */
  except?: string[];
}

/**
 * A copy without personal data: values under keys such as `email` become `[MASKED:…]`, and what
 * looks like an address or a number in other texts `[EMAIL]` and the like.
 */
export declare function mask<T extends Json>(value: T, options?: MaskOptions): T;

// --------------------------------------------------------------------------------------- library

/** What conversations run on. */
export interface LibrarySource {
  /** The flows; one with errors is left out. */
  documents: FlowDocument[];
  /** The content library; all of it counts as published. */
  content?: ContentItem[];
  /** Answers for what flows ask of the outside world; what they do not know is asked of the host. */
  handlers?: Handlers;
}

/** A document of a {@link Library}. */
export interface LibraryFlow {
  /** Its id; derived from `seed_key` where the document has none. Null if it cannot be read. */
  id: string | null;
  /** Its `seed_key`. */
  key: string | null;
  name: string;
  /** The author's version label. */
  version: string;
  /** SHA-256 of the graph: two flows with equal digests run alike. Null if it has errors. */
  digest: string | null;
  /** Whether it can be talked to. */
  runnable: boolean;
  /** As {@link check}, and what is wrong with embedded flows and content (as for publishing). */
  diagnostics: Diagnostic[];
}

/**
 * Flows, content and handlers, compiled and ready to be talked to. It does not change; compiling a
 * hundred nodes anew takes less than a frame.
 */
export declare class Library {
  /** @throws {ChatflowError} `argument`, or `handlers`; what is wrong with flows is in {@link flows}. */
  constructor(source: LibrarySource);

  /** One for each document, in the same order. */
  readonly flows: readonly LibraryFlow[];

  /**
   * A conversation that has not started.
   *
   * @throws {ChatflowError} `no_flow` or `flow_unnamed`.
   */
  preview(options?: PreviewOptions): Preview;

  /**
   * The conversation of a snapshot, as it was when that was taken.
   *
   * @throws {ChatflowError} `snapshot`, or `flow_changed`; then {@link Library.resume} with its
   *   journal says how far it goes.
   */
  restore(snapshot: string): Preview;

  /**
   * Runs a journal again, to its end or the first thing that is not as it was.
   *
   * The flows may have been journalled in another version than they are here: they are the same
   * ones if their digests are.
   *
   * @param until The step to stop behind; all of the turn if it has no `step`.
   * @throws {ChatflowError} `journal`.
   */
  replay(journal: Journal | string, until?: Partial<Place>): Replay;

  /**
   * Runs a journal again and gives the conversation at its end, at `until`, or behind the last step
   * that was as before. It is traced in full, however it was recorded, and may be talked to: it goes
   * on with other inputs than it did.
   *
   * @throws {ChatflowError} `journal`, or `no_flow` if its flow is not here.
   */
  resume(journal: Journal | string, until?: Partial<Place>): { preview: Preview; replay: Replay };

  /** Gives its memory back; conversations that were opened live on. */
  dispose(): void;
}

// --------------------------------------------------------------------------------------- preview

/** How a conversation begins. */
export interface PreviewOptions {
  /** The flow, by seed key or id; may be left out if there is only one. */
  flow?: string;
  /** Seeds the random draws; `"0"` if absent. */
  seed?: string;
  /** When it begins; `2026-01-01T00:00:00Z` if absent. */
  at?: Time;
  /** The variables to begin with, by scope. */
  state?: JsonObject;
  /** The signed-in user. */
  user_id?: string;
  /** How much is traced; `verbose` if absent. */
  trace?: "off" | "minimal" | "standard" | "verbose";
  /** Whether turns tell the variables, in `session_updated`; yes if absent. */
  expose_state?: boolean;
  /**
   * Who answers webhooks and calls of APIs: the library's handlers as far as they know (`handlers`,
   * if absent), or always the host (`host`).
   */
  effects?: "handlers" | "host";
  /**
   * Whether all inputs are kept; yes if absent. {@link Preview.journal}, {@link Preview.trace},
   * {@link Preview.fork} and `step` need them. Without them a snapshot stays small.
   */
  history?: boolean;
}

/** Where a conversation stands after a call. */
export interface Progress {
  /** What the conversation needs before it can go on; null once it is over. */
  waits_for: "answer" | "acknowledgement" | "script" | "effect" | null;
  /** What the host must resolve; null unless that is what it waits for. */
  effect: Effect | null;
  /** The turn as clients are told it. While an effect is open: what was said so far. */
  turn: Turn;
  /** The trace of the turn so far; nothing in it is masked. Empty if the trace is off. */
  steps: TraceStep[];
  /** The step just taken. */
  place: Place;
}

/** A step of a conversation. Turns and steps are counted from 1; before the first both are 0. */
export interface Place {
  turn: number;
  /** The step within the turn: the visitor's input, then one for each effect. */
  step: number;
}

/** What may be told with an input. */
export interface InputOptions {
  /** When it happened; a second after the last input if absent (for effects: no time at all). */
  at?: Time;
  /** The visitor's offset from UTC; what "today" means depends on it. */
  utc_offset_minutes?: number;
}

/** Does what an effect asks. What it throws becomes a failure with the code `host_error`. */
export type Resolver = (effect: OutsideEffect) => Outcome | Promise<Outcome>;

/**
 * A conversation, step by step. Every call either takes effect whole or, when it throws, not at all.
 *
 * ```js
 * const preview = library.preview({ flow: "order", effects: "host" });
 * preview.start();
 * preview.answer("tea");
 * const { turn } = await preview.settle(async (effect) => {
 *   const response = await fetch(effect.request.url, { method: effect.request.method });
 *   return response.ok
 *     ? { result: "done", value: { status: response.status, headers: {}, body: await response.json() } }
 *     : { result: "failed", code: "http_status", reason: `status ${response.status}` };
 * });
 * ```
 */
export declare class Preview {
  /** Made by {@link Library.preview}, {@link Library.restore} and {@link Preview.fork}. */
  private constructor();

  /** What the last call came to; null before the start. */
  readonly progress: Progress | null;

  /**
   * Enters the flow.
   *
   * @throws {ChatflowError} `unexpected_input` if it has started, `invalid_state`.
   */
  start(options?: InputOptions): Progress;

  /**
   * Answers the open question, acknowledges (with anything), or tells the result of the script.
   *
   * An answer that does not fit the question is no error: the question is asked again.
   *
   * @throws {ChatflowError} `session_ended`, `unexpected_input` while an effect is open,
   *   `input_too_large`.
   */
  answer(value: Json | ScriptResult, options?: InputOptions): Progress;

  /**
   * Tells what came of the open effect.
   *
   * @param outcome If absent, it is what the library's handlers answer, else a failure with the code
   *   `not_in_preview`.
   * @throws {ChatflowError} `unexpected_input` if none is open.
   */
  resolve(outcome?: Outcome, options?: InputOptions): Progress;

  /** Resolves effects, one after the other, until the turn is over. */
  settle(resolver: Resolver): Promise<Progress>;

  /**
   * Merges variables into the state; no node runs.
   *
   * @throws {ChatflowError} `session_ended`, `unexpected_input`, `invalid_state`, `state_too_large`.
   */
  patch(updates: JsonObject, options?: InputOptions): Progress;

  /** Ends the conversation. */
  end(options?: InputOptions): Progress;

  /**
   * The variables by scope.
   *
   * @param options.scopes As well those that expressions see and nothing stores: `session`, and
   *   within sub-flows `input`, `output` and `local`.
   * @param options.masked Without personal data and answers to sensitive questions; empty unless the
   *   trace is `standard` or `verbose`, by which those are known.
   */
  state(options?: { scopes?: boolean; masked?: boolean }): JsonObject;

  /** Base64 of SHA-256 over the canonical JSON of the variables: the same on every machine. */
  hash(): string;

  /**
   * All steps since the start.
   *
   * @throws {ChatflowError} `no_history`, as {@link states}, {@link journal} and {@link fork}.
   */
  trace(): TraceStep[];

  /** The variables before and after each step of {@link trace}, in the same order. */
  states(): StepStates[];

  /**
   * Why a condition holds or does not, here and now or at a step of {@link trace}.
   *
   * @param options.step The step, from 1; the condition is evaluated with the variables as they were
   *   before it.
   * @throws {ChatflowError} As {@link explain}; `no_place`.
   */
  explain(condition: Json, options?: { step?: number; dialect?: Dialect }): Explanation;

  /**
   * All of the conversation as one text: {@link Library.restore} goes on with it, in another page or
   * on another day.
   */
  snapshot(): string;

  /**
   * What the conversation started from, what it was fed and what each step led to; see
   * {@link Library.replay}. Answers to sensitive questions are not in it.
   */
  journal(): Journal;

  /**
   * Another conversation that stands here, or behind an earlier step of this one.
   *
   * @param at All of the turn if it has no `step`.
   * @throws {ChatflowError} `no_place`.
   */
  fork(at?: Partial<Place>): Preview;

  /** Gives its memory back. */
  dispose(): void;
}

// ------------------------------------------------------------------------------- the turn on the wire

/** One turn, as servers send it to clients. */
export interface Turn {
  messages: Message[];
  /** The open question; null if none is asked. */
  input_request: InputRequest | null;
  /** The script that the client is to run. */
  script_request: ScriptRequest | null;
  /** Whether it goes on as soon as the visitor has read the messages. */
  wait_for_acknowledgment: boolean;
  /** Why the answer was not taken; the question is asked again. */
  validation_error: ValidationError | null;
  session_ended: boolean;
  ended_reason: EndReason | null;
  current_node_id: string | null;
  current_flow_id: string | null;
  /** Whether clients show that somebody types. */
  typing_indicator: boolean;
  session_updated: {
    /** The variables without what is not for clients; absent if they are not told. */
    state?: JsonObject;
    /** Turns so far. */
    revision: number;
  };
}

/** Why a conversation is over. */
export type EndReason = "completed" | "dead_end" | "error" | "terminated" | "restarted";

/** One message. */
export interface Message {
  /** `text`, `image`, `video`, `audio`, `html`, `book_list`, … or the type of a content item. */
  type: string;
  content: JsonObject;
  /** What readers without support for the type show. */
  text?: string;
  /** The node that says it. */
  node_id: string;
  /** The content item it came from, and that item's type. */
  id?: string;
  content_type?: string;
  variant_key?: string;
  /** The author's delay as written, and in milliseconds. */
  delay?: Json;
  delay_ms?: number;
  /** How long to show that somebody types, in milliseconds. */
  typing_delay_ms?: number;
  /** What the engine itself says. */
  level?: "validation_error" | "error";
}

/** What kind of answer is wanted. */
export type InputType =
  | "text"
  | "button"
  | "file"
  | "choice"
  | "number"
  | "email"
  | "phone"
  | "url"
  | "date"
  | "slider"
  | "image_choice"
  | "carousel"
  | "multiple_choice"
  | "boolean"
  | "continue"
  | "script_result";

/** An open question, or the wait for an acknowledgement (`continue`). */
export interface InputRequest {
  input_type: InputType;
  /** Where the answer goes; empty for nowhere. */
  variable: string;
  /** `text`, and `id`, `type` and `content` when it came from a content item. */
  question: JsonObject & { text?: string };
  options: InputOption[];
  node_id: string;
  validation: JsonObject;
  content_id?: string;
  /** `slider_config`, `placeholder`, … when the question has them. */
  [key: string]: Json | InputOption[] | undefined;
}

/** An option of a question; `label` is shown, `value` is what to answer. */
export type InputOption = JsonObject & { value: Json; label?: string };

/** Why an answer was not taken. */
export interface ValidationError {
  /** Which check failed. */
  code: string;
  /** What the visitor is told. */
  message: string;
  /** The question's variable. */
  field: string;
  /** How many invalid answers there have been. */
  attempt: number;
  max_retries?: number;
  remaining?: number;
}

/** A script that the client is to run; its result is the next answer. */
export interface ScriptRequest {
  node_id: string;
  execution_context: string;
  /** `code`, `language`, `sandbox`, `inputs` with their values, `outputs`, `dependencies`, `timeout`. */
  script_config: JsonObject;
}

/** What came of a script; all may be missing. */
export interface ScriptResult {
  outputs?: JsonObject;
  error?: string;
  timed_out?: boolean;
  console_logs?: string[];
  execution_time_ms?: number;
  html?: string;
}

// ---------------------------------------------------------------------------------------- effects

/** What a conversation needs from its host before it can go on. */
export type Effect = OutsideEffect;

/** An effect that reaches outside; what comes from the library is resolved there. */
export type OutsideEffect = CallWebhook | CallHandler;

/** Send an HTTP request. Its outcome is `{"status", "headers", "body"}`. */
export interface CallWebhook {
  /** Names it within its conversation. */
  id: number;
  type: "call_webhook";
  /** With an absolute `url`, its query included. */
  request: HostRequest & { url: string };
}

/** Call what the host registered for an endpoint (`api_call`). Its outcome is the answer. */
export interface CallHandler {
  /** Names it within its conversation. */
  id: number;
  type: "call_handler";
  /** As authored, without query; begins with `/`. */
  endpoint: string;
  request: HostRequest;
}

/** A request. */
export interface HostRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Of a webhook it is in the URL already. */
  query: { [name: string]: string | string[] };
  headers?: { [name: string]: string };
  /** Null if there is none. */
  body: Json;
  /** Repeats of the request carry the same; to be sent as `Idempotency-Key`. */
  idempotency_key?: string;
  /** How long one attempt may take. */
  timeout_ms: number;
  /** Retries, breaker and limits, which are the host's business. */
  policy: RequestPolicy;
  auth?: { type: "internal" } | { type: "basic"; username: string; password: string };
  /** Where secrets belong; they are never resolved in a page. */
  secrets?: Json[];
}

/** What a host does about failures and floods. */
export interface RequestPolicy {
  total_ms: number;
  response_bytes: number;
  follow_redirects?: boolean;
  retry?: JsonObject;
  breaker?: JsonObject;
}

/** What came of an effect. */
export type Outcome =
  | { result: "done"; value: Json }
  /** `code` is stable, e.g. `timeout`; `reason` is for the author to read. */
  | { result: "failed"; code: string; reason: string };

// ------------------------------------------------------------------------------------------ trace

/**
 * One step of a trace: a visit of a node, an answer or acknowledgement of the visitor, the return of
 * a sub-flow, or a change that the host made.
 */
export interface TraceStep {
  /** The flow that owns the node. */
  flow_id: string;
  /** The revision after the turn. */
  turn: number;
  node_id: string;
  /** E.g. `question`. */
  node_type: string;
  /** How many flows are entered: 1 in the conversation's own. */
  depth: number;
  /** What the node did, by its type: of a condition each rule with its result, and so on. */
  execution_details: JsonObject & { type: string };
  /** By dotted path, old and new; null where there was nothing. */
  changed?: { [path: string]: [Json, Json] };
  /** Those of `changed` that are gone, and not null. */
  removed?: string[];
  /** What changed before the node was entered: what the conversation starts with. */
  given?: { [path: string]: [Json, Json] };
  /** The type of the connection that was taken, e.g. `default` or `$0`. */
  connection_type: string | null;
  next_node_id: string | null;
  started_at: Timestamp;
  completed_at: Timestamp;
  duration_ms: number;
  error_message: string | null;
  error_details: Json;
  warnings?: { code: string; about: string }[];
}

/** The variables around one step. */
export interface StepStates {
  before: JsonObject;
  after: JsonObject;
}

// ---------------------------------------------------------------------------------------- journals

/** A conversation as data, of the engine's own form; keep it, send it, give it to a {@link Library}. */
export interface Journal {
  format: 1;
  head: JsonObject & {
    session: string;
    /** The version that it runs. */
    flow: { id: string; seq: number };
    seed: string;
  };
  head_hash: string;
  turns: JournalTurn[];
}

/** One turn of a {@link Journal}. */
export interface JournalTurn {
  /** The visitor's input, then one for each effect. */
  steps: { input: JsonObject & { at: Timestamp; type: string }; led_to?: JsonObject }[];
  /** The hashes of the variables after it. */
  state?: { hash: string; paths: { [pointer: string]: string } };
  /** Chains the turns: equal hashes mean equal inputs from the start. */
  turn_hash: string;
}

/** What running a journal again came to. */
export interface Replay {
  /** The last step that ran. */
  at: Place;
  /** The first thing that was not as recorded; null if all was. */
  divergence: Divergence | null;
  /** The flows that are not what they were; a conversation may be the same all the same. */
  changed: { flow: FlowVersion; recorded: string; found: string | null }[];
  /** The variables there. */
  state: JsonObject;
  state_hash: string;
}

/** A version of a flow; 0 is a draft. */
export interface FlowVersion {
  id: string;
  seq: number;
}

/** The first thing that is not as it was journalled. */
export interface Divergence {
  at: Place;
  difference: Difference;
  /** All of it in a sentence. */
  message: string;
}

/** What differs from a journal. */
export type Difference =
  | { type: "format"; found: number }
  | { type: "head" | "empty" | "turn_hash" }
  /** The answer to a sensitive question was not kept; nothing after it can be run again. */
  | { type: "redacted" }
  | { type: "flow_missing"; flow: FlowVersion }
  | { type: "refused"; reason: string }
  | { type: "event"; index: number; recorded: Mark | null; found: Json }
  | { type: "effect"; recorded: Json; asked: Json }
  | { type: "next"; recorded: Mark; found: Json }
  | { type: "outcome_missing"; asked: Json }
  | { type: "outcome_surplus"; input: Json }
  | { type: "state"; path: string; recorded: boolean; found: Json };

/** Stands for an event or a need. */
export interface Mark {
  /** E.g. `said`. */
  what: string;
  hash: string;
}

// ------------------------------------------------------------------------------------------- cases

/** A conversation with everything it needs, as one document. */
export interface Case extends LibrarySource {
  flow?: string;
  seed?: string;
  at?: Time;
  state?: JsonObject;
  /** One a turn. */
  answers?: Json[];
}

/** A played conversation; what `chatflow chat --json` prints. */
export interface Transcript {
  format: 1;
  flow: string;
  seed: string;
  /** The first has no input; acknowledgements have null. */
  turns: { input: Json; turn: Turn }[];
  state: JsonObject;
  state_hash: string;
  /** Null if it still waits. */
  ended: EndReason | null;
  /** Why the answer after the last turn was not taken. */
  refused?: string;
}

/**
 * Plays a conversation from its first turn until the answers or the conversation end. What its
 * handlers do not answer fails with `no_handler`.
 *
 * @throws {ChatflowError} `argument`, `handlers`, `no_flow`, `flow_unnamed` or `invalid_state`.
 */
export declare function play(conversation: Case): Transcript;
