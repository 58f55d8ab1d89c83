import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Edit, fromSpreadsheet, insertRow, line, moveRow, orderRows, removeRow, row, setCell, shown, tableAt, tidied, written,
} from "../src/table";
import { Text } from "../src/document";

const value = fc.string({ unit: fc.constantFrom("a", "B", "|", "\\", " ", "`", "😀", "ö", "\n", "-") });
const plain = value.filter((text) => !/\\\|/.test(text) && !/[\n]/.test(text)).map((text) => text.trim());
const rows = fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), { minLength: 0, maxLength: 6 });
const HEAD = "| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|";
const before = "## Timeline\n\nUse precise times.\n\n";
const after = "\n\n## Root cause\n";

function page(cells: string[][]): { text: string; from: number; to: number } {
  const table = [HEAD, ...cells.map(row)].join("\n");
  return { text: before + table + after, from: before.length, to: before.length + table.length };
}

function edited(text: string, edits: Edit[]): string {
  return [...edits].sort((a, b) => b.from - a.from)
    .reduce((now, edit) => now.slice(0, edit.from) + edit.text + now.slice(edit.to), text);
}

const cellsOf = (text: string, from: number, to: number): string[][] =>
  (tableAt(text, from, to)?.rows ?? []).map((at) => at.cells.map((cell) => cell.value));

describe("a cell's text", () => {
  it("never parts its cell, whatever is typed", () => {
    fc.assert(fc.property(value, (typed) => {
      const text = row([typed, "next"]);
      expect(line(text, 0, text.length).cells).toHaveLength(2);
      expect(line(text, 0, text.length).cells[1]?.value).toBe("next");
    }));
  });

  it("comes back as it was typed", () => {
    fc.assert(fc.property(plain, (typed) => {
      expect(shown(tidied(typed))).toBe(typed);
    }));
  });

  it("is written back as it stands where nobody changed it", () => {
    fc.assert(fc.property(value, (typed) => {
      const raw = tidied(typed);
      expect(written(shown(raw))).toBe(raw);
    }));
  });

  it.each([
    ["a|b", "a\\|b"],
    ["a\\|b", "a\\\\\\|b"],
    ["one\ntwo", "one two"],
    ["  spaces  ", "spaces"],
  ])("%j is written %j", (typed, raw) => expect(tidied(typed)).toBe(raw));
});

describe("a table", () => {
  it("has the rows and cells that were written, at their places", () => {
    fc.assert(fc.property(rows, (cells) => {
      const { text, from, to } = page(cells);
      const table = tableAt(text, from, to);
      expect(table).toMatchObject({ from, to });
      expect(table?.rows.map((at) => at.cells.map((cell) => text.slice(cell.from, cell.to)))).toEqual(
        cells.map((one) => one.map(tidied)));
    }));
  });

  it.each([
    ["no pipes at the ends", "a | b\n--- | ---\n1 | 2", [["1", "2"]]],
    ["a pipe in a code span that is escaped", "| a |\n|---|\n| `x \\| y` |", [["`x | y`"]]],
    ["cells without spaces", "|a|b|\n|-|-|\n|1||", [["1", ""]]],
    ["a line that lacks cells", "| a | b |\n|---|---|\n| 1 |", [["1"]]],
    ["aligned columns", "| a | b |\n|:--|--:|\n| 1 | 2 |", [["1", "2"]]],
    ["an escaped backslash before the end of a cell", "| a | b |\n|---|---|\n| x\\\\| y |", [["x\\\\", "y"]]],
  ])("is read with %s", (_, text, cells) => expect(cellsOf(text, 0, text.length)).toEqual(cells));

  it("has the rows that were put below it since its place was told", () => {
    const { text, from, to } = page([["08:12", "@ana", "Looked", ""]]);
    const table = tableAt(text, from, to);
    if (!table) throw new Error("there is a table");
    const longer = edited(text, [insertRow(table, text, 1, ["08:20", "", "", ""])]);
    expect(cellsOf(longer, from, to).map(([time]) => time)).toEqual(["08:12", "08:20"]);
    // Text below it is none of it.
    expect(cellsOf(text, from, to)).toHaveLength(1);
  });

  it("is none without its line of dashes", () => {
    expect(tableAt("| a |\n| b |", 0, 11)).toBeNull();
    expect(tableAt("", 0, 0)).toBeNull();
    expect(tableAt("text\n", 2, 4)).toBeNull();
  });

  it("ends where a line without pipes begins", () => {
    const text = "| a |\n|---|\n| 1 |\n\n| 2 |";
    expect(cellsOf(text, 0, text.length)).toEqual([["1"]]);
  });
});

