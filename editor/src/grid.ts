// A table of the text as an ARIA grid: arrows between cells, an input in one of them, rows added, moved, taken out and
// sorted, cells pasted from a spreadsheet. What is typed is in the text at once; what others change appears around the
// open cell without touching it.
import { Bound } from "./bound";
import { type ColumnKind, columnKind, columnWords } from "./columns";
import type { Desk } from "./desk";
import { arrange, h, inline, set } from "./dom";
import type { Finding, PlacedTable } from "./protocol";
import { Suggest } from "./suggest";
import {
  type Edit, type Line, type Table, fromSpreadsheet, insertRow, moveRow, orderRows, removeRow, row, setCell, shown, tableAt, written,
} from "./table";
import { When, instant, local, parts } from "./when";

const BUTTONS = ["up", "down", "remove"] as const;
const SIGNS = { up: "↑", down: "↓", remove: "✕" };
const WORDS = { up: "Move up", down: "Move down", remove: "Take out" };

interface Drawn {
  element: HTMLTableRowElement;
  cells: HTMLTableCellElement[];
  buttons: HTMLButtonElement[];
  /** What each cell shows: its text and its marks. */
  seen: string[];
}

interface Open {
  key: string;
  column: number;
  bound: Bound;
  input: HTMLInputElement | HTMLTextAreaElement;
  suggest: Suggest | null;
  when: When | null;
}

export class Grid {
  readonly element: HTMLElement;
  private readonly table: HTMLTableElement;
  private readonly head = h("tr", { role: "row" });
  private readonly body = h("tbody", { role: "rowgroup" });
  private readonly note = h("div", { class: "cell-note" });
  private readonly empty: HTMLElement;
  private readonly sort = h("select", { "aria-label": "Sort rows by" });
  private drawn = new Map<string, Drawn>();
  /** The rows' names in their order, as they were drawn last. */
  private keys: string[] = [];
  private heads: string[] = [];
  private kinds: ColumnKind[] = [];
  private now: Table | null = null;
  private active = { key: "", column: 0 };
  private open: Open | null = null;
  private isDrawing = false;
  /** The findings that the note was made of. */
  private told: Finding[] = [];

  constructor(
    private readonly desk: Desk,
    private placed: PlacedTable,
    label: string,
    private readonly onPastedText: (text: string) => void,
  ) {
    const add = h("button", { type: "button", onclick: () => this.add() }, "Add a row");
    this.sort.addEventListener("change", () => {
      const column = Number(this.sort.value);
      if (this.sort.value !== "") void this.sortBy(column);
      this.sort.value = "";
    });
    this.empty = h("p", { class: "empty" }, "No rows yet. Add one, paste some from a spreadsheet, or take them from the evidence.");
    this.table = h("table", { role: "grid", "aria-label": label, class: "grid" }, h("thead", { role: "rowgroup" }, this.head), this.body);
    const hint = h(
      "p",
      { class: "quiet small keys-hint" },
      "Arrows move, ", h("kbd", {}, "Enter"), " edits, ", h("kbd", {}, "Alt"), " with arrows moves a row, ",
      h("kbd", {}, "Ctrl"), "+", h("kbd", {}, "Delete"), " takes it out.",
    );
    this.element = h(
      "section",
      { class: "grid-view", "aria-label": label },
      h("div", { class: "grid-tools" }, h("h2", {}, label), add, this.sort),
      h("div", { class: "grid-wide" }, this.table),
      this.empty,
      this.note,
      hint,
    );
    this.body.addEventListener("keydown", (event) => this.onKey(event));
    this.body.addEventListener("focusin", (event) => this.onFocus(event));
    this.body.addEventListener("click", (event) => this.onClick(event));
    this.body.addEventListener("dblclick", (event) => this.onDouble(event));
    this.table.addEventListener("paste", (event) => this.onPaste(event));
    this.table.addEventListener("copy", (event) => this.onCopy(event));
  }

