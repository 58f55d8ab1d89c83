// Writing together in real browsers: the text, the grids and the form are views of one text that everybody writes in at
// once, whatever happens to the network, to the server and to the file.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ANA, JOEL, browse, look, serve, signIn } from "./served.mjs";
import { zipped } from "./zipped.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const KEY = "INC-0012";
const PATH = "postmortems/2026/INC-0012-fees-charged-twice.md";

let browser;
before(async () => {
  browser = await browse();
});
after(() => browser?.close());

/** Runs with an application of its own; what a page logged against the rules fails the test. */
async function together(count, act, options = {}) {
  const application = await serve();
  const desks = [];
  try {
    for (let number = 0; number < count; number += 1) desks.push(await desk(application, options));
    await act(desks, application);
    for (const { faults, mayFault } of desks) if (!mayFault) assert.deepEqual(faults, []);
  } finally {
    for (const { close } of desks) await close();
    application.close();
  }
}

async function desk(application, options = {}, view = "") {
  const opened = await look(browser, application, `/p/${KEY}/write${view}`, options);
  await opened.page.locator(".cm-content").waitFor({ state: "attached" });
  return handled(opened);
}

/** What is done with a page of the editor. */
function handled(opened) {
  const { page } = opened;
  return {
    ...opened,
    /** The whole text as this browser has it. */
    text: () => page.evaluate(() => document.querySelector(".cm-content").cmTile.view.state.doc.toString()),
    /** The caret behind the first place where something stands. */
    async after(what) {
      await page.getByRole("tab", { name: "Text" }).click();
      await page.evaluate((what) => {
        const { view } = document.querySelector(".cm-content").cmTile;
        const at = view.state.doc.toString().indexOf(what);
        if (at < 0) throw new Error(`no ${what}`);
        view.dispatch({ selection: { anchor: at + what.length }, scrollIntoView: true });
        view.focus();
      }, what);
    },
    async saved() {
      await page.locator(".saved[data-state=good]").waitFor();
    },
    async view(name) {
      await page.getByRole("tab", { name, exact: true }).click();
    },
    cell: (row, column) => page.locator("table.grid:visible tbody tr").nth(row).locator("td").nth(column),
  };
}

const file = (application) => readFileSync(join(application.library, PATH), "utf8");

