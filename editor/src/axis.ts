// The incident on an axis of time: its milestones, and a mark for each event in its source's lane. A picture for those
// who see it; the list below it says the same to everybody.
import type { Item } from "./evidence";
import { day } from "./evidence";
import type { MilestoneAt } from "./protocol";

export interface Span {
  from: number;
  to: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The least that is shown around an incident. */
const LEAST = 10 * MINUTE;

/**
 * The stretch of time that is shown. Milestones decide it, with a quarter of their stretch on either side, or else the
 * bulk of the events: a commit of last week does not press the incident into one point.
 */
export function spanOf(milestones: readonly number[], events: readonly number[]): Span | null {
  const fixed = milestones.filter(Number.isFinite);
  const times = fixed.length > 0 ? fixed : bulk(events);
  if (times.length === 0) return null;
  const from = times.reduce((a, b) => Math.min(a, b));
  const to = times.reduce((a, b) => Math.max(a, b));
  // One milestone alone says when, not how long.
  const around = Math.max(LEAST, fixed.length === 1 ? HOUR : (to - from) / (fixed.length > 0 ? 4 : 50));
  return { from: from - around, to: to + around };
}

/** What lies between the first and the last twentieth; everything of a few. */
function bulk(events: readonly number[]): number[] {
  const sorted = [...events].sort((a, b) => a - b);
  if (sorted.length < 20) return sorted;
  const cut = Math.floor(sorted.length / 20);
  return sorted.slice(cut, sorted.length - cut);
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200, 525_600].map((minutes) => minutes * MINUTE);

/** Round times within a span, at most so many, each with what is written below it: the day where it begins. */
export function ticksOf({ from, to }: Span, most: number): { at: number; label: string }[] {
  const step = STEPS.find((one) => (to - from) / one <= Math.max(1, most)) ?? (to - from) / Math.max(1, most);
  const ticks: { at: number; label: string }[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const before = ticks.at(-1)?.at;
    const isNewDay = before !== undefined && day(before) !== day(at);
    const time = new Date(at).toISOString().slice(11, 16);
    ticks.push({ at, label: step >= DAY || isNewDay ? shortDay(at) : time });
  }
  return ticks;
}

/** `20 Nov`, in UTC. */
export function shortDay(at: number): string {
  return new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" }).formatToParts(at)
    .filter(({ type }) => type === "day" || type === "month")
    .reverse()
    .map(({ value }) => value)
    .join(" ");
}

/** Rows for labels that would stand over each other; -1 for one that no row has room for. */
export function rowsOf(labels: readonly { from: number; to: number }[], rows: number): number[] {
  const ends = new Array<number>(rows).fill(Number.NEGATIVE_INFINITY);
  return labels.map(({ from, to }) => {
    const row = ends.findIndex((end) => end <= from);
    if (row >= 0) ends[row] = to;
    return row;
  });
}

/** The item whose time is nearest. */
export function nearest(items: readonly Item[], at: number): number {
  let best = -1;
  items.forEach((item, number) => {
    const other = items[best];
    if (!other || Math.abs(item.at - at) < Math.abs(other.at - at)) best = number;
  });
  return best;
}

/** Sources that have a lane each; the rest share the last. */
const LANES = 6;
const LANE = 15;
const LETTER = 6.7;
const NAMESPACE = "http://www.w3.org/2000/svg";

function s(name: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== "") element.textContent = text;
  return element;
}

export interface Shown {
  /** What there is: it decides the lanes and the stretch, so that a filter moves nothing. */
  all: readonly Item[];
  /** What a filter lets through: it is drawn. */
  items: readonly Item[];
  milestones: readonly MilestoneAt[];
  selected: ReadonlySet<string>;
  current: Item | null;
}

export class Axis {
  readonly element = s("svg", { class: "axis tray-axis", "aria-hidden": "true", focusable: "false" }) as SVGSVGElement;
  private span: Span | null = null;
  private plot = { left: 0, right: 0 };
  private lanes: string[] = [];
  private top = 0;
  private readonly chosen = s("path", { class: "chosen" });
  private readonly here = s("path", { class: "here" });

  /** `onPick` hears at which time somebody pressed. */
  constructor(onPick: (at: number) => void) {
    this.element.addEventListener("click", (event) => {
      if (!this.span) return;
      const { left, width } = this.element.getBoundingClientRect();
      const whole = this.element.viewBox.baseVal.width;
      const x = ((event.clientX - left) / Math.max(1, width)) * whole;
      const part = (x - this.plot.left) / Math.max(1, this.plot.right - this.plot.left);
      onPick(this.span.from + Math.max(0, Math.min(1, part)) * (this.span.to - this.span.from));
    });
  }

