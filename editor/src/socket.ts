// The connection: opening it again and again, which history the tab's text is of, what the server has on its disk and
// what only this tab has. It hands JSON frames on and does not know what they mean, but for those about itself.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { messageYjsSyncStep1, readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import { mergeUpdates } from "yjs";
import type { Text } from "./document";
import type { Answer, FromServer, Operation, ToServer } from "./protocol";

const SYNC = 0;
const AWARENESS = 1;
const PROTOCOL = "recount.1";

/** Milliseconds before the first try, and at most before each later one. */
const FIRST_WAIT = 200;
const LONGEST_WAIT = 10_000;
/** So long may the server take to acknowledge before the connection counts as dead. */
const PATIENCE = 20_000;
const ASK_PATIENCE = 15_000;

const STALE = 4001;
const RELOAD = 4002;
const TOO_FAST = 4003;
/** The server closed because this page broke a rule: the same would happen again. */
const BROKEN_RULES = [4004, 4005, 4006];

/** `connecting` is before the first answer ever; `stale`, `reload` and `refused` last. */
export type State = "connecting" | "online" | "offline" | "stale" | "reload" | "refused";

export interface Wire {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export interface Options {
  address: string;
  build: string;
  epoch?: string;
  open?: (address: string, protocol: string) => Wire;
}

export interface Listener {
  /** The state, or how much is not acknowledged, changed. */
  state?: () => void;
  frame?: (frame: FromServer) => void;
}

export class Socket {
  state: State = "connecting";
  /** Whether the server's text has come at least once. */
  synced = false;
  epoch: string;
  private wire: Wire | null = null;
  private readonly listeners: Listener[] = [];
  /** Changes of this tab that are not on the server's disk: which message of this connection each went with. */
  private pending: { message: number; update: Uint8Array }[] = [];
  /** What was changed while the document was frozen. */
  private held: Uint8Array[] = [];
  private frozen = false;
  private sent = 0;
  private answered = false;
  private tries = 0;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private requests = 0;
  private readonly asked = new Map<number, { done: (answer: Answer) => void; timer: ReturnType<typeof setTimeout> }>();
  private closed = false;

  constructor(
    private readonly text: Text,
    private readonly options: Options,
  ) {
    this.epoch = options.epoch ?? "";
    text.doc.on("update", this.onUpdate);
    text.awareness.on("update", this.onAwareness);
  }

  /** How many changes of this tab the server has not acknowledged. */
  get unsaved(): number {
    return this.pending.length;
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** What the server has not acknowledged, as one update; nothing where it has all. */
  get unsavedUpdate(): Uint8Array | null {
    return this.pending.length === 0 ? null : mergeUpdates(this.pending.map(({ update }) => update));
  }

  /** Counts what came from an earlier life of this tab as not acknowledged. */
  restored(update: Uint8Array): void {
    this.pending.push({ message: 0, update });
  }

  connect(): void {
    clearTimeout(this.waiting);
    if (this.closed || this.wire || this.isOver()) return;
    const query = new URLSearchParams({
      client: String(this.text.doc.clientID),
      epoch: this.epoch,
      build: this.options.build,
    });
    const address = `${this.options.address}?${query.toString()}`;
    let wire: Wire;
    try {
      wire = this.options.open ? this.options.open(address, PROTOCOL) : (new WebSocket(address, PROTOCOL) as Wire);
    } catch {
      this.later();
      return;
    }
    wire.binaryType = "arraybuffer";
    this.wire = wire;
    this.sent = 0;
    this.answered = false;
    this.held = [];
    this.frozen = false;
    wire.onmessage = (event: { data: string | ArrayBuffer }) => {
      if (this.wire !== wire) return;
      if (typeof event.data === "string") this.onFrame(event.data);
      else this.onBytes(new Uint8Array(event.data));
    };
    wire.onclose = (event: { code: number }) => {
      if (this.wire === wire) this.onClose(event.code);
    };
    wire.onerror = () => undefined;
    // A server that opens and says nothing is none.
    this.expect();
  }

  /** Tries at once: the network is back, or somebody looks at the page again. */
  hurry(): void {
    if (this.wire || this.closed || this.isOver()) return;
    this.tries = 0;
    this.connect();
  }

  /** Drops a connection that the browser knows to be gone. */
  drop(): void {
    const wire = this.wire;
    if (!wire) return;
    this.onClose(1006);
    wire.close();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.waiting);
    clearTimeout(this.patience);
    const wire = this.wire;
    this.wire = null;
    wire?.close(1000);
    this.text.doc.off("update", this.onUpdate);
    this.text.awareness.off("update", this.onAwareness);
  }

  /** Asks the server for something; an answer with an error where it cannot be asked. */
  ask(operation: Operation): Promise<Answer> {
    const request = (this.requests += 1);
    if (this.state !== "online") {
      const error = { sentence: "The server cannot be reached now", hint: "This needs the server; writing does not" };
      return Promise.resolve({ type: "answer", request, error });
    }
    return new Promise((done) => {
      const timer = setTimeout(() => {
        const error = { sentence: "The server did not answer", hint: "Try it again" };
        this.settle({ type: "answer", request, error });
      }, ASK_PATIENCE);
      this.asked.set(request, { done, timer });
      this.say({ type: "ask", request, operation });
    });
  }

  say(frame: ToServer): void {
    if (this.state === "online") this.wire?.send(JSON.stringify(frame));
  }

  private isOver(): boolean {
    return this.state === "stale" || this.state === "refused" || this.state === "reload";
  }

