// Words below an input that can be taken instead of typed: a combobox with a list, by mouse and by keys.
import { freshId, h, set } from "./dom";
import type { Word } from "./protocol";

/** So many are shown at once. */
const MOST = 8;

export class Suggest {
  private readonly list = h("ul", { class: "suggest", role: "listbox", id: freshId("suggest"), hidden: true });
  private found: Word[] = [];
  private at = -1;

  /** `separator` parts several words of one input; the last is what is offered for. */
  constructor(
    private readonly input: HTMLInputElement | HTMLTextAreaElement,
    label: string,
    private readonly offers: () => Word[],
    private readonly take: (value: string) => void,
    private readonly separator: string | null = null,
  ) {
    set(input, "role", "combobox");
    set(input, "aria-autocomplete", "list");
    set(input, "aria-expanded", "false");
    set(input, "aria-controls", this.list.id);
    set(input, "autocomplete", "off");
    set(this.list, "aria-label", label);
    input.after(this.list);
    input.addEventListener("input", this.update);
    input.addEventListener("click", this.update);
    input.addEventListener("blur", this.hide);
    // The mouse takes a word without taking the focus.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  readonly update = (): void => {
    // What others change in it opens no list.
    if (document.activeElement !== this.input) return;
    const typed = this.last().toLowerCase();
    const words = this.offers();
    const begins = words.filter(({ name }) => name.toLowerCase().replace(/^@/, "").startsWith(typed.replace(/^@/, "")));
    const holds = words.filter((word) => !begins.includes(word) && `${word.name} ${word.about}`.toLowerCase().includes(typed));
    this.found = [...begins, ...holds].slice(0, MOST);
    if (this.found.length === 1 && this.found[0]?.name.toLowerCase() === typed) this.found = [];
    // Who begins with the sign of people means one of the list: the first is taken by Enter.
    this.at = typed.startsWith("@") && begins.length > 0 && !words.some(({ name }) => name.toLowerCase() === typed) ? 0 : -1;
    this.draw();
  };

  readonly hide = (): void => {
    this.found = [];
    this.draw();
  };

  /** Whether a key was for the list. */
  key(event: KeyboardEvent): boolean {
    if (this.found.length === 0) {
      if (event.altKey && event.key === "ArrowDown") this.update();
      return event.altKey && event.key === "ArrowDown";
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const by = event.key === "ArrowDown" ? 1 : -1;
      this.at = (this.at + by + this.found.length + (this.at < 0 && by < 0 ? 1 : 0)) % this.found.length;
      this.draw();
    } else if ((event.key === "Enter" || event.key === "Tab") && this.at >= 0) {
      this.choose(this.at);
      if (event.key === "Tab") return false;
    } else if (event.key === "Escape") {
      this.hide();
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  remove(): void {
    this.input.removeEventListener("input", this.update);
    this.input.removeEventListener("click", this.update);
    this.input.removeEventListener("blur", this.hide);
    this.list.remove();
  }

  private last(): string {
    const { value, separator } = { value: this.input.value, separator: this.separator };
    return (separator ? (value.split(separator).at(-1) ?? "") : value).trim();
  }

  private choose(at: number): void {
    const word = this.found[at];
    if (!word) return;
    const before = this.separator ? this.input.value.split(this.separator).slice(0, -1) : [];
    const value = [...before.map((part) => part.trim()), word.name].join(`${this.separator ?? ""} `);
    this.hide();
    this.take(value);
  }

  private draw(): void {
    this.list.hidden = this.found.length === 0;
    set(this.input, "aria-expanded", String(this.found.length > 0));
    const options = this.found.map((word, at) =>
      h(
        "li",
        { role: "option", id: `${this.list.id}-${at}`, "aria-selected": String(at === this.at), onclick: () => this.choose(at) },
        h("span", {}, word.name),
        word.about ? h("span", { class: "quiet small" }, ` ${word.about}`) : null,
      ),
    );
    this.list.replaceChildren(...options);
    set(this.input, "aria-activedescendant", this.at < 0 || this.found.length === 0 ? null : `${this.list.id}-${this.at}`);
  }
}
