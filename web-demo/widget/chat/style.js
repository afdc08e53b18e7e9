// The style of a chat within its shadow root. Colours and measures come from look.js as custom properties.

export const CHAT_STYLE = `
:host { display: block; color-scheme: var(--scheme, light dark); }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.chat { position: relative; display: flex; flex-direction: column; width: 100%; height: 100%; min-height: 0; overflow: hidden; border-radius: inherit; background: var(--bg); color: var(--text); font: 500 var(--size, 15px)/var(--leading, 1.45) var(--font, ui-rounded, Nunito, "Segoe UI", Roboto, "Helvetica Neue", system-ui), var(--emoji, sans-serif); text-align: start; -webkit-text-size-adjust: 100%; }
button, input { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; touch-action: manipulation; }
:focus { outline: none; }
:focus-visible { outline: 2px solid transparent; box-shadow: 0 0 0 2px var(--bg), 0 0 0 4px var(--ring); }
p, h2, ul, figure { margin: 0; padding: 0; }
small { font-size: .87em; }
.icon { width: 20px; height: 20px; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.log, .composer, .scrolls { scrollbar-width: thin; scrollbar-color: var(--control) transparent; }

.bar { flex: none; display: flex; align-items: center; gap: 10px; min-height: var(--head-height, 56px); padding: 6px 8px 6px 14px; background: var(--head); color: var(--head-text); }
.bar h2 { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 1.07em; font-weight: 800; }
.round { display: grid; place-items: center; flex: none; width: 44px; height: 44px; padding: 0; border: 0; border-radius: 50%; background: none; color: inherit; }
.round:hover { background: color-mix(in srgb, currentColor 12%, transparent); }
.bar .round:focus-visible { box-shadow: inset 0 0 0 2px var(--head-text); }
.bar .first { margin: 0 -8px 0 -10px; }
.face { display: grid; place-items: center; flex: none; width: 34px; height: 34px; overflow: hidden; border-radius: 50%; background: color-mix(in srgb, var(--head-text) 16%, var(--head)); font-size: 18px; }
.face img { width: 100%; height: 100%; object-fit: cover; }
.banner { display: flex; gap: 8px; padding: 8px 14px; border-top: 1px solid color-mix(in srgb, var(--head-text) 25%, transparent); background: var(--head); color: var(--head-text); font-size: .9em; font-weight: 700; }
.banner:empty { display: none; }

.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px 14px 8px; display: flex; flex-direction: column; gap: var(--spacing, 8px); }
.log::before { content: ""; flex: 1; }
.log > * { flex: none; }
.log:focus-visible, .strip:focus-visible { box-shadow: inset 0 0 0 2px var(--ring); }
.bubble, .item, .picture, .player { animation: rise var(--entry, 180ms) cubic-bezier(.2, 0, 0, 1); }
.bubble { align-self: flex-start; max-width: min(86%, var(--bubble-width, 86%)); padding: var(--bubble-padding, 9px 14px); border-radius: var(--radius, 14px); border-end-start-radius: 5px; background: var(--bot); color: var(--bot-text); white-space: pre-wrap; overflow-wrap: anywhere; }
.mine { align-self: flex-end; border-end-start-radius: var(--radius, 14px); border-end-end-radius: 5px; background: var(--user); color: var(--user-text); }
.bubble.error { background: var(--error-soft); color: var(--error); }
.bubble.rich { white-space: normal; }
.rich > * { margin: 0 0 .5em; }
.rich > :last-child { margin-bottom: 0; }
.rich ul, .rich ol { padding-inline-start: 1.4em; }
.rich img { max-width: 100%; border-radius: 6px; }
.bubble a, a.bubble { color: inherit; font-weight: 700; }
.link { display: inline-flex; align-items: center; gap: 6px; min-height: 44px; }
.mark { display: flex; align-items: center; gap: 4px; font-size: .85em; }
.mark .icon { width: 14px; height: 14px; }
.picture { align-self: flex-start; max-width: 86%; overflow: hidden; border-radius: var(--radius, 14px); background: var(--bot); color: var(--bot-text); }
.picture img { display: block; width: 320px; max-width: 100%; max-height: 300px; object-fit: cover; }
.lost { display: block; padding: 9px 14px; font-style: italic; }
.player { align-self: flex-start; width: 320px; max-width: 86%; border-radius: var(--radius, 14px); }
.notice { align-self: center; max-width: 92%; padding: 2px 8px; text-align: center; font-size: .87em; font-weight: 600; color: var(--muted); }
.log hr { width: 60%; margin: 6px auto; border: 0; border-top: 1px solid var(--control); }
.typing { display: flex; gap: 4px; padding: 15px 16px; }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--muted); animation: blink 1.1s infinite both; }
.typing i:nth-child(2) { animation-delay: .18s; }
.typing i:nth-child(3) { animation-delay: .36s; }
.list { align-self: stretch; list-style: none; display: flex; flex-direction: column; gap: 8px; }
.list-title { align-self: flex-start; margin: 4px 2px 0; font-size: .87em; font-weight: 800; color: var(--muted); }
.item { display: flex; gap: 12px; padding: 10px; border-radius: var(--radius, 14px); background: var(--bot); color: var(--bot-text); }
.item img { flex: none; width: 84px; height: 66px; object-fit: cover; border-radius: 9px; }
.item div { min-width: 0; overflow-wrap: anywhere; }
.item b, .card-of b { display: block; line-height: 1.3; font-weight: 800; }
.item small, .card small, .card-of small { display: block; line-height: 1.35; font-weight: 600; color: var(--muted); }
.item p, .card-of p { font-size: .93em; line-height: 1.35; }
.jump { position: relative; z-index: 1; flex: none; align-self: center; min-height: 36px; margin: -44px 0 8px; padding: 4px 16px; border: 0; border-radius: 18px; background: var(--primary); color: var(--on-primary); font-weight: 700; box-shadow: 0 4px 12px rgb(0 0 0 / .2); }

.composer { flex: none; max-height: 62%; overflow-y: auto; }
.composer:focus-visible { box-shadow: inset 0 0 0 2px var(--ring); }
.answer { padding: 6px 14px max(14px, env(safe-area-inset-bottom)); }
.answer:empty { padding: 0; }
.answer[inert] { opacity: .6; }
.answer > * + * { margin-top: 8px; }
form, .set { display: flex; flex-wrap: wrap; gap: 8px; min-width: 0; margin: 0; }
.set > form, .set > .set, form > .set { flex: 1 1 100%; }
.pill { flex: 1 1 auto; min-height: 44px; padding: 8px 18px; border: 1.5px solid var(--primary); border-radius: 22px; background: var(--bot); color: var(--primary); font-weight: 700; overflow-wrap: anywhere; }
.pill:hover { box-shadow: inset 0 0 0 1px var(--primary); }
.pill.full, .pill.wide { flex-basis: 100%; }
.pill.full { background: var(--primary); color: var(--on-primary); }
.pill.full:hover { text-decoration: underline; }
.pill.beside { flex: 0 1 auto; padding: 8px 22px; }
.pill.skip { flex: 0 1 auto; margin-inline-start: auto; }
.grid { display: grid; grid-template-columns: 1fr 1fr; }
.grid.three { grid-template-columns: repeat(3, 1fr); }
.grid .pill { padding: 6px; }
.list-of, .column { flex-direction: column; flex-wrap: nowrap; }
.list-of .pill { border-radius: var(--radius, 14px); text-align: start; }
.scrolls { max-height: min(264px, 34vh); padding: 4px; margin: -4px; overflow-y: auto; }
.scrolls > * { flex: none; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 10px; }
.card { display: flex; flex-direction: column; min-height: 44px; padding: 0; overflow: hidden; border: 2px solid var(--control); border-radius: var(--radius, 14px); background: var(--bot); color: var(--bot-text); text-align: center; font-weight: 800; line-height: 1.25; }
.card:hover, .card:focus-visible { border-color: var(--primary); }
.card img, .card > .blank, .card > .lost { display: block; width: 100%; height: clamp(84px, 17vh, 132px); object-fit: cover; background: color-mix(in srgb, var(--primary) 18%, var(--bot)); }
.card > span:last-child { flex: 1; display: grid; place-content: center; padding: 9px 8px; }
.field { flex: 1 1 100%; min-width: 0; display: flex; align-items: center; min-height: 48px; padding: 0 5px 0 4px; border: 1.5px solid var(--control); border-radius: 24px; background: var(--bot); color: var(--bot-text); }
.field:focus-within { border-color: var(--primary); box-shadow: 0 0 0 1px var(--primary); }
.field input { flex: 1; width: 100%; min-width: 0; height: 44px; padding: 0 8px 0 14px; border: 0; background: none; font-size: max(16px, 1em); box-shadow: none; }
.field input::placeholder { color: var(--muted); opacity: 1; }
.field.number { flex: 1 1 50%; padding: 0 1px; }
.field.number input { text-align: center; font-weight: 800; padding: 0; }
.field.wrong, .field.wrong:focus-within { border-color: var(--error); box-shadow: 0 0 0 1px var(--error); }
.send { display: grid; place-items: center; flex: none; width: 38px; height: 38px; padding: 0; border: 0; border-radius: 50%; background: var(--primary); color: var(--on-primary); }
.send .icon { width: 18px; height: 18px; }
.hint { flex: 1; align-self: center; padding: 0 6px; font-size: .87em; font-weight: 600; color: var(--muted); }
.wrong-text { display: flex; gap: 8px; padding: 9px 12px; border-radius: 11px; background: var(--error-soft); color: var(--error); font-size: .93em; font-weight: 700; line-height: 1.35; }
form > .wrong-text { flex: 1 1 100%; }
.check { display: flex; align-items: center; gap: 12px; width: 100%; min-height: 46px; padding: 6px 14px; border: 1.5px solid var(--control); border-radius: var(--radius, 14px); background: var(--bot); color: var(--bot-text); font-weight: 700; cursor: pointer; }
.check:has(:checked) { border-color: var(--primary); }
.check:has(:focus-visible) { box-shadow: 0 0 0 2px var(--bg), 0 0 0 4px var(--ring); }
.check input, .range input { accent-color: var(--primary); }
.check input { width: 20px; height: 20px; flex: none; margin: 0; box-shadow: none; }
.check img { width: 44px; height: 34px; object-fit: cover; border-radius: 6px; }
.range { flex: 1 1 100%; padding: 10px 18px; border-radius: var(--radius, 14px); background: var(--bot); color: var(--bot-text); }
.range output { display: block; text-align: center; font-size: 1.5em; font-weight: 800; line-height: 1.2; }
.range input { width: 100%; height: 44px; margin: 0; }
.range div { display: flex; justify-content: space-between; font-size: .87em; font-weight: 600; color: var(--muted); }
.strip { flex: 1 1 100%; display: flex; gap: 8px; margin: 0 -14px 0 0; padding: 4px 14px 4px 4px; overflow-x: auto; scroll-snap-type: x mandatory; scroll-padding: 4px; scroll-behavior: smooth; list-style: none; scrollbar-width: none; }
.card-of { flex: 0 0 min(calc((100% - 60px) / var(--wide, 2)), 240px); min-width: 148px; display: flex; flex-direction: column; gap: 2px; padding: 8px; scroll-snap-align: start; border-radius: var(--radius, 14px); background: var(--bot); color: var(--bot-text); }
.card-of img, .card-of .blank { height: 92px; margin-bottom: 4px; border-radius: 8px; object-fit: cover; background: color-mix(in srgb, var(--primary) 18%, var(--bot)); }
.card-of .pill { flex: none; margin-top: auto; padding: 6px; }
.leaf { flex: 1 1 100%; display: flex; align-items: center; justify-content: space-between; }
.leaf span { display: flex; gap: 6px; }
.leaf i { width: 8px; height: 8px; border-radius: 50%; background: var(--control); }
.leaf .on { background: var(--primary); transform: scale(1.3); }
.zone { flex: 1 1 100%; position: relative; display: flex; flex-direction: column; align-items: center; gap: 4px; padding: 14px; border: 1.5px dashed var(--control); border-radius: var(--radius, 14px); background: var(--bot); color: var(--bot-text); cursor: pointer; }
.zone input { position: absolute; inset: 0; width: 100%; opacity: 0; cursor: pointer; }
.zone:has(:focus-visible) { box-shadow: 0 0 0 2px var(--bg), 0 0 0 4px var(--ring); }
.quiet { display: block; min-height: 44px; margin: 0 auto; padding: 4px 16px; border: 0; border-radius: 22px; background: none; font-size: .87em; font-weight: 700; color: var(--muted); }

@keyframes rise { from { opacity: 0; transform: var(--entry-from, translateY(6px)); } }
@keyframes blink { 0%, 70%, 100% { opacity: .3; } 35% { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; scroll-behavior: auto !important; } }
@media (forced-colors: active) { .bubble, .item, .card-of, .range { border: 1px solid CanvasText; } :focus-visible { outline: 2px solid Highlight; } .leaf .on { background: Highlight; } }
`;
