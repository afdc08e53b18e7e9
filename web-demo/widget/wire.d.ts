// What a chat shows and what it is told, as docs/protocol.md and the description of the service have it.

/** Something said, shown in the log. */
export interface Item {
  type: string;
  text?: string;
  level?: string;
  content?: Body;
  delay_ms?: number;
  typing_delay_ms?: number;
}

/** What an author wrote; any key may be missing, and any may be there. */
export interface Body {
  text?: string;
  /** Markup that the engine has cleaned. */
  rich_text?: string;
  url?: string;
  alt?: string;
  type?: string;
  title?: string;
  name?: string;
  media?: Body;
  captions?: string;
  books?: Card[];
  items?: Card[];
}

/** A book, or any other thing of a list. */
export type Card = string | Record<string, unknown>;

/** An answer that is offered. */
export interface Option {
  value: unknown;
  label?: string;
  text?: string;
  image_url?: string;
  alt?: string;
  description?: string;
  [more: string]: unknown;
}

/** What is asked. */
export interface Request {
  input_type: string;
  node_id?: string;
  question?: Body;
  options?: Option[];
  validation?: Record<string, any>;
  slider_config?: Record<string, any>;
  carousel_config?: Record<string, any>;
  placeholder?: string;
  help_text?: string;
  default_value?: unknown;
  allow_other?: boolean;
}

/** What was wrong with an answer. */
export interface Refusal {
  code: string;
  message: string;
  remaining?: number | null;
}

/** What came of an answer. */
export interface Turn {
  messages?: Item[];
  input_request?: Request | null;
  validation_error?: Refusal | null;
  session_ended: boolean;
  typing_indicator?: boolean;
}

/** How a chat looks: a theme of section "Themes" in the service's description. */
export interface Theme {
  config?: Record<string, any> | null;
  logo_url?: string | null;
  avatar_url?: string | null;
}

/** The first turn of a conversation. */
export interface Opening extends Turn {
  flow_name?: string;
  theme?: Theme | null;
}

/** A row of the history. */
export interface Row {
  interaction_type: string;
  content: Record<string, any>;
}

/** An answer of the visitor. */
export interface Reply {
  /** The same for every attempt to give this answer, so that it counts once. */
  id: string;
  input: unknown;
  input_type: string;
  /** How it stands in the log; empty if nothing is to be shown. */
  shown: string;
}

/** A conversation that was begun before. */
export interface Past {
  rows: Row[];
  /** Where it stands. */
  now: Turn;
  flow_name?: string;
  theme?: Theme | null;
  /** An answer of which is not known whether it arrived. */
  unsent?: Reply | null;
}

/**
 * Where a chat gets its conversation from: the service by HTTP (`http/conversation.js`), or an engine in the page.
 * Each call throws `Trouble` when it cannot be done.
 */
export interface Conversation {
  /** Begins anew; what went on before is ended. */
  start(): Promise<Opening>;
  /** Gives an answer. After trouble that may pass it is called again with the same reply. */
  answer(reply: Reply): Promise<Turn>;
  /** What was said so far; null if nothing was begun. */
  history(): Promise<Past | null>;
}

/** What a chat is made of. */
export interface Setting {
  /** Where it is drawn: a shadow root, so that it and the page leave each other alone. */
  root: ShadowRoot;
  /** An element within it, if not the root itself. */
  into?: HTMLElement | ShadowRoot;
  conversation: Conversation;
  /** Its name until the conversation tells one. */
  name?: string;
  theme?: Theme | null;
  /** `auto` follows the visitor's system. */
  scheme?: "auto" | "light" | "dark";
  /** The button that leads out of the chat, if there is one. */
  leave?: { icon: "back" | "close"; label: string; act: () => void };
  /** Takes a file to where it is kept; without it, visitors give an address. */
  upload?: (file: File) => Promise<Record<string, unknown>>;
  /** Whether pauses before messages are left out. */
  hurry?: boolean;
}

/** A chat on a page. */
export interface Chat {
  /** Dresses it before it is opened. */
  dress(theme: Theme | null | undefined, name?: string): void;
  /** Goes on with the conversation, or begins it. */
  open(): Promise<void>;
  startAgain(): Promise<void>;
  /** Moves the focus to where the visitor answers. */
  focus(): void;
  /** Ends all that it does in the background. */
  stop(): void;
}

/** A question on its way to an answer. */
export interface Asked {
  request: Request;
  refusal: Refusal | null;
  /** The last answer, which is mended if it was wrong. */
  previous?: any;
  send: (input: unknown, shown: string) => void;
  upload?: Setting["upload"];
}

/** What was said, and staying at its end. */
export interface Log {
  node: HTMLElement;
  /** The button that leads to what is new. */
  jump: HTMLElement;
  toEnd(): void;
  stop(): void;
  clear(): void;
  /** The visitor's own scroll down, others only if the reader is at the end. */
  show(nodes: Iterable<HTMLElement>, whose?: "said" | "mine" | "passing"): void;
  /** Fills the log without telling each line to those who listen. */
  quietly(fill: () => void): void;
}

/** Where the visitor answers. */
export interface Composer {
  node: HTMLElement;
  focus(): void;
  fill(children: HTMLElement[]): void;
  /** Holds the controls still while an answer is under way. */
  wait(): void;
}

/** Something to show in the log. */
export interface Line {
  nodes: () => HTMLElement[];
  /** `said` if absent. */
  whose?: "said" | "mine";
  /** How long it takes to be written, in ms. */
  pause?: number;
}

/** Where a chat is drawn, and its buttons. */
export interface Frame extends Pick<Setting, "root" | "leave"> {
  into?: HTMLElement | ShadowRoot | undefined;
  /** Begins the conversation anew. */
  again: () => void;
}

/** What is seen of a chat. */
export interface View {
  log: Log;
  composer: Composer;
  dress(theme: Theme | null | undefined, name: string | undefined, scheme: "auto" | "light" | "dark"): void;
  /** Says what is in the way, or that nothing is any more. */
  warn(trouble: import("./chat/trouble.js").Trouble | null): void;
  /** Whether pauses and movements are not wanted. */
  isCalm(): boolean;
  /** The sign that somebody writes; null if the look has none. */
  typing(): HTMLElement | null;
  /** How long an item of a turn takes to be written, in ms. */
  pauseBefore(item: Item, turn: Turn): number;
  /** Shows lines one after another, with their pauses or without; false if it was hushed, or something else was told meanwhile. */
  tell(lines: Line[], paced: boolean): Promise<boolean>;
  /** Ends what is being told. */
  hush(): void;
  ask(asked: Asked): void;
  /** Says that it takes no more answers. */
  close(): void;
}
