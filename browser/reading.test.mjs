// What a reader does: home, list, postmortem, by mouse and by keyboard, with and without JavaScript.
import assert from "node:assert/strict";
import { writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PAGES, browse, look, serve } from "./served.mjs";

let application, browser;
before(async () => {
  application = await serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  application?.close();
});

const open = (path, options) => look(browser, application, path, options);

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`a reader finds an incident by the list and reads it, ${how} JavaScript`, async () => {
    const { page, faults, close } = await open("/", { javaScriptEnabled });
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Postmortems" }).click();
    await page.getByLabel("Title or ID").fill("fees charged");
    await page.getByRole("button", { name: "Show" }).click();
    assert.equal(new URL(page.url()).searchParams.get("title"), "fees charged");
    await page.getByRole("link", { name: "Booking fees charged twice" }).click();
    assert.match(await page.title(), /INC-0012/);
    assert.equal(await page.locator("tr[id^=row-]").count(), 9);
    // A finding stands below the row that it is about.
    const finding = page.locator("#action-2 + .attached .finding");
    assert.match(await finding.innerText(), /overdue-action/);
    // Every mark of the axis leads to its row.
    await page.locator("svg.axis.wide a[href='#row-3']").click();
    assert.equal(new URL(page.url()).hash, "#row-3");
    assert.deepEqual(faults, []);
    await close();
  });
}

test("a reader goes through the list with the keyboard alone", async () => {
  const { page, close } = await open("/postmortems");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/p\/INC-0014/);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "q");
  await close();
});

test("times tell the viewer's own time on hover", async () => {
  const { page, close } = await open("/postmortems", { timezoneId: "America/New_York", locale: "en-US" });
  const title = await page.locator("time").first().getAttribute("title");
  assert.match(title, /2026.*your time/);
  await close();
});

test("no page is wider than its window, also where a text has no blank", async () => {
  const word = "x".repeat(160);
  const long = readFileSync(join(application.library, "postmortems/2026/INC-0012-fees-charged-twice.md"), "utf8")
    .replace(/^# .*$/m, `# ${word}`)
    .replace("INC-0012", "INC-0099")
    .replace(/(\*\*Primary services impacted\*\*: ).*/, `$1${word}`)
    .replace("Compare the sum", `Compare ${word}`);
  const others = await serve({ files: { "postmortems/2026/INC-0099-long.md": long } });
  const paths = [...PAGES.map(([, path]) => path), "/p/INC-0099", "/p/INC-0099/export", "/p/INC-0099/edit", "/actions?by=incident"];
  const tooWide = [];
  for (const width of [360, 390, 800, 1280]) {
    const { page, close } = await look(browser, others, "/", { viewport: { width, height: 800 } });
    for (const path of paths) {
      await page.goto(others.address + path);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) tooWide.push(`${path} is ${wide} wide at ${width}`);
    }
    await close();
  }
  others.close();
  assert.deepEqual(tooWide, []);
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`on a telephone the navigation is whole, and what is long is folded, ${how} JavaScript`, async () => {
    const { page, faults, close } = await open("/p/INC-0012", { javaScriptEnabled, viewport: { width: 360, height: 780 } });
    for (const link of await page.getByRole("navigation", { name: "Main" }).getByRole("link").all()) {
      const { x, width, height } = await link.boundingBox();
      assert.ok(x >= 0 && x + width <= 360 && height >= 32, await link.innerText());
    }
    const outline = page.locator("details.outline");
    assert.equal(await outline.getByRole("link", { name: "Root cause" }).isVisible(), false);
    await outline.locator("summary").click();
    await outline.getByRole("link", { name: "Root cause" }).click();
    assert.equal(new URL(page.url()).hash, "#root-cause");
    // Each row of the timeline is whole.
    const { x, width } = await page.locator("#row-2 td.action").boundingBox();
    assert.ok(x >= 0 && x + width <= 360);
    await page.goto(`${application.address}/postmortems`);
    assert.equal(await page.getByLabel("Title or ID").isVisible(), false);
    await page.getByText("Filter", { exact: true }).click();
    await page.getByLabel("Title or ID").fill("fees");
    await page.getByRole("button", { name: "Show" }).click();
    // What is filtered says how.
    assert.equal(await page.getByLabel("Title or ID").inputValue(), "fees");
    assert.ok(await page.getByLabel("Title or ID").isVisible());
    assert.deepEqual(faults, []);
    await close();
  });
}

test("a file that changes on disk is what the next look shows", async () => {
  const { page, close } = await open("/p/INC-0008");
  const path = (await page.locator(".side .small").innerText()).trim();
  const file = join(application.library, path);
  writeFileSync(file, readFileSync(file, "utf8").replace(/^# .*$/m, "# Search nodes ran out of everything"));
  await assert.doesNotReject(async () => {
    for (let tries = 0; tries < 50; tries++) {
      await page.reload();
      if ((await page.locator("h1").innerText()) === "Search nodes ran out of everything") return;
      await page.waitForTimeout(100);
    }
    throw new Error("the page still shows the old title");
  });
  await close();
});
