import { expect, test } from "vitest";
import * as Y from "yjs";
import { keep, take, typed } from "../src/keep";
import { Box } from "./storage";

function written(doc: Y.Doc, change: (text: Y.Text) => void): Uint8Array {
  const updates: Uint8Array[] = [];
  const listener = (update: Uint8Array): void => void updates.push(update);
  doc.on("update", listener);
  change(doc.getText("text"));
  doc.off("update", listener);
  return Y.mergeUpdates(updates);
}

test("what was kept comes back once, with its client", () => {
  const store = new Box();
  const doc = new Y.Doc();
  const unsaved = written(doc, (text) => text.insert(0, "Seats 💺 sold twice"));
  expect(keep(store, "INC-1", { doc, epoch: "e", unsaved })).toBe(true);
  const back = take(store, "INC-1");
  expect(back?.doc.getText("text").toString()).toBe("Seats 💺 sold twice");
  expect(back?.doc.clientID).toBe(doc.clientID);
  expect(back?.epoch).toBe("e");
  expect([...(back?.unsaved ?? [])]).toEqual([...unsaved]);
  expect(take(store, "INC-1")).toBeNull();
});

test("what the tab goes on to write after it came back is of the same client", () => {
  const store = new Box();
  const doc = new Y.Doc();
  const unsaved = written(doc, (text) => text.insert(0, "one"));
  keep(store, "k", { doc, epoch: "e", unsaved });
  const back = take(store, "k")?.doc ?? new Y.Doc();
  const more = written(back, (text) => text.insert(3, " two"));
  Y.applyUpdate(doc, more);
  expect(doc.getText("text").toString()).toBe("one two");
});

test("a damaged or full store loses nothing else", () => {
  const store = new Box();
  store.setItem("recount:k", "{not json");
  expect(take(store, "k")).toBeNull();
  const full = { ...store, getItem: () => null, removeItem: () => undefined, setItem: () => { throw new Error("full"); } };
  expect(keep(full, "k", { doc: new Y.Doc(), epoch: "", unsaved: new Uint8Array() })).toBe(false);
});

test("letters typed one after the other read as one piece, and each place as its own", () => {
  const doc = new Y.Doc();
  doc.getText("text").insert(0, "alpha omega");
  const update = written(doc, (text) => {
    for (const [at, sign] of [..."beta"].entries()) text.insert(5 + at, sign);
    text.insert(0, "zero ");
  });
  expect(typed(update)).toEqual(["beta", "zero "]);
});
