// Files that are sent as evidence: chosen or dropped, sent one after the other with how far each is, and what came of each.
import type { Desk } from "./desk";
import { freshId, h, inline } from "./dom";
import { many, size, told } from "./evidence";
import { type EvidenceApi, Trouble } from "./evidence-api";
import { READING, type Reading } from "./reading";

/** So often a file is sent again by itself while others are sending theirs. */
const TRIES = 5;
/** Bytes of a file that the server takes at most: a larger one is not sent in vain. */
const LARGEST = 64 * 1024 * 1024;
/** Lines that are told at once; more are folded. */
const FEW = 3;

/** What stands in the inputs that say how to read while nothing is typed. */
const HINTS: Reading = {
  source: "what it is recognised as",
  zone: "Europe/Berlin",
  year: "2026",
  from: "2026-11-20 14:00",
  to: "2026-11-20 18:00",
  anchor: "2026-11-20 14:02",
  channel: "incidents, ops",
  thread: "a permalink",
  map: "time=ts,actor=user,action=msg",
};

interface Sent {
  file: File;
  element: HTMLLIElement;
  bar: HTMLProgressElement;
  state: HTMLElement;
  body: HTMLElement;
  buttons: HTMLElement;
  stop: (() => void) | null;
  isStopped: boolean;
}

export class Imports {
  readonly element: HTMLElement;
  private readonly input = h("input", { type: "file", multiple: true, class: "hidden", tabindex: -1, "aria-hidden": "true" });
  private readonly list = h("ul", { class: "tray-files", "aria-label": "Files that were sent", tabindex: 0 });
  private readonly choose: HTMLButtonElement;
  private readonly clear: HTMLButtonElement;
  private readonly inputs = new Map<keyof Reading, HTMLInputElement>();
  private readonly how: HTMLDetailsElement;
  private readonly queue: Sent[] = [];
  private isSending = false;
  private isToldHow = false;

  constructor(
    private readonly desk: Desk,
    private readonly api: EvidenceApi,
    /** The evidence is another now. */
    private readonly onDone: () => void,
  ) {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const zones = h("datalist", { id: freshId("zones") }, ...[...new Set(["UTC", own])].map((value) => h("option", { value })));
    const fields = (Object.keys(READING) as (keyof Reading)[]).map((name) => {
      const id = freshId(name);
      const input = h("input", { id, placeholder: HINTS[name], autocomplete: "off", spellcheck: "false", list: name === "zone" ? zones.id : null });
      this.inputs.set(name, input);
      return h("div", {}, h("label", { for: id }, READING[name]), input);
    });
    this.how = h(
      "details",
      { class: "tray-how" },
      h("summary", {}, "How to read them"),
      h("p", { class: "quiet small" }, "Needed only where a file does not say it itself, or holds more than the incident. It holds for files that are sent from now on; times are UTC."),
      h("div", { class: "tray-fields" }, ...fields, zones),
    );
    this.choose = h("button", { type: "button", class: "first", onclick: () => this.input.click() }, "Choose files");
    this.clear = h("button", { type: "button", class: "slim", hidden: true, onclick: () => this.tidy() }, "Clear what is done");
    this.input.addEventListener("change", () => {
      this.add([...(this.input.files ?? [])]);
      // The same file chosen again is sent again.
      this.input.value = "";
    });
    this.element = h(
      "section",
      { class: "tray-imports", "aria-label": "Send evidence" },
      h(
        "div",
        { class: "tray-drop" },
        this.choose,
        h("p", { class: "small" }, "or drop them anywhere on this page", h("span", { class: "tray-long" }, ": exports and logs as they were downloaded, packed or not"), "."),
        this.input,
      ),
      this.how,
      this.list,
      this.clear,
    );
  }

