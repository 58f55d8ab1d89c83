// What is pasted: an address onto words makes a link of them; an excerpt of a chat or of a terminal is offered as rows
// of the timeline.
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import type { Desk } from "./desk";
import { h } from "./dom";
import type { Row, Stretch } from "./protocol";

const ADDRESS = /^https?:\/\/[^\s<>]+$/;
const CLOCK = /\b\d{1,2}:\d{2}(:\d{2})?\b/;
const PROMPT = /^(\$|#|>|[\w.-]+@[\w.-]+[:\s].*[$#]) \S/;

/** Whether text looks like what people said or ran, one after the other. */
export function isExcerpt(text: string): boolean {
  const lines = text.trim().split("\n").filter((line) => line.trim() !== "");
  if (lines.some((line) => /^\s*(\||#{1,6} |[-*] \[)/.test(line))) return false;
  const timed = lines.filter((line) => CLOCK.test(line)).length;
  const ran = lines.filter((line) => PROMPT.test(line)).length;
  return timed >= 2 || (ran >= 1 && lines.length >= 2);
}

export function pasting(desk: Desk, offer: RowOffer): Extension {
  return EditorView.domEventHandlers({
    paste(event, view) {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      const { main, ranges } = view.state.selection;
      const chosen = view.state.sliceDoc(main.from, main.to);
      if (ADDRESS.test(text.trim()) && !main.empty && ranges.length === 1 && !chosen.includes("\n") && !ADDRESS.test(chosen)) {
        const target = text.trim().replace(/\(/g, "%28").replace(/\)/g, "%29");
        const insert = `[${chosen.replace(/([\][])/g, "\\$1")}](${target})`;
        view.dispatch({ changes: { from: main.from, to: main.to, insert }, selection: { anchor: main.from + insert.length }, userEvent: "input.paste" });
        event.preventDefault();
        return true;
      }
      if (isExcerpt(text)) {
        const { from } = main;
        // Pasted it is all the same; who wants rows instead says so.
        setTimeout(() => {
          const size = text.replace(/\r\n?/g, "\n").length;
          const range = { from: desk.text.place(from), to: desk.text.place(from + size, "behind") };
          void offer.make(text, range);
        });
      }
      return false;
    },
  });
}

/** Rows that were found in an excerpt, for people to take or leave. */
export class RowOffer {
  readonly element = h("section", { class: "row-offer", hidden: true, "aria-label": "Rows for the timeline" });

  constructor(private readonly desk: Desk) {}

  /** Asks the server what rows a text holds. `pasted` is where it stands in the text, if it does. */
  async make(text: string, pasted: Stretch | null): Promise<void> {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const answer = await this.desk.socket.ask({ do: "rows-of", text, zone });
    const rows = answer.rows ?? [];
    if (rows.length === 0) {
      if (!pasted) this.desk.tell(answer.error?.sentence ?? "No times were found in what you pasted", answer.error?.hint ?? "Rows of a table are pasted as they are copied from a spreadsheet");
      return;
    }
    this.show(rows, pasted, zone);
  }

  private show(rows: Row[], pasted: Stretch | null, zone: string): void {
    const many = rows.length === 1 ? "1 row" : `${rows.length} rows`;
    const boxes = rows.map(() => h("input", { type: "checkbox", checked: true }));
    const items = rows.map((row, at) =>
      h("li", {}, h("label", {}, boxes[at] ?? null, h("time", {}, row.time), h("b", {}, row.actor), h("span", {}, row.action))),
    );
    const take = h("button", { type: "button", class: "first", onclick: () => void this.take(rows.filter((_, at) => boxes[at]?.checked), pasted) }, "Put into the timeline");
    const leave = h("button", { type: "button", onclick: () => this.hide() }, "Leave it as it is");
    this.element.replaceChildren(
      h("h2", {}, `What you pasted reads as ${many} of the timeline`),
      h("p", { class: "quiet small" }, `Times without a zone were read as ${zone}, and are shown in UTC.`),
      h("ul", {}, ...items),
      h("div", { class: "buttons" }, take, leave),
    );
    this.element.hidden = false;
    this.desk.announce(`What you pasted reads as ${many} of the timeline. They are offered above the text`);
  }

  private async take(rows: Row[], pasted: Stretch | null): Promise<void> {
    this.hide();
    const range = pasted ? this.desk.text.range(pasted) : null;
    if (range) this.desk.text.edit([{ ...range, text: "" }]);
    for (const cells of rows) {
      const answer = await this.desk.ask({ do: "add-row", cells });
      if (answer.error) return;
    }
    this.desk.announce(`${rows.length} rows are in the timeline`);
  }

  private hide(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }
}
