// Dates and times as the document writes them, in UTC, with the reader's own time beside them; and the pickers for both.
import { freshId, h } from "./dom";

const WRITTEN = /(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::\d{2})?)?/;

/** The parts of a time as written; empty where there is none. */
export function parts(text: string): { date: string; time: string } {
  const found = WRITTEN.exec(text);
  if (found) return { date: found[1] ?? "", time: found[2] ?? "" };
  return { date: "", time: /\b(\d{2}:\d{2})\b/.exec(text)?.[1] ?? "" };
}

/** The instant of a whole time in UTC; nothing where it is not whole or not one. */
export function instant(text: string): Date | null {
  const { date, time } = parts(text);
  if (!date || !time) return null;
  const at = new Date(`${date}T${time}:00Z`);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** An instant as the document writes it. */
export const utc = (at: Date): string => at.toISOString().slice(0, 16).replace("T", " ");

/** An instant as the reader's clock shows it. */
export function local(at: Date): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(at);
}

/** Pickers below an input: a day, and a time of it in UTC; what they say is put in whole. */
export class When {
  readonly element: HTMLElement;
  private readonly date: HTMLInputElement;
  private readonly time: HTMLInputElement | null;
  private readonly beside = h("span", { class: "quiet small" });

  constructor(
    private readonly input: HTMLInputElement | HTMLTextAreaElement,
    withTime: boolean,
    /** The day that a bare time of the input is of. */
    private readonly day: () => string,
    put: (value: string) => void,
  ) {
    const dateId = freshId("day");
    const timeId = freshId("time");
    this.date = h("input", { type: "date", id: dateId });
    this.time = withTime ? h("input", { type: "time", id: timeId, step: "60" }) : null;
    const now = h("button", { type: "button", class: "slim" }, withTime ? "Now" : "Today");
    this.element = h(
      "div",
      { class: "when", role: "group", "aria-label": withTime ? "Day and time, in UTC" : "Day" },
      h("label", { for: dateId }, "Day"),
      this.date,
      withTime ? h("label", { for: timeId }, "Time, UTC") : null,
      this.time,
      now,
      this.beside,
    );
    const changed = (): void => {
      const date = this.date.value || this.day();
      if (!this.time) {
        if (date) put(date);
      } else if (date && this.time.value) {
        put(`${date} ${this.time.value}`);
      }
      this.update();
    };
    this.date.addEventListener("change", changed);
    this.time?.addEventListener("change", changed);
    now.addEventListener("click", () => {
      const at = utc(new Date());
      put(withTime ? at : at.slice(0, 10));
      this.update();
    });
    input.addEventListener("input", this.update);
    input.after(this.element);
    this.update();
  }

  readonly update = (): void => {
    const { date, time } = parts(this.input.value);
    // A day that nobody wrote is shown to nobody.
    this.date.value = date || (time && this.day());
    if (this.time) this.time.value = time;
    const at = instant(`${date || this.day()} ${time}`);
    this.beside.textContent = this.time && at ? `${local(at)}, your time` : "";
  };

  remove(): void {
    this.input.removeEventListener("input", this.update);
    this.element.remove();
  }
}