  /**
   * Lets files be dropped anywhere on the page, where a browser would leave the page for them otherwise; while they are
   * held over it, `target` shows where they go.
   */
  dropOnto(target: HTMLElement): void {
    const isFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = (event: DragEvent): void => {
      if (!isFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
      target.classList.add("dropping");
      // Browsers do not tell well when files leave a page, but often that they are over it.
      clearTimeout(timer);
      timer = setTimeout(() => target.classList.remove("dropping"), 600);
    };
    document.addEventListener("dragenter", over, true);
    document.addEventListener("dragover", over, true);
    document.addEventListener("drop", (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      clearTimeout(timer);
      target.classList.remove("dropping");
      const files: File[] = [];
      const folders: string[] = [];
      for (const item of event.dataTransfer?.items ?? []) {
        const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
        const file = item.kind === "file" ? item.getAsFile() : null;
        if (entry?.isDirectory) folders.push(entry.name);
        else if (file) files.push(file);
      }
      if (folders.length > 0) this.desk.tell(`${folders.join(", ")} is a folder, which a browser does not send`, "Pack it into a zip and drop that");
      this.add(files);
    }, true);
  }

  focus(): void {
    this.choose.focus();
  }

  /** Takes little room where there is evidence to look at. */
  compact(isCompact: boolean): void {
    this.element.classList.toggle("compact", isCompact);
    this.choose.classList.toggle("slim", isCompact);
    this.choose.classList.toggle("first", !isCompact);
  }

  add(files: readonly File[]): void {
    if (files.length === 0) return;
    if (this.desk.text.lock !== null) {
      this.desk.tell("Evidence cannot be sent now", this.desk.text.lock);
      return;
    }
    for (const file of files) {
      const bar = h("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
      const state = h("p", { class: "tray-state quiet small" }, "Waiting");
      const body = h("div", { class: "tray-told" });
      const buttons = h("div", { class: "buttons" });
      const element = h("li", {}, h("p", { class: "tray-name" }, h("b", {}, file.name), " ", h("span", { class: "quiet small" }, size(file.size))), bar, state, body, buttons);
      const sent: Sent = { file, element, bar, state, body, buttons, stop: null, isStopped: false };
      buttons.append(
        h("button", { type: "button", class: "slim", onclick: () => this.stop(sent), "aria-label": `Stop sending ${file.name}` }, "Stop"),
      );
      this.list.prepend(element);
      if (file.size > LARGEST) this.failed(sent, new Trouble(`It is larger than ${size(LARGEST)}`, "Pack it, or cut the hours of the incident out of it first"));
      else this.queue.push(sent);
    }
    const count = files.filter((file) => file.size <= LARGEST).length;
    if (count === 0) return;
    const sending = `${many(count, "file")} ${count === 1 ? "is" : "are"} being sent as evidence`;
    // Where the tray is not seen, as beside an open table on a phone, a word tells of it.
    if (this.element.offsetParent === null) this.desk.tell(sending);
    else this.desk.announce(sending);
    void this.work();
  }

  private async work(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    for (let sent = this.queue.shift(); sent; sent = this.queue.shift()) if (!sent.isStopped) await this.send(sent);
    this.isSending = false;
  }

  private async send(sent: Sent): Promise<void> {
    const reading: Partial<Reading> = Object.fromEntries([...this.inputs].map(([name, { value }]) => [name, value]));
    for (let tries = 1; ; tries += 1) {
      sent.state.textContent = "Sending";
      const { done, stop } = this.api.send(sent.file, sent.file.name, reading, (part) => {
        sent.bar.value = part;
        const isThere = part >= 1;
        sent.state.textContent = isThere ? "Being read on the server" : `Sending, ${Math.floor(part * 100)} %`;
        // How long reading takes nobody knows.
        if (isThere) sent.bar.removeAttribute("value");
      });
      sent.stop = stop;
      try {
        this.came(sent, told(await done));
        this.onDone();
        return;
      } catch (error) {
        const trouble = error instanceof Trouble ? error : new Trouble(String(error), null);
        const isBusy = (trouble.status === 503 || trouble.status === 429) && trouble.after !== null && tries < TRIES;
        if (!isBusy || sent.isStopped) {
          this.failed(sent, sent.isStopped ? new Trouble("Stopped", "Nothing of it was taken in") : trouble);
          return;
        }
        sent.bar.value = 0;
        sent.state.textContent = `${trouble.sentence}. It is sent again by itself`;
        await this.pause(sent, trouble.after ?? 5);
        if (sent.isStopped) {
          this.failed(sent, new Trouble("Stopped", "Nothing of it was taken in"));
          return;
        }
      }
    }
  }

  private pause(sent: Sent, seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(60, Math.max(1, seconds)) * 1000);
      sent.stop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private stop(sent: Sent): void {
    sent.isStopped = true;
    const at = this.queue.indexOf(sent);
    if (at >= 0) {
      this.queue.splice(at, 1);
      this.failed(sent, new Trouble("Stopped", "Nothing of it was sent"));
    } else {
      sent.stop?.();
    }
  }

  private came(sent: Sent, { sentence, short, notes, skipped, more, isWhole }: ReturnType<typeof told>): void {
    this.ended(sent, isWhole ? "good" : "warn", sentence);
    if (isWhole) {
      // What went well takes one line; who wants to know more opens it.
      const all = [sentence, ...notes];
      const list = h("ul", { tabindex: 0, "aria-label": `What came of ${sent.file.name}` }, ...all.map((note) => h("li", {}, ...inline(note))));
      sent.element.replaceChildren(h("details", { class: "tray-done" }, h("summary", {}, h("b", {}, sent.file.name), " ", h("span", { class: "quiet" }, short)), list));
      this.desk.announce(`${sent.file.name}: ${sentence}`);
      return;
    }
    const missed = skipped.length + more;
    const shown = notes.slice(0, FEW);
    const rest = notes.slice(shown.length);
    const lines = [...skipped, ...(more > 0 ? [`and ${more.toLocaleString("en")} more`] : [])];
    sent.body.replaceChildren(
      ...(shown.length > 0 ? [h("ul", {}, ...shown.map((note) => h("li", {}, ...inline(note))))] : []),
      ...(rest.length > 0 ? [fold(many(rest.length, shown.length > 0 ? "more note" : "note"), rest)] : []),
      ...(missed > 0 ? [fold(`${many(missed, "record")} could not be read`, lines)] : []),
    );
    const unread = missed > 0 ? `. ${many(missed, "record")} could not be read` : "";
    this.desk.announce(`${sent.file.name}: ${sentence}${unread}`);
  }

  private failed(sent: Sent, { sentence, hint }: Trouble): void {
    this.ended(sent, "bad", sentence);
    if (hint) sent.body.replaceChildren(h("p", { class: "small" }, ...inline(hint)));
    const names = Object.values(READING).some((label) => `${sentence} ${hint ?? ""}`.includes(`“${label}”`));
    if (names && !this.isToldHow) {
      this.isToldHow = true;
      this.how.open = true;
    }
    this.desk.announce(`${sent.file.name}: ${sentence}`, true);
  }

  private ended(sent: Sent, level: "good" | "warn" | "bad", sentence: string): void {
    const hadFocus = sent.buttons.contains(document.activeElement);
    sent.stop = null;
    sent.bar.remove();
    sent.state.replaceChildren(...inline(sentence));
    sent.state.classList.remove("quiet");
    sent.element.dataset["level"] = level;
    const again = h("button", { type: "button", class: "slim", "aria-label": `Send again: ${sent.file.name}` }, "Send again");
    again.addEventListener("click", () => {
      sent.element.remove();
      this.add([sent.file]);
    });
    // What was read whole is done; anything else may be sent again, with a zone or a year this time: the same evidence
    // sent twice adds nothing.
    sent.buttons.replaceChildren(...(level === "good" ? [] : [again]));
    this.clear.hidden = false;
    if (hadFocus) this.clear.focus();
  }

  private tidy(): void {
    for (const element of [...this.list.children]) if (element.hasAttribute("data-level")) element.remove();
    this.clear.hidden = true;
    this.focus();
  }
}

function fold(summary: string, lines: readonly string[]): HTMLElement {
  return h("details", {}, h("summary", {}, summary), h("ul", { tabindex: 0, "aria-label": summary }, ...lines.map((line) => h("li", {}, ...inline(line)))));
}