/** Waits until something is so, and says what it was where it is not. */
async function soon(what, ask, isSo) {
  let seen;
  for (const began = Date.now(); Date.now() - began < 15_000; ) {
    seen = await ask();
    if (isSo(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  throw new Error(`waited for ${what}; it is ${JSON.stringify(seen).slice(0, 4000)}`);
}

/** All browsers and the file hold the same text. */
async function agreed(desks, application) {
  await soon(
    "the same text everywhere",
    async () => [file(application), ...(await Promise.all(desks.map((desk) => desk.text())))],
    (texts) => texts.every((text) => text === texts[0]),
  );
  return file(application);
}

const PLACE = "**Customer impact summary**: ";
const words = (who, count) => Array.from({ length: count }, (_, number) => `${who}${number} `);

for (const count of [2, 5]) {
  test(`${count} browsers type in the same paragraph, and nothing is lost or doubled`, { timeout: 120_000 }, () =>
    together(count, async (desks, application) => {
      for (const desk of desks) await desk.after(PLACE);
      await Promise.all(
        desks.map(async (desk, number) => {
          for (const word of words(`w${"abcde"[number]}`, 12)) await desk.page.keyboard.type(word, { delay: 5 });
        }),
      );
      for (const desk of desks) await desk.saved();
      const text = await agreed(desks, application);
      for (let number = 0; number < count; number += 1) {
        const typed = [...text.matchAll(new RegExp(`w${"abcde"[number]}\\d+ `, "g"))].map(([word]) => word);
        assert.equal(typed.join(""), words(`w${"abcde"[number]}`, 12).join(""), text.split("\n").find((line) => line.includes(PLACE)));
      }
      // Everybody sees who else is there.
      await desks[0].page.locator(".guest-caret").first().waitFor();
    }));
}

test("two browsers edit the same table, and the same cell of it", { timeout: 120_000 }, () =>
  together(2, async (desks, application) => {
    const [ana, bo] = desks;
    for (const desk of desks) await desk.view("Timeline");
    const before = (await ana.text()).split("\n").filter((line) => line.startsWith("|")).length;
    await ana.cell(1, 2).click();
    await bo.cell(2, 2).click();
    for (const desk of desks) await desk.page.keyboard.press("Enter");
    await Promise.all([
      ana.page.keyboard.type(" by ana | piped", { delay: 8 }),
      bo.page.keyboard.type(" by bo", { delay: 8 }),
    ]);
    for (const desk of desks) await desk.page.keyboard.press("Enter");
    // Now both in one cell.
    for (const desk of desks) {
      await desk.cell(0, 2).click();
      await desk.page.keyboard.press("Enter");
      await desk.page.keyboard.press("End");
    }
    await Promise.all([
      ana.page.keyboard.type(" AAAA", { delay: 15 }),
      bo.page.keyboard.type(" BBBB", { delay: 15 }),
    ]);
    for (const desk of desks) await desk.page.keyboard.press("Enter");
    for (const desk of desks) await desk.saved();
    const text = await agreed(desks, application);
    assert.match(text, /by ana \\\| piped \|/);
    assert.match(text, /by bo \|/);
    const row = text.split("\n").find((line) => /A/.test(line) && /BB/.test(line));
    assert.equal((row.match(/A/g) ?? []).filter(() => true).length >= 4 && (row.match(/B/g) ?? []).length >= 4, true, row);
    assert.equal(text.split("\n").filter((line) => line.startsWith("|")).length, before);
  }));

test("what is edited in the grid is seen in the text, and the other way round", { timeout: 120_000 }, () =>
  together(2, async (desks, application) => {
    const [ana, bo] = desks;
    await ana.view("Timeline");
    await bo.after(PLACE);
    await ana.cell(0, 2).click();
    await ana.page.keyboard.press("Enter");
    await ana.page.keyboard.type(" (seen)");
    await soon("the grid's words in the text", () => bo.text(), (text) => text.includes("(seen) |"));
    await ana.page.keyboard.press("Enter");
    // Somebody types into that row in the text, amid, while the cell is open.
    await ana.cell(0, 2).click();
    await ana.page.keyboard.press("Enter");
    await bo.after("(seen)");
    await bo.page.keyboard.type(" twice");
    await soon("the text's words in the open cell", () => ana.page.locator("table.grid textarea, table.grid td input").first().inputValue(), (value) => value.includes("(seen) twice"));
    await ana.page.keyboard.press("Escape");
    await bo.after("(seen) twice");
    assert.match(await agreed(desks, application), /\(seen\) twice \|/);
  }));

test("a row that is added at the end is typed into at once", { timeout: 120_000 }, () =>
  together(1, async ([ana], application) => {
    const { page } = ana;
    await ana.view("Timeline");
    const rows = page.locator("table.grid tbody tr");
    const before = await rows.count();
    // Where there are rows nothing offers the first one.
    await page.getByRole("button", { name: "Add the first row" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Add a row" }).click();
    await page.keyboard.type("2026-09-02 23:41");
    await page.keyboard.press("Tab");
    await page.keyboard.type("@dav");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Read the graphs");
    await page.keyboard.press("Enter");
    assert.equal(await rows.count(), before + 1);
    await ana.saved();
    assert.match(await agreed([ana], application), /\| 2026-09-02 23:41 \| @davi \| Read the graphs \| \|/);
  }));

test("the caret is seen wherever it goes, and stays where it is seen while others write above it", { timeout: 120_000 }, () =>
  together(2, async ([ana, bo]) => {
    const caret = () =>
      ana.page.evaluate(() => {
        const { view } = document.querySelector(".cm-content").cmTile;
        const tabs = document.querySelector("#write .tabs").getBoundingClientRect();
        const place = view.coordsAtPos(view.state.selection.main.head);
        return { top: place.top, seen: place.top >= tabs.bottom - 1 && place.bottom <= innerHeight };
      });
    for (const where of ["## Action items", "## Impact", "## Appendices", "# Booking fees"]) {
      await ana.after(where);
      await soon(`the caret behind ${where}`, caret, ({ seen }) => seen);
    }
    const lines = Array.from({ length: 1500 }, (_, at) => `line ${at} ${"of a long log ".repeat(8)}`).join("\n");
    await ana.after("## Appendices");
    await ana.page.evaluate((text) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.querySelector(".cm-content").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, `\n\n${lines}`);
    await soon("the caret behind what was pasted", caret, ({ seen }) => seen);
    await ana.page.getByRole("button", { name: "Root cause" }).click();
    await soon("the caret at the section", caret, ({ seen }) => seen);
    await ana.page.waitForTimeout(500);
    const { top } = await caret();
    await bo.after(PLACE);
    await bo.page.keyboard.type("words");
    for (let more = 0; more < 3; more += 1) {
      const before = (await ana.text()).length;
      await bo.page.keyboard.press("Enter");
      await soon("the other's line", () => ana.text(), (text) => text.length > before);
      await ana.page.waitForTimeout(300);
    }
    // Within a line: where several changes come in one frame the editor keeps its place no closer.
    await soon("the caret where it was", caret, (now) => Math.abs(now.top - top) <= 30);
  }));

test("undoing takes back one's own", { timeout: 120_000 }, () =>
  together(2, async (desks, application) => {
    const [ana, bo] = desks;
    await ana.after(PLACE);
    await ana.page.keyboard.type("aardvark ");
    await soon("ana's word", () => bo.text(), (text) => text.includes("aardvark "));
    await bo.after("aardvark ");
    await bo.page.keyboard.type("bumblebee ");
    await soon("bo's word", () => ana.text(), (text) => text.includes("bumblebee "));
    await ana.page.keyboard.press("Control+z");
    await soon("ana's word taken back", () => bo.text(), (text) => !text.includes("aardvark "));
    const text = await agreed(desks, application);
    assert.match(text, /bumblebee /);
    await bo.page.keyboard.press("Control+z");
    await soon("bo's too", () => ana.text(), (text) => !text.includes("bumblebee "));
    await bo.page.keyboard.press("Control+Shift+Z");
    await soon("and back", () => ana.text(), (text) => text.includes("bumblebee "));
  }));

test("an address that is pasted onto words is a link, and an excerpt of a chat is offered as rows", { timeout: 120_000 }, () =>
  together(1, async ([ana], application) => {
    const paste = (text) =>
      ana.page.evaluate((text) => {
        const data = new DataTransfer();
        data.setData("text/plain", text);
        const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector(".cm-content").dispatchEvent(event);
      }, text);
    await ana.after(PLACE);
    await ana.page.keyboard.type("dashboard ");
    await ana.page.evaluate(() => {
      const { view } = document.querySelector(".cm-content").cmTile;
      const at = view.state.doc.toString().indexOf("dashboard ");
      view.dispatch({ selection: { anchor: at, head: at + 9 } });
    });
    await paste("https://grafana.kestrelrow.example/d/abc?x=(1)");
    await soon("the link", () => ana.text(), (text) => text.includes("[dashboard](https://grafana.kestrelrow.example/d/abc?x=%281%29)"));
    await ana.after("dashboard](https://grafana.kestrelrow.example/d/abc?x=%281%29) ");
    await paste("2026-09-02 09:20:05 <ana> rolling it back now\n2026-09-02 09:21:00 <joel> fees look right again\n");
    const offer = ana.page.getByRole("region", { name: "Rows for the timeline" });
    await offer.waitFor();
    await offer.getByRole("button", { name: "Put into the timeline" }).click();
    const text = await soon("the rows", () => ana.text(), (text) => /\| 2026-09-02 \d\d:2[01][^|]*\|[^|]*\| [^|]*fees look right again/.test(text));
    assert.equal(text.match(/rolling it back now/g).length, 1, text);
    await ana.saved();
    await agreed([ana], application);
  }));

test("who was offline comes back without loss and without doubles", { timeout: 120_000 }, () =>
  together(2, async (desks, application) => {
    const [ana, bo] = desks;
    ana.mayFault = true;
    await ana.after(PLACE);
    await bo.after("**Customer facing symptoms**: ");
    await ana.page.context().setOffline(true);
    await ana.page.locator(".saved[data-state=bad]").waitFor();
    await ana.page.keyboard.type("typed while offline ");
    await bo.page.keyboard.type("typed by the other ");
    await ana.page.getByText(/Offline: \d+ changes? kept in this tab/).waitFor();
    assert.doesNotMatch(await bo.text(), /while offline/);
    await ana.page.context().setOffline(false);
    await ana.saved();
    const text = await agreed(desks, application);
    assert.equal(text.match(/typed while offline /g).length, 1);
    assert.equal(text.match(/typed by the other /g).length, 1);
  }));

test("what a tab had not sent when it crashed comes back with the page that is opened next", { timeout: 120_000 }, () =>
  together(1, async ([ana], application) => {
    ana.mayFault = true;
    const context = ana.page.context();
    await ana.after(PLACE);
    await ana.saved();
    await context.setOffline(true);
    await ana.page.locator(".saved[data-state=bad]").waitFor();
    await ana.page.keyboard.type("typed before the crash ");
    const left = () => ana.page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes("left:")).length);
    await soon("that it is kept", left, (count) => count === 2);
    const crashed = new Promise((resolve) => ana.page.once("crash", resolve));
    await ana.page.goto("chrome://crash").catch(() => {});
    await crashed;
    await ana.page.close();
    await context.setOffline(false);
    const page = await context.newPage();
    await page.goto(`${application.address}/p/${KEY}/write`);
    await page.getByText("typed before the crash").waitFor();
    await page.locator(".saved[data-state=good]").waitFor();
    const text = await soon("the file", () => file(application), (text) => text.includes("typed before the crash "));
    assert.equal(text.match(/typed before the crash /g).length, 1);
    await soon("that nothing is kept any more", () => page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes("left:")).length), (count) => count === 0);
    // And it is not there a second time.
    await page.reload();
    await page.locator(".cm-content").waitFor();
    assert.equal((await page.locator(".cm-content").evaluate((content) => content.cmTile.view.state.doc.toString())).match(/typed before the crash /g).length, 1);
  }));

test("a server that is killed while two type loses nothing that was acknowledged, and nothing that was typed", { timeout: 180_000 }, () =>
  together(2, async (desks, application) => {
    const [ana, bo] = desks;
    for (const desk of desks) desk.mayFault = true;
    await ana.after(PLACE);
    await bo.after("**Customer facing symptoms**: ");
    const typing = Promise.all(
      desks.map(async (desk, number) => {
        for (const word of words("xy"[number], 60)) await desk.page.keyboard.type(word, { delay: 12 });
      }),
    );
    for (let times = 0; times < 3; times += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await application.killed(200);
    }
    await typing;
    for (const desk of desks) await desk.saved();
    const text = await agreed(desks, application);
    for (const who of "xy") {
      const typed = [...text.matchAll(new RegExp(`\\b${who}\\d+ `, "g"))].map(([word]) => word);
      assert.equal(typed.join(""), words(who, 60).join(""));
    }
  }));

test("a file that is changed on disk comes to everybody, and keeps what is being typed", { timeout: 120_000 }, () =>
  together(2, async (desks, application) => {
    const [ana, bo] = desks;
    await ana.after(PLACE);
    await ana.page.keyboard.type("typed ");
    await ana.saved();
    const before = file(application);
    writeFileSync(join(application.library, PATH), before.replace(/^# .*$/m, "$& (renamed outside)"));
    for (const desk of desks) await soon("the change", () => desk.text(), (text) => text.includes("(renamed outside)") && text.includes("typed "));
    // The caret stands where it stood.
    await ana.page.keyboard.type("on ");
    const text = await agreed(desks, application);
    assert.match(text, /typed on /);
    assert.equal(bo.faults.length, 0);
  }));

test("two tabs of one person write as everybody does", { timeout: 120_000 }, () =>
  together(1, async ([first], application) => {
    const page = await first.page.context().newPage();
    await page.goto(`${application.address}/p/${KEY}/write`);
    await page.locator(".cm-content").waitFor();
    await page.getByText("(another tab)").waitFor();
    await first.page.bringToFront();
    await first.after(PLACE);
    await first.page.keyboard.type("from one tab ");
    await page.getByText("from one tab").waitFor();
    await page.close();
    await first.page.getByText("(another tab)").waitFor({ state: "hidden" });
    await first.saved();
    await agreed([first], application);
  }));

test("all of it works with the keyboard alone, and what was found is said", { timeout: 120_000 }, () =>
  together(1, async ([ana], application) => {
    const { page } = ana;
    const reach = async (what) => {
      const handle = await what.elementHandle();
      for (let tabs = 0; tabs < 200; tabs += 1) {
        if (await handle.evaluate((element) => element === document.activeElement)) return;
        await page.keyboard.press("Tab");
      }
      throw new Error("no number of tabs leads there");
    };
    await reach(page.getByRole("tab", { name: "Text" }));
    await page.keyboard.press("ArrowRight");
    await page.getByRole("grid", { name: "Timeline" }).waitFor();
    await reach(ana.cell(0, 0));
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("F2");
    await page.keyboard.type(" by keys");
    await page.keyboard.press("Enter");
    await soon("the cell", () => ana.text(), (text) => text.includes(" by keys |"));
    // A tab leaves the grid; the form is two views on.
    await reach(page.getByRole("tab", { name: "Timeline" })).catch(async () => {
      await page.getByRole("tab", { name: "Timeline" }).focus();
    });
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    const severity = page.getByLabel("Severity");
    await reach(severity);
    await page.keyboard.type("Sev3");
    await soon("the severity", () => ana.text(), (text) => text.includes("**Severity**: Sev3"));
    const summary = page.getByLabel("Customer impact summary");
    await reach(summary);
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await page.locator("[role=status]", { hasText: /\d+ of 12 sections done, \d+ errors?/ }).first().waitFor({ state: "attached" });
    await page.keyboard.press("Control+s");
    await agreed([ana], application);
  }));

test("axe finds nothing in any view, in light and dark", { timeout: 180_000 }, async () => {
  const application = await serve();
  try {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1600, 390]) {
        const ana = await desk(application, { colorScheme, viewport: { width, height: 900 } });
        await ana.page.evaluate(axe);
        for (const name of ["Text", "Timeline", "Action items", "Form", "Evidence"]) {
          const tab = ana.page.getByRole("tab", { name, exact: true });
          if (!(await tab.isVisible())) continue;
          await tab.click();
          await ana.page.waitForTimeout(250);
          const { violations } = await ana.page.evaluate(() => window.axe.run());
          const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).slice(0, 3).join("\n")}`);
          assert.deepEqual(told, [], `${name}, ${colorScheme}, ${width}`);
          const wide = await ana.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.equal(wide, 0, `${name} scrolls sideways at ${width}`);
        }
        await ana.close();
      }
    }
  } finally {
    application.close();
  }
});

test("evidence that is dropped in is taken into the timeline with one key", { timeout: 120_000 }, () =>
  together(1, async ([ana], application) => {
    const { page } = ana;
    await page.setViewportSize({ width: 1280, height: 900 });
    await ana.view("Evidence");
    const rows = Array.from({ length: 6 }, (_, number) => `2026-06-13T10:1${number}:00Z,ana,looked at pod ${number}`);
    const buffer = Buffer.from(["time,actor,message", ...rows].join("\n"));
    await page.locator(".tray input[type=file]").setInputFiles({ name: "room.csv", mimeType: "text/csv", buffer });
    const list = page.locator(".tray [role=listbox], .tray [role=grid]").first();
    await page.locator(".tray").getByText("looked at pod 3").first().waitFor();
    const before = await ana.text();
    await page.locator(".tray").getByText("looked at pod 3").first().click();
    await list.press("t");
    await soon("the row", () => ana.text(), (text) => text !== before && /10:13[^|]*\|[^|]*\| [^|]*looked at pod 3/.test(text));
    await ana.saved();
    await agreed([ana], application);
  }));

/** Lets files fall onto a page. */
async function drop(page, files) {
  const given = files.map(({ name, bytes }) => ({ name, text: bytes.toString("base64") }));
  const data = await page.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const { name, text } of given) data.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], name));
    return data;
  }, given);
  for (const kind of ["dragenter", "dragover", "drop"]) await page.locator("main").dispatchEvent(kind, { dataTransfer: data });
}

test("dropped evidence becomes a final postmortem, by two people", { timeout: 240_000 }, async () => {
  const application = await serve({ accounts: true });
  const own = async (who) => {
    const opened = await look(browser, application, "/sign-in", { viewport: { width: 1600, height: 900 } });
    await signIn(opened.page, who);
    return handled(opened);
  };
  const [ana, joel] = [await own(ANA), await own(JOEL)];
  try {
    await ana.page.goto(`${application.address}/new`);
    await ana.page.getByLabel("What happened, in a few words").fill("Seat holds expired after ten seconds");
    await ana.page.getByRole("button", { name: "Make it", exact: true }).click();
    await ana.page.getByRole("link", { name: "Write together" }).click();
    const { pathname } = new URL(ana.page.url());
    await joel.page.goto(application.address + pathname);
    for (const { page } of [ana, joel]) await page.locator(".cm-content").waitFor();

    // One drops what the incident left behind; the timeline comes of it by itself, for both, and nobody is asked about it.
    const folder = new URL("../examples/evidence/seat-holds-expired/", import.meta.url).pathname;
    const logs = ["inventory.gitlog.tsv", "storefront.gitlog.tsv"].map((name) => ({ name, bytes: readFileSync(folder + name) }));
    await drop(ana.page, [...logs, { name: "slack.zip", bytes: zipped(`${folder}slack`) }]);
    await ana.page.locator(".tray-done").nth(2).waitFor();
    for (const { page } of [ana, joel]) {
      await page.getByRole("tab", { name: "Timeline" }).click();
      await page.getByRole("gridcell", { name: /^Resolved\. All clear/ }).waitFor();
      await page.locator(".tray-row").nth(4).waitFor();
      assert.equal(await page.locator(".question").count(), 0);
    }
    const counted = async (page) => (await page.locator(".tray-count").innerText()).match(/(\d+) events?, (\d+) in/).slice(1).map(Number);
    const count = ({ page }) => page.locator("table.grid tbody tr").count();
    const seen = async () => [await counted(ana.page), await counted(joel.page)].flat();
    const [events, inside] = await soon("the same evidence for both", () => seen(), ([a, b, c, d]) => a === c && b === d && b > 20).then((all) => all);
    assert.equal(inside, await count(ana));
    // No row of it was torn.
    for (const row of (await ana.text()).split("\n").filter((line) => line.startsWith("| 2026"))) {
      assert.match(row, /^\| 2026-11-20 \d\d:\d\d(:\d\d)? \| [^|]+ \| [^|]+ \|( [^|]+)? \|$/);
    }

    // One event by one key, then many by one; what is of no use is never offered again.
    const list = ana.page.locator(".tray-list");
    await list.focus();
    await list.press("t");
    await soon("one row more for both", async () => [await count(ana), await count(joel)], (rows) => rows.every((row) => row === inside + 1));
    // The next event is the one that the keys act on once the taken one is known to be in.
    await soon("the tray knows it, too", async () => (await counted(ana.page))[1], (inNow) => inNow === inside + 1);
    await ana.page.locator("button:enabled", { hasText: /^Take into the timeline/ }).waitFor();
    for (let more = 0; more < 2; more += 1) await list.press("Shift+ArrowDown");
    await ana.page.getByRole("button", { name: /^Take 3 into the timeline/ }).waitFor();
    await list.press("t");
    await soon("three more", async () => [await count(ana), await count(joel)], (rows) => rows.every((row) => row === inside + 4));
    await soon("the tray knows of all four", async () => (await counted(ana.page))[1], (inNow) => inNow === inside + 4);
    await list.press("d");
    await soon("one event less for both", seen, ([a, , c]) => a === events - 1 && c === events - 1);
    await ana.page.getByRole("button", { name: "Offer again" }).click();
    await soon("it is offered again", seen, ([a, , c]) => a === events && c === events);
    await list.press("d");
    await soon("and gone again", seen, ([a, , c]) => a === events - 1 && c === events - 1);

    // What the evidence says of fields is accepted one by one.
    for (const field of ["Severity", "Direct trigger", "What stopped the bleeding"]) {
      await joel.page.getByRole("button", { name: new RegExp(`^Accept .* for ${field}$`) }).click();
    }
    await joel.page.locator(".tray-offers").waitFor({ state: "hidden" });
    await soon("they are in the text", () => ana.text(), (text) => /\*\*Severity\*\*: Sev1\n/.test(text) && /Direct trigger\*\*: Deployed `inventory`/.test(text));

    // One fills the form, the other writes; at once.
    const filling = async () => {
      await ana.view("Form");
      for (const [label, value] of [
        ["Customer impact summary", "A third of the buyers of the Northlight tour lost their seats while they paid"],
        ["Customer facing symptoms", "`Your seats have been released` during payment"],
        ["% of customers affected", "31% of orders in eu-west, 28% in us-east"],
        ["Requests affected", "31% of order requests answered 409 for 65 min"],
        ["Data loss", "no"],
        ["Data corruption", "yes (61 seats were sold twice)"],
        ["Durability risk", "no"],
        ["Why did our alerting succeed or fail", "It fired 4 min after the first conflict, as it was meant to"],
      ]) {
        await ana.page.getByLabel(label, { exact: true }).click();
        await ana.page.keyboard.type(value);
        await ana.page.keyboard.press("Enter");
      }
    };
    const writing = async () => {
      for (const [place, words] of [
        ["**Root cause** (systems explanation):", " `holds.ttl` was read as seconds where it had been minutes, and a number without a unit was taken"],
        ["- config / deployments", ": a canary of three minutes cannot see a hold that ends after ten seconds"],
        ["**What fully resolved the incident**:", " `inventory` refuses `holds.ttl` without a unit (#2214)"],
        ["## What went well\n\n-", " Support heard it first and said so"],
        ["## What went poorly\n\n-", " The deploy freeze refused a rollback for 5 minutes"],
        ["## Where we got lucky\n\n-", " House seats were free for most of the double bookings"],
        ["How will we prove this is fixed?", "\nNo 409 with `HOLD_EXPIRED` before ten minutes in two weeks of sales"],
      ]) {
        await joel.after(place);
        await joel.page.keyboard.type(words);
      }
      const offered = joel.page.locator(".cm-tooltip-autocomplete li");
      await joel.after("What metrics should improve?");
      await joel.page.keyboard.type(" /tar");
      await offered.filter({ hasText: "/target" }).click();
      await joel.page.keyboard.type("sum(rate(hold_conflicts_total[5m])) / sum(rate(orders_total[5m])) < 0.005");
      await joel.after("What game day will we run?");
      await joel.page.keyboard.type("\n/game");
      await offered.filter({ hasText: "/game day" }).click();
      await joel.page.keyboard.type("sell ten seats with holds of ten minutes");
    };
    await Promise.all([filling(), writing()]);
    await ana.view("Action items");
    await ana.cell(0, 1).click();
    await ana.page.keyboard.press("Enter");
    for (const value of ["Refuse `holds.ttl` without a unit at start-up", "@joe", "2026-11-30", "Open", "The service does not start with `holds.ttl: 10`"]) {
      await ana.page.keyboard.type(value);
      await ana.page.keyboard.press("Tab");
    }
    const text = await soon("the item and the answers", () => joel.text(), (text) => text.includes("| P0 | Refuse `holds.ttl` without a unit at start-up | @joel | 2026-11-30 | Open | The service"));
    assert.match(text, /\?\n  - No 409 with/);
    assert.match(text, /\?\n  - `sum\(rate\(hold_conflicts_total\[5m\]\)\) \/ sum\(rate\(orders_total\[5m\]\)\) < 0\.005` for 14d\n/);
    assert.match(text, /\?\n  - \d{4}-\d\d-\d\d: sell ten seats/);

    // It is not final before somebody has read it.
    await joel.view("Form");
    const stages = joel.page.getByRole("region", { name: "Stage" });
    await stages.getByRole("combobox", { name: "Stage" }).selectOption("final");
    await stages.getByRole("button", { name: "Move" }).click();
    await stages.getByText("nobody is named as reviewer").waitFor();
    await stages.getByRole("combobox", { name: "Reviewed by" }).fill("@joel");
    await stages.getByRole("button", { name: "Move" }).click();
    await soon("it is final", () => ana.text(), (text) => /^---\nstage: final\n/.test(text) && text.includes('reviewed-by: ["@joel"]'));
    await ana.page.getByText("12 of 12 sections done", { exact: true }).first().waitFor();
    assert.equal(await ana.page.locator(".found-list [data-level=error]").count(), 0);
    for (const { page, saved } of [ana, joel]) {
      await saved();
      await page.getByRole("link", { name: "Leave" }).click();
      await page.locator(".chip.stage-final").waitFor();
    }
    const postmortems = join(application.library, "postmortems/2026");
    const name = readdirSync(postmortems).find((name) => name.endsWith("seat-holds-expired-after-ten-seconds.md"));
    assert.match(readFileSync(join(postmortems, name), "utf8"), /^---\nstage: final\nfinalized: 2026-11-23\nreviewed-by: \["@joel"\]\n---\n/);
    for (const { faults } of [ana, joel]) assert.deepEqual(faults, []);
  } finally {
    for (const { close } of [ana, joel]) await close();
    application.close();
  }
});
