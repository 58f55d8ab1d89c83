// The text that everybody writes in: a Yjs document with one text, the undoing of one's own changes, and places that
// move with the text. Every view changes it through `edit` alone. It knows no socket and no page.
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Place, PlacedEdit, Stretch } from "./protocol";
import { splice, wellFormed } from "./splice";
import type { Edit } from "./table";

/** Changes that this page's views made, which is what undo undoes. */
export const OWN = { own: true };

/** The root of the document; the server has the same. */
const ROOT = "text";

/** Units that one change may bring: the server refuses frames above 1 MiB, and a unit is up to three bytes. */
export const MOST_AT_ONCE = 300_000;

export class Text {
  readonly doc: Y.Doc;
  readonly text: Y.Text;
  readonly undo: Y.UndoManager;
  readonly awareness: Awareness;
  private known: string | null = null;
  private locked: string | null = null;

  constructor(doc = new Y.Doc()) {
    this.doc = doc;
    this.text = doc.getText(ROOT);
    this.awareness = new Awareness(doc);
    this.undo = new Y.UndoManager(this.text, { trackedOrigins: new Set([OWN]), captureTimeout: 600 });
    this.text.observe(() => {
      this.known = null;
    });
  }

  toString(): string {
    this.known ??= this.text.toString();
    return this.known;
  }

  /** Why nothing may be changed now; nothing where it may. */
  get lock(): string | null {
    return this.locked;
  }

  set lock(why: string | null) {
    this.locked = why;
  }

  /** Takes back what this page did last; nothing while the text is locked. */
  undoOwn(): void {
    if (this.locked === null) this.undo.undo();
  }

  redoOwn(): void {
    if (this.locked === null) this.undo.redo();
  }

  /**
   * Makes edits of the text as it is now, in one step, each as small as it can be. Edits do not overlap; of two at one
   * place the first stands first. `apart` makes it a step of its own for undo.
   */
  edit(edits: readonly Edit[], { apart = true } = {}): boolean {
    if (this.locked !== null) return false;
    const text = this.toString();
    const small = edits.flatMap(({ from, to, text: wanted }) => {
      const change = splice(text.slice(from, to), wellFormed(wanted.replace(/\r\n?/g, "\n")));
      return change ? [{ ...change, at: from + change.at }] : [];
    });
    if (small.length === 0) return false;
    if (apart) this.undo.stopCapturing();
    // From the end, so that the places before stay right; at one place removals first, or they would remove what is
    // put in there.
    const ordered = small.map((change, order) => ({ ...change, order }));
    const removes = (change: { remove: number }): number => (change.remove > 0 ? 1 : 0);
    ordered.sort((a, b) => b.at - a.at || removes(b) - removes(a) || b.order - a.order);
    this.doc.transact(() => {
      for (const { at, remove, insert } of ordered) {
        if (remove > 0) this.text.delete(at, remove);
        if (insert !== "") this.text.insert(at, insert);
      }
    }, OWN);
    if (apart) this.undo.stopCapturing();
    return true;
  }

  /** Makes edits that the server proposed, where their places still are. */
  accept(edits: readonly PlacedEdit[]): boolean {
    const placed: Edit[] = [];
    for (const edit of edits) {
      const range = this.range(edit);
      if (!range) return false;
      placed.push({ ...range, text: edit.text });
    }
    return this.edit(placed);
  }

  /** Where a place is now; nothing where the text around it has not come yet. */
  index(place: Place): number | null {
    if (place === null || typeof place !== "object") return null;
    try {
      const relative = Y.createRelativePositionFromJSON(place);
      const found = Y.createAbsolutePositionFromRelativePosition(relative, this.doc);
      return found?.type === this.text ? found.index : null;
    } catch {
      return null;
    }
  }

  range({ from, to }: Stretch): { from: number; to: number } | null {
    const start = this.index(from);
    const end = this.index(to);
    if (start === null || end === null) return null;
    return { from: Math.min(start, end), to: Math.max(start, end) };
  }

  /** A place that stays before what stands at an index now, or behind what stands before it. */
  place(index: number, side: "before" | "behind" = "before"): Place {
    const relative = Y.createRelativePositionFromTypeIndex(this.text, index, side === "before" ? 0 : -1);
    return Y.relativePositionToJSON(relative) as Place;
  }

  /** A stretch that holds whatever is written between its ends later, at these ends too. */
  around(from: number, to: number): Stretch {
    return { from: this.place(from, "behind"), to: this.place(to, "before") };
  }

  /** A name of the sign at an index that no other sign has, and that it keeps. */
  name(index: number): string {
    const { item } = Y.createRelativePositionFromTypeIndex(this.text, index, 0);
    return item ? `${item.client}:${item.clock}` : "end";
  }

  onChange(listener: (isOwn: boolean) => void): () => void {
    const observer = (_: Y.YTextEvent, transaction: Y.Transaction): void => {
      listener(transaction.origin === OWN || transaction.local);
    };
    this.text.observe(observer);
    return () => this.text.unobserve(observer);
  }
}
