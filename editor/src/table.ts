// The rows and cells of a Markdown table in a text, with their places, and the smallest edits of them. Pure: it knows
// no Yjs and no page. Where the tables of a document stand, and which is which, the server's advice says.

export interface Edit {
  from: number;
  to: number;
  text: string;
}

/** A cell: its value without the spaces around it, and the room between its pipes. */
export interface Cell {
  from: number;
  to: number;
  room: { from: number; to: number };
  /** As it stands in the text. */
  raw: string;
  /** As a reader sees it: `\|` is `|`. */
  value: string;
}

/** A line of a table, without its line end. */
export interface Line {
  from: number;
  to: number;
  cells: Cell[];
}

export interface Table {
  from: number;
  to: number;
  header: Line;
  /** All lines below the one of dashes. */
  rows: Line[];
}

const isSpace = (sign: string | undefined): boolean => sign === " " || sign === "\t";

/** The places of pipes that part cells: those that are not behind an odd number of backslashes. */
function pipes(text: string, from: number, to: number): number[] {
  const found: number[] = [];
  let slashes = 0;
  for (let at = from; at < to; at += 1) {
    const sign = text[at];
    if (sign === "|" && slashes % 2 === 0) found.push(at);
    slashes = sign === "\\" ? slashes + 1 : 0;
  }
  return found;
}

function cell(text: string, from: number, to: number): Cell {
  let start = from;
  let end = to;
  while (start < end && isSpace(text[start])) start += 1;
  while (end > start && isSpace(text[end - 1])) end -= 1;
  // An empty cell is written behind its first space, if it has one.
  if (start === end) start = end = from < to ? from + 1 : from;
  const raw = text.slice(start, end);
  return { from: start, to: end, room: { from, to }, raw, value: shown(raw) };
}

/** The cells of one line. A pipe at its begin and its end may be missing. */
export function line(text: string, from: number, to: number): Line {
  let start = from;
  let end = to;
  while (start < end && isSpace(text[start])) start += 1;
  while (end > start && isSpace(text[end - 1])) end -= 1;
  const marks = pipes(text, start, end);
  const cells: Cell[] = [];
  let at = start;
  if (marks[0] === start) {
    marks.shift();
    at += 1;
  }
  for (const mark of marks) {
    cells.push(cell(text, at, mark));
    at = mark + 1;
  }
  if (at < end || cells.length === 0) cells.push(cell(text, at, end));
  return { from, to, cells };
}

const DASHES = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/**
 * The table that begins between two places, down to its last line: rows that were put below it since the places were told
 * are its own. Nothing where no table is, as while somebody is just typing or removing one.
 */
export function tableAt(text: string, from: number, to: number): Table | null {
  // What begins within a line is widened to whole lines: an edit may have moved the places.
  let start = Math.max(0, Math.min(from, text.length));
  while (start > 0 && text[start - 1] !== "\n") start -= 1;
  const lines: Line[] = [];
  for (let at = start; at <= text.length; ) {
    const end = text.indexOf("\n", at);
    const stop = end < 0 ? text.length : end;
    if (text.slice(at, stop).trim() === "" || !text.slice(at, stop).includes("|")) {
      if (lines.length > 0) break;
      if (stop >= to) return null;
    } else {
      lines.push(line(text, at, stop));
    }
    at = stop + 1;
  }
  const [header, dashes, ...rows] = lines;
  if (!header || !dashes || !DASHES.test(text.slice(dashes.from, dashes.to))) return null;
  const last = rows.at(-1) ?? dashes;
  return { from: header.from, to: last.to, header, rows };
}

/** A cell as a reader sees it. */
export function shown(raw: string): string {
  return raw.replace(/(\\+)\|/g, (whole, slashes: string) =>
    slashes.length % 2 === 1 ? `${slashes.slice(1)}|` : whole,
  );
}

/** What a reader typed as it may stand in a cell: no pipe parts it, no line ends in it. */
export function written(value: string): string {
  return value
    .replace(/[\r\n]+/g, " ")
    .replace(/(\\*)\|/g, (_, slashes: string) =>
      slashes.length % 2 === 0 ? `${slashes}\\|` : `${slashes}\\\\|`,
    );
}

/** A value as the end of a cell would have it: a backslash before the pipe would swallow it, so a space stands between. */
export function tidied(value: string): string {
  return written(value).trim();
}

/** A line of a table of these cells. */
export function row(cells: readonly string[]): string {
  const body = cells.map((value) => {
    const text = tidied(value);
    return text === "" ? " " : ` ${text} `;
  });
  return `|${body.join("|")}|`;
}

