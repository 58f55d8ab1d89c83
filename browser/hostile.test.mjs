// Documents that somebody wrote to do harm, through the running server in a real browser: nothing runs, nothing is
// asked for elsewhere, no policy has to step in, and the page can be read.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, look, serve } from "./served.mjs";

const EVIL = "https://evil.example";
/** What runs script wherever it is let through as HTML. */
const SCRIPTS = [
  `<script>alert(1)</script>`,
  `<img src=x onerror=alert(1)>`,
  `<img src="${EVIL}/pixel.png">`,
  `<svg onload=alert(1)><script>alert(1)</script></svg>`,
  `<iframe src="${EVIL}"></iframe>`,
  `<a href="javascript:alert(1)">press</a>`,
  `<details open ontoggle=alert(1)>x</details>`,
  `<style>body{background:url(${EVIL}/style)}</style>`,
  `<link rel=stylesheet href="${EVIL}/sheet.css">`,
  `<meta http-equiv=refresh content="0;url=${EVIL}">`,
  `<base href="${EVIL}/">`,
  `<form action="${EVIL}"><button>press</button></form>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`,
  `<input autofocus onfocus=alert(1)>`,
  `<object data="${EVIL}"></object><embed src="${EVIL}">`,
  `--><script>alert(1)</script>`,
  `"><script>alert(1)</script>`,
  `' onmouseover='alert(1)`,
  `<div id="main" style="position:fixed;inset:0">over everything</div>`,
];
const every = SCRIPTS.join(" ");
const cell = every.replaceAll("|", "\\|");

/** A postmortem of the template, with something in each of its positions. */
function postmortem(id, given = {}) {
  const { title = id, front = "", summary = "", rows = "", cause = "", items = "", end = "" } = given;
  return `---
stage: draft
${front}---
# ${title}

---

## Incident summary

- **Incident ID**: ${id}
- **Severity**: Sev2
- **Start time** (UTC): 2026-11-02 08:12
- **End time** (UTC): 2026-11-02 09:12
- **Duration**: 1h
- **Primary services impacted**: identity
- **Customer impact summary**: ${summary}

## Timeline

| Time (UTC) | Actor | Action | Result |
|---|---|---|---|
| 2026-11-02 08:12 | identity | **Started.** It began | |
${rows}
## Root cause

- **Direct trigger**: ${cause}

## Action items

| Priority | Action item | Owner | Due date | Status | Verification plan |
|---:|---|---|---|---|---|
| P1 | A promise | @davi | 2026-12-04 | Open | It is seen |
${items}
## Appendices

${end}
`;
}

const LINKS = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "&#106;avascript:alert(1)",
  "data:text/html,<script>alert(1)</script>", "vbscript:alert(1)", "//evil.example/x", "\u0001javascript:alert(1)"];
const BIDI = "\u202Egnp.exe\u202C \u2066hidden\u2069 \u200Fright\u200E a\u0000b \uFEFF";

const DOCUMENTS = {
  "INC-9001": postmortem("INC-9001", {
    title: `Everywhere ${every}`,
    front: `tags: ["${every.replaceAll('"', "'")}"]\n`,
    summary: every,
    rows: `| 2026-11-02 08:20 | ${cell} | **Detected.** ${cell} | ${cell} |\n`,
    cause: `\`${every}\` *${every}* **${every}** [${every}](https://kestrelrow.example "${every.replaceAll('"', "'")}")`,
    items: `| P1 | ${cell} | ${cell} | ${cell} | ${cell} | ${cell} |\n`,
    end: [...SCRIPTS, "```html", ...SCRIPTS, "```", `> ${every}`, `1. ${every}`, `### ${every}`, "~~~" + every, every, "~~~",
      `[^note]: ${every}`, `![${every}](${EVIL}/picture.png)`, `<!-- ${every} -->`, `<!-- recount: allow ${every} -->`].join("\n\n"),
  }),
  "INC-9002": postmortem("INC-9002", {
    rows: LINKS.map((link) => `| 2026-11-02 08:20 | [who](${link}) | [what](<${link}>) | <${link}> |\n`).join(""),
    cause: LINKS.map((link) => `[press](<${link}>) [press](${link}) ![press](<${link}>)`).join(" "),
    end: LINKS.map((link, nth) => `[press ${nth}][l${nth}] <a href="${link}">press</a>\n\n[l${nth}]: <${link}>`).join("\n\n"),
  }),
  "INC-9003": postmortem("INC-9003", {
    rows: Array.from({ length: 10_000 }, (_, nth) => `| 2026-11-02 08:${12 + (nth % 40)} | @davi | Did thing ${nth} | Came of it |\n`).join(""),
  }),
  "INC-9004": postmortem("INC-9004", {
    end: [">".repeat(5000) + " deep", "- ".repeat(5000) + "deep", "[".repeat(5000) + "deep" + "](x)".repeat(5000),
      "*".repeat(5000) + "deep" + "*".repeat(5000), "<div>".repeat(5000) + "deep", "`".repeat(5000)].join("\n\n"),
  }),
  "INC-9005": postmortem("INC-9005", { title: `Report ${BIDI} end`, summary: BIDI, cause: `[${BIDI}](https://kestrelrow.example/${BIDI})` }),
  "INC-9006": postmortem("INC-9006", { end: "one line ".repeat(1_200_000) }),
};

