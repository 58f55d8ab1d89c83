// Every page as people see it, wide and narrow, light and dark, into the first folder named; into the second, where one
// is, the few pictures of the book. The clock, the history and the font are always the same, so that a picture changes
// only with its page.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAGES, browse, serve } from "./served.mjs";

const [folder = "screenshots", book] = process.argv.slice(2);

/** Pictures of the book: the part of a page that shows most. */
const PICTURES = [
  ["home", "/", { height: 760 }],
  ["postmortem", "/p/INC-0012", { height: 800 }],
  ["edit", "/p/INC-0012/edit", { height: 700 }],
  ["actions", "/actions", { height: 640, open: "details.edit-row summary" }],
  ["insights", "/insights", { height: 760, at: "How fast" }],
  ["export", "/p/INC-0011/export", { height: 760 }],
  ["telephone", "/p/INC-0012", { height: 780, width: 390 }],
];
/** A font that every machine with the browser has. */
const FONT = { content: ':root{--sans:"Liberation Sans",Arial,sans-serif;--mono:"Liberation Mono",monospace}' };

mkdirSync(folder, { recursive: true });
const application = await serve();
const browser = await browse();
const as = async (options, work) => {
  // The font is a style that our policy would refuse.
  const context = await browser.newContext({ bypassCSP: true, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC", ...options });
  const page = await context.newPage();
  const visit = async (path) => {
    await page.goto(application.address + path);
    await page.addStyleTag(FONT);
    return page;
  };
  await work(visit, context);
  await context.close();
};
for (const colorScheme of ["light", "dark"]) {
  for (const [kind, width] of [["desktop", 1280], ["phone", 390]]) {
    await as({ viewport: { width, height: 900 }, colorScheme }, async (visit) => {
      for (const [name, path] of PAGES) {
        const page = await visit(path);
        await page.screenshot({ path: join(folder, `${name}-${kind}-${colorScheme}.png`), fullPage: true });
      }
    });
  }
  if (!book) continue;
  mkdirSync(book, { recursive: true });
  for (const [name, path, { height, width = 1280, open, at }] of PICTURES) {
    const deviceScaleFactor = width < 500 ? 2 : 1;
    await as({ viewport: { width, height }, colorScheme, deviceScaleFactor }, async (visit, context) => {
      const page = await visit(path);
      if (open) await page.locator(open).first().click();
      if (at) await page.getByRole("heading", { name: at }).first().evaluate((heading) => heading.scrollIntoView());
      await page.mouse.move(0, 0);
      const session = await context.newCDPSession(page);
      const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 82 });
      writeFileSync(join(book, `${name}-${colorScheme}.webp`), Buffer.from(data, "base64"));
    });
  }
}
await browser.close();
application.close();