/** The edits that make a cell hold a value; cells that the line lacks are added. */
export function setCell(text: string, at: Line, column: number, value: string): Edit[] {
  const there = at.cells[column];
  const raw = tidied(value);
  if (!there) {
    if (raw === "") return [];
    const missing = column - at.cells.length;
    const closed = text.slice(at.from, at.to).trimEnd().endsWith("|");
    const end = at.from + text.slice(at.from, at.to).trimEnd().length;
    return [{ from: end, to: end, text: `${closed ? "" : " |"}${" |".repeat(missing)} ${raw} |` }];
  }
  if (there.raw === raw) return [];
  // Spaces stand between a value and its pipes; those that are there stay.
  const before = there.from > there.room.from || raw === "" ? "" : " ";
  const after = there.to < there.room.to || raw === "" ? "" : " ";
  return [{ from: there.from, to: there.to, text: before + raw + after }];
}

/** Puts a line before the row of a number, or after the last. */
export function insertRow(table: Table, text: string, before: number, cells: readonly string[]): Edit {
  const next = table.rows[before];
  if (next) return { from: next.from, to: next.from, text: `${row(cells)}\n` };
  const end = table.rows.at(-1)?.to ?? endOfHead(table, text);
  return { from: end, to: end, text: `\n${row(cells)}` };
}

/** Takes a row out, with its line end. */
export function removeRow(table: Table, text: string, number: number): Edit[] {
  const there = table.rows[number];
  if (!there) return [];
  if (text[there.to] === "\n") return [{ from: there.from, to: there.to + 1, text: "" }];
  return [{ from: Math.max(0, there.from - 1), to: there.to, text: "" }];
}

/** Lets a row stand where the row `to` stands now. */
export function moveRow(table: Table, text: string, number: number, to: number): Edit[] {
  const there = table.rows[number];
  const goal = table.rows[to];
  if (!there || !goal || number === to) return [];
  const moved = text.slice(there.from, there.to);
  const into: Edit =
    to < number
      ? { from: goal.from, to: goal.from, text: `${moved}\n` }
      : { from: goal.to, to: goal.to, text: `\n${moved}` };
  return [...removeRow(table, text, number), into];
}

/**
 * Lets the rows stand in another order, given as numbers of rows. As many as can stay do: what somebody is just typing
 * into such a row stays in it.
 */
export function orderRows(table: Table, text: string, order: readonly number[]): Edit[] {
  const staying = longestRun(order);
  const edits: Edit[] = [];
  for (const number of order) if (!staying.has(number)) edits.push(...removeRow(table, text, number));
  let last: number | null = null;
  const first = order.find((number) => staying.has(number));
  const start = first === undefined ? undefined : table.rows[first];
  for (const number of order) {
    if (staying.has(number)) {
      last = number;
      continue;
    }
    const there = table.rows[number];
    const after = last === null ? undefined : table.rows[last];
    if (!there || !start) continue;
    const moved = text.slice(there.from, there.to);
    if (after) edits.push({ from: after.to, to: after.to, text: `\n${moved}` });
    else edits.push({ from: start.from, to: start.from, text: `${moved}\n` });
  }
  return edits;
}

/** The most numbers of a list that rise in it. */
function longestRun(order: readonly number[]): Set<number> {
  const best: { length: number; before: number }[] = [];
  let end = -1;
  order.forEach((number, at) => {
    let one = { length: 1, before: -1 };
    for (let earlier = 0; earlier < at; earlier += 1) {
      const found = best[earlier];
      if (found && (order[earlier] ?? 0) < number && found.length >= one.length) {
        one = { length: found.length + 1, before: earlier };
      }
    }
    best.push(one);
    if (end < 0 || one.length > (best[end]?.length ?? 0)) end = at;
  });
  const staying = new Set<number>();
  for (let at = end; at >= 0; at = best[at]?.before ?? -1) staying.add(order[at] ?? -1);
  return staying;
}

function endOfHead(table: Table, text: string): number {
  const dashes = text.indexOf("\n", table.header.to + 1);
  return dashes < 0 ? text.length : dashes;
}

/** What a spreadsheet puts into the clipboard: lines of cells parted by tabs, cells of several lines in quotes. */
export function fromSpreadsheet(text: string): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  let at = 0;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  while (at <= source.length) {
    let value = "";
    if (source[at] === '"' && /"(?:[^"]|"")*"(?=[\t\n]|$)/y.test(source.slice(at))) {
      at += 1;
      for (; at < source.length; at += 1) {
        if (source[at] === '"' && source[at + 1] !== '"') break;
        if (source[at] === '"') at += 1;
        value += source[at] ?? "";
      }
      at += 1;
    } else {
      while (at < source.length && source[at] !== "\t" && source[at] !== "\n") value += source[at++] ?? "";
    }
    cells.push(value.replace(/\s*\n\s*/g, " ").trim());
    if (source[at] !== "\t") {
      rows.push(cells);
      cells = [];
    }
    at += 1;
  }
  return rows;
}
