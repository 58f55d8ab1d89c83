// axe-core finds nothing on any page, in light and dark, with and without JavaScript, wide and narrow.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { PAGES, browse, serve, signIn } from "./served.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let open, guarded, browser;
before(async () => {
  [open, guarded, browser] = await Promise.all([serve(), serve({ accounts: true }), browse()]);
});
after(async () => {
  await browser?.close();
  open?.close();
  guarded?.close();
});

/** Pages that come of something that was done. */
const REACHED = [
  [
    "a form that came back",
    async (page) => {
      await page.goto(`${open.address}/p/INC-0015/edit`);
      await page.getByLabel("Start time").fill("when it rained");
      await page.locator("form:has(#in-start-time)").getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").first().waitFor();
    },
  ],
  [
    "a conflict",
    async (page) => {
      await page.goto(`${open.address}/p/INC-0015/edit`);
      const form = page.locator("form:has(#in-symptoms)");
      // As if the field had held something else when the page came.
      await form.evaluate((form) => {
        const version = form.querySelector("[name=version]");
        const was = form.querySelector("[name=was-value]") ?? form.appendChild(document.createElement("input"));
        Object.assign(was, { name: "was-value", type: "hidden", value: "what nobody wrote" });
        version.value = "0";
      });
      await page.getByLabel("Customer facing symptoms").fill("No webhook came");
      await form.getByRole("button", { name: "Save" }).click();
      await page.getByRole("heading", { name: "Changed meanwhile" }).waitFor();
    },
  ],
  [
    "evidence that came in",
    async (page) => {
      await page.goto(`${open.address}/p/INC-0014/evidence`);
      const folder = new URL("../examples/evidence/page-nobody-answered/", import.meta.url).pathname;
      await page.getByLabel("Files").setInputFiles([`${folder}kubernetes-events.json.gz`, `${folder}pagerduty-log-entries.json`]);
      await page.getByRole("button", { name: "Bring them in" }).click();
      await page.locator(".outcome").waitFor();
    },
  ],
  [
    "a preview",
    async (page) => {
      await page.goto(`${open.address}/p/INC-0015/edit/text`);
      await page.getByRole("button", { name: "Preview" }).click();
      await page.getByRole("heading", { name: "Preview" }).waitFor();
    },
  ],
  [
    "an action item, open",
    async (page) => {
      await page.goto(`${open.address}/actions`);
      await page.locator("details.edit-row summary").first().click();
    },
  ],
  [
    "a version",
    async (page) => {
      await page.goto(`${open.address}/p/INC-0015/history`);
      await page.locator(".revision h2 a").first().click();
      await page.getByRole("heading", { name: "Line by line" }).waitFor();
    },
  ],
  ["signing in", (page) => page.goto(`${guarded.address}/sign-in`)],
  [
    "signing in, refused",
    async (page) => {
      await page.goto(`${guarded.address}/sign-in`);
      await page.getByLabel("Name").fill("nobody");
      await page.getByLabel("Password").fill("of this name");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").waitFor();
    },
  ],
];

/** Pages that say who is signed in, and what an account has. */
const SIGNED_IN = ["/", "/account", "/p/INC-0012", "/nowhere"];

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    for (const hasScript of [true, false]) {
      const kind = `${colorScheme}, ${width} wide, ${hasScript ? "with" : "without"} JavaScript`;
      test(`axe finds nothing: ${kind}`, async () => {
        const found = [];
        // axe itself is a script that our policy would refuse. Where the page's scripts are off they do not load: axe
        // is one, too, and has to run.
        const options = { viewport: { width, height: 900 }, colorScheme, bypassCSP: true, reducedMotion: "reduce" };
        const within = async (work) => {
          const context = await browser.newContext(options);
          if (!hasScript) await context.route("**/*.js", (route) => route.abort());
          await work(await context.newPage());
          await context.close();
        };
        const note = async (name, page) => {
          for (const fault of await inspect(page)) found.push(`${name}: ${fault}`);
        };
        await within(async (page) => {
          for (const [name, path] of PAGES) {
            await page.goto(open.address + path);
            await note(name, page);
          }
          for (const [name, reach] of REACHED) {
            await reach(page);
            await note(name, page);
          }
          if (hasScript) {
            await page.goto(open.address);
            await page.keyboard.press("?");
            await note("the list of keys", page);
          }
        });
        await within(async (page) => {
          await page.goto(`${guarded.address}/account`);
          await signIn(page);
          await page.waitForURL(/\/account$/);
          for (const path of SIGNED_IN) {
            await page.goto(guarded.address + path);
            await note(`${path}, signed in`, page);
          }
        });
        assert.deepEqual(found, []);
      });
    }
  }
}

async function inspect(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target.join(" ")}: ${node.failureSummary}`));
}
