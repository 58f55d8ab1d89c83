// The page: one text, its views as tabs, the outline and the evidence beside them. It puts the parts together and hands
// on what the server says; each part draws itself.
import { Announcer } from "./announce";
import { Presence } from "./cursors";
import type { Desk } from "./desk";
import { Text } from "./document";
import { freshId, h, set } from "./dom";
import { FieldForm } from "./form";
import { type Kept, forget, keep, take } from "./keep";
import { Left, type Locks } from "./left";
import { Outline, told } from "./outline";
import { RowOffer } from "./paste";
import { type Advice, type FromServer, NO_WORDS } from "./protocol";
import { Questions } from "./questions";
import { Socket } from "./socket";
import { Stages } from "./stages";
import { Status } from "./status";
import { Tables } from "./tables";
import { TextView } from "./text";
import { Tray } from "./tray";

/** From here on the evidence has a place of its own beside the text. */
const WIDE = matchMedia("(min-width: 84rem)");

/** How long a word at the foot stays, in milliseconds. */
const TOAST = 9000;
/** So long does somebody who leaves wait for the file, in milliseconds. */
const LEAVING = 3000;
/** How long somebody types nothing before it is said what that made. */
const PAUSE = 2000;

const VIEWS = ["text", "timeline", "actions", "form", "evidence"] as const;
type View = (typeof VIEWS)[number];
const NAMES: Record<View, string> = { text: "Text", timeline: "Timeline", actions: "Action items", form: "Form", evidence: "Evidence" };
class Page implements Desk {
  readonly text: Text;
  readonly socket: Socket;
  readonly advice: Desk["advice"] = {
    findings: [],
    outline: [],
    progress: { sections: 0, done: 0, errors: 0, warnings: 0, stage: "" },
    fields: [],
    tables: [],
    milestones: [],
  };
  words: Desk["words"] = NO_WORDS;
  you: Desk["you"] = null;
  readonly api: string;
  id: string;
  readonly nonce: string;
  private readonly announcer: Announcer;
  private readonly presence: Presence;
  private readonly status: Status;
  private readonly questions: Questions;
  private readonly outline: Outline;
  private readonly form: FieldForm;
  private readonly stages: Stages;
  private readonly tray: Tray;
  private readonly offer: RowOffer;
  private textView: TextView | null = null;
  private readonly timeline: Tables;
  private readonly actions: Tables;
  private readonly key: string;
  private isLeaving = false;
  private readonly tabs = new Map<View, HTMLButtonElement>();
  private readonly panels = new Map<View, HTMLElement>();
  private readonly side = h("div", { class: "side" });
  private readonly toast = h("div", { class: "toast", hidden: true });
  private toasting: ReturnType<typeof setTimeout> | undefined;
  private shown: View = "text";
  private wasOnline = false;
  private drawing = false;
  private moving = false;
  private heard: string | null = null;
  private saying: ReturnType<typeof setTimeout> | undefined;

