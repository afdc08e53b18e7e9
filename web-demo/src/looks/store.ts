/** Looks of chats: those on this computer, and those of the server that somebody is signed in at. */
import { create } from "zustand";
import { answered, Refused, type Schemas } from "../../../bindings/client/client";
import { changeThemes, loadThemes } from "../library/storage";
import { isObject, type Json, type JsonObject } from "../model/json";
import { api, noted, useSession } from "../server/session";
import type { Trouble } from "../server/trouble";
import { announce, toast } from "../state/voice";

export interface Look {
  id: string;
  name: string;
  config: JsonObject;
  /** Where it is kept. */
  place: "here" | "server";
  /** The revision there. */
  etag?: string;
  /** The picture of who talks. */
  avatar_url?: string;
  /** Whether everybody on the server gets it whose flow chooses none. */
  usual?: boolean;
  /** Whether there are changes that are not on the server. */
  changed?: boolean;
}

interface Looks {
  list: readonly Look[] | undefined;
  trouble: Trouble | undefined;
}

export const useLooks = create<Looks>(() => ({ list: undefined, trouble: undefined }));

/** How often looks of this computer were changed: what was read before is old. */
let changes = 0;

export async function refreshLooks(): Promise<void> {
  let [here, there, seen]: [Look[], Look[], number] = [[], [], changes];
  do {
    seen = changes;
    here = named(await loadThemes()).map(({ id, name, config }): Look => ({ id, name: String(name ?? "A look"), config: isObject(config) ? config : {}, place: "here" }));
    there = await lookThere();
  } while (seen !== changes);
  useLooks.setState({ list: [...here, ...there] });
}

/** Those from files may have no id yet. */
function named(themes: readonly JsonObject[]): (JsonObject & { id: string })[] {
  return themes.map((theme, index) => ({ ...theme, id: String(theme.id ?? theme.seed_key ?? `look-${index + 1}`) }));
}

/** The looks of the server; changes of those that are not sent yet stay. */
async function lookThere(): Promise<Look[]> {
  if (!useSession.getState().who) return [];
  try {
    const page = await answered(api().GET("/v1/cms/themes", { params: { query: { limit: 100 } } }));
    useLooks.setState({ trouble: undefined });
    const mine = useLooks.getState().list?.filter((look) => look.changed) ?? [];
    return page.data.map((theme) => mine.find((look) => look.id === theme.id) ?? fromServer(theme));
  } catch (error) {
    useLooks.setState({ trouble: noted(error) });
    return [];
  }
}

function fromServer(theme: Schemas["Theme"], etag?: string): Look {
  return { id: theme.id, name: theme.name, config: theme.config as JsonObject, place: "server", usual: theme.is_default && theme.school_id === null, ...(theme.avatar_url === null ? {} : { avatar_url: theme.avatar_url }), ...(etag === undefined ? {} : { etag }) };
}

function put(look: Look): void {
  const list = useLooks.getState().list ?? [];
  useLooks.setState({ list: list.some((each) => each.id === look.id) ? list.map((each) => (each.id === look.id ? look : each)) : [...list, look] });
}

/** Keeps a look of this computer. */
function keepHere({ id, name, config }: Look): Promise<void> {
  changes += 1;
  return changeThemes((themes) => {
    const known = named(themes);
    return known.some((theme) => theme.id === id) ? known.map((theme) => (theme.id === id ? { ...theme, name, config } : theme)) : [...known, { id, name, config }];
  });
}

export async function addLook(): Promise<string> {
  const look: Look = { id: `look-${Date.now().toString(36)}`, name: "New look", config: {}, place: "here" };
  put(look);
  await keepHere(look);
  return look.id;
}

/** Changes a look: at once on this computer; one of the server is sent when somebody says so. */
export function changeLook(look: Look, change: { name?: string; path?: readonly string[]; value?: Json | undefined }): void {
  const next: Look = { ...look, name: change.name ?? look.name, config: change.path ? written(look.config, change.path, change.value) : look.config, ...(look.place === "server" ? { changed: true } : {}) };
  put(next);
  if (look.place === "here") void keepHere(next);
}

function written(config: JsonObject, [key, ...rest]: readonly string[], value: Json | undefined): JsonObject {
  if (key === undefined) return config;
  if (rest.length > 0) return { ...config, [key]: written(isObject(config[key]) ? config[key] : {}, rest, value) };
  const { [key]: _, ...others } = config;
  return value === undefined ? others : { ...config, [key]: value };
}

/** Reads the revision of a look, without which it would be saved over whatever is there. */
export async function openLook(look: Look): Promise<void> {
  if (look.place === "here" || look.etag !== undefined) return;
  try {
    const { data, error, response } = await api().GET("/v1/cms/themes/{theme_id}", { params: { path: { theme_id: look.id } } });
    if (error !== undefined) throw new Refused(response.status, error);
    if (!useLooks.getState().list?.find((each) => each.id === look.id)?.changed) put(fromServer(data as Schemas["Theme"], response.headers.get("etag") ?? ""));
  } catch (error) {
    useLooks.setState({ trouble: noted(error) });
  }
}

/** Sends a look; one of this computer is made there. Somebody else's change is not written over. */
export async function sendLook(look: Look): Promise<string | undefined> {
  try {
    const { name } = look;
    const config = look.config as never;
    const request =
      look.place === "here"
        ? api().POST("/v1/cms/themes", { body: { name, config } as never })
        : api().PUT("/v1/cms/themes/{theme_id}", { params: { path: { theme_id: look.id } }, headers: look.etag === undefined ? {} : { "If-Match": look.etag }, body: { name, config } });
    const { data, error, response } = await request;
    if (error !== undefined) throw new Refused(response.status, error);
    const saved = fromServer(data as Schemas["Theme"], response.headers.get("etag") ?? "");
    put(saved);
    useLooks.setState({ trouble: undefined });
    announce("Saved on the server");
    return saved.id;
  } catch (error) {
    useLooks.setState({ trouble: noted(error) });
    return undefined;
  }
}

/** Lets go of what was changed here, and shows what is on the server. */
export async function takeTheirs(look: Look): Promise<void> {
  put({ ...look, changed: false });
  const { etag: _, ...rest } = look;
  put({ ...rest, changed: false });
  await openLook({ ...rest, changed: false });
  useLooks.setState({ trouble: undefined });
  toast("This is the look as it is on the server");
}

/** Keeps what was changed here: the next save writes over what is there. */
export async function keepMine(look: Look): Promise<void> {
  const { response } = await api().GET("/v1/cms/themes/{theme_id}", { params: { path: { theme_id: look.id } } });
  const next = { ...look, etag: response.headers.get("etag") ?? "" };
  put(next);
  await sendLook(next);
}

export async function removeLook(look: Look): Promise<void> {
  useLooks.setState({ list: useLooks.getState().list?.filter((each) => each.id !== look.id) });
  changes += 1;
  await changeThemes((themes) => named(themes).filter((theme) => theme.id !== look.id));
  toast(`Deleted “${look.name}”`, { label: "Undo", run: () => (put(look), void keepHere(look)) });
}
