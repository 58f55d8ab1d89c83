// axe-core finds nothing on any page, in light and dark, with and without JavaScript, wide and narrow.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { PAGES, browse, serve } from "./served.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let application, browser;
before(async () => {
  application = await serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  application?.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [width, javaScriptEnabled] of [[1280, true], [390, true], [1280, false]]) {
    const kind = `${colorScheme}, ${width} wide, ${javaScriptEnabled ? "with" : "without"} JavaScript`;
    test(`axe finds nothing: ${kind}`, async (t) => {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme,
        javaScriptEnabled,
        // axe itself is a script that our policy would refuse.
        bypassCSP: true,
      });
      for (const [name, path] of PAGES) {
        await t.test(name, async () => {
          const page = await context.newPage();
          await page.goto(application.address + path);
          // Without JavaScript the page stays as it came; axe runs in a world of its own.
          const found = javaScriptEnabled ? await inspect(page) : await inspectStill(page, colorScheme, width);
          assert.deepEqual(found, [], `${path}: ${found.join("\n")}`);
          await page.close();
        });
      }
      await context.close();
    });
  }
}

async function inspect(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target.join(" ")}: ${node.failureSummary}`));
}

/** Looks at a page as it is without its own scripts: they are kept from loading. */
async function inspectStill(page, colorScheme, width) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
  await context.route("**/*.js", (route) => route.abort());
  const still = await context.newPage();
  await still.goto(page.url());
  const found = await inspect(still);
  await context.close();
  return found;
}
