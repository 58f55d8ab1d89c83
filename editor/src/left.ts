// What a tab leaves behind that crashed, or was closed, before the server had all that was typed in it: it stands in the
// browser's storage until it is acknowledged, and comes back with the page that is opened next.
//
// Two pages that write as one client would destroy each other's text. So every page holds a lock of its client's name for
// as long as it lives, and only what nobody holds a lock of is taken over. A browser without locks (a page without TLS
// elsewhere than on this machine) keeps nothing here; a page that is loaded anew has `keep.ts` all the same.
import { type Kept, type Store, forget, keep, take } from "./keep";

/** What is older comes back no more, in milliseconds. */
const OLDEST = 14 * 24 * 3600 * 1000;
/** So many tabs are remembered in all; the oldest goes first. */
const MOST = 12;
/** For so long is a tab waited for that is about to die, in milliseconds: one that crashes lets go of its lock last. */
const DYING = 2000;
/** Between two writings lies this time, in milliseconds: what is acknowledged at once is never written. */
const PACE = 400;
const PREFIX = "left:";

/** The part of a browser's storage that is used here. */
export type LongStore = Store & Pick<Storage, "key" | "length">;

export interface Locks {
  request(
    name: string,
    options: { ifAvailable: true } | { signal: AbortSignal },
    held: (lock: unknown) => Promise<unknown>,
  ): Promise<unknown>;
}

interface Note {
  name: string;
  key: string;
  client: number;
  at: number;
}

export class Left {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isKept = false;

  /** `key` names the document, and who writes in it. */
  constructor(
    private readonly store: LongStore,
    private readonly locks: Locks | undefined,
    private readonly key: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** What the first tab left of this document that lives no more; nothing where none did. */
  async take(): Promise<Kept | null> {
    for (const note of this.notes()) {
      if (note.at < this.now() - OLDEST) this.drop(note);
      else if (note.key === this.key && (await this.hold(note.client, { signal: AbortSignal.timeout(DYING) }))) {
        this.remove(note.name);
        const kept = take(this.store, this.nameOf(note.client));
        if (kept) return kept;
      }
    }
    return null;
  }

  /** Says that a client lives in this page; false where another page has it. */
  hold(client: number, options: Parameters<Locks["request"]>[1] = { ifAvailable: true }): Promise<boolean> {
    const { locks } = this;
    if (!locks) return Promise.resolve(false);
    return new Promise((resolve) => {
      const held = (lock: unknown): Promise<unknown> => {
        resolve(lock !== null);
        // Until the page is gone.
        return lock === null ? Promise.resolve() : new Promise(() => undefined);
      };
      locks.request(`recount:${this.key}:${client}`, options, held).catch(() => resolve(false));
    });
  }

  /** What is not acknowledged changed: `kept` gives it, nothing where the server has all. */
  changed(client: number, isUnsaved: boolean, kept: () => Kept | null): void {
    if (!this.locks) return;
    if (!isUnsaved) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.forget(client);
      return;
    }
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.write(client, kept());
    }, PACE);
  }

  /** Drops what is kept for a client: it is acknowledged, or kept elsewhere. */
  forget(client: number): void {
    if (!this.isKept) return;
    this.isKept = false;
    this.remove(this.noteOf(client));
    forget(this.store, this.nameOf(client));
  }

  /** Drops what stands here of a client whose page came back by itself. */
  replaced(client: number): void {
    this.isKept = true;
    this.forget(client);
  }

  private write(client: number, kept: Kept | null): void {
    if (!kept) return;
    this.isKept = true;
    const notes = this.notes();
    for (const old of notes.slice(0, Math.max(0, notes.length - MOST + 1))) {
      if (old.client !== client) this.drop(old);
    }
    const isDone = keep(this.store, this.nameOf(client), kept);
    try {
      if (isDone) this.store.setItem(this.noteOf(client), JSON.stringify({ key: this.key, client, at: this.now() }));
    } catch {
      // Without a note of it nothing finds it.
      this.forget(client);
    }
  }

  /** All that is remembered, of every document, the oldest first. */
  private notes(): Note[] {
    const names = Array.from({ length: this.store.length }, (_, at) => this.store.key(at) ?? "");
    const notes = names.filter((name) => name.startsWith(`recount-note:${PREFIX}`)).flatMap((name): Note[] => {
      try {
        const { key, client, at } = JSON.parse(this.store.getItem(name) ?? "") as Record<string, unknown>;
        return typeof key === "string" && typeof client === "number" && typeof at === "number" ? [{ name, key, client, at }] : [];
      } catch {
        return [];
      }
    });
    return notes.sort((a, b) => a.at - b.at);
  }

  private drop({ name, key, client }: Note): void {
    this.remove(name);
    forget(this.store, `${PREFIX}${key}:${client}`);
  }

  private remove(name: string): void {
    try {
      this.store.removeItem(name);
    } catch {
      // A browser that lets nothing be kept has kept nothing.
    }
  }

  private nameOf(client: number): string {
    return `${PREFIX}${this.key}:${client}`;
  }

  private noteOf(client: number): string {
    return `recount-note:${this.nameOf(client)}`;
  }
}
