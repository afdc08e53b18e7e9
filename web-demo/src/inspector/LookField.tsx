/** Which look of the server the visitors' chat has (S8.11). */
import { useEffect } from "react";
import { firstText } from "../model/json";
import { refreshLooks, useLooks } from "../looks/store";
import { useSession } from "../server/session";
import { Choose } from "./fields/Choose";
import type { Field } from "./useField";

export function LookField({ field }: { field: Field }) {
  const who = useSession((state) => state.who);
  const list = useLooks((state) => state.list);
  useEffect(() => {
    if (who) void refreshLooks();
  }, [who]);
  const chosen = firstText(field.value) ?? "";
  if (!who && chosen === "") return null;
  const there = (list ?? []).filter((look) => look.place === "server").map((look) => [look.id, look.name] as const);
  // One that was deleted, or is kept elsewhere, stays until somebody chooses another.
  const unknown = chosen === "" || there.some(([id]) => id === chosen) ? [] : [[chosen, "A look that is not here"] as const];
  return <Choose label="Look of the chat" field={field} usual="" options={[["", "The school's, or the usual one"], ...unknown, ...there]} onChoose={(id) => field.set(id === "" ? undefined : id)} help="Looks that are kept on the server." />;
}
