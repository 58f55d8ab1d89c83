import { expect, test } from "vitest";
import { type Candidate, type Imported, type TimelineRow, clock, counted, filtered, inOrder, kindName, many, plain, size, told, windowOf } from "../src/evidence";
import { sendAddress, troubleOf } from "../src/evidence-api";

const candidate = (id: string, at: string, more: Partial<Candidate> = {}): Candidate => ({ id, at, kind: "message", source: "slack", action: id, ...more });
const row = (number: number, at: string | null, action = `row ${number}`): TimelineRow => ({
  number, at, time: at?.slice(11, 16) ?? "", actor: "@ana", action, result: "", milestone: null,
});

test("rows and candidates stand in one list by time, the row first where both are of one time", () => {
  const items = inOrder(
    [candidate("late", "2026-11-20T15:00:00Z"), candidate("same", "2026-11-20T14:02:00Z")],
    [row(1, "2026-11-20T14:02:00Z"), row(2, "2026-11-20T14:30:00Z")],
  );
  expect(items.map(({ key }) => key)).toEqual(["row:1", "same", "row:2", "late"]);
  expect(items.map(({ isIn }) => isIn)).toEqual([true, false, true, false]);
});

test("a row without a time stays behind the row before it, and before the first time at the beginning", () => {
  const items = inOrder([candidate("between", "2026-11-20T14:10:00Z")], [row(1, null), row(2, "2026-11-20T14:02:00Z"), row(3, null), row(4, "2026-11-20T14:30:00Z")]);
  expect(items.map(({ key }) => key)).toEqual(["row:1", "row:2", "row:3", "between", "row:4"]);
});

test("a candidate whose time is none is left out, and the rest is shown", () => {
  expect(inOrder([candidate("broken", "yesterday"), candidate("whole", "2026-11-20T14:02:00Z")], []).map(({ key }) => key)).toEqual(["whole"]);
});

test("an original leads to a web page or nowhere", () => {
  const [bad, good] = inOrder(
    [candidate("a", "2026-11-20T14:00:00Z", { link: "javascript:alert(1)" }), candidate("b", "2026-11-20T14:01:00Z", { link: "https://example.org/b" })],
    [],
  );
  expect(bad?.link).toBeNull();
  expect(good?.link).toBe("https://example.org/b");
});

test("a row's link is its original, and its words are without Markdown", () => {
  const [item] = inOrder([], [row(1, "2026-11-20T14:02:00Z", "**Fired** for [seats](https://example.org/s)<br>twice <!-- #1 -->")]);
  expect(item?.link).toBe("https://example.org/s");
  expect(item?.action).toBe("Fired for seats twice");
  expect(plain("`v40` came back")).toBe("v40 came back");
});

test("a time is shown as exactly as it is known", () => {
  const items = inOrder([candidate("a", "2026-11-20T14:02:11Z"), candidate("b", "2026-11-20T14:03:00Z", { precision: "minute" })], []);
  expect(items.map(clock)).toEqual(["14:02:11", "14:03"]);
});

test("every word has to be somewhere in the event, in whatever letters", () => {
  const items = inOrder(
    [
      candidate("one", "2026-11-20T14:00:00Z", { action: "Deployed shop v41", actor: "@ana", kind: "deploy" }),
      candidate("two", "2026-11-20T14:01:00Z", { action: "Looking at the shop", details: { channel: "#ops" } }),
    ],
    [row(1, "2026-11-20T14:02:00Z", "Shop is back")],
  );
  const keys = (text: string, more = {}): string[] => filtered(items, { text, source: "", kind: "", where: "all", ...more }).map(({ key }) => key);
  expect(keys("SHOP")).toEqual(["one", "two", "row:1"]);
  expect(keys("shop  #ops")).toEqual(["two"]);
  expect(keys("ana v41")).toEqual(["one"]);
  expect(keys("", { where: "out" })).toEqual(["one", "two"]);
  expect(keys("", { where: "in" })).toEqual(["row:1"]);
  expect(keys("", { kind: "deploy" })).toEqual(["one"]);
  expect(keys("", { source: "github" })).toEqual([]);
});

