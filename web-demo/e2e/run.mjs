import { access } from "./access.mjs";
import { chats } from "./chats.mjs";
import { drawing } from "./drawing.mjs";
import { runAll } from "./harness.mjs";
import { large } from "./large.mjs";
import { loading } from "./loading.mjs";
import { looks } from "./looks.mjs";
import { results } from "./results.mjs";
import { preview } from "./preview.mjs";
import { ruling } from "./ruling.mjs";
import { same } from "./same.mjs";
import { family } from "./family.mjs";
import { journey } from "./journey.mjs";
import { keeping } from "./keeping.mjs";
import { stopping } from "./stopping.mjs";
import { together } from "./together.mjs";

await runAll([...drawing, ...chats, ...preview, ...keeping, ...ruling, ...stopping, ...journey, ...family, ...looks, ...together, ...results, ...access, ...loading, ...same, ...large]);
