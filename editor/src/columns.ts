// What the columns of the tables hold, told from their heads: which words are offered, and whether a picker helps.
import type { Desk } from "./desk";
import type { Word } from "./protocol";

export type ColumnKind = "time" | "day" | "people" | "status" | "priority" | "text";

export function columnKind(head: string): ColumnKind {
  const name = head.toLowerCase();
  if (/^time\b/.test(name)) return "time";
  if (/\bdue\b|\bdate\b/.test(name)) return "day";
  if (/^(actor|owner|who)\b/.test(name)) return "people";
  if (/^status\b/.test(name)) return "status";
  if (/^priority\b/.test(name)) return "priority";
  return "text";
}

const named = (names: readonly string[]): Word[] => names.map((name) => ({ name, about: "" }));

/** The words for a column; none where anything may stand. */
export function columnWords(kind: ColumnKind, desk: Desk): Word[] {
  if (kind === "people") return desk.words.people;
  if (kind === "status") return named(desk.words.statuses);
  if (kind === "priority") return named(desk.words.priorities);
  return [];
}
