// Other people's carets and selections in the text, with their names. The colours come from the server; they are set as
// properties, because the page's policy allows no style attributes.
import { Annotation, type Extension, RangeSet } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate, WidgetType } from "@codemirror/view";
import type { Text } from "./document";
import { h } from "./dom";

const moved = Annotation.define<boolean>();
const COLOUR = /^#[0-9a-f]{3,8}$/i;
/** So often are others told where one is, in milliseconds. */
const PACE = 80;

class Caret extends WidgetType {
  constructor(
    private readonly name: string,
    private readonly colour: string,
    private readonly at: number,
  ) {
    super();
  }

  override eq(other: Caret): boolean {
    return other.name === this.name && other.colour === this.colour && other.at === this.at;
  }

  toDOM(): HTMLElement {
    const caret = h("span", { class: "guest-caret", "aria-hidden": "true" }, "\u2060", h("span", { class: "guest-name" }, this.name));
    caret.style.setProperty("--guest", this.colour);
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

/** The carets of everybody else. */
export function cursors(text: Text): Extension {
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet = Decoration.none;
      private readonly listener: (change: Record<"added" | "updated" | "removed", number[]>) => void;

      constructor(view: EditorView) {
        this.listener = ({ added, updated, removed }) => {
          const others = [...added, ...updated, ...removed].some((client) => client !== text.doc.clientID);
          if (others) view.dispatch({ annotations: moved.of(true) });
        };
        text.awareness.on("change", this.listener);
        this.decorations = draw(text, view.state.doc.length);
      }

      update(update: ViewUpdate): void {
        const isMoved = update.transactions.some((transaction) => transaction.annotation(moved));
        if (isMoved) this.decorations = draw(text, update.state.doc.length);
        else if (update.docChanged) this.decorations = this.decorations.map(update.changes);
      }

      destroy(): void {
        text.awareness.off("change", this.listener);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}

function draw(text: Text, length: number): DecorationSet {
  const found = [];
  for (const [client, state] of text.awareness.getStates()) {
    if (client === text.doc.clientID) continue;
    const { cursor, user } = state as {
      cursor?: { anchor: unknown; head: unknown } | null;
      user?: { name?: string; color?: string };
    };
    const anchor = cursor ? text.index(cursor.anchor) : null;
    const head = cursor ? text.index(cursor.head) : null;
    if (anchor === null || head === null || anchor > length || head > length) continue;
    const colour = COLOUR.test(user?.color ?? "") ? (user?.color ?? "") : "#777777";
    const [from, to] = [Math.min(anchor, head), Math.max(anchor, head)];
    if (from < to) {
      const attributes = { class: "guest-selection", style: `--guest:${colour}` };
      found.push(Decoration.mark({ attributes }).range(from, to));
    }
    found.push(Decoration.widget({ widget: new Caret(user?.name ?? "somebody", colour, head), side: head > anchor ? -1 : 1 }).range(head));
  }
  return RangeSet.of(found, true);
}

/** Says where one is, at most every so often. */
export class Presence {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next: { anchor: number; head: number } | null = null;

  constructor(private readonly text: Text) {
    text.awareness.setLocalState({ cursor: null });
  }

  at(anchor: number, head: number): void {
    this.next = { anchor, head };
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (!this.next) return;
      const cursor = { anchor: this.text.place(this.next.anchor), head: this.text.place(this.next.head) };
      const { cursor: before } = (this.text.awareness.getLocalState() ?? {}) as { cursor?: unknown };
      if (JSON.stringify(before) !== JSON.stringify(cursor)) this.text.awareness.setLocalStateField("cursor", cursor);
    }, PACE);
  }
}
