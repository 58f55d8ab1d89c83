// What the evidence offers for fields of the document, each with its reason, for people to accept one by one.
import type { Desk } from "./desk";
import { freshId, h, inline } from "./dom";
import { type Derived, many } from "./evidence";

const keyOf = ({ field, value }: Derived): string => `${field}\n${value}`;

export class Offers {
  readonly element: HTMLElement;
  private readonly list = h("ul", {});
  private readonly title = h("h3", { id: freshId("offers"), tabindex: -1 }, "");
  private items: readonly Derived[] = [];
  /** Accepted, and offered still until the server knows of it. */
  private readonly accepted = new Set<string>();
  private drawn = "";

  constructor(
    private readonly desk: Desk,
    private readonly onAccepted: () => void,
  ) {
    this.element = h("section", { class: "tray-offers", "aria-labelledby": this.title.id, hidden: true }, this.title, this.list);
  }

  show(items: readonly Derived[]): void {
    this.items = items;
    const there = new Set(items.map(keyOf));
    for (const key of this.accepted) if (!there.has(key)) this.accepted.delete(key);
    this.draw();
  }

  private draw(): void {
    const items = this.items.filter((item) => !this.accepted.has(keyOf(item)));
    const drawn = JSON.stringify(items);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const hadFocus = this.list.contains(document.activeElement);
    const before = [...this.list.children].findIndex((child) => child.contains(document.activeElement));
    this.element.hidden = items.length === 0;
    this.title.textContent = `The evidence says ${many(items.length, "thing")} that the fields do not`;
    this.list.replaceChildren(
      ...items.map((item) =>
        h(
          "li",
          {},
          h("p", {}, h("span", { class: "quiet" }, `${item.field}: `), h("b", {}, ...inline(item.value))),
          h("button", { type: "button", class: "slim", "aria-label": `Accept ${item.value} for ${item.field}`, onclick: () => void this.accept(item) }, "Accept"),
          h("p", { class: "quiet small" }, item.reason),
        ),
      ),
    );
    if (!hadFocus || items.length === 0) return;
    const buttons = [...this.list.querySelectorAll("button")];
    (buttons[Math.min(before, buttons.length - 1)] ?? this.title).focus();
  }

  private async accept(item: Derived): Promise<void> {
    if (this.desk.text.lock !== null) {
      this.desk.tell("The field cannot be changed now", this.desk.text.lock);
      return;
    }
    const answer = await this.desk.ask({ do: "set-field", name: item.field, value: item.value });
    // What went wrong was told already.
    if (answer.error) return;
    this.accepted.add(keyOf(item));
    this.draw();
    this.desk.announce(`${item.field} is ${item.value} now`);
    this.onAccepted();
  }
}