  /** Where the table stands, as the server says it. */
  place(placed: PlacedTable): void {
    this.placed = placed;
  }

  /** Shows the text as it is now. */
  draw(): void {
    const text = this.desk.text.toString();
    const range = this.desk.text.range(this.placed);
    const table = range ? tableAt(text, range.from, range.to) : null;
    // A table that just cannot be read, as while its head is typed in, stays as it was drawn.
    if (!table) return;
    this.now = table;
    this.isDrawing = true;
    this.drawHead(table);
    const findings = this.findings();
    const guests = this.guests();
    const old = this.keys;
    this.keys = table.rows.map((at) => this.desk.text.name(at.from));
    const fresh = new Map<string, Drawn>();
    const before = document.activeElement;
    const hadFocus = before !== null && this.body.contains(before);
    table.rows.forEach((line, number) => {
      const key = this.keys[number] ?? "";
      const drawn = this.drawn.get(key) ?? this.newRow();
      fresh.set(key, drawn);
      this.drawRow(drawn, key, line, number, text, findings, guests);
    });
    // The row that held the focus is gone: its neighbour has it now.
    if (!fresh.has(this.active.key)) {
      const was = Math.max(0, old.indexOf(this.active.key));
      this.active.key = this.keys[Math.min(was, this.keys.length - 1)] ?? "";
    }
    this.drawn = fresh;
    arrange(this.body, [...fresh.values()].map(({ element }) => element));
    set(this.table, "aria-rowcount", String(table.rows.length + 1));
    this.empty.hidden = table.rows.length > 0;
    this.isDrawing = false;
    this.stops();
    // What was mended meanwhile is told no more.
    if (this.told !== this.desk.advice.findings && this.note.firstChild && !this.note.contains(before)) this.tellFindings(false);
    if (hadFocus && document.activeElement !== before) this.focus();
  }

  focus(): void {
    this.target()?.focus({ preventScroll: false });
  }

  /** The text of what is being edited has to be read no more. */
  close(): void {
    this.shut(true, false);
  }

  private drawHead(table: Table): void {
    const heads = table.header.cells.map(({ value }) => value);
    if (heads.join("|") === this.heads.join("|")) return;
    this.heads = heads;
    this.kinds = heads.map(columnKind);
    const cells = heads.map((name) => h("th", { role: "columnheader", scope: "col" }, name));
    this.head.replaceChildren(...cells, h("th", { role: "columnheader", scope: "col" }, h("span", { class: "hidden" }, "Row")));
    set(this.table, "aria-colcount", String(heads.length + 1));
    const options = heads.map((name, at) => h("option", { value: at }, name));
    this.sort.replaceChildren(h("option", { value: "" }, "Sort by …"), ...options);
  }

  private newRow(): Drawn {
    const buttons = BUTTONS.map((name) =>
      h("button", { type: "button", class: "slim sign", tabindex: -1, "aria-label": WORDS[name], title: WORDS[name], "data-do": name }, SIGNS[name]),
    );
    const element = h("tr", { role: "row" }, h("td", { role: "gridcell", class: "row-buttons" }, ...buttons));
    return { element, cells: [], buttons, seen: [] };
  }