describe("an edit of a table", () => {
  const place = fc.tuple(rows, fc.nat(), fc.nat({ max: 3 }), value);

  it("changes one cell and no other byte of the page", () => {
    fc.assert(fc.property(place, ([cells, which, column, typed]) => {
      fc.pre(cells.length > 0);
      const { text, from, to } = page(cells);
      const table = tableAt(text, from, to);
      const number = which % cells.length;
      const at = table?.rows[number];
      if (!at) throw new Error("no row");
      const edits = setCell(text, at, column, typed);
      expect(edits.length).toBeLessThanOrEqual(1);
      const now = edited(text, edits);
      const grown = to + now.length - text.length;
      const wanted = cells.map((one, i) => one.map((old, j) => shown(tidied(i === number && j === column ? typed : old))));
      expect(cellsOf(now, from, grown)).toEqual(wanted);
      expect(now.startsWith(before)).toBe(true);
      expect(now.endsWith(after)).toBe(true);
      const room = at.cells[column]?.room;
      expect(now.startsWith(text.slice(0, room?.from))).toBe(true);
      expect(now.endsWith(text.slice(room?.to))).toBe(true);
    }));
  });

  it("adds the cells that a line lacks", () => {
    const text = "| a | b | c |\n|---|---|---|\n| 1 |";
    const at = tableAt(text, 0, text.length)?.rows[0];
    if (!at) throw new Error("no row");
    expect(edited(text, setCell(text, at, 2, "3"))).toBe("| a | b | c |\n|---|---|---|\n| 1 | | 3 |");
  });

  it("puts a row in, moves it and takes it out as a list would", () => {
    fc.assert(fc.property(rows, fc.nat(), fc.nat(), (cells, a, b) => {
      const shownCells = cells.map((one) => one.map((cell) => shown(tidied(cell))));
      const { text, from, to } = page(cells);
      const table = tableAt(text, from, to);
      if (!table) throw new Error("no table");
      const read = (now: string): string[][] => cellsOf(now, from, to + now.length - text.length);

      const at = a % (cells.length + 1);
      const fresh = ["1", "2", "3", "4"];
      expect(read(edited(text, [insertRow(table, text, at, fresh)]))).toEqual(shownCells.toSpliced(at, 0, fresh));

      if (cells.length === 0) return;
      const one = a % cells.length;
      expect(read(edited(text, removeRow(table, text, one)))).toEqual(shownCells.toSpliced(one, 1));
      const goal = b % cells.length;
      const moved = shownCells.toSpliced(one, 1).toSpliced(goal, 0, shownCells[one] ?? []);
      expect(read(edited(text, moveRow(table, text, one, goal)))).toEqual(moved);
    }));
  });
});

describe("another order of rows", () => {
  it("is made by moving lines, and holds each row once", () => {
    const orders = fc.nat({ max: 8 }).chain((size) => {
      const all = Array.from({ length: size }, (_, at) => at);
      return fc.shuffledSubarray(all, { minLength: size, maxLength: size });
    });
    fc.assert(fc.property(orders, (order) => {
      const { text, from, to } = page(order.map((_, at) => [String(at), "", "", ""]));
      const table = tableAt(text, from, to);
      if (!table) throw new Error("no table");
      const text2 = new Text();
      text2.edit([{ from: 0, to: 0, text }]);
      text2.edit(orderRows(table, text, order));
      expect(cellsOf(text2.toString(), from, to).map(([first]) => Number(first))).toEqual(order);
      expect(text2.toString()).toHaveLength(text.length);
    }));
  });
});

describe("cells from a spreadsheet", () => {
  it.each([
    ["a\tb\nc\td\n", [["a", "b"], ["c", "d"]]],
    ['"two\nlines"\tb', [["two lines", "b"]]],
    ['"says ""no"""\tb', [['says "no"', "b"]]],
    ['5" disk\tb', [['5" disk', "b"]]],
    ["a\t\tb\r\n\t\t", [["a", "", "b"], ["", "", ""]]],
  ])("%j", (text, cells) => expect(fromSpreadsheet(text)).toEqual(cells));

  it("are never lost, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom("a", "\t", "\n", '"', " ") }), (text) => {
      const letters = (all: string) => [...all].filter((sign) => sign === "a").length;
      expect(letters(fromSpreadsheet(text).flat().join(""))).toBe(letters(text));
    }));
  });
});
