// The text view: CodeMirror over the one text, with others' carets, findings, completion and paste.
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, indentLess, indentMore } from "@codemirror/commands";
import { markdown, markdownKeymap, markdownLanguage } from "@codemirror/lang-markdown";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, drawSelection, dropCursor, highlightActiveLine, highlightSpecialChars, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { yCollab } from "y-codemirror.next";
import { completion } from "./complete";
import { cursors } from "./cursors";
import type { Desk } from "./desk";
import { MOST_AT_ONCE } from "./document";
import { h, inline } from "./dom";
import { type RowOffer, pasting } from "./paste";
import type { Finding } from "./protocol";
import { Steady } from "./steady";

const SEVERITY = { error: "error", warning: "warning", note: "info" } as const;

const highlight = HighlightStyle.define([
  { tag: tags.heading, fontWeight: "650" },
  { tag: tags.heading1, fontSize: "1.25em", fontWeight: "650" },
  { tag: tags.heading2, fontSize: "1.12em", fontWeight: "650" },
  { tag: tags.strong, fontWeight: "650" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: tags.monospace, color: "var(--mark)" },
  { tag: [tags.link, tags.url], color: "var(--line)" },
  { tag: [tags.comment, tags.meta, tags.processingInstruction, tags.contentSeparator], color: "var(--quiet)" },
]);

export class TextView {
  readonly view: EditorView;
  private readonly steady: Steady;
  private readonly readOnly = new Compartment();
  private shownFindings: Finding[] | null = null;

  constructor(
    private readonly desk: Desk,
    parent: HTMLElement,
    offer: RowOffer,
  ) {
    const state = EditorState.create({
      doc: desk.text.toString(),
      extensions: [
        desk.nonce ? EditorView.cspNonce.of(desk.nonce) : [],
        EditorView.contentAttributes.of({ "aria-label": `Text of ${desk.id || "the postmortem"}`, tabindex: "0", spellcheck: "true", autocapitalize: "sentences" }),
        EditorView.lineWrapping,
        // What is scrolled to does not hide behind what stays at the top, and is not at the very edge below.
        EditorView.scrollMargins.of(() => ({ top: covered(), bottom: 40 })),
        EditorState.tabSize.of(4),
        EditorState.allowMultipleSelections.of(true),
        this.readOnly.of(EditorState.readOnly.of(desk.text.lock !== null)),
        // A change that the server would refuse is not made.
        EditorState.changeFilter.of((transaction) => {
          if (!transaction.docChanged || transaction.newDoc.length - transaction.startState.doc.length < MOST_AT_ONCE) return true;
          desk.tell("That is too much at once for a postmortem", "Send it as evidence, or link to it");
          return false;
        }),
        highlightSpecialChars(),
        drawSelection(),
        dropCursor(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        closeBrackets(),
        // Text over a line of dashes is the document's front matter, not a heading.
        markdown({ base: markdownLanguage, extensions: { remove: ["SetextHeading"] }, addKeymap: false, pasteURLAsLink: false }),
        syntaxHighlighting(highlight),
        lintGutter(),
        completion(desk),
        pasting(desk, offer),
        cursors(desk.text),
        collaboration(desk),
        keymap.of([
          { key: "Mod-z", run: () => (desk.text.undoOwn(), true), preventDefault: true },
          { key: "Mod-y", mac: "Mod-Shift-z", run: () => (desk.text.redoOwn(), true), preventDefault: true },
          { key: "Mod-Shift-z", run: () => (desk.text.redoOwn(), true), preventDefault: true },
          { key: "Mod-b", run: (view) => wrap(view, "**") },
          { key: "Mod-e", run: (view) => wrap(view, "`") },
          // Tab leaves the editor, as everywhere; these move the indentation.
          { key: "Enter", run: answer },
          { key: "Mod-]", run: indentMore },
          { key: "Mod-[", run: indentLess },
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...markdownKeymap,
          ...lintKeymap,
          ...searchKeymap,
          ...defaultKeymap,
        ]),
        EditorView.updateListener.of((update) => {
          if ((update.selectionSet || update.docChanged || update.focusChanged) && update.view.hasFocus) {
            const { anchor, head } = update.state.selection.main;
            desk.present(anchor, head);
          }
        }),
      ],
    });
    this.view = new EditorView({ state, parent });
    this.steady = new Steady(desk.text, this.view, () => this.here);
  }

  /** Marks what the engine found, where it did not change since. */
  draw(): void {
    const { findings } = this.desk.advice;
    if (findings === this.shownFindings) return;
    this.shownFindings = findings;
    const { length } = this.view.state.doc;
    const marks = findings.flatMap((finding): Diagnostic[] => {
      const range = this.desk.text.range(finding);
      if (!range || range.to > length) return [];
      return [
        {
          ...range,
          severity: SEVERITY[finding.level],
          message: finding.message,
          source: finding.rule,
          renderMessage: () => explained(finding),
          actions: finding.fixes.map((fix) => ({
            name: fix.label.replaceAll("`", ""),
            apply: () => {
              if (!this.desk.text.accept(fix.edits)) this.desk.tell("What this would mend was changed meanwhile");
            },
          })),
        },
      ];
    });
    marks.sort((a, b) => a.from - b.from);
    this.view.dispatch(setDiagnostics(this.view.state, marks));
  }

  lock(): void {
    const isLocked = this.desk.text.lock !== null;
    if (this.view.state.readOnly !== isLocked) {
      this.view.dispatch({ effects: this.readOnly.reconfigure(EditorState.readOnly.of(isLocked)) });
    }
  }

  /** The place that somebody is at: the caret where it is seen, else what stands at the top of the window. */
  get here(): number {
    const { head } = this.view.state.selection.main;
    const top = covered();
    const caret = this.view.coordsAtPos(head);
    if (caret && caret.bottom > top && caret.top < window.innerHeight) return head;
    return this.view.lineBlockAtHeight(top + 8 - this.view.documentTop).from;
  }

  show(index: number): void {
    const at = Math.min(index, this.view.state.doc.length);
    this.steady.let();
    this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "start", yMargin: 8 }) });
    this.view.focus();
  }
}

