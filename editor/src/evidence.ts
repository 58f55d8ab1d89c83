// An incident's evidence as the API tells it, and what can be said of it without a page: which events there are, by time,
// what came of a file that was sent. Nothing here draws.

import { inWords } from "./reading";

/** A candidate as `GET …/candidates` has it. */
export interface Candidate {
  id: string;
  at: string;
  precision?: "minute" | "second";
  kind: string;
  source: string;
  actor?: string;
  action?: string;
  result?: string;
  link?: string | null;
  link_label?: string;
  details?: Record<string, string>;
  left_out_because?: string;
}

/** A row as `GET …/timeline` has it. */
export interface TimelineRow {
  number: number;
  at: string | null;
  time: string;
  actor: string;
  action: string;
  result: string;
  milestone: string | null;
}

/** A value that the evidence offers for a field. */
export interface Derived {
  field: string;
  value: string;
  reason: string;
}

/** What came of an import, as `POST …/evidence` has it. */
export interface Imported {
  inputs: {
    name: string;
    source: string;
    events: number;
    left_out: Record<string, number>;
    skipped: { part: string; line: number | null; record: number | null; byte: number | null; why: string }[];
    skipped_total: number;
    notes: string[];
  }[];
  warnings: string[];
  added: string[];
  changed: string[];
  removed: { event: string; why: string }[];
  filled: { field: string; value: string; why: string }[];
  offers: { what: string; value: string; why: string }[];
  candidates: number;
}

/** An event of the evidence, or a row of the timeline: both stand in one list. */
export interface Item {
  key: string;
  /** Milliseconds; a row without a time of its own has that of the row before it. */
  at: number;
  hasSeconds: boolean;
  /** Empty for rows: the API does not tell what they came from. */
  source: string;
  kind: string;
  actor: string;
  action: string;
  result: string;
  link: string | null;
  linkLabel: string;
  /** Why it is not in the timeline; empty for what is. */
  why: string;
  details: readonly (readonly [string, string])[];
  isIn: boolean;
  /** What is searched, in small letters. */
  words: string;
}

export interface Filter {
  text: string;
  source: string;
  kind: string;
  where: "out" | "in" | "all";
}

const LINK = /\[([^\]]*)\]\((https?:\/\/[^()\s]+)\)/;

