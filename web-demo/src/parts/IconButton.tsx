import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";

interface Properties extends Omit<ComponentProps<"button">, "children"> {
  icon: LucideIcon;
  /** What it does; also shown as a hint, with the key if there is one. */
  label: string;
  hotkey?: string;
  size?: "sm" | "xs";
}

export function IconButton({ icon: Icon, label, hotkey, size, className, ...rest }: Properties) {
  return (
    <button type="button" className={["ib", size, className].filter(Boolean).join(" ")} aria-label={label} title={hotkey ? `${label} (${hotkey})` : label} {...rest}>
      <Icon className={size ? "s14" : undefined} aria-hidden="true" />
    </button>
  );
}