  private drawRow(
    drawn: Drawn, key: string, line: Line, number: number, text: string, findings: Ranged[], guests: Guest[],
  ): void {
    set(drawn.element, "data-key", key);
    set(drawn.element, "aria-rowindex", String(number + 2));
    while (drawn.cells.length < this.heads.length) {
      const cell = h("td", { role: "gridcell", tabindex: -1 });
      drawn.element.insertBefore(cell, drawn.element.lastElementChild);
      drawn.cells.push(cell);
    }
    while (drawn.cells.length > this.heads.length) drawn.cells.pop()?.remove();
    drawn.cells.forEach((element, column) => {
      const cell = line.cells[column];
      const room = cell?.room ?? { from: line.to, to: line.to };
      const worst = worstOf(findings, room);
      set(element, "data-label", this.heads[column] ?? "");
      set(element, "data-kind", this.kinds[column] ?? "text");
      set(element, "data-level", worst?.level ?? null);
      set(element, "aria-invalid", worst?.level === "error" ? "true" : null);
      const guest = guests.find(({ at }) => at >= room.from && at <= room.to);
      set(element, "data-guest", guest?.name ?? null);
      element.style.setProperty("--guest", guest?.color ?? "");
      if (this.open?.key === key && this.open.column === column) return;
      const raw = cell ? text.slice(cell.from, cell.to) : "";
      if (drawn.seen[column] === raw && element.firstChild) return;
      drawn.seen[column] = raw;
      const isTime = this.kinds[column] === "time" || this.kinds[column] === "day";
      // A day is never parted at its dashes; from its time it may be.
      const parts = isTime ? shown(raw).split(/(?<=\s)/).map((part) => h("span", { class: "whole" }, part)) : inline(shown(raw));
      element.replaceChildren(...parts);
      if (!element.firstChild) element.append("\u00a0");
      const at = this.kinds[column] === "time" ? instant(raw) : null;
      set(element, "title", at ? `${local(at)}, your time` : null);
    });
    const [up, down] = drawn.buttons;
    const last = this.keys.length - 1;
    if (up) set(up, "aria-disabled", number === 0 ? "true" : null);
    if (down) set(down, "aria-disabled", number === last ? "true" : null);
  }

  private findings(): Ranged[] {
    return this.desk.advice.findings.flatMap((finding) => {
      const range = this.desk.text.range(finding);
      return range ? [{ ...range, finding }] : [];
    });
  }