/** Takes part in the one text. Others' carets are drawn by `cursors.ts`, undoing is the page's. */
function collaboration(desk: Desk) {
  const { text, undo } = desk.text;
  return yCollab(text, null, { undoManager: undo });
}

/** So much of the window the bars cover that stay at its top while the text is scrolled, in pixels. */
function covered(): number {
  const tabs = document.querySelector<HTMLElement>("#write .tabs");
  return tabs ? (Number.parseFloat(getComputedStyle(tabs).top) || 0) + tabs.offsetHeight + 8 : 0;
}

function explained(finding: Finding): HTMLElement {
  return h(
    "div",
    { class: "found" },
    h("b", {}, ...inline(finding.message)),
    finding.why ? h("p", {}, ...inline(finding.why)) : null,
    finding.help ? h("p", { class: "help" }, ...inline(finding.help)) : null,
    h("a", { href: `/rules/${encodeURIComponent(finding.rule)}`, target: "_blank", rel: "noopener" }, finding.rule),
  );
}

/** Behind a question of the template its answer begins: an item within it, not one beside it. */
function answer(view: EditorView): boolean {
  const { main, ranges } = view.state.selection;
  const line = view.state.doc.lineAt(main.head);
  const indent = /^(\s*)- .*\?\s*$/.exec(line.text)?.[1];
  if (ranges.length > 1 || !main.empty || main.head !== line.to || indent === undefined) return false;
  const insert = `\n${indent}  - `;
  view.dispatch({ changes: { from: main.head, insert }, selection: { anchor: main.head + insert.length }, scrollIntoView: true, userEvent: "input" });
  return true;
}

function wrap(view: EditorView, mark: string): boolean {
  const { from, to } = view.state.selection.main;
  const { length } = mark;
  const isWrapped = view.state.sliceDoc(from - length, from) === mark && view.state.sliceDoc(to, to + length) === mark;
  const changes = isWrapped
    ? [{ from: from - length, to: from }, { from: to, to: to + length }]
    : [{ from, insert: mark }, { from: to, insert: mark }];
  const shift = isWrapped ? -length : length;
  view.dispatch({ changes, selection: { anchor: from + shift, head: to + shift }, userEvent: "input" });
  return true;
}
