// Keeps what somebody looks at where it is while others write above it: the caret if it is seen, else the line at the top
// of the window. Browsers hold on to one change in a frame, not to several, and not to what is taken out.
import type { EditorView } from "@codemirror/view";
import type * as Y from "yjs";
import { OWN, type Text } from "./document";
import type { Place } from "./protocol";

/** Frames for which a place is held: lines that come into sight are measured only then. */
const FRAMES = 6;

export class Steady {
  private held: { place: Place; top: number; frames: number } | null = null;

  /** `here` is the place of the text that somebody is at. */
  constructor(
    private readonly text: Text,
    private readonly view: EditorView,
    private readonly here: () => number,
  ) {
    text.doc.on("beforeTransaction", (transaction: Y.Transaction) => {
      // What is typed in the text scrolls by itself to where it is typed.
      if (!transaction.local || transaction.origin === OWN) this.hold();
    });
    // Who goes somewhere is not held back.
    for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      window.addEventListener(kind, () => this.let(), { passive: true, capture: true });
    }
  }

  let(): void {
    this.held = null;
  }

  private hold(): void {
    if (this.held) {
      this.held.frames = FRAMES;
      return;
    }
    // Where nothing is scrolled nothing stands above that could push.
    if (this.view.dom.offsetParent === null || window.scrollY === 0) return;
    const at = this.here();
    const top = this.topOf(at);
    this.held = { place: this.text.place(at), top, frames: FRAMES };
    requestAnimationFrame(() => this.settle());
  }

  private settle(): void {
    const { held } = this;
    if (!held) return;
    const at = this.text.index(held.place);
    if (at === null || at > this.view.state.doc.length) {
      this.let();
      return;
    }
    const by = this.topOf(at) - held.top;
    if (Math.abs(by) >= 1) window.scrollBy(0, by);
    held.frames -= 1;
    if (held.frames > 0) requestAnimationFrame(() => this.settle());
    else this.let();
  }

  /** Where a place stands in the window; of one that is not drawn, about. */
  private topOf(at: number): number {
    return this.view.coordsAtPos(at)?.top ?? this.view.documentTop + this.view.lineBlockAt(at).top;
  }
}
