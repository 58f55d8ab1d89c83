// What is offered while somebody types: people, services and the words of fields where they belong, other incidents by
// their ID or title, and after `/` what can be put in.
import { type Completion, type CompletionContext, type CompletionResult, autocompletion } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { columnKind, columnWords } from "./columns";
import type { Desk } from "./desk";
import type { Field, Operation, Word } from "./protocol";
import { tableAt } from "./table";
import { utc } from "./when";

interface Listed {
  id: string | null;
  title: string | null;
  path: string;
}

export function completion(desk: Desk): Extension {
  const sources = [slash(desk), people(desk), places(desk), incidents(desk)];
  return autocompletion({ override: sources, icons: false, defaultKeymap: true, interactionDelay: 40 });
}

const options = (words: readonly Word[], end = ""): Completion[] =>
  words.map(({ name, about }) => ({ label: name, detail: about, apply: `${name}${end}` }));

function people(desk: Desk): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const typed = context.matchBefore(/@[\w.-]*/);
    if (!typed || /[\w.]/.test(context.state.sliceDoc(typed.from - 1, typed.from))) return null;
    return { from: typed.from, options: options(desk.words.people), validFor: /^@[\w.-]*$/ };
  };
}

/** The words of the field or of the column that the caret is in. */
function places(desk: Desk): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const field = desk.advice.fields.find((one) => {
      const range = desk.text.range(one);
      return range !== null && context.pos >= range.from && context.pos <= range.to;
    });
    if (field) return ofField(desk, field, context);
    for (const placed of desk.advice.tables) {
      const range = desk.text.range(placed);
      if (!range || context.pos < range.from || context.pos > range.to) continue;
      const table = tableAt(desk.text.toString(), range.from, range.to);
      const line = table?.rows.find(({ from, to }) => context.pos >= from && context.pos <= to);
      const column = line?.cells.findIndex(({ room }) => context.pos >= room.from && context.pos <= room.to) ?? -1;
      const cell = line?.cells[column];
      const kind = columnKind(table?.header.cells[column]?.value ?? "");
      const words = columnWords(kind, desk);
      // People are offered after their sign.
      if (!cell || words.length === 0 || (kind === "people" && !context.explicit)) return null;
      if (!context.explicit && cell.from === context.pos) return null;
      return { from: cell.from, to: cell.to, options: options(words) };
    }
    return null;
  };
}

function ofField(desk: Desk, field: Field, context: CompletionContext): CompletionResult | null {
  const range = desk.text.range(field);
  if (!range) return null;
  if (field.choices) {
    const isBlank = field.state === "blank" || field.state === "placeholder";
    if (!context.explicit && !isBlank && context.pos === range.from) return null;
    const lead = /\s/.test(context.state.sliceDoc(range.from - 1, range.from)) ? "" : " ";
    const choices = field.choices.map((label) => ({ label, apply: lead + label }));
    return { from: range.from, to: range.to, options: choices, filter: field.state !== "placeholder" };
  }
  if (field.kind !== "services") return null;
  const typed = context.matchBefore(/[\w.-]*/);
  if (!typed || (typed.from === typed.to && !context.explicit)) return null;
  return { from: typed.from, options: options(desk.words.services), validFor: /^[\w.-]*$/ };
}

/** Other incidents, by `INC-00…` or by words of their title after `[[`. */
function incidents(desk: Desk): (context: CompletionContext) => Promise<CompletionResult | null> {
  const all = desk.api.replace(/\/[^/]*$/, "");
  let own: Promise<string> | null = null;
  return async (context) => {
    const letters = /^[A-Za-z]+/.exec(desk.id)?.[0] ?? "INC";
    const byId = context.matchBefore(new RegExp(`\\b${letters}-\\d*`));
    const byTitle = context.matchBefore(/\[\[[^\][\n]*/);
    const typed = byTitle ?? byId;
    if (!typed) return null;
    const words = byTitle ? byTitle.text.slice(2).trim() : typed.text;
    if (byTitle && words.length < 2) return null;
    await new Promise((done) => setTimeout(done, 120));
    if (context.aborted) return null;
    try {
      own ??= fetch(desk.api).then(async (answer) => ((await answer.json()) as { path?: string }).path ?? "");
      const answer = await fetch(`${all}?${new URLSearchParams({ title: words, limit: "12" }).toString()}`);
      if (!answer.ok) return null;
      const { postmortems } = (await answer.json()) as { postmortems: Listed[] };
      const from = await own.catch(() => "");
      const others = postmortems.filter(({ id }) => id !== null && id !== desk.id);
      return {
        from: typed.from,
        filter: false,
        options: others.map(({ id, title, path }) => ({
          label: id ?? "",
          detail: title ?? "",
          apply: `[${id ?? ""}](${relative(from, path)})`,
        })),
      };
    } catch {
      return null;
    }
  };
}

/** The way from one document to another, both as paths from the library's root. */
export function relative(from: string, to: string): string {
  const here = from.split("/").slice(0, -1);
  const there = to.split("/");
  let shared = 0;
  while (shared < here.length && shared < there.length - 1 && here[shared] === there[shared]) shared += 1;
  return [...here.slice(shared).map(() => ".."), ...there.slice(shared)].join("/");
}

/** After `/` at the begin of a word: what can be put in. */
function slash(desk: Desk): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const typed = context.matchBefore(/\/[\w ]{0,24}/);
    if (!typed) return null;
    const before = context.state.sliceDoc(typed.from - 1, typed.from);
    if (before !== "" && !/[\s|]/.test(before)) return null;
    const entries = menu(desk);
    return { from: typed.from, options: entries, validFor: /^\/[\w ]*$/ };
  };
}

