// What stands above the text until it is settled: questions that somebody has to decide, why nothing can be written for
// now, and what becomes of a tab that cannot go on.
import type { Desk } from "./desk";
import { freshId, h, inline } from "./dom";
import { typed } from "./keep";
import type { FromServer, Question } from "./protocol";

/** When a tab was loaded anew by itself, in its own storage. */
const RELOADED = "recount-reloaded:";
/** A tab that reloads itself again within this time would do so for ever. */
const TOO_SOON = 30_000;

export class Questions {
  readonly element = h("div", { class: "questions" });
  private readonly open = new Map<number, HTMLElement>();
  private frozen: HTMLElement | null = null;
  private broken: { sentence: string; hint: string | null } | null = null;
  private last: HTMLElement | null = null;

  constructor(
    private readonly desk: Desk,
    private readonly key: string,
    /** Keeps what the server lacks for the page that comes next; false where the browser has no room. */
    private readonly keep: () => boolean,
  ) {}

  /** What the server said. */
  frame(frame: FromServer): void {
    switch (frame.type) {
      case "hello":
        // It says anew what is open.
        for (const element of this.open.values()) element.remove();
        this.open.clear();
        this.thaw();
        if (!frame.writable) this.freeze("You may read this postmortem, and not change it.");
        break;
      case "question":
        this.ask(frame);
        this.drawFrozen();
        break;
      case "settled":
        this.open.get(frame.id)?.remove();
        this.open.delete(frame.id);
        this.drawFrozen();
        if (frame.by !== "") this.desk.announce(`${frame.by} decided`);
        break;
      case "frozen":
        this.freeze(frame.why);
        break;
      case "thawed":
        this.thaw();
        this.desk.announce("It can be written in again");
        break;
      case "refused":
        this.broken = frame;
        break;
      default:
        break;
    }
  }

  /** The connection's state, or how much is not acknowledged, changed. */
  state(): void {
    const { state, unsaved } = this.desk.socket;
    if (state === "stale") {
      this.end(
        "This tab is of an earlier history of the text",
        "The text was begun anew meanwhile. Load the page anew to go on; what you typed last stands below, to be copied.",
        unsaved > 0,
      );
    } else if (state === "refused") {
      this.end(this.broken?.sentence ?? "The server took no more from this tab", this.broken?.hint ?? "Copy what you typed last, then load the page anew", unsaved > 0);
    } else if (state === "reload") {
      if (!this.justReloaded() && this.keep()) {
        sessionStorage.setItem(RELOADED + this.key, String(Date.now()));
        location.reload();
      } else {
        this.end(
          "The server was upgraded, and this page is of the version before",
          unsaved > 0 ? "What you typed last is not on the server yet and stands below: copy it, then load the page anew." : "Load the page anew to go on.",
          unsaved > 0,
        );
      }
    }
  }

  private justReloaded(): boolean {
    const before = Number(sessionStorage.getItem(RELOADED + this.key) ?? 0);
    return Date.now() - before < TOO_SOON;
  }

  private ask(question: Question): void {
    this.open.get(question.id)?.remove();
    const id = freshId("question");
    const buttons = question.choices.map(({ id: choice, label }, at) =>
      h("button", {
        type: "button",
        class: at === 0 ? "first" : null,
        onclick: () => this.desk.socket.say({ type: "decide", question: question.id, choice }),
      }, label.replaceAll("`", "")),
    );
    const element = h(
      "section",
      { class: "question", "aria-labelledby": id },
      h("p", { id }, ...inline(question.text)),
      question.detail ? h("pre", { tabindex: 0, "aria-label": "The text concerned" }, question.detail) : null,
      h("div", { class: "buttons" }, ...buttons),
    );
    this.open.set(question.id, element);
    this.element.append(element);
    this.desk.announce(question.text, true);
  }

  private freeze(why: string): void {
    this.frozen?.remove();
    this.frozen = h("p", { class: "banner bad" }, ...inline(why));
    this.element.prepend(this.frozen);
    this.desk.text.lock = why;
    this.desk.announce(why, true);
    this.drawFrozen();
  }

  /** A question that says why nothing can be written says it for both. */
  private drawFrozen(): void {
    const { frozen } = this;
    const why = frozen?.textContent ?? "";
    if (frozen) frozen.hidden = [...this.open.values()].some((element) => element.textContent.includes(why));
  }

  private thaw(): void {
    this.frozen?.remove();
    this.frozen = null;
    this.desk.text.lock = null;
  }

  /** This tab cannot go on: what only it has stands there to be taken. */
  private end(sentence: string, hint: string, isUnsaved: boolean): void {
    if (this.last) return;
    this.desk.text.lock = sentence;
    const copy = h("button", { type: "button", onclick: () => void this.copy() }, "Copy what I typed");
    const reload = h("button", { type: "button", class: "first", onclick: () => location.reload() }, "Load the page anew");
    this.last = h(
      "section",
      { class: "question end" },
      h("p", {}, h("b", {}, `${sentence}.`), " ", hint),
      isUnsaved ? h("pre", { tabindex: 0, "aria-label": "What you typed last" }, this.typed()) : null,
      h("div", { class: "buttons" }, reload, isUnsaved ? copy : null),
    );
    this.element.prepend(this.last);
    this.desk.announce(`${sentence}. ${hint}`, true);
  }

  /** What the server has not, as far as it is text. */
  private typed(): string {
    const update = this.desk.socket.unsavedUpdate;
    return update ? typed(update).join("\n") : "";
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.typed());
      this.desk.tell("It is in the clipboard");
    } catch {
      const shown = this.last?.querySelector("pre");
      if (shown) getSelection()?.selectAllChildren(shown);
      this.desk.tell("The browser did not allow that", "The text is selected: copy it with the keyboard");
    }
  }
}
