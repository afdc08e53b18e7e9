/** What a server said no to, in an author's words. */
import { Refused } from "../../../bindings/client/client";
import { isObject } from "../model/json";

export interface Trouble {
  kind: "signed-out" | "forbidden" | "gone" | "conflict" | "invalid" | "busy" | "server" | "unreachable";
  text: string;
  /** The engineer's words: the code of the refusal and the id of the request. */
  details: string;
}

export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Refused)) {
    const details = error instanceof Error ? error.message : String(error);
    return { kind: "unreachable", text: "The server cannot be reached. What you do is kept on this computer.", details };
  }
  const { status, refusal } = error;
  const details = [String(status), refusal.code, refusal.request_id].filter(Boolean).join(" · ");
  if (status === 401) return { kind: "signed-out", text: "The server does not know this token, or it has run out. Sign in again.", details };
  if (status === 403) return { kind: "forbidden", text: "Your account may see this but not change it.", details };
  if (status === 404) return { kind: "gone", text: "It is not on the server any more, or your account may not see it.", details };
  if (status === 409 && refusal.code !== "conflict") return { kind: "conflict", text: said(refusal.detail), details };
  if (status === 409 || status === 412) return { kind: "conflict", text: "Somebody else changed it meanwhile.", details };
  if (status === 429) return { kind: "busy", text: "That was too often. Wait a minute, then try again.", details };
  if (status >= 500) return { kind: "server", text: "The server had a fault of its own. Nothing was changed; try again.", details };
  return { kind: "invalid", text: said(refusal.detail), details };
}

/** The reasons that a refusal tells, as one text. */
function said(detail: unknown): string {
  if (typeof detail === "string") return sentence(detail);
  if (Array.isArray(detail)) return detail.map((each) => (isObject(each) ? `${place(each.loc)}${String(each.msg ?? "")}` : String(each))).map(sentence).join(" ");
  if (isObject(detail) && Array.isArray(detail.validation_errors) && detail.validation_errors.length > 0) return detail.validation_errors.map(String).map(sentence).join(" ");
  if (isObject(detail) && typeof detail.message === "string") return sentence(detail.message);
  return "The server refused it.";
}

function place(location: unknown): string {
  const path = Array.isArray(location) ? location.slice(1).join(" › ") : "";
  return path === "" ? "" : `${path}: `;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