  private guests(): Guest[] {
    const found: Guest[] = [];
    for (const [client, state] of this.desk.text.awareness.getStates()) {
      if (client === this.desk.text.doc.clientID) continue;
      const { cursor, user } = state as { cursor?: { head: unknown } | null; user?: { name?: string; color?: string } };
      const at = cursor ? this.desk.text.index(cursor.head) : null;
      if (at !== null && user) found.push({ at, name: user.name ?? "", color: /^#[0-9a-f]{3,8}$/i.test(user.color ?? "") ? (user.color ?? "") : "gray" });
    }
    return found;
  }

  /** One cell or button of the grid can be reached with Tab. */
  private stops(): void {
    const target = this.target();
    for (const { cells, buttons } of this.drawn.values()) {
      for (const element of [...cells, ...buttons]) set(element, "tabindex", element === target ? "0" : "-1");
    }
  }

  private target(): HTMLElement | null {
    const drawn = this.drawn.get(this.active.key) ?? this.drawn.get(this.keys[0] ?? "");
    if (!drawn) return null;
    if (this.open?.key === this.active.key) return this.open.input;
    return drawn.cells[this.active.column] ?? drawn.buttons[this.active.column - drawn.cells.length] ?? drawn.cells[0] ?? null;
  }

  private go(number: number, column: number): void {
    const key = this.keys[Math.max(0, Math.min(number, this.keys.length - 1))];
    if (key === undefined) return;
    const columns = this.heads.length + BUTTONS.length;
    this.active = { key, column: Math.max(0, Math.min(column, columns - 1)) };
    this.stops();
    this.focus();
  }

  private get number(): number {
    return this.keys.indexOf(this.active.key);
  }

  private onFocus(event: FocusEvent): void {
    const where = this.whereIs(event.target as Element);
    if (!where || this.isDrawing) return;
    if (this.open && !(where.key === this.open.key && where.column === this.open.column)) this.shut(true, false);
    this.active = where;
    this.stops();
    this.tellFindings(true);
    const cell = this.cellOf(where.key, where.column);
    if (cell && !this.open) this.desk.present(cell.from, cell.from);
  }

  private whereIs(element: Element): { key: string; column: number } | null {
    const key = element.closest("tr")?.getAttribute("data-key");
    const drawn = key ? this.drawn.get(key) : undefined;
    if (!key || !drawn) return null;
    const cell = drawn.cells.findIndex((one) => one.contains(element));
    if (cell >= 0) return { key, column: cell };
    const button = drawn.buttons.findIndex((one) => one === element);
    return button >= 0 ? { key, column: drawn.cells.length + button } : null;
  }

  private lineOf(key: string): Line | null {
    this.refresh();
    return this.now?.rows[this.keys.indexOf(key)] ?? null;
  }

  private cellOf(key: string, column: number): Line["cells"][number] | null {
    return this.lineOf(key)?.cells[column] ?? null;
  }

  /** Reads the table anew: every edit is made in the text as it is now. */
  private refresh(): Table | null {
    const range = this.desk.text.range(this.placed);
    const text = this.desk.text.toString();
    const table = range ? tableAt(text, range.from, range.to) : null;
    if (table) {
      this.now = table;
      this.keys = table.rows.map((at) => this.desk.text.name(at.from));
    }
    return table;
  }

  /** Shows what was found in the active cell, and says it where somebody just came there. */
  private tellFindings(isSaid: boolean): void {
    const cell = this.cellOf(this.active.key, this.active.column);
    const found = cell ? this.findings().filter((one) => one.from <= cell.room.to && one.to >= cell.room.from) : [];
    this.told = this.desk.advice.findings;
    this.note.replaceChildren(
      ...found.map(({ finding }) =>
        h(
          "div",
          { class: `finding ${finding.level}` },
          h("b", {}, ...inline(finding.message)),
          finding.help ? h("span", { class: "help" }, ...inline(finding.help)) : null,
          ...finding.fixes.map((fix) =>
            h("button", { type: "button", class: "slim", onclick: () => this.desk.text.accept(fix.edits) }, fix.label.replaceAll("`", "")),
          ),
        ),
      ),
    );
    if (isSaid && found.length > 0) this.desk.announce(found.map(({ finding }) => finding.message.replaceAll("`", "")).join(". "));
  }

  private onClick(event: MouseEvent): void {
    const target = event.target as Element;
    if (target.closest("a")) return;
    const button = target.closest("button[data-do]");
    if (button) {
      const where = this.whereIs(button);
      if (where && button.getAttribute("aria-disabled") !== "true") this.press(where.key, button.getAttribute("data-do"));
      return;
    }
    const where = this.whereIs(target);
    if (!where || (this.open?.key === where.key && this.open.column === where.column)) return;
    // A click on the cell that has the focus opens it; on a touch screen the first one does.
    const isAgain = this.active.key === where.key && this.active.column === where.column && document.activeElement === target.closest("td");
    const isTouch = (event as PointerEvent).pointerType === "touch";
    if (isAgain && isTouch) this.edit(where.key, where.column);
  }

  private onDouble(event: MouseEvent): void {
    const where = this.whereIs(event.target as Element);
    if (where && where.column < this.heads.length && !this.open) this.edit(where.key, where.column);
  }

  private press(key: string, what: string | null): void {
    if (what === "up") this.move(key, -1);
    else if (what === "down") this.move(key, 1);
    else if (what === "remove") this.remove(key);
  }

  private onKey(event: KeyboardEvent): void {
    if (this.open && this.open.input === event.target) {
      this.onOpenKey(event);
      return;
    }
    if ((event.target as Element).closest(".when")) {
      if (event.key === "Escape") {
        event.preventDefault();
        this.shut(true, true);
      }
      return;
    }
    const { number } = this;
    const { column } = this.active;
    const isCell = column < this.heads.length;
    const mod = event.ctrlKey || event.metaKey;
    const moves: Record<string, () => void> = {
      ArrowUp: () => (event.altKey ? this.move(this.active.key, -1) : this.go(number - 1, column)),
      ArrowDown: () => (event.altKey ? this.move(this.active.key, 1) : this.go(number + 1, column)),
      ArrowLeft: () => this.go(number, column - 1),
      ArrowRight: () => this.go(number, column + 1),
      Home: () => this.go(mod ? 0 : number, 0),
      End: () => this.go(mod ? this.keys.length - 1 : number, this.heads.length - 1),
      PageUp: () => this.go(number - 10, column),
      PageDown: () => this.go(number + 10, column),
      Delete: () => (mod ? this.remove(this.active.key) : isCell && this.write(this.active.key, column, "")),
      Backspace: () => isCell && this.write(this.active.key, column, ""),
      F2: () => isCell && this.edit(this.active.key, column),
      Insert: () => this.add(),
    };
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      move();
    } else if (event.key === "Enter" && isCell) {
      event.preventDefault();
      if (mod) this.add();
      else this.edit(this.active.key, column);
    } else if (mod && !event.altKey && (event.key === "z" || event.key === "Z" || event.key === "y")) {
      event.preventDefault();
      if (event.key === "z" && !event.shiftKey) this.desk.text.undoOwn();
      else this.desk.text.redoOwn();
    } else if (isCell && !mod && !event.altKey && event.key.length === 1 && event.key !== " " && !event.isComposing) {
      // As in a spreadsheet: a letter begins the cell anew. Escape brings back what stood there.
      event.preventDefault();
      this.edit(this.active.key, column, event.key);
    }
  }

  private onOpenKey(event: KeyboardEvent): void {
    const { open } = this;
    if (!open || event.isComposing) return;
    if (open.suggest?.key(event)) return;
    const number = this.keys.indexOf(open.key);
    if (event.key === "Escape") {
      event.preventDefault();
      this.shut(false, true);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.shut(true, true);
      if (number + 1 < this.keys.length && !event.altKey) this.go(number + 1, open.column);
    } else if (event.key === "Tab") {
      const next = open.column + (event.shiftKey ? -1 : 1);
      const at = next < 0 ? number - 1 : next >= this.heads.length ? number + 1 : number;
      const column = next < 0 ? this.heads.length - 1 : next >= this.heads.length ? 0 : next;
      // Behind the last cell Tab leaves the grid, as it does everywhere.
      if (at < 0 || at >= this.keys.length) {
        this.shut(true, false);
        this.stops();
        return;
      }
      event.preventDefault();
      this.shut(true, false);
      this.edit(this.keys[at] ?? "", column);
    }
  }

  private edit(key: string, column: number, first?: string): void {
    if (this.desk.text.lock !== null) {
      this.desk.announce(this.desk.text.lock, true);
      return;
    }
    this.shut(true, false);
    const line = this.lineOf(key);
    const drawn = this.drawn.get(key);
    const element = drawn?.cells[column];
    if (!line || !drawn || !element) return;
    if (!line.cells[column]) {
      // The line lacks the cell: it is made, with the spaces that it is written between.
      const missing = column - line.cells.length + 1;
      this.desk.text.edit([{ from: line.to, to: line.to, text: " |".repeat(missing) }]);
    }
    const cell = this.cellOf(key, column);
    if (!cell) return;
    const name = this.heads[column] ?? "";
    const kind = this.kinds[column] ?? "text";
    const words = columnWords(kind, this.desk);
    const label = `${name}, row ${this.keys.indexOf(key) + 1}`;
    // A list of words may belong to an input of one line only.
    const input = words.length > 0 ? h("input", { type: "text", "aria-label": label }) : h("textarea", { rows: 1, "aria-label": label, spellcheck: "true" });
    this.isDrawing = true;
    element.replaceChildren(input);
    this.isDrawing = false;
    const bound = new Bound(this.desk, {
      input,
      from: cell.from,
      to: cell.to,
      form: { shown, written },
      isThere: (from, to) => this.isCell(from, to),
      onGone: () => {
        this.open = null;
        drawn.seen = [];
        this.desk.tell("The row that you were editing was taken out or moved", "What you typed can be brought back with undo");
      },
    });
    const put = (value: string): void => {
      bound.set(value);
      input.focus();
    };
    const suggest = words.length > 0 ? new Suggest(input, name, () => columnWords(kind, this.desk), put) : null;
    const when = kind === "time" || kind === "day" ? new When(input, kind === "time", () => this.dayAbove(key), (value) => bound.set(value)) : null;
    this.open = { key, column, bound, input, suggest, when };
    this.active = { key, column };
    element.classList.add("open");
    (input as HTMLElement).addEventListener("blur", (event) => {
      if (this.isDrawing || element.contains(event.relatedTarget as Node | null)) return;
      // The window lost the focus, not the cell.
      if (document.activeElement !== input) this.shut(true, false);
    });
    input.focus();
    if (first !== undefined) bound.set(first);
    input.setSelectionRange(input.value.length, input.value.length);
    suggest?.update();
    this.stops();
  }

  /** Whether a stretch still is within one cell of a row. */
  private isCell(from: number, to: number): boolean {
    const range = this.desk.text.range(this.placed);
    const table = range ? tableAt(this.desk.text.toString(), range.from, range.to) : null;
    // While the head is being changed nobody knows.
    if (!table) return true;
    return table.rows.some((line) => line.cells.some(({ room }) => from >= room.from && to <= room.to));
  }

  /** The day of the row above, for times without one. */
  private dayAbove(key: string): string {
    const column = this.kinds.indexOf("time");
    const rows = this.now?.rows ?? [];
    for (let at = this.keys.indexOf(key); at >= 0; at -= 1) {
      const { date } = parts(rows[at]?.cells[column]?.raw ?? "");
      if (date) return date;
    }
    return this.desk.advice.milestones[0]?.at.slice(0, 10) ?? "";
  }

  private shut(keep: boolean, refocus: boolean): void {
    const { open } = this;
    if (!open) return;
    this.open = null;
    open.suggest?.remove();
    open.when?.remove();
    if (keep) open.bound.close();
    else open.bound.cancel();
    const drawn = this.drawn.get(open.key);
    this.isDrawing = true;
    drawn?.cells[open.column]?.classList.remove("open");
    if (drawn) drawn.seen[open.column] = "\u0000";
    this.isDrawing = false;
    this.draw();
    if (refocus) this.go(this.keys.indexOf(open.key), open.column);
  }

  private write(key: string, column: number, value: string): void {
    const line = this.lineOf(key);
    if (line) this.desk.text.edit(setCell(this.desk.text.toString(), line, column, value));
    this.draw();
  }

  private add(): void {
    this.shut(true, false);
    const table = this.refresh();
    if (!table) return;
    const after = this.body.contains(document.activeElement) || this.active.key ? this.number + 1 : table.rows.length;
    const at = after <= 0 ? table.rows.length : after;
    const edit = insertRow(table, this.desk.text.toString(), at, this.heads.map(() => ""));
    if (!this.desk.text.edit([edit])) return;
    this.draw();
    const key = this.keys[at];
    this.desk.announce("Row added");
    if (key !== undefined) this.edit(key, 0);
  }

  private remove(key: string): void {
    this.shut(true, false);
    const table = this.refresh();
    const number = this.keys.indexOf(key);
    if (!table || number < 0) return;
    const { column } = this.active;
    if (!this.desk.text.edit(removeRow(table, this.desk.text.toString(), number))) return;
    this.draw();
    this.desk.announce("Row taken out. Undo brings it back");
    this.go(Math.min(number, this.keys.length - 1), column);
  }

  private move(key: string, by: number): void {
    this.shut(true, false);
    const table = this.refresh();
    const number = this.keys.indexOf(key);
    const to = number + by;
    if (!table || number < 0 || to < 0 || to >= this.keys.length) return;
    const { column } = this.active;
    if (!this.desk.text.edit(moveRow(table, this.desk.text.toString(), number, to))) return;
    this.draw();
    this.go(to, column);
    this.desk.announce(`Row moved to ${to + 1} of ${this.keys.length}`);
  }

  private async sortBy(column: number): Promise<void> {
    this.shut(true, false);
    if (this.placed.name === "timeline" && this.kinds[column] === "time" && this.desk.socket.state === "online") {
      const answer = await this.desk.ask({ do: "sort-timeline" });
      if (!answer.error) this.desk.announce("Sorted by time");
      return;
    }
    const table = this.refresh();
    if (!table) return;
    const value = (number: number): string => table.rows[number]?.cells[column]?.value ?? "";
    const order = table.rows.map((_, number) => number);
    // Empty cells come last; rows of one value stay as they are to each other.
    order.sort((a, b) => Number(value(a) === "") - Number(value(b) === "") || value(a).localeCompare(value(b), "en", { numeric: true }) || a - b);
    this.desk.text.edit(orderRows(table, this.desk.text.toString(), order));
    this.draw();
    this.desk.announce(`Sorted by ${this.heads[column] ?? ""}`);
  }

  private onCopy(event: ClipboardEvent): void {
    if (this.open) return;
    const cell = this.cellOf(this.active.key, this.active.column);
    if (!cell || window.getSelection()?.toString()) return;
    event.clipboardData?.setData("text/plain", cell.value);
    event.preventDefault();
  }

  private onPaste(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text === "") return;
    const isTable = text.includes("\t");
    if (this.open && !isTable) {
      // Text of many lines is taken for an excerpt; it is pasted all the same.
      if (text.trim().split("\n").length > 2) this.onPastedText(text);
      return;
    }
    event.preventDefault();
    if (!isTable && text.trim().includes("\n")) {
      this.onPastedText(text);
      return;
    }
    const { key, column } = this.active;
    this.shut(true, false);
    this.put(key, Math.min(column, this.heads.length - 1), fromSpreadsheet(text));
  }

