// An input that is a view of a stretch of the text: what is typed goes into the text letter by letter, and what others
// change in it appears in the input without moving the caret. Cells and fields are edited through it.
import type { Desk } from "./desk";
import type { Stretch } from "./protocol";
import { moved, over, splice, spliced } from "./splice";

export interface Form {
  /** The stretch as people see it. */
  shown(raw: string): string;
  /** What people typed as it stands in the text. */
  written(value: string): string;
}

export interface Binding {
  input: HTMLInputElement | HTMLTextAreaElement;
  from: number;
  to: number;
  form: Form;
  /** What stands there is the template's placeholder: shown as empty, and replaced whole by the first letter. */
  isPlaceholder?: boolean;
  /** Whether the stretch still is what it was; an input whose row was taken out is closed. */
  isThere?(from: number, to: number): boolean;
  onGone?(): void;
}

export class Bound {
  private stretch: Stretch;
  /** What the input shows, unless somebody is typing into it right now. */
  private shadow: string;
  private isFresh: boolean;
  private isComposing = false;
  private isOwn = false;
  private isOpen = true;
  private readonly mark: number;
  private readonly stop: () => void;

  constructor(
    private readonly desk: Desk,
    private readonly binding: Binding,
  ) {
    const { input, from, to } = binding;
    desk.text.undo.stopCapturing();
    this.mark = desk.text.undo.undoStack.length;
    this.stretch = desk.text.around(from, to);
    this.isFresh = binding.isPlaceholder ?? false;
    this.shadow = this.isFresh ? "" : binding.form.shown(desk.text.toString().slice(from, to));
    if (input.value !== this.shadow) input.value = this.shadow;
    this.stop = desk.text.onChange(() => this.onText());
    input.addEventListener("input", this.onInput);
    input.addEventListener("compositionstart", this.onCompose);
    input.addEventListener("compositionend", this.onComposed);
    input.addEventListener("keydown", this.onKey as EventListener);
    input.addEventListener("select", this.onCaret);
    input.addEventListener("keyup", this.onCaret);
    this.onCaret();
  }

  /** Ends it; spaces at the ends go, the value stays. */
  close(): void {
    if (!this.isOpen) return;
    this.release();
    const range = this.desk.text.range(this.stretch);
    if (!range) return;
    const raw = this.desk.text.toString().slice(range.from, range.to);
    const start = raw.length - raw.trimStart().length;
    const end = raw.trimEnd().length;
    if (start > 0 && end > 0) this.desk.text.edit([{ from: range.from, to: range.from + start, text: "" }], { apart: false });
    const now = this.desk.text.range(this.stretch);
    if (now && end > 0 && end < raw.length) {
      this.desk.text.edit([{ from: now.to - (raw.length - end), to: now.to, text: "" }], { apart: false });
    }
    this.desk.text.undo.stopCapturing();
  }

  /** Ends it and takes back what was typed since it was opened; what others typed stays. */
  cancel(): void {
    if (!this.isOpen) return;
    this.release();
    const { undo } = this.desk.text;
    undo.stopCapturing();
    while (undo.undoStack.length > this.mark) undo.undo();
  }

  /** Puts another value in, as a picker does. */
  set(value: string): void {
    this.binding.input.value = value;
    this.onInput();
  }

  private release(): void {
    this.isOpen = false;
    this.stop();
    const { input } = this.binding;
    input.removeEventListener("input", this.onInput);
    input.removeEventListener("compositionstart", this.onCompose);
    input.removeEventListener("compositionend", this.onComposed);
    input.removeEventListener("keydown", this.onKey as EventListener);
    input.removeEventListener("select", this.onCaret);
    input.removeEventListener("keyup", this.onCaret);
  }

  private readonly onInput = (): void => {
    const { text } = this.desk;
    const { input, form } = this.binding;
    const range = text.range(this.stretch);
    if (!range || !this.isOpen) return;
    const mine = splice(this.shadow, input.value);
    if (!mine) return;
    const all = text.toString();
    const now = this.isFresh ? "" : form.shown(all.slice(range.from, range.to));
    const wanted = over(mine, splice(this.shadow, now)).reduceRight(spliced, now);
    const raw = form.written(wanted);
    const before = /\s/.test(all[range.from - 1] ?? " ") ? "" : " ";
    const after = all[range.to] === "|" ? " " : "";
    this.isOwn = true;
    const isDone = text.edit([{ ...range, text: before + raw + after }], { apart: false });
    this.isOwn = false;
    if (!isDone) {
      input.value = this.shadow;
      return;
    }
    this.isFresh = false;
    const from = range.from + before.length;
    this.stretch = text.around(from, from + raw.length);
    this.shadow = input.value;
    // A line end that became a space, or letters of others that waited for the end of a composition.
    if (!this.isComposing) this.refresh();
    this.onCaret();
  };

  private onText(): void {
    if (this.isOwn || !this.isOpen) return;
    const range = this.desk.text.range(this.stretch);
    if (!range || this.binding.isThere?.(range.from, range.to) === false) {
      this.release();
      this.binding.onGone?.();
      return;
    }
    if (!this.isComposing) this.refresh();
  }

  private refresh(): void {
    const range = this.desk.text.range(this.stretch);
    if (!range || this.isFresh) return;
    const { input, form } = this.binding;
    const now = form.shown(this.desk.text.toString().slice(range.from, range.to));
    const change = splice(input.value, now);
    this.shadow = now;
    if (!change) return;
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = input;
    input.value = now;
    if (document.activeElement === input && selectionStart !== null && selectionEnd !== null) {
      const start = moved(selectionStart, change, "before");
      const end = moved(selectionEnd, change, "before");
      input.setSelectionRange(start, Math.max(start, end), selectionDirection ?? "none");
      input.scrollTop = scrollTop;
    }
  }

  private readonly onCompose = (): void => {
    this.isComposing = true;
  };

  private readonly onComposed = (): void => {
    this.isComposing = false;
    this.onInput();
    this.refresh();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    // The browser's own history does not know what others typed meanwhile.
    event.preventDefault();
    event.stopPropagation();
    if (key === "y" || event.shiftKey) this.desk.text.redoOwn();
    else this.desk.text.undoOwn();
  };

  private readonly onCaret = (): void => {
    const range = this.desk.text.range(this.stretch);
    if (!range || !this.isOpen) return;
    const { selectionStart } = this.binding.input;
    const at = Math.min(range.to, range.from + (selectionStart ?? 0));
    this.desk.present(at, at);
  };
}
