// A browser's storage, in memory.
export class Box {
  readonly held = new Map<string, string>();
  get length(): number {
    return this.held.size;
  }
  key(at: number): string | null {
    return [...this.held.keys()][at] ?? null;
  }
  getItem(name: string): string | null {
    return this.held.get(name) ?? null;
  }
  setItem(name: string, value: string): void {
    this.held.set(name, value);
  }
  removeItem(name: string): void {
    this.held.delete(name);
  }
}
