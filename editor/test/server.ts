// A server of the editor in this process, and the sockets to it: what `crates/recount-web/src/live` says, in so far as
// a page can tell. Tests decide when it answers.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";
import type { FromServer } from "../src/protocol";
import type { Wire } from "../src/socket";

export class FakeWire implements Wire {
  binaryType = "blob";
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  /** Sync updates and second steps that came over it. */
  came = 0;
  told: unknown[] = [];
  gone = false;

  constructor(
    readonly address: string,
    private readonly server: FakeServer,
  ) {}

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.gone) throw new Error("sent over a closed socket");
    if (typeof data === "string") this.told.push(JSON.parse(data));
    else this.server.read(this, data);
  }

  close(code = 1000): void {
    if (this.gone) return;
    this.gone = true;
    this.server.wires.delete(this);
    this.onclose?.({ code } as never);
  }

  say(frame: FromServer): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }

  bytes(encoder: encoding.Encoder): void {
    const bytes = encoding.toUint8Array(encoder);
    this.onmessage?.({ data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) } as never);
  }

  query(name: string): string | null {
    return new URL(this.address, "ws://x").searchParams.get(name);
  }
}

export class FakeServer {
  readonly doc = new Y.Doc();
  readonly wires = new Set<FakeWire>();
  readonly opened: FakeWire[] = [];
  epoch = "one";
  /** Whether it can be reached. */
  up = true;
  /** Whether it acknowledges at once. */
  acknowledges = true;

  constructor(text: string) {
    this.doc.getText("text").insert(0, text);
    this.doc.on("update", (update: Uint8Array, origin: unknown) => {
      const message = encoding.createEncoder();
      encoding.writeVarUint(message, 0);
      writeUpdate(message, update);
      for (const wire of this.wires) if (wire !== origin) wire.bytes(message);
    });
  }

  get text(): string {
    return this.doc.getText("text").toString();
  }

  readonly open = (address: string): FakeWire => {
    const wire = new FakeWire(address, this);
    this.opened.push(wire);
    setTimeout(() => {
      if (!this.up) {
        wire.close(1006);
        return;
      }
      const epoch = wire.query("epoch");
      if (epoch !== "" && epoch !== this.epoch) {
        wire.say({ type: "stale" });
        wire.close(4001);
        return;
      }
      this.wires.add(wire);
      wire.say({
        type: "hello", epoch: this.epoch, build: "b1", id: "INC-0042", title: "Seats", writable: true,
        you: { name: "Ana", color: "#000", colorLight: "#ccc" },
        words: {
          services: [], people: [], severities: [], statuses: [], priorities: [], milestones: [], fields: [],
          waivable: [],
        },
      });
      const first = encoding.createEncoder();
      encoding.writeVarUint(first, 0);
      writeSyncStep1(first, this.doc);
      wire.bytes(first);
    }, 5);
    return wire;
  };

  read(wire: FakeWire, bytes: Uint8Array): void {
    const decoder = decoding.createDecoder(bytes);
    if (decoding.readVarUint(decoder) !== 0) return;
    const answer = encoding.createEncoder();
    encoding.writeVarUint(answer, 0);
    const kind = readSyncMessage(decoder, answer, this.doc, wire);
    if (kind === 0) {
      wire.bytes(answer);
      return;
    }
    wire.came += 1;
    if (this.acknowledges) this.acknowledge(wire);
  }

  acknowledge(wire: FakeWire): void {
    wire.say({ type: "saved", updates: wire.came });
  }

  cut(): void {
    this.up = false;
    for (const wire of [...this.wires]) wire.close(1006);
  }
}