let application, browser;
before(async () => {
  const files = Object.entries(DOCUMENTS).map(([id, text]) => [`postmortems/2026/${id}-harm.md`, text]);
  [application, browser] = await Promise.all([serve({ files: Object.fromEntries(files) }), browse()]);
});
after(async () => {
  await browser?.close();
  application?.close();
});

/** Looks at pages of a document; what a browser would run or load would stand in the faults. */
async function harmless(paths, check = async () => {}) {
  const { page, faults, close } = await look(browser, application, paths[0]);
  page.setDefaultTimeout(120_000);
  page.setDefaultNavigationTimeout(120_000);
  for (const path of paths) {
    await page.goto(application.address + path);
    await page.locator("h1").first().waitFor();
    assert.equal(new URL(page.url()).origin, application.address, path);
    // Nothing of the document may look like a part of the application: no script, no style, no frame, no form, no id
    // of ours twice.
    const found = await page.evaluate(() => ({
      tags: document.querySelectorAll("script:not([src^='/assets/']), style, iframe, object, embed, base, meta[http-equiv], main svg script, main link").length,
      handlers: [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some(({ name }) => name.startsWith("on") || name === "style")).length,
      links: [...document.querySelectorAll("[href], [src], [action]")]
        .map((one) => one.getAttribute("href") ?? one.getAttribute("src") ?? one.getAttribute("action"))
        .filter((link) => /^[\s\u0000-\u0020]*(java|vb)?script:|^data:/i.test(link)),
      pictures: [...document.querySelectorAll("img")].filter((one) => new URL(one.src, location).origin !== location.origin).length,
      actions: [...document.forms].filter((form) => !form.getAttribute("action")?.startsWith("/") && form.method !== "dialog").length,
      mains: document.querySelectorAll("#main").length,
    }));
    assert.deepEqual(found, { tags: 0, handlers: 0, links: [], pictures: 0, actions: 0, mains: 1 }, path);
    await check(page, path);
  }
  assert.deepEqual(faults, []);
  await close();
}

const pagesOf = (id) => ["", "/edit", "/edit/text", "/history", "/export"].map((page) => `/p/${id}${page}`);

test("script in every position of a document is text", () =>
  harmless([...pagesOf("INC-9001"), "/", "/postmortems", "/actions?status=all", "/search?q=everywhere", "/insights"]));

test("a search for script shows it as text", () =>
  harmless(SCRIPTS.map((script) => `/search?q=${encodeURIComponent(script)}`)));

test("links that would run something lead nowhere", () => harmless(pagesOf("INC-9002")));

test("a timeline of 10,000 rows is shown whole", () =>
  harmless(["/p/INC-9003"], async (page) => assert.equal(await page.locator("tr[id^=row-]").count(), 10_001)));

test("what is nested thousands deep is shown", () => harmless(pagesOf("INC-9004")));

test("signs that turn the direction of text stay within their title", () =>
  harmless(["/p/INC-9005", "/postmortems", "/"], async (page) => {
    // Whatever a text does to its own direction ends with it.
    const loose = await page.evaluate(() =>
      [...document.querySelectorAll("h1, a")]
        .filter((one) => /[\u202A-\u202E\u2066-\u2069]/.test(one.textContent))
        .filter((one) => !["isolate", "plaintext", "isolate-override"].includes(getComputedStyle(one).unicodeBidi))
        .map((one) => one.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(loose, []);
  }));

test("a line of 10 MB is shown", () => harmless(["/p/INC-9006"]));
