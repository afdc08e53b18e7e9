import { Ellipsis, type LucideIcon } from "lucide-react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";

export interface Choice {
  id: string;
  label: string;
  icon?: LucideIcon;
  run: () => void;
  disabled?: boolean;
}

/** A button that opens a list of things to do. */
export function MenuButton({ label, choices, size = "sm", icon: Icon = Ellipsis }: { label: string; choices: Choice[]; size?: "sm" | "xs"; icon?: LucideIcon }) {
  return (
    <MenuTrigger>
      <Button className={`ib ${size}`} aria-label={label}>
        <Icon className="s14" aria-hidden="true" />
      </Button>
      <Popover placement="bottom end">
        <Menu className="menu" aria-label={label} onAction={(id) => choices.find((choice) => choice.id === id)?.run()} disabledKeys={choices.filter((choice) => choice.disabled).map((choice) => choice.id)}>
          {choices.map(({ id, label: text, icon: Mark }) => (
            <MenuItem key={id} id={id} textValue={text}>
              {Mark ? <Mark className="s14" aria-hidden="true" /> : null}
              {text}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
