// The stage of the document: which one it is at, and moving it to another, which the server refuses while something stands
// in its way.
import type { Desk } from "./desk";
import { freshId, h, inline } from "./dom";
import { Suggest } from "./suggest";

const STAGES = ["draft", "review", "final"];

export class Stages {
  readonly element: HTMLElement;
  private readonly select: HTMLSelectElement;
  private readonly by: HTMLInputElement;
  private readonly byWhom: HTMLElement;
  private readonly trouble = h("div", { class: "finding error", role: "alert", hidden: true });
  private shown = "";

  constructor(private readonly desk: Desk) {
    const [stage, by, title] = [freshId("stage"), freshId("by"), freshId("stages")];
    this.select = h("select", { id: stage, onchange: () => this.chosen() }, ...STAGES.map((name) => h("option", { value: name }, name)));
    this.by = h("input", { id: by, type: "text" });
    this.byWhom = h("div", { class: "one-field" }, h("label", { for: by }, "Reviewed by"), h("div", { class: "control" }, this.by));
    const suggest = new Suggest(this.by, "Reviewed by", () => desk.words.people, (value) => {
      this.by.value = value;
      this.by.focus();
    }, ",");
    this.by.addEventListener("keydown", (event) => {
      if (!event.isComposing && !suggest.key(event) && event.key === "Enter") void this.move();
    });
    const move = h("button", { type: "button", onclick: () => void this.move() }, "Move");
    this.element = h(
      "section",
      { class: "stages", "aria-labelledby": title },
      h("h2", { id: title, class: "hidden" }, "Stage"),
      h("div", { class: "stage-line" }, h("div", { class: "one-field" }, h("label", { for: stage }, "Stage"), this.select), this.byWhom, move),
      this.trouble,
    );
    this.chosen();
  }

  draw(): void {
    const { stage } = this.desk.advice.progress;
    if (stage === this.shown) return;
    this.shown = stage;
    this.select.value = stage;
    this.chosen();
  }

  /** Whoever says that it is final says who has read it. */
  private chosen(): void {
    this.byWhom.hidden = this.select.value !== "final" || this.shown === "final";
    this.trouble.hidden = true;
  }

  private async move(): Promise<void> {
    const stage = this.select.value;
    if (stage === this.shown) return;
    const reviewers = this.byWhom.hidden ? [] : this.by.value.split(",").map((name) => name.trim()).filter((name) => name !== "");
    const { error, edits } = await this.desk.socket.ask({ do: "set-stage", stage, reviewers });
    if (error) {
      const [first, ...rest] = error.sentence.split("\n");
      this.trouble.replaceChildren(h("b", {}, ...inline(first ?? "")), h("ul", {}, ...rest.map((line) => h("li", {}, ...inline(line.trim())))));
      this.trouble.hidden = false;
    } else if (edits && this.desk.text.accept(edits)) {
      this.trouble.hidden = true;
      this.desk.announce(`The stage is ${stage} now`);
    } else {
      this.desk.tell(this.desk.text.lock ?? "The text was changed meanwhile", "Try it again");
    }
  }
}