/** The words of a cell without the signs of Markdown around them. */
export function plain(cell: string): string {
  return cell
    .replace(/<!--.*?-->/g, "")
    .replace(/<br\s*\/?>/gi, " ")
    .replace(/\[([^\]]*)\]\([^()\s]+\)/g, "$1")
    .replace(/\*\*([^*]+)\*\*/g, "$1")
    .replace(/`([^`]+)`/g, "$1")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

const isWeb = (target: string | null | undefined): target is string => /^https?:\/\//i.test(target ?? "");

/** Candidates and rows in one list by time; of one time, what is in the timeline first. */
export function inOrder(candidates: readonly Candidate[], rows: readonly TimelineRow[]): Item[] {
  let last = Number.NaN;
  const placed = rows.map((row): Item => {
    const at = row.at === null ? Number.NaN : Date.parse(row.at);
    if (!Number.isNaN(at)) last = at;
    const cells = [row.action, row.result];
    const target = cells.map((cell) => LINK.exec(cell)).find((found) => found !== null);
    const item = {
      key: `row:${row.number}`,
      at: Number.isNaN(at) ? last : at,
      hasSeconds: /:\d\d:\d\d/.test(row.time),
      source: "",
      kind: row.milestone ?? "",
      actor: plain(row.actor),
      action: plain(row.action),
      result: plain(row.result),
      link: target?.[2] ?? null,
      linkLabel: target?.[1] ?? "",
      why: "",
      details: [],
      isIn: true,
    };
    return { ...item, words: wordsOf(item) };
  });
  const events = candidates.flatMap((one): Item[] => {
    const at = Date.parse(one.at);
    if (Number.isNaN(at)) return [];
    const item = {
      key: one.id,
      at,
      hasSeconds: one.precision !== "minute",
      source: one.source,
      kind: one.kind,
      actor: one.actor ?? "",
      action: one.action ?? "",
      result: one.result ?? "",
      link: isWeb(one.link) ? one.link : null,
      linkLabel: one.link_label ?? "",
      why: one.left_out_because ?? "",
      details: Object.entries(one.details ?? {}),
      isIn: false,
    };
    return [{ ...item, words: wordsOf(item) }];
  });
  // Rows before the first time of a timeline stand at its beginning.
  const first = placed.find(({ at }) => !Number.isNaN(at))?.at ?? events[0]?.at ?? 0;
  const all = [...placed.map((item) => (Number.isNaN(item.at) ? { ...item, at: first } : item)), ...events];
  return all.map((item, order) => ({ item, order })).sort((a, b) => a.item.at - b.item.at || a.order - b.order).map(({ item }) => item);
}

function wordsOf(item: Omit<Item, "words">): string {
  const { source, kind, actor, action, result, linkLabel, details } = item;
  return [source, kind, kindName(kind), actor, action, result, linkLabel, ...details.map(([, value]) => value)].join("\n").toLowerCase();
}

/** What a filter lets through: every word that it names is somewhere in the event. */
export function filtered(items: readonly Item[], { text, source, kind, where }: Filter): Item[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return items.filter(
    (item) =>
      (where === "all" || item.isIn === (where === "in")) &&
      (source === "" || item.source === source) &&
      (kind === "" || item.kind === kind) &&
      words.every((word) => item.words.includes(word)),
  );
}

/** The values that something has in a list, each with how often, by name. */
export function counted(values: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b, "en"));
}

/** The name of a kind as people read it: `config-change` is *Config change*. */
export function kindName(kind: string): string {
  const words = kind.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `1 event`, `2 events`, `5,000 events`. */
export function many(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}

const iso = (at: number): string => new Date(at).toISOString();

/** The time of day in UTC, as exact as it is known. */
export const clock = ({ at, hasSeconds }: Pick<Item, "at" | "hasSeconds">): string => iso(at).slice(11, hasSeconds ? 19 : 16);

/** The day in UTC. */
export const day = (at: number): string => iso(at).slice(0, 10);

/** What came of a file, in the order in which people want to know it. */
export interface Told {
  /** What it is, and what came into the timeline, in one sentence. */
  sentence: string;
  /** What came of it, in a few words. */
  short: string;
  /** Whether everything in it was read. */
  isWhole: boolean;
  notes: string[];
  /** Records that could not be read, each with its place. */
  skipped: string[];
  /** How many more could not be read than are told. */
  more: number;
}

/** What to say of an import. */
export function told(imported: Imported): Told {
  const { inputs, added, changed, removed, filled, offers, candidates, warnings } = imported;
  const read = inputs.map(({ source, events }) => `read as ${source}: ${many(events, "event")}`);
  const came: string[] = [];
  if (added.length > 0) came.push(`${many(added.length, "row")} taken into the timeline`);
  if (changed.length > 0) came.push(`${many(changed.length, "row")} said better`);
  if (removed.length > 0) came.push(`${many(removed.length, "row")} gone`);
  if (filled.length > 0) came.push(`${many(filled.length, "field")} filled`);
  const short = [many(added.length, "new row"), ...(filled.length > 0 ? [`${many(filled.length, "field")} filled`] : [])];
  if (came.length === 0) came.push("nothing new for the timeline");
  if (candidates > 0) came.push(`${many(candidates, "event")} in all to choose from`);
  if (offers.length > 0) came.push(`${many(offers.length, "thing")} to decide`);
  const notes = warnings.map(inWords);
  for (const { left_out: left, notes: own } of inputs) {
    for (const [reason, count] of Object.entries(left)) notes.push(`${count.toLocaleString("en")} left out: ${reason}`);
    notes.push(...own.map(inWords));
  }
  for (const { why } of removed) notes.push(`A row went: ${why}`);
  for (const { field, value, why } of filled) notes.push(`${field} was blank and is now ${value}: ${why}`);
  for (const { what, value, why } of offers) notes.push(`To decide: ${what}, ${value}: ${why}`);
  const skipped = inputs.flatMap((input) => input.skipped.map((one) => `${placeOf(one)}: ${inWords(one.why)}`));
  const total = inputs.reduce((sum, { skipped_total: count }) => sum + count, 0);
  const start = read.length > 0 ? `${read.join("; ")}. ` : "";
  const sentence = `${start}${came.join(", ")}`;
  return {
    sentence: sentence.charAt(0).toUpperCase() + sentence.slice(1),
    short: added.length + filled.length > 0 ? short.join(", ") : "nothing new",
    isWhole: total === 0 && warnings.length === 0,
    notes: [...new Set(notes)],
    skipped,
    more: Math.max(0, total - skipped.length),
  };
}

function placeOf({ part, line, record, byte }: Imported["inputs"][number]["skipped"][number]): string {
  if (line !== null) return `${part}, line ${line}`;
  if (record !== null) return `${part}, record ${record}`;
  return byte === null ? part : `${part}, byte ${byte}`;
}

/** A size as people read it. */
export function size(bytes: number): string {
  if (bytes < 1000) return many(bytes, "byte");
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** Which rows of a long list are drawn: those that are seen, and some around them. */
export function windowOf(top: number, height: number, rowHeight: number, count: number): { from: number; to: number } {
  const AROUND = 8;
  const row = Math.max(1, rowHeight);
  const from = Math.max(0, Math.min(Math.floor(top / row), count) - AROUND);
  return { from, to: Math.min(count, Math.ceil((top + height) / row) + AROUND) };
}