  /** After a new build asked for a reload that could not be: goes on with the old one. */
  goOn(): void {
    if (this.state !== "reload") return;
    this.state = "offline";
    this.later();
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener.state?.();
  }

  private settle(answer: Answer): void {
    const asked = this.asked.get(answer.request);
    if (!asked) return;
    this.asked.delete(answer.request);
    clearTimeout(asked.timer);
    asked.done(answer);
  }

  private onFrame(data: string): void {
    let frame: FromServer;
    try {
      frame = JSON.parse(data) as FromServer;
    } catch {
      return;
    }
    this.heard();
    switch (frame.type) {
      case "hello":
        this.epoch = frame.epoch;
        this.tries = 0;
        this.state = "online";
        this.changed();
        break;
      case "stale":
        this.state = "stale";
        this.changed();
        break;
      case "reload":
        this.state = "reload";
        this.changed();
        break;
      case "refused":
        break;
      case "saved":
        this.pending = this.pending.filter(({ message }) => message === 0 || message > frame.updates);
        this.changed();
        break;
      case "frozen":
        this.frozen = true;
        break;
      case "thawed":
        this.frozen = false;
        for (const update of this.held.splice(0)) this.update(update);
        break;
      case "answer":
        this.settle(frame);
        break;
      default:
        break;
    }
    for (const listener of this.listeners) listener.frame?.(frame);
  }

  private onBytes(bytes: Uint8Array): void {
    this.heard();
    try {
      const decoder = decoding.createDecoder(bytes);
      const kind = decoding.readVarUint(decoder);
      if (kind === AWARENESS) {
        applyAwarenessUpdate(this.text.awareness, decoding.readVarUint8Array(decoder), this);
      } else if (kind === SYNC) {
        this.onSync(decoder);
      }
    } catch (error) {
      // A frame that cannot be read means that the two do not agree any more: begin anew.
      console.warn("recount: a frame could not be read", error);
      this.drop();
    }
  }

  private onSync(decoder: decoding.Decoder): void {
    const answer = encoding.createEncoder();
    encoding.writeVarUint(answer, SYNC);
    const kind = readSyncMessage(decoder, answer, this.text.doc, this);
    if (kind !== messageYjsSyncStep1) {
      if (!this.synced) {
        this.synced = true;
        this.changed();
      }
      return;
    }
    // The answer brings all that the server lacks: everything that is pending goes with it.
    this.sent += 1;
    for (const one of this.pending) one.message = this.sent;
    this.wire?.send(bytesOf(answer));
    this.answered = true;
    this.expect();
    const question = encoding.createEncoder();
    encoding.writeVarUint(question, SYNC);
    writeSyncStep1(question, this.text.doc);
    this.wire?.send(bytesOf(question));
    this.tellPresence([this.text.doc.clientID]);
    this.changed();
  }

  private readonly onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return;
    const one = { message: 0, update };
    this.pending.push(one);
    if (this.answered && this.frozen) this.held.push(update);
    else if (this.answered) this.update(update);
    this.changed();
  };

  private update(update: Uint8Array): void {
    if (!this.wire) return;
    const message = encoding.createEncoder();
    encoding.writeVarUint(message, SYNC);
    writeUpdate(message, update);
    this.sent += 1;
    const one = this.pending.find((pending) => pending.message === 0);
    if (one) one.message = this.sent;
    this.wire.send(bytesOf(message));
    this.expect();
  }

  private readonly onAwareness = (
    { added, updated, removed }: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    if (origin === this) return;
    const own = [...added, ...updated, ...removed].filter((client) => client === this.text.doc.clientID);
    if (own.length > 0 && this.answered) this.tellPresence(own);
  };

  private tellPresence(clients: number[]): void {
    if (!this.text.awareness.meta.has(this.text.doc.clientID)) return;
    const message = encoding.createEncoder();
    encoding.writeVarUint(message, AWARENESS);
    encoding.writeVarUint8Array(message, encodeAwarenessUpdate(this.text.awareness, clients));
    this.wire?.send(bytesOf(message));
  }

  /** From now on the server owes a word. */
  private expect(): void {
    this.patience ??= setTimeout(() => {
      this.patience = undefined;
      this.drop();
    }, PATIENCE);
  }

  private heard(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    if (this.pending.some(({ message }) => message > 0)) this.expect();
  }

  private onClose(code: number): void {
    this.wire = null;
    clearTimeout(this.patience);
    this.patience = undefined;
    this.answered = false;
    for (const one of this.pending) one.message = 0;
    for (const request of [...this.asked.keys()]) {
      const error = { sentence: "The connection was lost", hint: "Try it again when it is back" };
      this.settle({ type: "answer", request, error });
    }
    const others = [...this.text.awareness.getStates().keys()].filter((id) => id !== this.text.doc.clientID);
    removeAwarenessStates(this.text.awareness, others, this);
    if (this.closed) return;
    if (code === STALE) this.state = "stale";
    else if (code === RELOAD) this.state = "reload";
    else if (BROKEN_RULES.includes(code)) this.state = "refused";
    else if (!this.isOver()) {
      // Cut off for haste: it comes back calmer.
      if (code === TOO_FAST) this.tries = Math.max(this.tries, 4);
      this.state = this.synced ? "offline" : "connecting";
      this.later();
    }
    this.changed();
  }

  private later(): void {
    clearTimeout(this.waiting);
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries);
    this.tries += 1;
    // Between half of it and all of it, so that the tabs of a server that comes back do not come all at once.
    this.waiting = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
  }
}

function bytesOf(encoder: encoding.Encoder): Uint8Array<ArrayBuffer> {
  return encoding.toUint8Array(encoder) as Uint8Array<ArrayBuffer>;
}
