// What a page costs: little script, nothing from elsewhere, no error, and something to read before any script came.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PAGES, browse, look, serve } from "./served.mjs";

/** Bytes of script that a page may have, as they are before compression. */
const MOST_SCRIPT = 30 * 1024;

let application, browser;
before(async () => {
  [application, browser] = await Promise.all([serve(), browse()]);
});
after(async () => {
  await browser?.close();
  application?.close();
});

for (const javaScriptEnabled of [true, false]) {
  test(`no page errs or asks for anything elsewhere, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
    const { page, faults, close } = await look(browser, application, "/", { javaScriptEnabled });
    for (const [, path] of PAGES) await page.goto(application.address + path, { waitUntil: "load" });
    assert.deepEqual(faults, []);
    await close();
  });
}

test("no page carries more than 30 KB of script, and none of it inline", async () => {
  const { page, close } = await look(browser, application, "/");
  for (const [name, path] of PAGES) {
    const sizes = [];
    const measure = async (response) => {
      if (response.request().resourceType() === "script") sizes.push((await response.body()).length);
    };
    page.on("response", measure);
    await page.goto(application.address + path);
    page.off("response", measure);
    const sum = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(sum <= MOST_SCRIPT, `${name} has ${sum} bytes of script`);
    assert.equal(await page.locator("script:not([src]), [onclick], [onload], [style]").count(), 0, name);
  }
  await close();
});

test("every page is painted although its script never arrives", async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  // The script is asked for, and is never answered.
  await context.route("**/*.js", () => {});
  const page = await context.newPage();
  for (const [name, path] of PAGES) {
    await page.goto(application.address + path, { waitUntil: "commit" });
    await page.locator("h1").first().waitFor();
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length === 1);
    assert.ok((await page.locator("h1").first().innerText()).length > 2, name);
  }
  await context.close();
});
