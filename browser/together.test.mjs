// Writing together in real browsers: the text, the grids and the form are views of one text that everybody writes in at
// once, whatever happens to the network, to the server and to the file.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, look, serve } from "./served.mjs";

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
  const { page } = opened;
  await page.locator(".cm-content").waitFor({ state: "attached" });
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
    cell: (row, column) => page.locator("table.grid tbody tr").nth(row).locator("td").nth(column),
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
