// What of a tab outlives its page: what was typed and not acknowledged, kept in the tab's own storage while the page is
// loaded anew, and read out of the changes for people to copy.
import * as Y from "yjs";

/** The part of a browser's storage that is used here. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface Kept {
  doc: Y.Doc;
  epoch: string;
  /** What the server had not acknowledged. */
  unsaved: Uint8Array;
}

const nameOf = (key: string): string => `recount:${key}`;

/** Keeps a document with what is not acknowledged; false where the browser has no room. */
export function keep(store: Store, key: string, { doc, epoch, unsaved }: Kept): boolean {
  const whole = base64(Y.encodeStateAsUpdate(doc));
  try {
    store.setItem(nameOf(key), JSON.stringify({ client: doc.clientID, epoch, whole, unsaved: base64(unsaved) }));
    return true;
  } catch {
    return false;
  }
}

export function forget(store: Store, key: string): void {
  try {
    store.removeItem(nameOf(key));
  } catch {
    // A browser that lets nothing be kept has kept nothing.
  }
}

/**
 * Takes back what was kept, once: two pages that write as one client would destroy each other's text. The document
 * keeps its client, because what it wrote may be sent by that one only.
 */
export function take(store: Store, key: string): Kept | null {
  try {
    const kept = store.getItem(nameOf(key));
    store.removeItem(nameOf(key));
    if (kept === null) return null;
    const { client, epoch, whole, unsaved } = JSON.parse(kept) as Record<string, unknown>;
    if (typeof client !== "number" || typeof epoch !== "string") return null;
    const doc = new Y.Doc();
    Y.applyUpdate(doc, bytes(String(whole)));
    doc.clientID = client;
    return { doc, epoch, unsaved: bytes(String(unsaved)) };
  } catch {
    return null;
  }
}

/** What an update puts in, in pieces that each were typed in one place. */
export function typed(update: Uint8Array): string[] {
  const pieces: string[] = [];
  let end: { client: number; clock: number } | null = null;
  for (const struct of Y.decodeUpdate(update).structs) {
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) continue;
    const { id, origin, length } = struct;
    const goesOn = end !== null && origin !== null && origin.client === end.client && origin.clock === end.clock;
    if (goesOn) pieces.push((pieces.pop() ?? "") + struct.content.str);
    else pieces.push(struct.content.str);
    end = { client: id.client, clock: id.clock + length - 1 };
  }
  return pieces.filter((piece) => piece.trim() !== "");
}

function base64(data: Uint8Array): string {
  let signs = "";
  for (let at = 0; at < data.length; at += 0x8000) signs += String.fromCharCode(...data.subarray(at, at + 0x8000));
  return btoa(signs);
}

const bytes = (text: string): Uint8Array => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