  /** Puts cells of a spreadsheet in from a cell on; rows that lack are added. */
  private put(key: string, column: number, cells: string[][]): void {
    const table = this.refresh();
    if (!table) return;
    const text = this.desk.text.toString();
    const heads = this.heads.map((head) => head.toLowerCase());
    const isHead = cells[0]?.some((cell) => cell !== "" && heads.includes(cell.toLowerCase())) === true && cells.length > 1;
    const rows = isHead ? cells.slice(1) : cells;
    const start = Math.max(0, this.keys.indexOf(key));
    const edits: Edit[] = [];
    const added: string[] = [];
    rows.forEach((values, index) => {
      const there = table.rows[start + index];
      const all = this.heads.map((_, at) => values[at - column] ?? "");
      if (!there) added.push(row(all));
      else values.forEach((value, at) => {
        if (column + at < this.heads.length) edits.push(...setCell(text, there, column + at, value));
      });
    });
    if (added.length > 0) {
      const end = insertRow(table, text, table.rows.length, []);
      edits.push({ ...end, text: `\n${added.join("\n")}` });
    }
    this.desk.text.edit(edits);
    this.draw();
    this.desk.announce(`${rows.length} ${rows.length === 1 ? "row" : "rows"} pasted`);
    this.go(start, column);
  }
}

interface Ranged {
  from: number;
  to: number;
  finding: Finding;
}

interface Guest {
  at: number;
  name: string;
  color: string;
}

const WEIGHT = { error: 2, warning: 1, note: 0 };

function worstOf(findings: readonly Ranged[], room: { from: number; to: number }): Finding | null {
  let worst: Finding | null = null;
  for (const { from, to, finding } of findings) {
    // A finding about much more than a cell is about none.
    if (from < room.from || to > room.to) continue;
    if (!worst || WEIGHT[finding.level] > WEIGHT[worst.level]) worst = finding;
  }
  return worst;
}