  /** Draws everything anew; `width` is that of the room it has, in pixels. */
  draw(width: number, shown: Shown): void {
    const { all, items, milestones } = shown;
    const marks = milestones
      .map(({ kind, at }) => ({ kind, at: Date.parse(at) }))
      .filter(({ at }) => Number.isFinite(at))
      .sort((a, b) => a.at - b.at);
    this.span = spanOf(marks.map(({ at }) => at), all.map(({ at }) => at));
    this.element.replaceChildren();
    this.element.toggleAttribute("hidden", !this.span || width < 120);
    if (!this.span || width < 120) return;
    this.lanes = lanesOf(all);
    const longest = Math.max(4, ...this.lanes.map((lane) => laneName(lane).length));
    this.plot = { left: Math.min(width / 3, longest * LETTER + 10), right: width - 6 };

    const labels = marks.map(({ kind, at }) => {
      const size = kind.length * LETTER + 8;
      const x = this.x(at);
      const from = Math.max(0, Math.min(x - 3, width - size));
      return { from, to: from + size };
    });
    const rows = rowsOf(labels, 3);
    const used = Math.max(0, ...rows.map((row) => row + 1));
    this.top = used * 15 + 6;
    const bottom = this.top + this.lanes.length * LANE;
    this.element.setAttribute("viewBox", `0 0 ${width} ${bottom + 34}`);
    this.element.setAttribute("height", String(bottom + 34));

    this.drawTicks(bottom, width);
    this.lanes.forEach((lane, number) => {
      const y = this.top + number * LANE;
      this.element.append(
        s("line", { class: "lane", x1: this.plot.left, x2: this.plot.right, y1: y + LANE / 2, y2: y + LANE / 2 }),
        s("text", { class: "tick", x: this.plot.left - 7, y: y + LANE / 2 + 4, "text-anchor": "end" }, cut(laneName(lane), (this.plot.left - 8) / LETTER)),
      );
    });
    this.element.append(
      s("path", { class: "event", d: this.ticks(items.filter(({ isIn }) => !isIn), 4) }),
      s("path", { class: "event in", d: this.ticks(items.filter(({ isIn }) => isIn), 5) }),
    );
    marks.forEach(({ kind, at }, number) => {
      const x = this.x(at);
      const row = rows[number] ?? -1;
      const from = row < 0 ? this.top - 4 : row * 15 + 13;
      const name = kind.replace(/[^a-z-]/gi, "").toLowerCase();
      this.element.append(s("line", { class: `guide ${name}`, x1: x, x2: x, y1: from, y2: bottom }));
      if (row >= 0) this.element.append(s("text", { class: `label ${name}`, x: (labels[number]?.from ?? x) + 2, y: row * 15 + 12 }, kindLabel(kind)));
    });
    this.element.append(this.chosen, this.here);
    this.mark(shown);
    const before = items.filter(({ at }) => at < (this.span?.from ?? 0)).length;
    const after = items.filter(({ at }) => at > (this.span?.to ?? 0)).length;
    if (before > 0) this.element.append(s("text", { class: "cut", x: this.plot.left, y: bottom + 30 }, `← ${before.toLocaleString("en")} earlier`));
    if (after > 0) this.element.append(s("text", { class: "cut", x: this.plot.right, y: bottom + 30, "text-anchor": "end" }, `${after.toLocaleString("en")} later →`));
  }

  /** Draws the selected and the current event alone. */
  mark({ items, selected, current }: Shown): void {
    if (!this.span) return;
    this.chosen.setAttribute("d", selected.size > 0 ? this.ticks(items.filter(({ key }) => selected.has(key)), 6) : "");
    if (!current) {
      this.here.setAttribute("d", "");
      return;
    }
    const x = this.x(current.at);
    const y = this.top + this.laneOf(current) * LANE + LANE / 2;
    this.here.setAttribute("d", `M${x.toFixed(1)} ${y - 6.5}l5 6.5l-5 6.5l-5-6.5z`);
  }

  private drawTicks(bottom: number, width: number): void {
    const { span } = this;
    if (!span) return;
    const first = `${shortDay(span.from)}, UTC`;
    const ticks = ticksOf(span, Math.floor((this.plot.right - this.plot.left) / 62));
    for (const { at, label } of ticks) {
      const x = this.x(at);
      this.element.append(s("line", { class: "lane", x1: x, x2: x, y1: this.top, y2: bottom + 3 }));
      if (x > this.plot.left + 12 && x < width - 16) this.element.append(s("text", { class: "tick", x, y: bottom + 15, "text-anchor": "middle" }, label));
    }
    this.element.append(s("text", { class: "tick", x: 0, y: bottom + 15 }, cut(first, (this.plot.left + 14) / 6)));
  }

  private x(at: number): number {
    const { left, right } = this.plot;
    const { from, to } = this.span ?? { from: 0, to: 1 };
    return left + Math.max(0, Math.min(1, (at - from) / (to - from))) * (right - left);
  }

  private laneOf({ source, isIn }: Item): number {
    const at = this.lanes.indexOf(isIn ? "" : source);
    return at < 0 ? this.lanes.length - 1 : at;
  }

  /** A line for each event, those in one point of one lane as one. */
  private ticks(items: readonly Item[], half: number): string {
    const seen = new Set<string>();
    for (const item of items) {
      const y = this.top + this.laneOf(item) * LANE + LANE / 2 - half;
      seen.add(`M${(Math.round(this.x(item.at) * 2) / 2).toFixed(1)} ${y}v${2 * half}`);
    }
    return [...seen].join("");
  }
}

const OTHERS = "\u0000";

/** The timeline's lane first, then the sources that have most; an empty name is the timeline. */
function lanesOf(items: readonly Item[]): string[] {
  const counts = new Map<string, number>();
  for (const { source, isIn } of items) {
    const lane = isIn ? "" : source;
    counts.set(lane, (counts.get(lane) ?? 0) + 1);
  }
  const sources = [...counts].filter(([lane]) => lane !== "").sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], "en")).map(([lane]) => lane);
  const own = sources.length > LANES ? [...sources.slice(0, LANES - 1), OTHERS] : sources;
  return counts.has("") ? ["", ...own] : own;
}

const laneName = (lane: string): string => (lane === "" ? "timeline" : lane === OTHERS ? "others" : lane);
const kindLabel = (kind: string): string => kind.charAt(0).toUpperCase() + kind.slice(1);
const cut = (text: string, letters: number): string => (text.length > letters ? `${text.slice(0, Math.max(1, Math.floor(letters) - 1))}…` : text);
