// The evidence tray: what the exports say of the incident, by time, and what of it is in the timeline. It assembles the
// parts; each of them stands in a module of its own.
import { Axis, nearest, shortDay, spanOf } from "./axis";
import { Offers } from "./derived";
import type { Desk } from "./desk";
import { freshId, h, inline } from "./dom";
import { EventList } from "./events";
import { type Candidate, type Item, type TimelineRow, clock, counted, filtered, inOrder, kindName, many } from "./evidence";
import { EvidenceApi, Trouble } from "./evidence-api";
import { Imports } from "./imports";
import { local } from "./when";

/** The evidence is asked for no more often than this, in milliseconds; and later where there is more of it. */
const PAUSE = 1500;
const PAUSE_FOR_A_HUNDRED = 120;
/** Signs of an event that are said at most, to tell it from others. */
const LONGEST = 80;
/** So many keys are remembered while one is at work. */
const WAITING = 20;

export class Tray {
  readonly element: HTMLElement;
  private readonly api: EvidenceApi;
  private readonly imports: Imports;
  private readonly offers: Offers;
  private readonly axis: Axis;
  private readonly list: EventList;
  private readonly axisRoom = h("div", { class: "tray-axis-room" });
  private readonly search: HTMLInputElement;
  private readonly source: HTMLSelectElement;
  private readonly kind: HTMLSelectElement;
  private readonly where: HTMLSelectElement;
  private readonly count = h("p", { class: "tray-count quiet small" });
  private readonly trouble = h("div", { class: "finding error", hidden: true });
  private readonly empty = h("p", { class: "empty" });
  private readonly nothing = h(
    "p",
    { class: "empty", hidden: true },
    "No event is like that. ",
    h("button", { type: "button", class: "slim", onclick: () => this.unfilter() }, "Show everything"),
  );
  private readonly detail = h("section", { class: "tray-detail", "aria-label": "The event in whole", tabindex: 0, hidden: true });
  private readonly takeButton: HTMLButtonElement;
  private readonly dismissButton: HTMLButtonElement;
  private readonly openButton: HTMLButtonElement;
  private readonly clearButton: HTMLButtonElement;
  private readonly browse: HTMLElement;

  private candidates: readonly Candidate[] = [];
  private rows: readonly TimelineRow[] = [];
  private items: readonly Item[] = [];
  /** Taken, and candidates still in what the server told last: shown as what they are now. */
  private readonly taken = new Set<string>();
  /** Dismissed, and candidates still in what the server told last. */
  private readonly dismissed = new Set<string>();
  private isBusy = false;
  private readonly waiting: (() => void)[] = [];
  private isStarted = false;
  private isLoading = false;
  private isLoaded = false;
  private isAgain = false;
  private lastAsked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private said: ReturnType<typeof setTimeout> | undefined;
  private milestones = "";
  private width = 0;

