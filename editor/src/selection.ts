// Which rows of a list are selected, and on which one the keys act. It knows names in an order, and no page.

export class Selection {
  current = "";
  readonly selected = new Set<string>();
  private order: readonly string[] = [];
  private places = new Map<string, number>();
  /** Where extending began, and what was selected then. */
  private began: { at: string; before: Set<string> } | null = null;

  /** `may` says whether a row can be selected at all. */
  constructor(private readonly may: (key: string) => boolean) {}

  get number(): number {
    return this.places.get(this.current) ?? -1;
  }

  /** Takes another list: what is not in it is selected no more, and the neighbour of a current row that went is current. */
  list(order: readonly string[]): void {
    const was = this.number;
    const old = this.order;
    this.order = order;
    this.places = new Map(order.map((key, at) => [key, at]));
    for (const key of this.selected) if (!this.places.has(key) || !this.may(key)) this.selected.delete(key);
    if (this.began && !this.places.has(this.began.at)) this.began = null;
    if (this.places.has(this.current)) return;
    // The next one that is still there; behind the end, the last.
    const next = old.slice(Math.max(0, was + 1)).find((key) => this.places.has(key));
    this.current = (was >= 0 ? next : undefined) ?? (was >= 0 ? order.at(-1) : order[0]) ?? "";
  }

  go(to: number, extend = false): void {
    if (this.order.length === 0) return;
    const start = this.current;
    this.current = this.order[Math.max(0, Math.min(to, this.order.length - 1))] ?? "";
    if (!extend) {
      this.began = null;
      return;
    }
    this.began ??= { at: start, before: new Set(this.selected) };
    const ends = [this.places.get(this.began.at) ?? 0, this.number];
    this.selected.clear();
    for (const key of this.began.before) this.selected.add(key);
    for (const key of this.order.slice(Math.min(...ends), Math.max(...ends) + 1)) if (this.may(key)) this.selected.add(key);
  }

  toggle(key = this.current): boolean {
    this.began = null;
    if (!this.places.has(key) || !this.may(key)) return false;
    this.current = key;
    if (!this.selected.delete(key)) this.selected.add(key);
    return true;
  }

  all(): void {
    this.began = null;
    for (const key of this.order) if (this.may(key)) this.selected.add(key);
  }

  clear(): void {
    this.began = null;
    this.selected.clear();
  }

  /** Rows that are dealt with are selected no more; what was selected meanwhile stays so. */
  drop(keys: Iterable<string>): void {
    for (const key of keys) {
      this.selected.delete(key);
      this.began?.before.delete(key);
    }
  }

  /** What an action is about: the selected rows in the list's order, or the current one. */
  get meant(): string[] {
    if (this.selected.size > 0) return this.order.filter((key) => this.selected.has(key));
    return this.current !== "" && this.may(this.current) ? [this.current] : [];
  }
}
