import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Text } from "../src/document";
import { Socket } from "../src/socket";
import { FakeServer } from "./server";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function tab(server: FakeServer): { text: Text; socket: Socket; type: (at: number, what: string) => void } {
  const text = new Text();
  const socket = new Socket(text, { address: "/live/x", build: "b1", open: server.open });
  socket.connect();
  return { text, socket, type: (from, what) => void text.edit([{ from, to: from, text: what }]) };
}

const pass = (time = 10): Promise<unknown> => vi.advanceTimersByTimeAsync(time);

describe("a connection", () => {
  it("takes the server's text and sends none of its own at first", async () => {
    const server = new FakeServer("Seats sold twice\n");
    const { text, socket } = tab(server);
    expect(socket.state).toBe("connecting");
    await pass();
    expect(socket.state).toBe("online");
    expect(socket.synced).toBe(true);
    expect(text.toString()).toBe("Seats sold twice\n");
    expect(server.text).toBe("Seats sold twice\n");
    expect(socket.unsaved).toBe(0);
  });

  it("counts what the server has on its disk", async () => {
    const server = new FakeServer("");
    server.acknowledges = false;
    const { socket, type } = tab(server);
    await pass();
    type(0, "a");
    type(1, "b");
    expect(server.text).toBe("ab");
    expect(socket.unsaved).toBe(2);
    const [wire] = server.opened;
    // The answer to the server's first step was the first message.
    wire?.say({ type: "saved", updates: 2 });
    expect(socket.unsaved).toBe(1);
    wire?.say({ type: "saved", updates: 3 });
    expect(socket.unsaved).toBe(0);
  });

  it("keeps what is typed without it, and brings it once when it is back", async () => {
    const server = new FakeServer("one two");
    const { text, socket, type } = tab(server);
    await pass();
    server.cut();
    expect(socket.state).toBe("offline");
    type(3, " and a half");
    type(0, "> ");
    expect(socket.unsaved).toBe(2);
    server.doc.getText("text").insert(7, "!");
    await pass(3_600_000);
    expect(socket.unsaved).toBe(2);
    server.up = true;
    await pass(20_000);
    expect(socket.state).toBe("online");
    expect(text.toString()).toBe("> one and a half two!");
    expect(server.text).toBe(text.toString());
    expect(socket.unsaved).toBe(0);
  });

  it("tries again ever more slowly, and at once when told that it is worth it", async () => {
    const server = new FakeServer("");
    const { socket } = tab(server);
    await pass();
    server.cut();
    await pass(60_000);
    const tries = server.opened.length;
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThan(25);
    server.up = true;
    socket.hurry();
    expect(server.opened).toHaveLength(tries + 1);
    await pass();
    expect(socket.state).toBe("online");
  });

  it("counts what was sent and not acknowledged as not saved after a loss", async () => {
    const server = new FakeServer("");
    server.acknowledges = false;
    const { socket, type } = tab(server);
    await pass();
    type(0, "kept");
    server.cut();
    expect(socket.unsaved).toBe(1);
    server.up = true;
    server.acknowledges = true;
    await pass(20_000);
    expect(socket.unsaved).toBe(0);
    expect(server.text).toBe("kept");
  });

  it("names its history when it comes back, and stops where that is another one", async () => {
    const server = new FakeServer("old");
    const { text, socket, type } = tab(server);
    await pass();
    expect(server.opened[0]?.query("epoch")).toBe("");
    server.cut();
    type(0, "mine ");
    server.up = true;
    server.epoch = "two";
    await pass(20_000);
    expect(server.opened.at(-1)?.query("epoch")).toBe("one");
    expect(socket.state).toBe("stale");
    expect(text.toString()).toBe("mine old");
    const tries = server.opened.length;
    await pass(60_000);
    expect(server.opened).toHaveLength(tries);
  });

  it("tells that the server is of another build, and goes on where nothing can be loaded anew", async () => {
    const server = new FakeServer("");
    const { socket } = tab(server);
    await pass();
    const [wire] = server.opened;
    wire?.say({ type: "reload" });
    wire?.close(4002);
    expect(socket.state).toBe("reload");
    await pass(60_000);
    expect(server.opened).toHaveLength(1);
    socket.goOn();
    await pass(20_000);
    expect(socket.state).toBe("online");
  });

  it("does not come back by itself after it broke a rule", async () => {
    const server = new FakeServer("");
    const { socket } = tab(server);
    await pass();
    server.opened[0]?.close(4006);
    await pass(60_000);
    expect(socket.state).toBe("refused");
    expect(server.opened).toHaveLength(1);
  });

  it("holds back what is changed while the document is frozen", async () => {
    const server = new FakeServer("");
    const { socket, type } = tab(server);
    await pass();
    server.opened[0]?.say({ type: "frozen", why: "The branch changed" });
    type(0, "later");
    expect(server.text).toBe("");
    expect(socket.unsaved).toBe(1);
    server.opened[0]?.say({ type: "thawed" });
    expect(server.text).toBe("later");
    expect(socket.unsaved).toBe(0);
  });

  it("gives up a server that says nothing", async () => {
    const server = new FakeServer("");
    server.acknowledges = false;
    const { socket, type } = tab(server);
    await pass();
    type(0, "x");
    await pass(21_000);
    expect(server.opened.length).toBe(2);
    expect(socket.unsaved).toBe(1);
  });

  it("answers a question with an error when the connection goes", async () => {
    const server = new FakeServer("");
    const { socket } = tab(server);
    await pass();
    const asked = socket.ask({ do: "format" });
    server.cut();
    expect((await asked).error?.sentence).toBe("The connection was lost");
    expect((await socket.ask({ do: "format" })).error).toBeDefined();
  });
});

