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
