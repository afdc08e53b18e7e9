/** What the first load costs: bytes of script, and time until the demo is drawn and talks. */
import { gzipSync } from "node:zlib";
import { asked } from "./hands.mjs";
import { bounded } from "./harness.mjs";

/** Of script, gzipped, before anything is loaded on demand. */
const BYTES = 500_000;

/** From the request of the page until a step is drawn and an answer can be given. */
const MILLISECONDS = 2000;

export const loading = [
  [
    "loads little script at first",
    async (page, { url }) => {
      const scripts = [];
      page.on("response", (response) => /\.js$/.test(new URL(response.url()).pathname) && scripts.push(response.body()));
      await page.goto(url);
      await page.getByRole("button", { name: "Open the guide" }).click();
      await asked(page).locator("button").first().waitFor();
      const bytes = (await Promise.all(scripts)).reduce((sum, body) => sum + gzipSync(body).length, 0);
      console.log(`       ${scripts.length} scripts, ${bytes} bytes gzipped of ${BYTES}`);
      if (scripts.length < 2 || bytes > BYTES) throw new Error(`${scripts.length} scripts have ${bytes} bytes`);
    },
    { alone: true },
  ],
  [
    "draws the demo and talks soon after its load",
    async (page, { url }) => {
      await page.goto(url);
      await page.getByRole("button", { name: "Open the guide" }).click();
      await asked(page).locator("button").first().waitFor();
      const times = [];
      // The fastest of some: what else the machine does is not the page's fault.
      for (let load = 0; load < 5; load += 1) {
        const begin = performance.now();
        await page.reload();
        await Promise.all([page.locator(".node").first().waitFor(), asked(page).locator("button").first().waitFor()]);
        times.push(Math.round(performance.now() - begin));
      }
      console.log(`       ${times.join(", ")} ms`);
      bounded(Math.min(...times), MILLISECONDS, "the fastest load");
    },
    { alone: true },
  ],
];
