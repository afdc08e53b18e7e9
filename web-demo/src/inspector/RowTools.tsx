import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";
import { IconButton } from "../parts/IconButton";

/** Moves and deletes a row of a list. */
export function RowTools({ what, index, count, move, remove }: { what: string; index: number; count: number; move: (to: number) => void; remove: () => void }) {
  return (
    <span className="row" style={{ gap: 0 }}>
      <IconButton icon={ArrowUp} size="xs" label={`Move ${what} up`} disabled={index === 0} onClick={() => move(index - 1)} />
      <IconButton icon={ArrowDown} size="xs" label={`Move ${what} down`} disabled={index === count - 1} onClick={() => move(index + 1)} />
      <IconButton icon={Trash2} size="xs" label={`Delete ${what}`} onClick={remove} />
    </span>
  );
}