function menu(desk: Desk): Completion[] {
  const asking = (operation: () => Operation) => (view: EditorView, _: Completion, from: number, to: number): void => {
    view.dispatch({ changes: { from, to } });
    const wanted = operation();
    void desk.ask(wanted).then(({ error }) => {
      // What was put in elsewhere cannot be seen from here.
      if (error) return;
      if (wanted.do === "add-row") desk.tell("A row was put into the timeline");
      else if (wanted.do === "add-item") desk.tell(`A ${wanted.priority} item was put into the action items`);
    });
  };
  const putting = (text: string, select: string) => (view: EditorView, _: Completion, from: number, to: number): void => {
    const at = from + text.indexOf(select);
    view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: at, head: at + select.length }, scrollIntoView: true });
  };
  /** As an item of a list: of the one that one is in, within the item that holds words already. */
  const item = (text: string, select: string) => (view: EditorView, _: Completion, from: number, to: number): void => {
    const { state } = view;
    const before = state.sliceDoc(state.doc.lineAt(from).from, from);
    const within = /^(\s*)[-*+] +\S/.exec(before)?.[1];
    const lead = /^\s*[-*+] +$/.test(before) ? "" : before.trim() === "" ? "- " : within === undefined ? "\n- " : `\n${within}  - `;
    const start = lead.startsWith("\n") ? from - (before.length - before.trimEnd().length) : from;
    const insert = lead + text;
    const at = start + insert.indexOf(select);
    view.dispatch({ changes: { from: start, to, insert }, selection: { anchor: at, head: at + select.length }, scrollIntoView: true });
  };
  const now = utc(new Date());
  const me = desk.you?.name ?? "";
  const entries: Completion[] = [
    { label: "/row", detail: "a row of the timeline, now", apply: asking(() => ({ do: "add-row", cells: { time: now, actor: me } })) },
  ];
  for (const name of desk.words.milestones) {
    const cells = { time: now, actor: me, action: `**${name}.** ` };
    entries.push({ label: `/milestone ${name.toLowerCase()}`, detail: "a row of the timeline, now", apply: asking(() => ({ do: "add-row", cells })) });
  }
  for (const priority of desk.words.priorities) {
    entries.push({ label: `/action ${priority}`, detail: "an action item", apply: asking(() => ({ do: "add-item", priority, cells: {} })) });
  }
  const expression = "sum(rate(errors_total[5m])) < 0.01";
  entries.push({ label: "/target", detail: "a number that must hold", apply: item(`\`${expression}\` for 14d`, expression) });
  entries.push({ label: "/game day", detail: "a day on which it is tried", apply: item(`${now.slice(0, 10)}: what is tried; @who; what must happen`, "what is tried") });
  entries.push({ label: "/format", detail: "times, durations, tables", apply: asking(() => ({ do: "format" })) });
  entries.push({ label: "/fix", detail: "all findings with one right answer", apply: asking(() => ({ do: "fix-all" })) });
  for (const { rule, about } of desk.words.waivable) {
    entries.push({ label: `/allow ${rule}`, detail: about, apply: putting(`<!-- recount: allow ${rule}: the reason -->`, "the reason") });
  }
  // In this order, which letters that fit equally well would make one of the alphabet.
  return entries.map((entry, at) => ({ ...entry, boost: Math.max(-99, 50 - at) }));
}
