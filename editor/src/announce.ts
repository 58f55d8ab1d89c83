// What is said to people who do not see the page: two live regions, and no more than one sentence at a time in each.
import { h } from "./dom";

export class Announcer {
  private readonly calm = h("div", { class: "hidden", role: "status", "aria-live": "polite" });
  private readonly urgent = h("div", { class: "hidden", role: "alert", "aria-live": "assertive" });
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parent: Element) {
    parent.append(this.calm, this.urgent);
  }

  say(what: string, isUrgent = false): void {
    const region = isUrgent ? this.urgent : this.calm;
    clearTimeout(this.timer);
    // Said again, the same sentence is heard again.
    region.textContent = "";
    this.timer = setTimeout(() => {
      region.textContent = what;
    }, 60);
  }
}