describe("two people", () => {
  it("type into the same cell, and neither loses a letter", async () => {
    const server = new FakeServer("| Actor |\n|---|\n| ana |\n");
    const [ana, bo] = [tab(server), tab(server)];
    await pass();
    const cell = server.text.indexOf("ana");
    server.cut();
    ana.type(cell + 3, " lind");
    bo.type(cell, "@");
    server.up = true;
    await pass(20_000);
    expect(server.text).toBe("| Actor |\n|---|\n| @ana lind |\n");
    expect(ana.text.toString()).toBe(server.text);
    expect(bo.text.toString()).toBe(server.text);
  });

  it("undo only what is their own", async () => {
    const server = new FakeServer("x");
    const [ana, bo] = [tab(server), tab(server)];
    await pass();
    ana.type(1, " ana");
    bo.type(0, "bo ");
    ana.text.undo.undo();
    expect(server.text).toBe("bo x");
    bo.text.undo.undo();
    expect(server.text).toBe("x");
    ana.text.undo.redo();
    expect(bo.text.toString()).toBe("x ana");
  });
});

describe("the text", () => {
  it("changes no more than differs", async () => {
    const server = new FakeServer("| a | b |");
    const { text } = tab(server);
    await pass();
    const seen: unknown[] = [];
    text.text.observe((event) => seen.push(event.delta));
    text.edit([{ from: 0, to: 9, text: "| a | c |" }]);
    expect(seen).toEqual([[{ retain: 6 }, { delete: 1 }, { insert: "c" }]]);
  });

  it("takes nothing while it is locked", async () => {
    const { text, type } = tab(new FakeServer("x"));
    await pass();
    text.lock = "frozen";
    type(0, "y");
    expect(text.toString()).toBe("x");
  });

  it("has a stretch that holds what is written at both its ends", async () => {
    const { text, type } = tab(new FakeServer("| cell |"));
    await pass();
    const stretch = text.around(2, 6);
    type(6, "s");
    type(2, "a ");
    const range = text.range(stretch);
    expect(text.toString().slice(range?.from, range?.to)).toBe("a cells");
  });
});
