/** The server that somebody is signed in at. The token is kept as long as the tab is open, and goes nowhere else. */
import { create } from "zustand";
import { answered, connect, type Chatflow, type Schemas } from "../../../bindings/client/client";
import { troubleOf, type Trouble } from "./trouble";

interface Session {
  /** Without a slash at the end. */
  address: string;
  token: string;
  who: Schemas["Me"] | undefined;
  connecting: boolean;
  trouble: Trouble | undefined;
}

const TOKEN = "chatflow-studio-token";
const ADDRESS = "chatflow-studio-server";

function kept(where: () => Storage, key: string): string | undefined {
  try {
    return where().getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Where the page comes from the service itself, that is the server. */
function usual(): string {
  return typeof location !== "undefined" && /\/studio\/?(?:index\.html)?$/.test(location.pathname) ? location.origin : "";
}

export const useSession = create<Session>(() => ({
  address: kept(() => localStorage, ADDRESS) ?? usual(),
  token: kept(() => sessionStorage, TOKEN) ?? "",
  who: undefined,
  connecting: false,
  trouble: undefined,
}));

let made: { address: string; api: Chatflow } | undefined;

/** The typed client of the server. */
export function api(): Chatflow {
  const { address } = useSession.getState();
  if (made?.address !== address) made = { address, api: connect({ baseUrl: address, token: () => useSession.getState().token || undefined, fetch: (request) => fetch(new Request(request, { credentials: "omit" })) }) };
  return made.api;
}

/** Signs in, and tells whether it went well. */
export async function signIn(address: string, token: string): Promise<boolean> {
  useSession.setState({ address: address.trim().replace(/\/+$/, ""), token: token.trim(), who: undefined, connecting: true, trouble: undefined });
  try {
    const who = await answered(api().GET("/v1/auth/me"));
    useSession.setState({ who, connecting: false });
    keep();
    return true;
  } catch (error) {
    useSession.setState({ connecting: false, trouble: troubleOf(error) });
    return false;
  }
}

function keep(): void {
  const { address, token } = useSession.getState();
  try {
    localStorage.setItem(ADDRESS, address);
    sessionStorage.setItem(TOKEN, token);
  } catch {
    // Without storage one signs in again after a reload.
  }
}

export function signOut(): void {
  useSession.setState({ token: "", who: undefined, trouble: undefined });
  keep();
}

let resuming: Promise<boolean> | undefined;

/** Signs in again with the token of this tab, if there is one. */
export function resume(): Promise<boolean> {
  const { address, token, who } = useSession.getState();
  if (who) return Promise.resolve(true);
  if (token === "") return Promise.resolve(false);
  resuming ??= signIn(address, token).finally(() => (resuming = undefined));
  return resuming;
}

/** A token that has run out signs out; all else is for who asked. */
export function noted(error: unknown): Trouble {
  const trouble = troubleOf(error);
  if (trouble.kind === "signed-out") useSession.setState({ who: undefined, trouble });
  return trouble;
}
