// The views of the timeline and of the action items: one grid for each table that the server found, kept while it is
// there, and the way to a first row where there is none.
import type { Desk } from "./desk";
import { arrange, h } from "./dom";
import { Grid } from "./grid";
import type { PlacedTable, TableName } from "./protocol";
import { utc } from "./when";

export class Tables {
  readonly element: HTMLElement;
  private readonly body = h("div", { class: "grids" });
  private readonly tools = h("div", { class: "buttons grids-add" });
  private readonly empty: HTMLElement;
  private grids = new Map<string, Grid>();
  private priorities = "";

  constructor(
    private readonly desk: Desk,
    private readonly name: TableName,
    private readonly onPastedText: (text: string) => void,
  ) {
    this.empty = h("p", { class: "empty" },
      name === "timeline" ? "The text has no table for the timeline yet. The first row makes one." : "The text has no action items yet. The first one makes their table.",
    );
    this.element = h("div", {}, this.empty, this.body, this.tools);
  }

  draw(): void {
    const tables = this.desk.advice.tables.filter(({ name }) => name === this.name);
    const fresh = new Map<string, Grid>();
    const seen = new Map<string, number>();
    for (const placed of tables) {
      const label = this.label(placed);
      const count = (seen.get(label) ?? 0) + 1;
      seen.set(label, count);
      const key = `${label}/${count}`;
      const grid = this.grids.get(key) ?? new Grid(this.desk, placed, label, this.onPastedText);
      grid.place(placed);
      fresh.set(key, grid);
    }
    for (const [key, grid] of this.grids) if (!fresh.has(key)) grid.close();
    this.grids = fresh;
    arrange(this.body, [...fresh.values()].map(({ element }) => element));
    for (const grid of fresh.values()) grid.draw();
    this.empty.hidden = fresh.size > 0;
    this.drawTools();
  }

  /** Ends what is being edited in a cell. */
  close(): void {
    for (const grid of this.grids.values()) grid.close();
  }

  private label({ priority }: PlacedTable): string {
    if (this.name === "timeline") return "Timeline";
    return priority ? `Action items, ${priority}` : "Action items";
  }

  private drawTools(): void {
    if (this.name === "timeline") {
      this.tools.hidden = this.grids.size > 0;
      if (!this.tools.firstChild) this.tools.append(this.button("Add the first row", () => this.desk.ask({ do: "add-row", cells: { time: utc(new Date()), actor: this.desk.you?.name ?? "" } })));
      return;
    }
    // A table of a priority that has none is made by its first item; one of all priorities lacks none.
    const here = new Set(this.desk.advice.tables.filter(({ name }) => name === this.name).map(({ priority }) => priority));
    const lacking = here.has(null) ? [] : this.desk.words.priorities.filter((priority) => !here.has(priority));
    this.tools.hidden = lacking.length === 0;
    if (lacking.join() === this.priorities) return;
    this.priorities = lacking.join();
    this.tools.replaceChildren(
      ...lacking.map((priority) => this.button(`Add a ${priority} item`, () => this.desk.ask({ do: "add-item", priority, cells: {} }))),
    );
  }

  private button(label: string, act: () => unknown): HTMLElement {
    return h("button", { type: "button", onclick: () => void act() }, label);
  }
}