test("filters offer what there is, by name, with how often", () => {
  expect(counted(["slack", "", "github", "slack"])).toEqual([["github", 1], ["slack", 2]]);
  expect(kindName("config-change")).toBe("Config change");
});

const imported = (more: Partial<Imported>): Imported => ({
  inputs: [{ name: "pages.json", source: "pagerduty", events: 42, left_out: {}, skipped: [], skipped_total: 0, notes: [] }],
  warnings: [], added: [], changed: [], removed: [], filled: [], offers: [], candidates: 0, ...more,
});

test("what came of a file is told in one sentence", () => {
  const whole = told(imported({ added: ["a"], candidates: 1200 }));
  expect(whole.sentence).toBe("Read as pagerduty: 42 events. 1 row taken into the timeline, 1,200 events in all to choose from");
  expect(whole.isWhole).toBe(true);
  const field = { field: "Severity", what: "Severity", value: "Sev1", why: "the pager says so" };
  expect(told(imported({ filled: [field], offers: [field] })).sentence).toBe("Read as pagerduty: 42 events. 1 field filled, 1 thing to decide");
  expect(told(imported({ inputs: [] })).sentence).toBe("Nothing new for the timeline");
});

test("what was left out, filled and could not be read is told with why and where", () => {
  const skipped = [
    { part: "a.log", line: 7, record: null, byte: 100, why: "there is no time in it" },
    { part: "b.json", line: null, record: 3, byte: 9, why: "it is cut off" },
    { part: "c.bin", line: null, record: null, byte: null, why: "it is no text" },
  ];
  const said = told(imported({
    inputs: [{ name: "x", source: "syslog", events: 1, left_out: { "read-only calls": 12 }, skipped, skipped_total: 103, notes: ["times are to the minute"] }],
    filled: [{ field: "Severity", value: "Sev1", why: "the pager says so" }],
    warnings: ["`d.png` is of no source"],
  }));
  expect(said.skipped).toEqual(["a.log, line 7: there is no time in it", "b.json, record 3: it is cut off", "c.bin: it is no text"]);
  expect(said.more).toBe(100);
  expect(said.isWhole).toBe(false);
  expect(said.notes).toEqual(["`d.png` is of no source", "12 left out: read-only calls", "times are to the minute", "Severity was blank and is now Sev1: the pager says so"]);
});

test("numbers and sizes read as people write them", () => {
  expect([many(1, "row"), many(5000, "row")]).toEqual(["1 row", "5,000 rows"]);
  expect([size(1), size(900), size(2048), size(5 * 1024 * 1024)]).toEqual(["1 byte", "900 bytes", "2 KiB", "5.0 MiB"]);
});

test("of a long list only what is seen is drawn, and some around it", () => {
  expect(windowOf(0, 400, 50, 5000)).toEqual({ from: 0, to: 16 });
  expect(windowOf(100_000, 400, 50, 5000)).toEqual({ from: 1992, to: 2016 });
  expect(windowOf(249_900, 400, 50, 5000)).toEqual({ from: 4990, to: 5000 });
  expect(windowOf(9_999_999, 400, 50, 3)).toEqual({ from: 0, to: 3 });
  expect(windowOf(0, 400, 0, 3)).toEqual({ from: 0, to: 3 });
});

test("a refusal is told in its own words, and a proxy's page by its number", () => {
  const refused = troubleOf(422, '{"detail":"`x` is of no source","hint":"say which"}', null);
  expect([refused.sentence, refused.hint, refused.after]).toEqual(["`x` is of no source", "say which", null]);
  expect(troubleOf(503, '{"detail":"others are sending"}', "5")).toMatchObject({ sentence: "Others are sending", after: 5 });
  expect(troubleOf(502, "<html>", null).sentence).toBe("The server answered 502");
  expect(troubleOf(500, "null", "soon").after).toBeNull();
});

test("a file's name and how it is read stand in its address; what is not said is left out", () => {
  expect(sendAddress("/api/v1/postmortems/INC-1", "ops & more.zip", { zone: " Europe/Berlin ", year: "", source: "" })).toBe(
    "/api/v1/postmortems/INC-1/evidence?name=ops+%26+more.zip&zone=Europe%2FBerlin",
  );
});
