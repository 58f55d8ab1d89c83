import { expect, test } from "vitest";
import { nearest, rowsOf, shortDay, spanOf, ticksOf } from "../src/axis";
import { inOrder } from "../src/evidence";

const at = (time: string): number => Date.parse(`2026-11-20T${time}:00Z`);
const HOUR = 3_600_000;

test("milestones decide what is shown, and a commit of last week does not", () => {
  const span = spanOf([at("14:00"), at("16:00")], [at("14:00") - 200 * HOUR, at("15:00")]);
  expect(span).toEqual({ from: at("13:30"), to: at("16:30") });
});

test("one milestone is shown with an hour around it, and none by the bulk of the events", () => {
  expect(spanOf([at("14:00")], [])).toEqual({ from: at("13:00"), to: at("15:00") });
  const many = Array.from({ length: 100 }, (_, minute) => at("14:00") + minute * 60_000);
  const span = spanOf([], [...many, at("14:00") - 5000 * HOUR]);
  expect(span?.from).toBeGreaterThan(at("13:00"));
  expect(spanOf([], [])).toBeNull();
  expect(spanOf([Number.NaN], [at("14:00")])).toEqual({ from: at("13:50"), to: at("14:10") });
});

test("times on the axis are round, no more than fit, and name the day where it begins", () => {
  const ticks = ticksOf({ from: at("22:40"), to: at("22:40") + 3 * HOUR }, 6);
  expect(ticks.map(({ label }) => label)).toEqual(["23:00", "23:30", "21 Nov", "00:30", "01:00", "01:30"]);
  expect(ticksOf({ from: 0, to: 40_000 * 24 * HOUR }, 5).length).toBeLessThanOrEqual(6);
  expect(shortDay(at("00:00"))).toBe("20 Nov");
});

test("labels that would stand over each other go into rows, and one too many into none", () => {
  const label = (from: number): { from: number; to: number } => ({ from, to: from + 50 });
  expect(rowsOf([label(0), label(10), label(20), label(55)], 2)).toEqual([0, 1, -1, 0]);
});

test("the event nearest to a time is found", () => {
  const items = inOrder(["14:00", "14:10", "15:00"].map((time) => ({ id: time, at: `2026-11-20T${time}:00Z`, kind: "note", source: "x" })), []);
  expect(nearest(items, at("14:12"))).toBe(1);
  expect(nearest([], 0)).toBe(-1);
});
