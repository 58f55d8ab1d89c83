// The calls of the API that the evidence tray makes. What goes wrong comes back as a sentence and a hint.
import type { Candidate, Derived, Imported, TimelineRow } from "./evidence";
import { type Reading, inWords } from "./reading";

/** So many candidates a page: the most that the server gives. */
const PAGE = 200;

/** Something that the server refused, or that did not reach it. */
export class Trouble extends Error {
  constructor(
    readonly sentence: string,
    readonly hint: string | null,
    readonly status = 0,
    /** Seconds after which it may be tried again; nothing where that would not help. */
    readonly after: number | null = null,
  ) {
    super(sentence);
  }
}

const UNREACHED = ["The server cannot be reached", "Try again when the connection is back"] as const;

/** The trouble that an answer tells. */
export function troubleOf(status: number, body: string, retryAfter: string | null): Trouble {
  let problem: { detail?: unknown; title?: unknown; hint?: unknown } = {};
  try {
    problem = (JSON.parse(body) ?? {}) as typeof problem;
  } catch {
    // A proxy in between answers in its own way.
  }
  const said = [problem.detail, problem.title].find((one): one is string => typeof one === "string" && one !== "");
  const sentence = said ?? `The server answered ${status}`;
  const after = Number(retryAfter ?? Number.NaN);
  return new Trouble(
    inWords(sentence.charAt(0).toUpperCase() + sentence.slice(1)),
    typeof problem.hint === "string" ? inWords(problem.hint) : null,
    status,
    Number.isFinite(after) && after >= 0 ? after : null,
  );
}

/** The address that a file is sent to. */
export function sendAddress(api: string, name: string, reading: Partial<Reading>): string {
  const query = new URLSearchParams({ name });
  for (const [key, value] of Object.entries(reading)) if (value?.trim()) query.set(key, value.trim());
  return `${api}/evidence?${query.toString()}`;
}

export class EvidenceApi {
  constructor(private readonly api: () => string) {}

  /** All candidates, page by page; `onPage` hears what is there so far. */
  async candidates(onPage: (soFar: Candidate[], total: number) => void): Promise<{ candidates: Candidate[]; problems: string[] }> {
    const candidates: Candidate[] = [];
    let problems: string[] = [];
    let next: string | null = `${this.api()}/candidates?limit=${PAGE}`;
    while (next !== null) {
      const page: { candidates: Candidate[]; total: number; problems: string[]; next: string | null } = await this.get(next);
      candidates.push(...page.candidates);
      ({ problems } = page);
      // Only our own server is asked, and a page that brings nothing is the last.
      next = page.next?.startsWith("/") && !page.next.startsWith("//") && page.candidates.length > 0 ? page.next : null;
      if (next !== null) onPage(candidates, page.total);
    }
    return { candidates, problems };
  }

  async timeline(): Promise<TimelineRow[]> {
    return (await this.get<{ rows: TimelineRow[] }>(`${this.api()}/timeline`)).rows;
  }

  /** What the evidence offers for fields. */
  async derived(): Promise<Derived[]> {
    return (await this.get<{ offers: Derived[] }>(`${this.api()}/offers`)).offers;
  }

  async take(events: readonly string[]): Promise<void> {
    await this.call(`${this.api()}/timeline`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ events }),
    });
  }

  /** Never offers candidates again, or offers those again that were dismissed. */
  async judge(verb: "dismiss" | "offer", events: readonly string[]): Promise<void> {
    await this.call(`${this.api()}/candidates`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ [verb]: events }),
    });
  }

  /** Sends a file; `onProgress` hears how much of it is there, from 0 to 1. */
  send(file: Blob, name: string, reading: Partial<Reading>, onProgress: (part: number) => void): { done: Promise<Imported>; stop(): void } {
    // `fetch` does not tell how much of a body was sent.
    const request = new XMLHttpRequest();
    const done = new Promise<Imported>((resolve, reject) => {
      request.open("POST", sendAddress(this.api(), name, reading));
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
        if (lengthComputable && total > 0) onProgress(loaded / total);
      });
      request.addEventListener("load", () => {
        if (request.status !== 200) {
          reject(troubleOf(request.status, request.responseText, request.getResponseHeader("Retry-After")));
          return;
        }
        try {
          resolve(JSON.parse(request.responseText) as Imported);
        } catch {
          reject(new Trouble("The server's answer cannot be read", "Look into the timeline whether it came in"));
        }
      });
      request.addEventListener("error", () => reject(new Trouble("It did not reach the server", "Send it again when the connection is back; a folder is packed first")));
      request.addEventListener("abort", () => reject(new Trouble("Stopped", null)));
      request.send(file);
    });
    return { done, stop: () => request.abort() };
  }

  private async get<Body>(address: string): Promise<Body> {
    const body = await this.call(address, { headers: { Accept: "application/json" } });
    try {
      return JSON.parse(body) as Body;
    } catch {
      throw new Trouble("The server's answer cannot be read", "Load the page anew");
    }
  }

  private async call(address: string, init: RequestInit): Promise<string> {
    let response: Response;
    let body: string;
    try {
      response = await fetch(address, init);
      body = await response.text();
    } catch {
      throw new Trouble(...UNREACHED);
    }
    if (!response.ok) throw troubleOf(response.status, body, response.headers.get("Retry-After"));
    return body;
  }
}
