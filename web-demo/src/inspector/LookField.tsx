/** Which look the chat has (S8.11). One of this computer is seen in the preview; visitors get it once it is saved on the server. */
import { useEffect } from "react";
import { looksNamed, nameLook } from "../looks/chosen";
import { refreshLooks, useLooks } from "../looks/store";
import { toPointer } from "../model/json";
import { useSession } from "../server/session";
import { run, useEditor } from "../state/editor";
import { Choose } from "./fields/Choose";

export function LookField() {
  const who = useSession((state) => state.who);
  const list = useLooks((state) => state.list);
  const flow = useEditor((state) => state.flow);
  const document = useEditor((state) => state.history?.document);
  useEffect(() => {
    void refreshLooks();
  }, [who]);
  if (!flow || document === undefined) return null;
  const chosen = looksNamed(document, flow)[0] ?? "";
  const all = (list ?? []).map((look) => [look.id, look.place === "here" ? `${look.name} (on this computer)` : look.name] as const);
  // One that was deleted, or is kept elsewhere, stays until somebody chooses another.
  const unknown = chosen === "" || all.some(([id]) => id === chosen) ? [] : [[chosen, "A look that is not here"] as const];
  const choose = (id: string) => run(nameLook(flow, id === "" ? undefined : id));
  const field = { pointer: toPointer([...flow.envelope, "info", "theme_id"]), value: chosen, set: () => undefined };
  return <Choose label="Look of the chat" field={field} usual="" options={[["", "The school's, or the usual one"], ...unknown, ...all]} onChoose={choose} help="Visitors get looks that are kept on the server; the preview shows all." />;
}