  constructor(private readonly desk: Desk) {
    this.api = new EvidenceApi(() => desk.api);
    this.imports = new Imports(desk, this.api, () => this.refresh());
    this.offers = new Offers(desk, () => this.refresh());
    const ids = { search: freshId("words"), source: freshId("source"), kind: freshId("kind"), where: freshId("where"), hint: freshId("hint") };
    this.list = new EventList("Events of the evidence, by time", ids.hint, {
      take: () => void this.take(),
      dismiss: () => void this.dismiss(),
      open: () => this.openOriginal(),
      search: () => this.search.focus(),
      moved: () => this.drawChoice(),
      counted: () => this.tellChosen(),
    });
    this.axis = new Axis((at) => {
      const number = nearest(this.list.items, at);
      if (number < 0) return;
      this.list.go(number);
      this.list.element.focus();
    });
    this.search = h("input", { type: "search", id: ids.search, autocomplete: "off", oninput: () => this.filter() });
    this.source = h("select", { id: ids.source, onchange: () => this.filter() });
    this.kind = h("select", { id: ids.kind, onchange: () => this.filter() });
    this.where = h(
      "select",
      { id: ids.where, onchange: () => this.filter() },
      h("option", { value: "all" }, "Everything"),
      h("option", { value: "out" }, "Not in the timeline"),
      h("option", { value: "in" }, "In the timeline"),
    );
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      if (this.list.items.length > 0) this.list.element.focus();
    });
    this.takeButton = h("button", { type: "button", class: "slim first", onclick: () => void this.take() });
    this.dismissButton = h("button", { type: "button", class: "slim", onclick: () => void this.dismiss() }, "Never offer ", h("kbd", {}, "d"));
    this.openButton = h("button", { type: "button", class: "slim", onclick: () => this.openOriginal() }, "Open original ", h("kbd", {}, "o"));
    this.clearButton = h("button", { type: "button", class: "slim", hidden: true, onclick: () => this.clear() }, "Select none");
    const hint = h(
      "p",
      { class: "quiet small keys-hint", id: ids.hint },
      "Arrows move, ", h("kbd", {}, "Space"), " selects, ", h("kbd", {}, "Shift"), " with arrows selects many, ",
      h("kbd", {}, "t"), " takes into the timeline, ", h("kbd", {}, "d"), " never offers again, ", h("kbd", {}, "o"), " opens the original, ", h("kbd", {}, "/"), " searches.",
    );
    this.browse = h(
      "section",
      { class: "tray-browse", "aria-label": "Events", hidden: true },
      this.axisRoom,
      h(
        "div",
        { class: "tray-filter", role: "search", "aria-label": "Filter events" },
        h("div", { class: "tray-words" }, h("label", { for: ids.search }, "Words"), this.search),
        h("div", {}, h("label", { for: ids.where }, "Show"), this.where),
        h("div", {}, h("label", { for: ids.source }, "Source"), this.source),
        h("div", {}, h("label", { for: ids.kind }, "Kind"), this.kind),
      ),
      h("div", { class: "tray-actions" }, this.count, this.takeButton, this.dismissButton, this.openButton, this.clearButton),
      this.nothing,
      h("div", { class: "tray-both" }, this.list.element, this.detail),
      hint,
    );
    this.axisRoom.append(this.axis.element);
    this.element = h("div", { class: "tray" }, h("h2", {}, "Evidence"), this.imports.element, this.offers.element, this.trouble, this.empty, this.browse);
    this.imports.dropOnto(this.element);
    this.empty.textContent = "Reading the evidence …";
    new ResizeObserver(() => {
      const width = Math.floor(this.axisRoom.clientWidth);
      if (width === this.width) return;
      this.width = width;
      this.drawAxis();
    }).observe(this.axisRoom);
    this.drawChoice();
  }

  /** Advice changed. */
  draw(): void {
    const milestones = JSON.stringify(this.desk.advice.milestones);
    if (milestones === this.milestones) return;
    this.milestones = milestones;
    this.drawAxis();
  }

  /** It is seen now: rows that nobody saw had no height. */
  open(): void {
    this.draw();
    this.list.update();
  }

  /** Puts the keyboard where people go on: into the list, or to the files where there is none. */
  focus(): void {
    if (this.browse.hidden) this.imports.focus();
    else this.list.element.focus();
  }

  /** The evidence changed: asks again, not more often than the server likes. */
  refresh(): void {
    if (this.isLoading) {
      this.isAgain = true;
      return;
    }
    clearTimeout(this.timer);
    const pause = PAUSE + (PAUSE_FOR_A_HUNDRED * this.candidates.length) / 100;
    const wait = this.lastAsked + pause - Date.now();
    if (wait > 0) {
      this.timer = setTimeout(() => this.refresh(), wait);
      return;
    }
    void this.load();
  }

  private async load(): Promise<void> {
    if (this.isLoading) return;
    clearTimeout(this.timer);
    this.isLoading = true;
    this.isAgain = false;
    try {
      // The first time what is there is shown page by page; later the list stays until all of the new one is there.
      const [{ candidates, problems }, rows, derived] = await Promise.all([
        this.api.candidates((soFar) => {
          if (this.isLoaded) return;
          this.candidates = [...soFar];
          this.arrange();
        }),
        this.api.timeline(),
        this.api.derived(),
      ]);
      this.isLoaded = true;
      this.candidates = candidates;
      this.rows = rows;
      const ids = new Set(candidates.map(({ id }) => id));
      for (const done of [this.taken, this.dismissed]) for (const id of done) if (!ids.has(id)) done.delete(id);
      this.offers.show(derived);
      this.tell(problems.length > 0 ? "Some of the evidence that was kept cannot be read" : null, problems.slice(0, 3).join("; "));
      this.arrange();
      // One begins where the incident does, not with a commit of last week.
      const begin = spanOf(this.desk.advice.milestones.map(({ at }) => Date.parse(at)), this.items.map(({ at }) => at))?.from ?? 0;
      if (!this.isStarted && this.items.length > 0) {
        this.isStarted = true;
        this.list.start(this.list.items.findIndex(({ at }) => at >= begin));
      }
    } catch (error) {
      const { sentence, hint, after } = error instanceof Trouble ? error : new Trouble("The evidence cannot be shown", "Load the page anew");
      this.tell(sentence, hint);
      if (!this.isLoaded && this.candidates.length === 0) this.empty.textContent = "";
      if (after !== null) this.timer = setTimeout(() => this.refresh(), Math.max(1, after) * 1000);
    }
    this.isLoading = false;
    this.lastAsked = Date.now();
    if (this.isAgain) this.refresh();
  }

  private tell(sentence: string | null, hint: string | null): void {
    this.trouble.hidden = sentence === null;
    if (sentence === null) return;
    const again = h("button", { type: "button", class: "slim", onclick: () => void this.load() }, "Try again");
    this.trouble.replaceChildren(h("b", {}, sentence), h("span", { class: "help" }, hint ?? ""), again);
  }

  /** Puts what the server told in order, and shows it. */
  private arrange(): void {
    const items = inOrder(this.candidates.filter(({ id }) => !this.dismissed.has(id)), this.rows);
    this.items = items.map((item) => (this.taken.has(item.key) ? { ...item, isIn: true, why: "" } : item));
    choices(this.source, "All sources", counted(this.items.map(({ source }) => source)), (name) => name);
    // What a row is a milestone of is no kind of event.
    choices(this.kind, "All kinds", counted(this.items.flatMap(({ kind, isIn }) => (isIn ? [] : kind))), kindName);
    this.browse.hidden = this.items.length === 0;
    this.imports.compact(this.items.length > 0);
    this.empty.hidden = this.items.length > 0;
    this.empty.textContent =
      "No evidence yet. Drop in what was exported: the channel, the pages, the deploys, the audit log. What matters comes into the timeline by itself; the rest stands here to be chosen from.";
    this.show();
  }

  private filter(): void {
    this.show();
    clearTimeout(this.said);
    this.said = setTimeout(() => this.desk.announce(this.count.textContent ?? ""), 700);
  }

  private unfilter(): void {
    for (const control of [this.search, this.source, this.kind]) control.value = "";
    this.where.value = "all";
    this.filter();
    this.search.focus();
  }

  private show(): void {
    const where = this.where.value === "in" || this.where.value === "out" ? this.where.value : "all";
    const shown = filtered(this.items, { text: this.search.value, source: this.source.value, kind: this.kind.value, where });
    const all = many(this.items.length, "event");
    const inside = this.items.reduce((sum, { isIn }) => sum + Number(isIn), 0);
    this.count.textContent = shown.length === this.items.length ? `${all}, ${inside.toLocaleString("en")} in the timeline` : `${shown.length.toLocaleString("en")} of ${all}`;
    this.nothing.hidden = shown.length > 0;
    this.list.show(shown);
    this.drawAxis();
    this.drawChoice();
  }

  private get shown(): Parameters<Axis["draw"]>[1] {
    return { all: this.items, items: this.list.items, milestones: this.desk.advice.milestones, selected: this.list.selection.selected, current: this.list.current };
  }

  private drawAxis(): void {
    if (this.width > 0) this.axis.draw(this.width, this.shown);
  }

  /** What depends on which events are selected. */
  private drawChoice(): void {
    const { meant } = this.list;
    const chosen = this.list.selection.selected.size;
    const what = chosen > 0 ? `Take ${chosen.toLocaleString("en")} into the timeline ` : "Take into the timeline ";
    this.takeButton.replaceChildren(what, h("kbd", {}, "t"));
    for (const button of [this.takeButton, this.dismissButton]) {
      button.toggleAttribute("disabled", this.isBusy);
      button.setAttribute("aria-disabled", String(meant.length === 0));
    }
    this.openButton.setAttribute("aria-disabled", String(!this.list.current?.link));
    this.clearButton.hidden = chosen === 0;
    this.axis.mark(this.shown);
    this.drawDetail();
  }

  private drawDetail(): void {
    const item = this.list.current;
    this.detail.hidden = item === null;
    if (!item) return;
    const { at, source, kind, actor, action, result, link, linkLabel, why, details, isIn } = item;
    const pairs: [string, string][] = [];
    if (actor) pairs.push(["Who", actor]);
    if (result) pairs.push(["Result", result]);
    if (source) pairs.push(["Source", source]);
    if (kind) pairs.push([isIn ? "Milestone" : "Kind", kindName(kind)]);
    pairs.push(...details.map(([name, value]): [string, string] => [kindName(name), value]));
    this.detail.replaceChildren(
      h("p", { class: "tray-when" }, h("b", {}, `${shortDay(at)}, ${clock(item)} UTC`), h("span", { class: "quiet small" }, ` ${local(new Date(at))}, your time`)),
      h("p", { class: "tray-whole" }, ...(action ? inline(action) : ["—"])),
      h("p", { class: "quiet small" }, isIn ? "It is in the timeline." : why ? `Not in the timeline: ${why}` : "Not in the timeline"),
      h("dl", {}, ...pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      ...(link ? [h("p", {}, h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, linkLabel || "The original"))] : []),
    );
  }

  private clear(): void {
    this.list.selection.clear();
    this.list.update();
    this.list.element.focus();
    this.tellChosen();
  }

  private tellChosen(): void {
    const { size } = this.list.selection.selected;
    this.desk.announce(size > 0 ? `${many(size, "event")} selected` : "Nothing is selected");
  }

  private openOriginal(): void {
    const link = this.list.current?.link;
    if (link) window.open(link, "_blank", "noopener,noreferrer");
    else this.desk.announce("The source names no original of it");
  }

  private async take(): Promise<void> {
    if (this.isBusy) return this.afterwards(() => void this.take());
    const { meant } = this.list;
    if (!this.may(meant, "Nothing can be taken into the timeline now", "It is in the timeline already")) return;
    const keys = meant.map(({ key }) => key);
    await this.work(async () => {
      await this.api.take(keys);
      for (const key of keys) this.taken.add(key);
      this.list.selection.drop(keys);
      // One goes on with the next that is to be judged, as with a pile.
      const { current } = this.list.selection;
      const now = this.list.items.findIndex(({ key }) => key === current);
      const next = this.taken.has(current) ? this.list.items.findIndex(({ key, isIn }, at) => at > now && !isIn && !this.taken.has(key)) : -1;
      if (next >= 0) this.list.go(next);
      this.arrange();
      const one = meant.length === 1 ? meant[0]?.action.slice(0, LONGEST) : undefined;
      this.desk.announce(`Taken into the timeline: ${one || many(meant.length, "event")}`);
      this.refresh();
    }, "It was not taken into the timeline");
  }

  /** A key that is pressed while the last one is at work is for the row that comes then; after a failure it is for none. */
  private afterwards(act: () => void): void {
    if (this.waiting.length < WAITING) this.waiting.push(act);
  }

  /** Does something to events, and then what a key asked for meanwhile; false where it failed, which is told. */
  private async work(act: () => Promise<void>, failure: string): Promise<boolean> {
    this.isBusy = true;
    this.drawChoice();
    let isDone = true;
    try {
      await act();
    } catch (error) {
      const { sentence, hint } = error instanceof Trouble ? error : new Trouble(failure, "Try again");
      this.desk.tell(sentence, hint);
      this.waiting.length = 0;
      isDone = false;
    }
    this.isBusy = false;
    this.drawChoice();
    // What turns out to be for no row makes room for the next key.
    while (!this.isBusy && this.waiting.length > 0) this.waiting.shift()?.();
    return isDone;
  }

  /** Whether something may be done with events now; where not, it is said why. */
  private may(meant: readonly Item[], locked: string, isIn: string): boolean {
    const { lock } = this.desk.text;
    if (lock !== null) this.desk.tell(locked, lock);
    else if (meant.length === 0) this.desk.announce(this.list.current?.isIn ? isIn : "No event is selected");
    return lock === null && meant.length > 0;
  }

  private async dismiss(): Promise<void> {
    if (this.isBusy) return this.afterwards(() => void this.dismiss());
    const { meant } = this.list;
    if (!this.may(meant, "Nothing can be decided now", "It is in the timeline: take its row out there")) return;
    const keys = meant.map(({ key }) => key);
    const one = meant.length === 1 ? meant[0]?.action.slice(0, LONGEST) : undefined;
    if (await this.judge("dismiss", keys)) {
      const undo = { label: "Offer again", act: () => void this.judge("offer", keys).then(() => this.list.element.focus()) };
      this.desk.tell(`${one ? `“${one}”` : many(keys.length, "event")} will not be offered again`, null, undo);
    }
  }

  private judge(verb: "dismiss" | "offer", keys: readonly string[]): Promise<boolean> {
    return this.work(async () => {
      await this.api.judge(verb, keys);
      for (const key of keys) {
        if (verb === "dismiss") this.dismissed.add(key);
        else this.dismissed.delete(key);
      }
      this.list.selection.drop(keys);
      this.arrange();
      this.refresh();
    }, "That was not kept");
  }
}

/** Fills a filter with what there is, and keeps what is chosen. */
function choices(select: HTMLSelectElement, all: string, found: readonly [string, number][], name: (value: string) => string): void {
  const { value } = select;
  const wanted = value !== "" && !found.some(([one]) => one === value) ? [...found, [value, 0] as const] : found;
  const options = [h("option", { value: "" }, all), ...wanted.map(([one, count]) => h("option", { value: one }, `${name(one)} (${count.toLocaleString("en")})`))];
  const before = [...select.options].map((option) => option.label).join("\n");
  if (options.map((option) => option.label).join("\n") === before) return;
  select.replaceChildren(...options);
  select.value = value;
}
