// What people do from end to end, each by mouse, without JavaScript, and with the keyboard alone.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ANA, browse, look, serve } from "./served.mjs";

let browser;
before(async () => {
  browser = await browse();
});
after(() => browser?.close());

/** Ways to use a page: what a person does to press something, to fill it and to choose. */
const WAYS = {
  "by mouse": { javaScriptEnabled: true, ...pointing() },
  "without JavaScript": { javaScriptEnabled: false, ...pointing() },
  "with the keyboard alone": { javaScriptEnabled: true, ...keyed() },
  "with the keyboard alone and without JavaScript": { javaScriptEnabled: false, ...keyed() },
};

function pointing() {
  return {
    press: (page, what) => what.click(),
    fill: (page, what, text) => what.fill(text),
    choose: (page, what, option) => what.selectOption(option),
    tick: (page, what) => what.check(),
  };
}

function keyed() {
  /** Tab by tab to a control, as far as a page can have any. */
  const reach = async (page, what) => {
    await what.waitFor();
    const handle = await what.elementHandle();
    for (let tabs = 0; tabs < 600; tabs++) {
      if (await handle.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error("no number of tabs leads there");
  };
  return {
    press: async (page, what) => {
      await reach(page, what);
      await page.keyboard.press("Enter");
    },
    fill: async (page, what, text) => {
      await reach(page, what);
      await page.keyboard.press("Control+A");
      await page.keyboard.type(text);
    },
    // A list of choices jumps to what is typed.
    choose: async (page, what, option) => {
      await reach(page, what);
      await page.keyboard.type(option);
    },
    tick: async (page, what) => {
      await reach(page, what);
      await page.keyboard.press("Space");
    },
  };
}

const text = (application, path) => readFileSync(join(application.library, path), "utf8");
const FEES = "postmortems/2026/INC-0012-fees-charged-twice.md";

for (const [name, way] of Object.entries(WAYS)) {
  const { javaScriptEnabled, press, fill, choose, tick } = way;
  const hasKeys = javaScriptEnabled && name.includes("keyboard");

  test(`search, read, fix the findings, mark final, prove an action item: ${name}`, async () => {
    const application = await serve();
    const { page, faults, close } = await look(browser, application, "/", { javaScriptEnabled });
    if (hasKeys) {
      await page.keyboard.press("/");
      await page.keyboard.type("charged twice flag");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/search/);
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/p\/INC-0012/);
      await page.keyboard.press("e");
    } else {
      await fill(page, page.getByRole("searchbox", { name: "Search all postmortems" }), "charged twice flag");
      await page.keyboard.press("Enter");
      await press(page, page.getByRole("link", { name: /Booking fees charged twice/ }));
      await press(page, page.getByRole("link", { name: "Edit", exact: true }));
    }
    await page.waitForURL(/\/edit/);
    await press(page, page.getByRole("button", { name: /Apply: set the duration/ }));
    await page.waitForURL(/saved=/);
    assert.equal(await page.getByLabel("Duration").inputValue(), "3h 14m");
    // Too early: the reasons are told, and nothing is written.
    await choose(page, page.getByLabel("Stage"), "final");
    await press(page, page.getByRole("button", { name: "Move", exact: true }));
    await page.getByRole("alert").first().waitFor();
    assert.match(text(application, FEES), /^stage: review$/m);
    const game = page.getByLabel("What game day will we run?");
    await fill(page, game, "2026-12-09: a pod is started without the flag service");
    await press(page, page.locator("form:has(textarea[id*=game-day]), form:has(input[id*=game-day])").getByRole("button", { name: "Save" }));
    await page.waitForURL(/saved=/);
    await choose(page, page.getByLabel("Stage"), "final");
    await fill(page, page.getByLabel("Reviewed by"), "@mei");
    await press(page, page.getByRole("button", { name: "Move", exact: true }));
    await page.waitForURL(/saved=stage/);
    assert.match(text(application, FEES), /^stage: final$/m);
    assert.match(text(application, FEES), /reviewed.by: .*@mei/);

    await press(page, page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Action items" }));
    await page.waitForURL(/\/actions/);
    const item = page.locator("details").filter({ hasText: "Compare the sum of each order" });
    await press(page, item.locator("summary"));
    // Verified without evidence is refused, and what was typed stays.
    await choose(page, item.getByLabel("Status", { exact: true }), "verified");
    await press(page, item.getByRole("button", { name: "Save" }));
    await item.getByRole("alert").waitFor();
    assert.equal(await item.getByLabel("Status", { exact: true }).inputValue(), "verified");
    await fill(page, item.getByLabel("Evidence that it works"), "An order with a double fee paged in 3 minutes");
    await press(page, item.getByRole("button", { name: "Save" }));
    await page.waitForURL(/saved=INC-0012/);
    assert.match(text(application, FEES), /Compare the sum.*\| Verified 2026-11-23.*paged in 3 minutes/);
    assert.deepEqual(faults, []);
    await close();
    application.close();
  });

  test(`two people save one field: both are shown and neither is lost: ${name}`, async () => {
    const application = await serve();
    const { page, faults, close } = await look(browser, application, "/p/INC-0014/edit", { javaScriptEnabled });
    const other = await look(browser, application, "/p/INC-0014/edit", { javaScriptEnabled });
    await other.page.getByLabel("Customer facing symptoms").fill("Sign-in took 20 seconds");
    const saves = (on) => on.locator("form:has(#in-symptoms)").getByRole("button", { name: "Save" });
    await saves(other.page).click();
    await other.page.waitForURL(/saved=/);
    await fill(page, page.getByLabel("Customer facing symptoms"), "Nobody could sign in by mail");
    await press(page, saves(page));
    await page.getByRole("heading", { name: "Changed meanwhile" }).waitFor();
    assert.match(await page.locator("main").innerText(), /Sign-in took 20 seconds/);
    assert.equal(await page.getByLabel("Yours").inputValue(), "Nobody could sign in by mail");
    const path = "postmortems/2026/INC-0014-page-nobody-answered.md";
    assert.match(text(application, path), /Sign-in took 20 seconds/);
    await fill(page, page.getByLabel("Yours"), "Sign-in took 20 seconds; by mail nobody could sign in");
    await press(page, page.getByRole("button", { name: "Save mine" }));
    await page.waitForURL(/saved=/);
    assert.match(text(application, path), /Sign-in took 20 seconds; by mail nobody could/);
    assert.deepEqual([...faults, ...other.faults], []);
    await close();
    await other.close();
    application.close();
  });

  test(`a new postmortem begins with a title: ${name}`, async () => {
    const application = await serve();
    const { page, faults, close } = await look(browser, application, "/postmortems", { javaScriptEnabled });
    if (hasKeys) await page.keyboard.press("n");
    else await press(page, page.getByRole("link", { name: "New", exact: true }));
    await page.waitForURL(/\/new$/);
    await fill(page, page.getByLabel("What happened, in a few words"), "Gate scanners refused valid tickets");
    await fill(page, page.getByLabel("Began (UTC)"), "yesterday at noon");
    await press(page, page.getByRole("button", { name: "Make it", exact: true }));
    await page.getByRole("alert").waitFor();
    assert.equal(
      await page.getByLabel("What happened, in a few words").inputValue(),
      "Gate scanners refused valid tickets",
    );
    await choose(page, page.getByLabel("Severity"), "Sev1");
    await fill(page, page.getByLabel("Began (UTC)"), "2026-11-22 14:02");
    await fill(page, page.getByLabel("Services, separated by commas"), "gate-scan");
    await press(page, page.getByRole("button", { name: "Make it", exact: true }));
    await page.waitForURL(/\/p\/INC-0016/);
    assert.equal(await page.locator("h1").innerText(), "Gate scanners refused valid tickets");
    // What looks like it is told at once.
    assert.match(await page.locator("main").innerText(), /INC-0005/);
    assert.deepEqual(faults, []);
    await close();
    application.close();
  });

  test(`a new postmortem is begun from evidence, and its timeline is curated: ${name}`, async () => {
    const application = await serve();
    const { page, faults, close } = await look(browser, application, "/new", { javaScriptEnabled });
    await fill(page, page.getByLabel("What happened, in a few words"), "Nobody was paged again");
    await press(page, page.getByRole("button", { name: "Make it, and bring evidence in" }));
    await page.waitForURL(/\/p\/INC-0016\/evidence/);
    const folder = join(application.library, "evidence/page-nobody-answered");
    const files = ["pagerduty-log-entries.json", "kubernetes-events.json.gz", "alertmanager.jsonl"];
    await page.getByLabel("Files").setInputFiles([join(application.library, "README.md"), ...files.map((file) => join(folder, file))]);
    await press(page, page.getByRole("button", { name: "Bring them in" }));
    await page.getByRole("heading", { name: /rows added to the timeline/ }).waitFor();
    assert.match(await page.locator(".outcome").innerText(), /README\.md.*is not read/s);
    assert.match(await page.locator(".outcome").innerText(), /SignInLatencyHigh fired/);
    const offered = page.getByRole("checkbox", { name: /offered to everybody/ });
    await tick(page, offered);
    await press(page, page.getByRole("button", { name: "Take into the timeline" }));
    await page.getByRole("status").getByText("One event is in the timeline now").waitFor();
    assert.equal(await offered.count(), 0);
    await press(page, page.getByRole("link", { name: "Look at it there" }));
    assert.match(await page.locator(".document").innerText(), /offered to everybody/);
    assert.deepEqual(faults, []);
    await close();
    application.close();
  });

  test(`somebody with an account signs in, is named on every page, and signs out: ${name}`, async () => {
    const application = await serve({ accounts: true });
    const { page, faults, close } = await look(browser, application, "/p/INC-0012", { javaScriptEnabled });
    await fill(page, page.getByLabel("Name"), ANA.name);
    await fill(page, page.getByLabel("Password"), "not this one, I think");
    await press(page, page.getByRole("button", { name: "Sign in" }));
    await page.getByRole("alert").waitFor();
    assert.equal(await page.getByLabel("Name").inputValue(), ANA.name);
    await fill(page, page.getByLabel("Password"), ANA.password);
    await press(page, page.getByRole("button", { name: "Sign in" }));
    await page.waitForURL(/\/p\/INC-0012/);
    for (const path of ["/", "/p/INC-0012/edit", "/nowhere"]) {
      await page.goto(application.address + path);
      assert.equal(await page.getByRole("banner").getByRole("link", { name: "Ana Lindqvist" }).count(), 1, path);
    }
    await press(page, page.getByRole("banner").getByRole("link", { name: "Ana Lindqvist" }));
    await page.waitForURL(/\/account/);
    await press(page, page.getByRole("banner").getByRole("button", { name: "Sign out" }));
    await page.waitForURL(/\/sign-in/);
    await page.goto(`${application.address}/p/INC-0012`);
    assert.match(page.url(), /\/sign-in/);
    assert.deepEqual(faults, []);
    await close();
    application.close();
  });
}

test("an open page says that its file changed, and leaves what is typed alone", async () => {
  const application = await serve();
  const file = join(application.library, FEES);
  const change = (title) => writeFileSync(file, readFileSync(file, "utf8").replace(/^# .*$/m, `# ${title}`));
  const reading = await look(browser, application, "/p/INC-0012");
  const writing = await look(browser, application, "/p/INC-0012/edit");
  const whole = await look(browser, application, "/p/INC-0012/edit/text");
  await writing.page.getByLabel("Customer facing symptoms").fill("The fee stood there twice");
  await whole.page.getByLabel("Text, in Markdown").press("Control+End");
  await whole.page.keyboard.type("One more line");
  change("Fees charged twice");
  await reading.page.getByText("This postmortem changed.").waitFor();
  await reading.page.getByRole("link", { name: "Show it" }).click();
  await reading.page.getByRole("heading", { level: 1, name: "Fees charged twice" }).waitFor();
  for (const { page } of [writing, whole]) await page.getByText("This postmortem changed.").waitFor();
  // The link opens beside what is typed.
  assert.equal(await writing.page.getByRole("link", { name: "Show it" }).getAttribute("target"), "_blank");
  assert.equal(await writing.page.getByLabel("Customer facing symptoms").inputValue(), "The fee stood there twice");
  assert.match(await whole.page.getByLabel("Text, in Markdown").inputValue(), /One more line/);
  // Another place of the document changed: both are kept.
  await writing.page.locator("form:has(#in-symptoms)").getByRole("button", { name: "Save" }).click();
  await writing.page.waitForURL(/saved=/);
  assert.match(text(application, FEES), /# Fees charged twice[^]*The fee stood there twice/);
  await whole.page.getByRole("button", { name: "Save" }).click();
  await whole.page.waitForURL((url) => !url.pathname.endsWith("/text"));
  assert.match(text(application, FEES), /# Fees charged twice[^]*The fee stood there twice[^]*One more line/);
  assert.deepEqual([...reading.faults, ...writing.faults, ...whole.faults], []);
  for (const { close } of [reading, writing, whole]) await close();
  application.close();
});

test("the board of action items says that a file changed, and where a form came back leads to itself", async () => {
  const application = await serve();
  const { page, faults, close } = await look(browser, application, "/actions?by=owner");
  const item = page.locator("details").filter({ hasText: "Review all flags with defaults" });
  await item.locator("summary").click();
  await item.getByLabel("Status", { exact: true }).selectOption("wont-do");
  await item.getByRole("button", { name: "Save" }).click();
  await item.getByRole("alert").waitFor();
  // It is in sight, however long the board is.
  await assert.doesNotReject(page.waitForFunction(() => {
    const { top, bottom } = document.querySelector("form [role=alert]").getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }));
  const file = join(application.library, FEES);
  writeFileSync(file, readFileSync(file, "utf8").replace(/^# .*$/m, "# Fees charged twice"));
  await page.getByText("The library changed.").waitFor();
  const link = page.getByRole("link", { name: "Show it" });
  assert.equal(await link.getAttribute("target"), "_blank");
  assert.equal(await link.getAttribute("href"), "/actions?by=owner");
  assert.deepEqual(faults, []);
  await close();
  application.close();
});

test("the list of keys opens and closes with keys", async () => {
  const application = await serve();
  const { page, faults, close } = await look(browser, application, "/");
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByRole("heading", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.deepEqual(faults, []);
  await close();
  application.close();
});

test("the board of action items is gone through with j, k and Enter", async () => {
  const application = await serve();
  const { page, faults, close } = await look(browser, application, "/actions");
  for (const key of ["j", "j", "k", "Enter"]) await page.keyboard.press(key);
  assert.equal(await page.locator("details.edit-row[open]").count(), 1);
  assert.equal(await page.locator("details.edit-row").first().getAttribute("open"), "");
  assert.deepEqual(faults, []);
  await close();
  application.close();
});