  /** `kept` is what an earlier page could not send; it comes with the client that typed it. */
  constructor(
    private readonly root: HTMLElement,
    kept: Kept | null,
    private readonly left: Left | null,
  ) {
    const { live = "", api = "", key = "", build = "", nonce = "" } = root.dataset;
    this.text = kept ? new Text(kept.doc) : new Text();
    this.api = api;
    this.key = key;
    this.id = key;
    this.nonce = nonce;
    const address = new URL(live, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new Socket(this.text, { address: address.href, build, epoch: kept?.epoch ?? "" });
    if (kept) this.socket.restored(kept.unsaved);
    void this.left?.hold(this.text.doc.clientID);
    this.announcer = new Announcer(root.parentElement ?? document.body);
    this.presence = new Presence(this.text);
    this.status = new Status(this);
    this.questions = new Questions(this, key, () => this.keep());
    this.outline = new Outline(this);
    this.form = new FieldForm(this);
    this.stages = new Stages(this);
    this.tray = new Tray(this);
    this.offer = new RowOffer(this);
    const onPastedText = (text: string): void => void this.offer.make(text, null);
    this.timeline = new Tables(this, "timeline", onPastedText);
    this.actions = new Tables(this, "actions", onPastedText);
    this.layOut();
    this.socket.listen({ state: () => this.onState(), frame: (frame) => this.onFrame(frame) });
    this.text.onChange(() => this.later());
    window.addEventListener("online", () => this.socket.hurry());
    window.addEventListener("offline", () => this.socket.drop());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.socket.hurry();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.socket.unsaved > 0 && !this.isLeaving) event.preventDefault();
    });
    window.addEventListener("pagehide", () => {
      this.text.awareness.setLocalState(null);
      // What is stale is shown to be copied; kept for the next page it would make that one stale too.
      if (this.socket.state !== "stale" && this.socket.state !== "refused") this.keep();
    });
    window.addEventListener("pageshow", (event) => {
      // It never went away: what it kept is its own still.
      if (event.persisted) {
        forget(sessionStorage, key);
        this.socket.hurry();
      }
    });
    document.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("scroll", () => this.moved(), { passive: true });
    root.addEventListener("focusin", () => this.moved());
    this.socket.connect();
  }

  /** Keeps what the server lacks for the next page of this tab; false where the browser has no room. */
  private keep(): boolean {
    const unsaved = this.socket.unsavedUpdate;
    const { doc } = this.text;
    const isKept = unsaved === null || keep(sessionStorage, this.key, { doc, epoch: this.socket.epoch, unsaved });
    this.isLeaving = isKept;
    return isKept;
  }

  /** Keeps what the server lacks for a page that is opened later, should this one come to a sudden end. */
  private keepForLater(): void {
    const { socket, text } = this;
    // What is stale would be stale again; it is shown to be copied.
    const isUnsaved = socket.unsaved > 0 && socket.state !== "stale" && socket.state !== "refused";
    this.left?.changed(text.doc.clientID, isUnsaved, () => {
      const unsaved = socket.unsavedUpdate;
      return unsaved && { doc: text.doc, epoch: socket.epoch, unsaved };
    });
  }

  announce(what: string, isUrgent = false): void {
    this.announcer.say(what, isUrgent);
  }

  async ask(operation: Parameters<Desk["ask"]>[0]): ReturnType<Desk["ask"]> {
    const answer = await this.socket.ask(operation);
    if (answer.error) this.tell(answer.error.sentence, answer.error.hint);
    else if (answer.edits && answer.edits.length > 0 && !this.text.accept(answer.edits)) {
      this.tell(this.text.lock ?? "The text was changed meanwhile", "Try it again");
    } else if (answer.edits?.length === 0) this.tell("There is nothing to change");
    return answer;
  }

  tell(what: string, hint: string | null = null, button: { label: string; act: () => void } | null = null): void {
    clearTimeout(this.toasting);
    const sentence = /[.!?]$/.test(what) ? what : `${what}.`;
    const act = button && h("button", {
      type: "button",
      class: "slim",
      onclick: () => {
        this.toast.hidden = true;
        button.act();
      },
    }, button.label);
    this.toast.replaceChildren(h("span", {}, sentence), hint ? h("span", { class: "quiet" }, ` ${hint}`) : "", act ?? "");
    this.toast.hidden = false;
    this.announce(`${sentence} ${hint ?? ""}`);
    this.toasting = setTimeout(() => {
      this.toast.hidden = true;
    }, TOAST);
  }

  show(index: number): void {
    this.choose("text");
    this.textView?.show(index);
  }

  present(anchor: number, head: number): void {
    this.moved();
    this.presence.at(anchor, head);
  }

  private layOut(): void {
    const { home = "/" } = this.root.dataset;
    const title = this.root.querySelector("h1")?.textContent ?? this.id;
    const list = h("div", { class: "tabs", role: "tablist", "aria-label": "Views of the text" });
    const body = h("div", { class: "panels" });
    for (const view of VIEWS) {
      const tab = h("button", {
        type: "button",
        role: "tab",
        id: freshId("tab"),
        class: `tab tab-${view}`,
        onclick: () => this.choose(view),
        onkeydown: (event: KeyboardEvent) => this.onTab(event, view),
      }, NAMES[view]);
      const panel = h("div", { role: "tabpanel", id: freshId("panel"), class: `panel-${view}`, "aria-labelledby": tab.id, hidden: true });
      set(tab, "aria-controls", panel.id);
      this.tabs.set(view, tab);
      this.panels.set(view, panel);
      list.append(tab);
      body.append(panel);
    }
    this.panels.get("text")?.append(this.offer.element);
    this.panels.get("timeline")?.append(this.timeline.element);
    this.panels.get("actions")?.append(this.actions.element);
    this.panels.get("form")?.append(this.stages.element, this.form.element);
    const write = h("button", { type: "button", title: "Ctrl+S", onclick: () => this.write() }, "Write now");
    const tools = h(
      "div",
      { class: "tools" },
      write,
      ...[[`${home}/edit`, "By form"], [home, "Leave"]].map(([href = "", label = ""]) =>
        h("a", { class: "button", href, onclick: (event: MouseEvent) => void this.leave(event, href) }, label),
      ),
    );
    this.root.replaceChildren(
      h("div", { class: "head" }, h("h1", {}, title), tools),
      this.status.element,
      this.questions.element,
      h("div", { class: "desk" }, this.outline.element, h("div", { class: "work" }, list, body), this.side),
      this.toast,
    );
    document.body.classList.add("writing");
    const asked = location.hash.slice(1);
    this.shown = VIEWS.find((view) => view === asked) ?? "text";
    WIDE.addEventListener("change", () => this.placeTray());
    this.placeTray();
  }

  /** The evidence is beside the text where there is room, else a view like the others. */
  private placeTray(): void {
    const tab = this.tabs.get("evidence");
    if (tab) tab.hidden = WIDE.matches;
    (WIDE.matches ? this.side : this.panels.get("evidence"))?.append(this.tray.element);
    this.side.hidden = !WIDE.matches;
    this.choose(WIDE.matches && this.shown === "evidence" ? "timeline" : this.shown, false);
  }

  private get views(): View[] {
    return VIEWS.filter((view) => this.tabs.get(view)?.hidden === false);
  }

  /** Shows a view. */
  private choose(view: View, isAsked = true): void {
    if (view !== this.shown) for (const tables of [this.timeline, this.actions]) tables.close();
    this.shown = view;
    for (const [name, tab] of this.tabs) {
      const isShown = name === view;
      set(tab, "aria-selected", String(isShown));
      set(tab, "tabindex", isShown ? "0" : "-1");
      const panel = this.panels.get(name);
      if (panel) panel.hidden = !isShown;
    }
    if (isAsked) history.replaceState(null, "", view === "text" ? location.pathname : `#${view}`);
    this.draw();
  }

  private onTab(event: KeyboardEvent, view: View): void {
    const { views } = this;
    const at = views.indexOf(view);
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -at, End: views.length - 1 - at }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = views[(at + step + views.length) % views.length] ?? "text";
    this.choose(next);
    this.tabs.get(next)?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "s") {
      event.preventDefault();
      this.write();
    } else if (key === "z" || key === "y") {
      // Inputs of the grids and forms hold the one text: undoing is the text's, not the input's.
      const isOwn = this.root.contains(event.target as Node) && this.shown !== "text" && this.shown !== "evidence";
      if (!isOwn) return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) this.text.redoOwn();
      else this.text.undoOwn();
    }
  }

  private write(): void {
    if (this.socket.state !== "online") {
      this.tell("The server cannot be reached now", "What you type is kept in this tab and sent when it is back");
      return;
    }
    this.socket.say({ type: "write" });
    this.announce("Writing the file");
  }

  /** Goes to a page that shows the file, when the file has what was written here. */
  private async leave(event: MouseEvent, href: string): Promise<void> {
    const isElsewhere = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (isElsewhere || this.socket.state !== "online" || this.status.isInFile) return;
    event.preventDefault();
    this.socket.say({ type: "write" });
    for (const began = Date.now(); !this.status.isInFile && Date.now() - began < LEAVING; ) {
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    location.assign(href);
  }

  private onState(): void {
    this.keepForLater();
    this.status.state();
    this.questions.state();
    this.textView?.lock();
    if (this.socket.state === "online" && !this.wasOnline) this.tray.refresh();
    this.wasOnline = this.socket.state === "online";
    if (this.socket.synced && !this.textView) {
      const panel = this.panels.get("text");
      if (panel) this.textView = new TextView(this, panel, this.offer);
      this.draw();
    }
  }

  private onFrame(frame: FromServer): void {
    this.questions.frame(frame);
    switch (frame.type) {
      case "hello":
        this.words = frame.words;
        this.you = frame.you;
        this.id = frame.id;
        break;
      case "file":
        this.status.fileState(frame);
        break;
      case "advice":
        this.onAdvice(frame);
        break;
      case "evidence":
        this.tray.refresh();
        break;
      default:
        break;
    }
    this.textView?.lock();
  }

  private onAdvice({ type: _, ...parts }: Advice): void {
    Object.assign(this.advice, parts);
    this.later();
    if (parts.progress) this.sayProgress();
  }

  /** How far it is is said when somebody pauses, and only where it changed since it was said. */
  private sayProgress(): void {
    clearTimeout(this.saying);
    this.heard ??= told(this.advice.progress);
    this.saying = setTimeout(() => {
      const words = told(this.advice.progress);
      if (words === this.heard) return;
      this.heard = words;
      this.announce(words);
    }, PAUSE);
  }

  /** Somebody is somewhere else in the text. */
  private moved(): void {
    if (this.moving) return;
    this.moving = true;
    requestAnimationFrame(() => {
      this.moving = false;
      this.outline.mark(this.here);
    });
  }

  private later(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.draw();
    });
  }

  /** Where in the text one is, whichever view shows it; nothing where that is no one place. */
  private get here(): number | null {
    if (this.shown === "text") return this.textView?.here ?? null;
    if (this.shown === "form") return this.form.here;
    const table = this.advice.tables.find(({ name }) => name === this.shown);
    return table ? this.text.index(table.from) : null;
  }

  /** Shows what is seen of the text as it is now. */
  private draw(): void {
    this.outline.draw();
    this.outline.mark(this.here);
    if (this.shown === "text") this.textView?.draw();
    else if (this.shown === "form") {
      this.stages.draw();
      this.form.draw();
    }
    else if (this.shown === "timeline") this.timeline.draw();
    else if (this.shown === "actions") this.actions.draw();
    if (WIDE.matches || this.shown === "evidence") this.tray.draw();
  }
}

/** Begins with what an earlier page of this tab kept, else with what a tab left that is gone. */
async function begin(root: HTMLElement): Promise<void> {
  const { key = "", me = "" } = root.dataset;
  const own = take(sessionStorage, key);
  let left: Left | null = null;
  try {
    left = new Left(localStorage, navigator.locks as Locks | undefined, `${key}:${me}`);
  } catch {
    // A browser that lets nothing be kept.
  }
  if (own) left?.replaced(own.doc.clientID);
  new Page(root, own ?? (await left?.take()) ?? null, left);
}

const root = document.getElementById("write");
if (root?.dataset["live"]) void begin(root);
