// The fields of the summary and of the impact as a form: each control is a view of the field's stretch of the text.
import { Bound } from "./bound";
import type { Desk } from "./desk";
import { arrange, freshId, h, set } from "./dom";
import type { Field, Word } from "./protocol";
import { Suggest } from "./suggest";
import { When } from "./when";

/** Sections that are fields rather than prose. */
const SECTIONS = ["Incident summary", "Impact", "Detection"];

const plain = { shown: (raw: string) => raw, written: (value: string) => value.replace(/[\r\n]+/g, " ") };
const lines = { shown: (raw: string) => raw, written: (value: string) => value };

interface Drawn {
  element: HTMLElement;
  control: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
  why: HTMLElement;
  field: Field;
  bound: Bound | null;
  suggest: Suggest | null;
}

export class FieldForm {
  readonly element = h("div", { class: "field-form" });
  private readonly drawn = new Map<string, Drawn>();
  private readonly sections = new Map<string, { element: HTMLElement; body: HTMLElement }>();

  constructor(private readonly desk: Desk) {}

  draw(): void {
    const fields = this.desk.advice.fields.filter(({ section }) => SECTIONS.includes(section));
    const bySection = new Map<string, HTMLElement[]>();
    const seen = new Set<string>();
    for (const field of fields) {
      const key = `${field.section}/${field.name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      let drawn = this.drawn.get(key);
      if (!drawn || (drawn.field.choices === null) !== (field.choices === null)) {
        drawn = this.newField(field);
        this.drawn.set(key, drawn);
      }
      drawn.field = field;
      this.drawField(drawn);
      bySection.set(field.section, [...(bySection.get(field.section) ?? []), drawn.element]);
    }
    const elements = [...bySection].map(([name, controls]) => {
      let section = this.sections.get(name);
      if (!section) {
        const id = freshId("section");
        const body = h("div", { class: "fields" });
        section = { body, element: h("section", { "aria-labelledby": id }, h("h2", { id }, name), body) };
        this.sections.set(name, section);
      }
      arrange(section.body, controls);
      return section.element;
    });
    arrange(this.element, elements.length > 0 ? elements : [this.none]);
  }

  /** Where the field stands that has the focus. */
  get here(): number | null {
    for (const { element, field } of this.drawn.values()) {
      if (element.contains(document.activeElement)) return this.desk.text.range(field)?.from ?? null;
    }
    return null;
  }

  private readonly none = h("p", { class: "empty" }, "The text has no fields that could be shown as a form.");

  private newField(field: Field): Drawn {
    const id = freshId("field");
    const why = h("p", { class: "quiet small", id: `${id}-why` });
    const label = h("label", { for: id }, field.name);
    const isChoice = field.kind === "choice" && field.choices !== null;
    const control = isChoice
      ? h("select", { id, "aria-describedby": why.id })
      : field.kind === "people" || field.kind === "services"
        ? h("input", { type: "text", id, "aria-describedby": why.id })
        : h("textarea", { id, rows: 1, "aria-describedby": why.id, spellcheck: "true" });
    const element = h("div", { class: "one-field" }, label, h("div", { class: "control" }, control), why);
    const drawn: Drawn = { element, control, why, field, bound: null, suggest: null };
    if (control instanceof HTMLSelectElement) {
      control.addEventListener("change", () => this.choose(drawn, control.value));
    } else {
      control.addEventListener("focus", () => this.open(drawn, control));
      control.addEventListener("blur", () => this.close(drawn));
      (control as HTMLElement).addEventListener("keydown", (event) => this.onKey(drawn, event));
      const words = (): Word[] => (drawn.field.kind === "people" ? this.desk.words.people : this.desk.words.services);
      if (field.kind === "people" || field.kind === "services") {
        drawn.suggest = new Suggest(control, field.name, words, (value) => drawn.bound?.set(value), ",");
      }
      if (field.kind === "time") {
        new When(control, true, () => this.desk.advice.milestones[0]?.at.slice(0, 10) ?? "", (value) => this.put(drawn, value));
      }
    }
    return drawn;
  }

  private drawField({ control, why, field, bound, element }: Drawn): void {
    const range = this.desk.text.range(field);
    const raw = range ? this.desk.text.toString().slice(range.from, range.to) : "";
    set(element, "data-state", field.state);
    set(control, "aria-invalid", field.state === "invalid" ? "true" : null);
    // That it is blank everybody sees.
    const isOpen = field.state === "blank" || field.state === "placeholder";
    why.textContent = isOpen ? "" : (field.why ?? "").replaceAll("`", "");
    why.hidden = why.textContent === "";
    if (control instanceof HTMLSelectElement) {
      const choices = field.choices ?? [];
      const value = field.state === "value" || field.state === "invalid" ? raw.trim() : "";
      // What the text says and the list does not know is shown all the same.
      const all = value === "" || choices.includes(value) ? choices : [...choices, value];
      const have = [...control.options].map((option) => option.value).join("\n");
      if (have !== ["", ...all].join("\n")) {
        control.replaceChildren(h("option", { value: "" }, "—"), ...all.map((one) => h("option", { value: one }, one)));
      }
      if (document.activeElement !== control || control.value !== value) control.value = value;
      return;
    }
    set(control, "placeholder", field.state === "placeholder" ? raw.trim() : null);
    if (bound) return;
    const value = field.state === "placeholder" ? "" : raw;
    if (control.value !== value) {
      control.value = value;
      control.dispatchEvent(new Event("input"));
    }
  }

  private open(drawn: Drawn, input: HTMLInputElement | HTMLTextAreaElement): void {
    const range = this.desk.text.range(drawn.field);
    input.readOnly = this.desk.text.lock !== null;
    if (!range || drawn.bound || input.readOnly) return;
    drawn.bound = new Bound(this.desk, {
      input,
      ...range,
      form: drawn.field.kind === "lines" ? lines : plain,
      isPlaceholder: drawn.field.state === "placeholder",
      onGone: () => {
        drawn.bound = null;
      },
    });
  }

  private close(drawn: Drawn): void {
    drawn.bound?.close();
    drawn.bound = null;
  }

  private onKey(drawn: Drawn, event: KeyboardEvent): void {
    if (event.isComposing || drawn.suggest?.key(event)) return;
    if (event.key === "Escape" && drawn.bound) {
      event.preventDefault();
      drawn.bound.cancel();
      drawn.bound = null;
      this.drawField(drawn);
      if (!(drawn.control instanceof HTMLSelectElement)) this.open(drawn, drawn.control);
    } else if (event.key === "Enter" && drawn.field.kind !== "lines") {
      // One line: Enter goes on to the next field.
      event.preventDefault();
      const all = [...this.element.querySelectorAll<HTMLElement>(".control>:is(input,textarea,select)")];
      all[all.indexOf(drawn.control) + 1]?.focus();
    }
  }

  private put(drawn: Drawn, value: string): void {
    if (drawn.bound) drawn.bound.set(value);
    else this.choose(drawn, value);
  }

  private choose({ field }: Drawn, value: string): void {
    const range = this.desk.text.range(field);
    if (!range) return;
    const before = this.desk.text.toString()[range.from - 1] ?? "\n";
    this.desk.text.edit([{ ...range, text: value !== "" && !/\s/.test(before) ? ` ${value}` : value }]);
  }
}
