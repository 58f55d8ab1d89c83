// A long list of events as a listbox of which only what is seen is drawn: arrows, Space, Shift, and letters that act.
import { shortDay } from "./axis";
import { arrange, freshId, h, set } from "./dom";
import { type Item, clock, day, kindName, plain, windowOf } from "./evidence";
import { Selection } from "./selection";

/** Signs of a text that a row holds at most: no more is seen, and less is drawn. */
const LONGEST = 240;

interface Drawn {
  element: HTMLElement;
  /** What it was drawn from. */
  item: Item;
  before: number | null;
}

export interface Keys {
  take(): void;
  dismiss(): void;
  open(): void;
  search(): void;
  /** The current row or the selection is another one. */
  moved(): void;
  /** Many were selected at once, or none. */
  counted(): void;
}

export class EventList {
  readonly element: HTMLElement;
  readonly selection: Selection;
  items: readonly Item[] = [];
  private readonly byKey = new Map<string, Item>();
  private readonly room = h("div", { class: "tray-room", role: "presentation" });
  private readonly drawn = new Map<string, Drawn>();
  private readonly id = freshId("events");
  private rowHeight = 0;
  private isDue = false;

  constructor(
    label: string,
    describedBy: string,
    private readonly keys: Keys,
  ) {
    this.selection = new Selection((key) => this.byKey.get(key)?.isIn === false);
    this.element = h(
      "div",
      {
        class: "tray-list", role: "listbox", tabindex: 0, id: this.id, "aria-label": label, "aria-describedby": describedBy,
        "aria-multiselectable": "true",
      },
      this.room,
    );
    this.element.addEventListener("scroll", () => this.due(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("click", (event) => this.onClick(event));
    this.element.addEventListener("focus", () => this.draw());
    this.element.addEventListener("blur", () => this.draw());
    new ResizeObserver(() => {
      this.rowHeight = 0;
      this.due();
    }).observe(this.element);
  }

  get current(): Item | null {
    return this.byKey.get(this.selection.current) ?? null;
  }

  /** What an action is about. */
  get meant(): Item[] {
    return this.selection.meant.flatMap((key) => this.byKey.get(key) ?? []);
  }

  /** Shows another list; what is above the first row that is seen may come and go without moving it. */
  show(items: readonly Item[]): void {
    const height = this.height;
    const at = Math.floor(this.element.scrollTop / Math.max(1, height));
    const anchor = this.element.scrollTop > 0 ? this.items[at]?.key : undefined;
    this.items = items;
    this.byKey.clear();
    for (const item of items) this.byKey.set(item.key, item);
    this.selection.list(items.map(({ key }) => key));
    this.room.style.setProperty("height", `${items.length * height}px`);
    const now = anchor === undefined ? -1 : items.findIndex(({ key }) => key === anchor);
    if (now >= 0 && now !== at) this.element.scrollTop += (now - at) * height;
    this.element.hidden = items.length === 0;
    this.draw();
  }

  /** Makes a row the current one, and brings it into sight. */
  go(number: number, extend = false): void {
    this.selection.go(number, extend);
    this.reveal();
    this.draw();
    this.keys.moved();
  }

  /** Makes a row the current one and the first that is seen, unless somebody went somewhere already. */
  start(number: number): void {
    if (number < 0 || this.element.scrollTop > 0 || this.selection.number > 0) return;
    this.selection.go(number);
    this.element.scrollTop = number * this.height;
    this.update();
  }

  /** Draws after the selection changed. */
  update(): void {
    this.draw();
    this.keys.moved();
  }

  private reveal(): void {
    const { number } = this.selection;
    if (number < 0) return;
    const height = this.height;
    const { scrollTop, clientHeight } = this.element;
    const top = number * height;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + height > scrollTop + clientHeight) this.element.scrollTop = top + height - clientHeight;
  }

  /** The height of a row, which the style sheet decides; measured once after each change of the width. */
  private get height(): number {
    if (this.rowHeight > 0) return this.rowHeight;
    const probe = h("div", { class: "tray-row" }, "\u00a0");
    this.room.append(probe);
    const { height } = probe.getBoundingClientRect();
    probe.remove();
    // Nothing is measured while the tray is not seen.
    if (height > 0) {
      this.rowHeight = height;
      this.room.style.setProperty("height", `${this.items.length * height}px`);
    }
    return height || 44;
  }

  private due(): void {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }

  private draw(): void {
    const height = this.height;
    const { scrollTop, clientHeight } = this.element;
    const { from, to } = windowOf(scrollTop, clientHeight, height, this.items.length);
    const wanted = new Set<number>();
    for (let at = from; at < to; at += 1) wanted.add(at);
    // The current row is there wherever it is: it is what a screen reader reads.
    const { number } = this.selection;
    if (number >= 0) wanted.add(number);
    const keep = new Set([...wanted].map((at) => this.items[at]?.key));
    for (const [key, { element }] of this.drawn) {
      if (keep.has(key)) continue;
      element.remove();
      this.drawn.delete(key);
    }
    const isFocused = document.activeElement === this.element;
    const rows: HTMLElement[] = [];
    for (const at of [...wanted].sort((a, b) => a - b)) {
      const item = this.items[at];
      if (!item) continue;
      const before = this.items[at - 1]?.at ?? null;
      let drawn = this.drawn.get(item.key);
      if (!drawn || drawn.item !== item || drawn.before !== before) {
        const element = this.row(item, before);
        drawn?.element.remove();
        drawn = { element, item, before };
        this.drawn.set(item.key, drawn);
      }
      const { element } = drawn;
      rows.push(element);
      const isCurrent = at === number;
      element.id = `${this.id}-${at}`;
      element.style.setProperty("top", `${at * height}px`);
      element.dataset["at"] = String(at);
      set(element, "aria-posinset", String(at + 1));
      set(element, "aria-setsize", String(this.items.length));
      set(element, "aria-selected", String(this.selection.selected.has(item.key)));
      element.classList.toggle("current", isCurrent);
      element.classList.toggle("focused", isCurrent && isFocused);
    }
    // Who reads the page without the keys reads them in order.
    arrange(this.room, rows);
    set(this.element, "aria-activedescendant", number >= 0 ? `${this.id}-${number}` : null);
  }

  private row(item: Item, before: number | null): HTMLElement {
    const { at, source, kind, actor, action, result, isIn } = item;
    const isNewDay = before === null || day(before) !== day(at);
    const said = [action, result].filter((part) => part !== "").map(plain).join(" → ");
    const what = said.length > LONGEST ? `${said.slice(0, LONGEST)}…` : said;
    return h(
      "div",
      { class: isIn ? "tray-row in" : "tray-row", role: "option", "aria-disabled": isIn ? "true" : null },
      h("span", { class: "tray-mark" }, isIn ? "✓" : ""),
      h("span", { class: "tray-time" }, h("time", { datetime: new Date(at).toISOString() }, clock(item)), isNewDay ? h("span", { class: "quiet" }, ` ${shortDay(at)}`) : null),
      h(
        "span",
        { class: "tray-what" },
        h("span", { class: "tray-action" }, what || kindName(kind) || "—"),
        h("span", { class: "tray-of" }, isIn ? h("span", { class: "tray-in" }, "In the timeline") : source, ` · ${kindName(kind)}`.replace(/ · $/, ""), actor ? ` · ${actor}` : ""),
      ),
    );
  }

  private onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>(".tray-row");
    const at = Number(row?.dataset["at"] ?? -1);
    const key = this.items[at]?.key;
    if (key === undefined) return;
    if (event.shiftKey) {
      window.getSelection()?.removeAllRanges();
      this.selection.go(at, true);
    } else {
      const isMark = target.closest(".tray-mark") !== null;
      const isAdding = isMark || event.ctrlKey || event.metaKey || (event as PointerEvent).pointerType === "touch";
      this.selection.go(at);
      if (isAdding) this.selection.toggle(key);
    }
    this.update();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.altKey || event.isComposing) return;
    const { number } = this.selection;
    const mod = event.ctrlKey || event.metaKey;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
    const extend = event.shiftKey;
    const to: Record<string, number> = {
      ArrowDown: number + 1, ArrowUp: number - 1, PageDown: number + page, PageUp: number - page, Home: 0, End: this.items.length - 1,
    };
    const next = to[event.key];
    const acts: Record<string, () => void> = {
      " ": () => {
        this.selection.toggle();
        this.update();
      },
      Escape: () => {
        this.selection.clear();
        this.update();
        this.keys.counted();
      },
      t: () => this.keys.take(),
      d: () => this.keys.dismiss(),
      o: () => this.keys.open(),
      "/": () => this.keys.search(),
    };
    const act = mod ? undefined : acts[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.go(next, extend);
    } else if (mod && event.key.toLowerCase() === "a") {
      event.preventDefault();
      this.selection.all();
      this.update();
      this.keys.counted();
    } else if (act && !(event.key === "Escape" && this.selection.selected.size === 0)) {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  }
}
