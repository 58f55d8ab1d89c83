// Who is here, and where what is typed has come to: this tab, the server's disk, the file, git.
import type { Desk } from "./desk";
import { h, set } from "./dom";
import type { FileState } from "./protocol";

const COLOUR = /^#[0-9a-f]{3,8}$/i;

export class Status {
  readonly element: HTMLElement;
  private readonly people = h("ul", { class: "people", "aria-label": "Who is here" });
  private readonly saved = h("span", { class: "saved", role: "status" });
  private readonly file = h("span", { class: "file-state" });
  private known: FileState | null = null;

  constructor(private readonly desk: Desk) {
    this.element = h("div", { class: "desk-status" }, this.people, this.saved, this.file);
    desk.text.awareness.on("change", () => this.drawPeople());
    this.drawPeople();
    this.state();
  }

  /** The connection's state, or how much is not acknowledged, changed. */
  state(): void {
    const { state, unsaved, synced } = this.desk.socket;
    const [word, text] = savedState(state, unsaved, synced);
    set(this.saved, "data-state", word);
    if (this.saved.textContent !== text) this.saved.textContent = text;
  }

  /** What the server says of the file. */
  fileState(state: FileState): void {
    const before = this.known;
    this.known = state;
    const text = fileWords(state);
    if (this.file.textContent !== text) this.file.textContent = text;
    set(this.file, "data-state", state.error ? "bad" : "good");
    set(this.file, "title", state.error ? state.hint : null);
    if (state.error && state.error !== before?.error) this.desk.tell(state.error, state.hint);
  }

  /** Whether the file has all that was written here. */
  get isInFile(): boolean {
    return this.desk.socket.unsaved === 0 && this.known?.written === true;
  }

  private drawPeople(): void {
    const { awareness, doc } = this.desk.text;
    const others = [...awareness.getStates()].filter(([client]) => client !== doc.clientID);
    const names = new Map<string, string>();
    for (const [, state] of others) {
      const { user } = state as { user?: { name?: string; color?: string } };
      if (user?.name) names.set(user.name, user.color ?? "");
    }
    const items = [...names].sort(([a], [b]) => a.localeCompare(b)).map(([name, colour]) => {
      const isOwn = name === this.desk.you?.name;
      const item = h("li", {}, isOwn ? `${name} (another tab)` : name);
      if (COLOUR.test(colour)) item.style.setProperty("--guest", colour);
      return item;
    });
    this.people.replaceChildren(...items);
    this.people.hidden = items.length === 0;
  }
}

/** How what is typed stands, as a word for the style and in words. */
export function savedState(state: string, unsaved: number, synced: boolean): [string, string] {
  const changes = unsaved === 1 ? "1 change" : `${unsaved} changes`;
  if (!synced && (state === "connecting" || state === "online")) return ["busy", "Opening…"];
  if (state === "online") return unsaved > 0 ? ["busy", "Saving…"] : ["good", "Saved"];
  if (state === "offline") return ["bad", unsaved > 0 ? `Offline: ${changes} kept in this tab` : "Offline"];
  if (state === "connecting") return ["bad", "The server cannot be reached"];
  return ["bad", "This tab is not connected"];
}

export function fileWords({ written, committed, error }: FileState): string {
  if (error) return `Not in the file: ${error}`;
  if (!written) return "";
  if (committed === null) return "in the file";
  return committed ? "in the file and in git" : "in the file";
}
