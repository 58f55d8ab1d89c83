// What the server and this page say to each other beside the text itself: the JSON frames, as types. The server's
// half stands in `crates/recount-web/src/live`. Nothing here does anything.

/** A place in the text that moves with it: a Yjs relative position as JSON. */
export type Place = unknown;

/** A stretch of the text that moves with it. */
export interface Stretch {
  from: Place;
  to: Place;
}

/** A change that the server proposes; who accepts it makes it. */
export interface PlacedEdit extends Stretch {
  text: string;
}

export interface Fix {
  label: string;
  edits: PlacedEdit[];
}

export type Level = "error" | "warning" | "note";

export interface Finding extends Stretch {
  rule: string;
  level: Level;
  message: string;
  why: string;
  help: string;
  fixes: Fix[];
}

export interface OutlineEntry {
  name: string;
  level: number;
  at: Place;
  done: boolean;
  errors: number;
}

export interface Progress {
  sections: number;
  done: number;
  errors: number;
  warnings: number;
  stage: string;
}

export type FieldKind = "text" | "time" | "choice" | "people" | "services" | "lines";

export interface Field extends Stretch {
  name: string;
  section: string;
  state: "blank" | "placeholder" | "value" | "invalid";
  why: string | null;
  choices: string[] | null;
  kind: FieldKind;
}

export type TableName = "timeline" | "actions";

export interface PlacedTable extends Stretch {
  name: TableName;
  priority: string | null;
  columns: string[];
}

export interface MilestoneAt {
  kind: string;
  at: string;
}

/** What the engine says of the text. A part that is absent is as it was. */
export interface Advice {
  type: "advice";
  findings?: Finding[];
  outline?: OutlineEntry[];
  progress?: Progress;
  fields?: Field[];
  tables?: PlacedTable[];
  milestones?: MilestoneAt[];
}

export interface Word {
  name: string;
  about: string;
}

export interface Words {
  services: Word[];
  people: Word[];
  severities: string[];
  statuses: string[];
  priorities: string[];
  milestones: string[];
  fields: string[];
  waivable: { rule: string; about: string }[];
}

export const NO_WORDS: Words = {
  services: [],
  people: [],
  severities: [],
  statuses: [],
  priorities: [],
  milestones: [],
  fields: [],
  waivable: [],
};

export interface You {
  name: string;
  color: string;
  colorLight: string;
}

export interface Hello {
  type: "hello";
  epoch: string;
  build: string;
  id: string;
  title: string;
  you: You;
  writable: boolean;
  words: Words;
}

export interface FileState {
  type: "file";
  written: boolean;
  committed: boolean | null;
  error: string | null;
  hint: string | null;
}

export interface Question {
  type: "question";
  id: number;
  about: "kept-text" | "branch" | "other-history";
  text: string;
  detail: string;
  choices: { id: string; label: string }[];
}

export interface Settled {
  type: "settled";
  id: number;
  by: string;
  choice: string;
}

export interface Row {
  time: string;
  actor: string;
  action: string;
  result: string;
  evidence: string;
}

export interface Answer {
  type: "answer";
  request: number;
  edits?: PlacedEdit[];
  rows?: Row[];
  error?: { sentence: string; hint: string | null };
}

export type FromServer =
  | Hello
  | { type: "stale" }
  | { type: "reload" }
  | { type: "saved"; updates: number }
  | FileState
  | Advice
  | Question
  | Settled
  | { type: "frozen"; why: string }
  | { type: "thawed" }
  | Answer
  | { type: "evidence"; changed: boolean }
  | { type: "refused"; sentence: string; hint: string | null };

export type Operation =
  | { do: "add-row"; cells: Partial<Row> }
  | { do: "remove-row"; table: TableName; row: number }
  | { do: "move-row"; table: TableName; row: number; to: number }
  | { do: "sort-timeline" }
  | { do: "add-item"; priority: string; cells: Record<string, string> }
  | { do: "set-field"; name: string; value: string }
  | { do: "set-stage"; stage: string; reviewers: string[] }
  | { do: "rows-of"; text: string; zone: string | null }
  | { do: "format" }
  | { do: "fix-all" };

export type ToServer =
  | { type: "ask"; request: number; operation: Operation }
  | { type: "decide"; question: number; choice: string }
  | { type: "write" };
