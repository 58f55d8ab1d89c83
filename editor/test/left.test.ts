import { expect, test, vi } from "vitest";
import * as Y from "yjs";
import type { Kept } from "../src/keep";
import { Left, type Locks } from "../src/left";
import { Box } from "./storage";

/** The locks of a browser: `die` lets go of those of one page. */
class Keys {
  private readonly held = new Set<string>();
  page(): Locks & { die: () => void } {
    const own = new Set<string>();
    return {
      request: async (name, _, act) => {
        if (this.held.has(name)) return act(null);
        this.held.add(name);
        own.add(name);
        return act({ name });
      },
      die: () => {
        for (const name of own) this.held.delete(name);
      },
    };
  }
}

function typed(words: string): { doc: Y.Doc; kept: () => Kept } {
  const doc = new Y.Doc();
  doc.getText("text").insert(0, words);
  return { doc, kept: () => ({ doc, epoch: "e", unsaved: Y.encodeStateAsUpdate(doc) }) };
}

const KEY = "INC-1:Ana";

test("what a tab left that is gone comes back once, and not while the tab lives", async () => {
  vi.useFakeTimers();
  const [store, keys] = [new Box(), new Keys()];
  const page = keys.page();
  const left = new Left(store, page, KEY);
  const { doc, kept } = typed("seats sold twice");
  expect(await left.hold(doc.clientID)).toBe(true);
  left.changed(doc.clientID, true, kept);
  vi.advanceTimersByTime(1000);
  expect(store.length).toBe(2);
  expect(await new Left(store, keys.page(), KEY).take()).toBeNull();
  expect(await new Left(store, keys.page(), "INC-1:Joel").take()).toBeNull();
  page.die();
  expect(await new Left(store, keys.page(), "INC-2:Ana").take()).toBeNull();
  const back = await new Left(store, keys.page(), KEY).take();
  expect(back?.doc.getText("text").toString()).toBe("seats sold twice");
  expect(back?.doc.clientID).toBe(doc.clientID);
  expect(store.length).toBe(0);
  vi.useRealTimers();
});

test("what is acknowledged is kept no longer, and at once not at all", () => {
  vi.useFakeTimers();
  const store = new Box();
  const left = new Left(store, new Keys().page(), KEY);
  const { doc, kept } = typed("a");
  left.changed(doc.clientID, true, kept);
  left.changed(doc.clientID, false, kept);
  vi.advanceTimersByTime(1000);
  expect(store.length).toBe(0);
  left.changed(doc.clientID, true, kept);
  vi.advanceTimersByTime(1000);
  expect(store.length).toBe(2);
  left.changed(doc.clientID, false, kept);
  expect(store.length).toBe(0);
  vi.useRealTimers();
});

test("what is old goes, and so does what is too much", async () => {
  vi.useFakeTimers();
  const [store, keys] = [new Box(), new Keys()];
  for (let number = 0; number < 30; number += 1) {
    const { doc, kept } = typed(`words ${number}`);
    new Left(store, keys.page(), KEY, () => 1000 + number).changed(doc.clientID, true, kept);
    vi.advanceTimersByTime(1000);
  }
  expect(store.length).toBe(24);
  expect(await new Left(store, keys.page(), KEY, () => 1000 + 20 * 24 * 3600 * 1000).take()).toBeNull();
  expect(store.length).toBe(0);
  vi.useRealTimers();
});

test("without locks nothing is kept, for nobody could tell whose it is", () => {
  vi.useFakeTimers();
  const store = new Box();
  const { doc, kept } = typed("a");
  new Left(store, undefined, KEY).changed(doc.clientID, true, kept);
  vi.advanceTimersByTime(1000);
  expect(store.length).toBe(0);
  vi.useRealTimers();
});
