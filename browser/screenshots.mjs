// Every page as people see it: wide and narrow, light and dark, into the folder named.
import { mkdirSync } from "node:fs";
import { PAGES, browse, serve } from "./served.mjs";

const folder = process.argv[2] ?? "screenshots";
mkdirSync(folder, { recursive: true });
const application = await serve();
const browser = await browse();
for (const [kind, width] of [["desktop", 1280], ["phone", 390]]) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await context.newPage();
    for (const [name, path] of PAGES) {
      await page.goto(application.address + path);
      await page.screenshot({ path: `${folder}/${name}-${kind}-${colorScheme}.png`, fullPage: true });
    }
    await context.close();
  }
}
await browser.close();
application.close();
