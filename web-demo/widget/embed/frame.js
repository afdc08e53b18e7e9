// The style of what holds a chat on somebody's page: the button that opens it, and the panel; or a place within the page.

export const FRAME_STYLE = `
:host { all: initial; }
:host([data-place]) { position: fixed !important; z-index: 2147483000 !important; inset: auto 0 0 auto; display: block !important; }
:host([data-place="bottom-left"]) { inset: auto auto 0 0; }
:host([data-place="bottom-center"]) { inset: auto auto 0 50%; }
:host([data-inline]) { display: block !important; width: 100%; height: var(--height, 600px); max-height: 90vh; border-radius: 16px; overflow: hidden; border: 1px solid var(--line); }
.launcher { position: fixed; right: var(--margin, 20px); bottom: var(--margin, 20px); display: grid; place-items: center; width: 60px; height: 60px; padding: 0; border: 0; border-radius: 50%; background: var(--primary); color: var(--on-primary); box-shadow: 0 2px 6px rgb(0 0 0 / .2), 0 8px 24px rgb(0 0 0 / .24); }
.launcher .icon { width: 28px; height: 28px; }
.panel { position: fixed; right: var(--margin, 20px); bottom: calc(var(--margin, 20px) + 72px); width: var(--width, 400px); height: var(--height, 600px); max-width: min(var(--max-width, 90vw), calc(100vw - 2 * var(--margin, 20px))); max-height: min(var(--max-height, 90vh), calc(100dvh - 2 * var(--margin, 20px) - 72px)); border-radius: 18px; overflow: hidden; box-shadow: 0 2px 6px rgb(0 0 0 / .12), 0 20px 48px rgb(0 0 0 / .28); transform-origin: bottom right; animation: rise 160ms cubic-bezier(.2, 0, 0, 1); }
:host([data-place="bottom-left"]) :is(.launcher, .panel) { right: auto; left: var(--margin, 20px); }
:host([data-place="bottom-center"]) :is(.launcher, .panel) { right: 50%; translate: 50% 0; }
:host([data-full]) .panel { inset: 0; width: auto; height: auto; max-width: none; max-height: none; border-radius: 0; translate: none; }
:host([data-full]) .panel:not([hidden]) ~ .launcher { display: none; }
`;
