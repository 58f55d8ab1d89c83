// The outline: every section, whether it is done, and how far the whole is; what was found, as a list that leads there.
import type { Desk } from "./desk";
import { arrange, freshId, h, set } from "./dom";
import type { Finding, OutlineEntry } from "./protocol";

/** So many findings are listed. */
const MOST = 60;

const ORDER = { error: 0, warning: 1, note: 2 } as const;
const LEVELS = { error: "Error", warning: "Warning", note: "Note" } as const;

export class Outline {
  readonly element: HTMLElement;
  private readonly progress = h("p", { class: "progress" });
  private readonly bar = h("progress", { max: 1, value: 0, "aria-label": "Sections that are done" });
  private readonly sections = h("ol", { class: "sections" });
  private readonly found = h("ul", { class: "found-list" });
  private readonly none = h("p", { class: "empty small" }, "Nothing is wrong with it.");
  private readonly more = h("p", { class: "quiet small", hidden: true });
  private shownOutline: OutlineEntry[] | null = null;
  private shownFindings: Finding[] | null = null;

  constructor(private readonly desk: Desk) {
    const title = freshId("outline");
    const list = freshId("found");
    this.element = h(
      "aside",
      { class: "outline", "aria-labelledby": title },
      h("h2", { id: title }, "Outline"),
      this.progress,
      this.bar,
      this.sections,
      h("h2", { id: list }, "Found"),
      h("div", { "aria-labelledby": list, role: "region" }, this.none, this.found, this.more),
    );
  }

  draw(): void {
    const { outline, progress, findings } = this.desk.advice;
    this.progress.textContent = told(progress);
    this.bar.max = Math.max(1, progress.sections);
    this.bar.value = progress.done;
    if (outline !== this.shownOutline) {
      this.shownOutline = outline;
      arrange(this.sections, outline.map((entry, at) => this.section(entry, at)));
    }
    if (findings !== this.shownFindings) {
      this.shownFindings = findings;
      this.none.hidden = findings.length > 0;
      // What must be mended first; of one weight as they stand in the text.
      const sorted = [...findings].sort((a, b) => ORDER[a.level] - ORDER[b.level]);
      arrange(this.found, sorted.slice(0, MOST).map((finding, at) => this.finding(finding, at)));
      this.more.hidden = findings.length <= MOST;
      this.more.textContent = `${findings.length - MOST} more are marked in the text.`;
    }
  }

  /** Elements are used again by their place, so that what is focused stays focused. */
  private section(entry: OutlineEntry, at: number): Element {
    const item = this.sections.children[at] ?? h("li", {}, h("button", { type: "button", class: "plain" }));
    const button = item.querySelector("button") as HTMLButtonElement;
    const errors = entry.errors === 1 ? "1 error" : `${entry.errors} errors`;
    const state = entry.errors > 0 ? errors : entry.done ? "done" : "open";
    set(item, "data-state", entry.errors > 0 ? "errors" : state);
    set(item, "data-level", String(entry.level));
    const parts = [h("span", { class: "sign", "aria-hidden": "true" }), h("span", {}, entry.name), h("span", { class: "quiet small" }, entry.errors > 0 ? errors : h("span", { class: "hidden" }, `, ${state}`))];
    button.replaceChildren(...parts);
    button.onclick = () => this.go(entry.at);
    return item;
  }

  private finding(finding: Finding, at: number): Element {
    const item = this.found.children[at] ?? h("li", {});
    set(item, "data-level", finding.level);
    const fixes = finding.fixes.map((fix) =>
      h("button", {
        type: "button",
        class: "slim",
        onclick: () => {
          if (this.desk.text.accept(fix.edits)) this.desk.announce(`Mended: ${fix.label}`);
          else this.desk.tell("What this would mend was changed meanwhile");
        },
      }, plain(fix.label)),
    );
    const go = h("button", { type: "button", class: "plain", onclick: () => this.go(finding.from) }, h("span", { class: "level" }, LEVELS[finding.level]), " ", plain(finding.message));
    const hadFocus = item.contains(document.activeElement);
    item.replaceChildren(go, ...fixes);
    if (hadFocus) go.focus();
    return item;
  }

  /** Marks the section that somebody is in, by a place of the text; none where that is nowhere. */
  mark(here: number | null): void {
    const places = this.desk.advice.outline.map(({ at }) => this.desk.text.index(at));
    const current = here === null ? -1 : places.findLastIndex((place) => place !== null && place <= here);
    [...this.sections.children].forEach((item, at) => {
      const button = item.firstElementChild;
      if (button) set(button, "aria-current", at === current ? "true" : null);
    });
  }

  private go(place: unknown): void {
    const index = this.desk.text.index(place);
    if (index === null) this.desk.tell("That place is no longer in the text");
    else this.desk.show(index);
  }
}

const plain = (text: string): string => text.replaceAll("`", "");

/** How far the whole is, in words. */
export function told({ sections, done, errors, warnings }: { sections: number; done: number; errors: number; warnings: number }): string {
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
  const parts = [`${done} of ${sections} sections done`];
  if (errors > 0) parts.push(count(errors, "error"));
  if (warnings > 0) parts.push(count(warnings, "warning"));
  return parts.join(", ");
}
