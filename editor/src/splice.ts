// The smallest change that makes one string of another, and what becomes of it when the string changed meanwhile.
// Pure; what is done with a change stands in `document.ts`.

/** `remove` units at `at` are replaced by `insert`. */
export interface Splice {
  at: number;
  remove: number;
  insert: string;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/**
 * What differs, without the beginning and the end that are the same; nothing where the strings are equal. A pair of
 * surrogates is never split: half a sign does not survive the way through UTF-8.
 */
export function splice(before: string, after: string): Splice | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before.charCodeAt(head) === after.charCodeAt(head)) head += 1;
  if (head > 0 && isHigh(before.charCodeAt(head - 1))) head -= 1;
  let tail = 0;
  while (
    tail < shorter - head &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  ) {
    tail += 1;
  }
  if (tail > 0 && isLow(before.charCodeAt(before.length - tail))) tail -= 1;
  return { at: head, remove: before.length - head - tail, insert: after.slice(head, after.length - tail) };
}

export function spliced(text: string, change: Splice | null): string {
  return change ? text.slice(0, change.at) + change.insert + text.slice(change.at + change.remove) : text;
}

/** Where a place of the old string is in the new one; what was replaced around it ends before or after it. */
export function moved(place: number, change: Splice | null, side: "before" | "after" = "after"): number {
  if (!change || place < change.at) return place;
  if (place === change.at && (side === "before" || change.remove > 0)) return place;
  if (place >= change.at + change.remove) return place + change.insert.length - change.remove;
  return side === "before" ? change.at : change.at + change.insert.length;
}

/**
 * `mine`, made for the string before `theirs`, as it is to be made after it: changes in order that do not overlap. What
 * both removed is removed once, and what they inserted in the midst of what I removed stays.
 */
export function over(mine: Splice, theirs: Splice | null): Splice[] {
  if (!theirs) return [mine];
  const end = mine.at + mine.remove;
  const theirEnd = theirs.at + theirs.remove;
  const grown = theirs.insert.length - theirs.remove;
  const left = Math.max(0, Math.min(end, theirs.at) - mine.at);
  const rightFrom = Math.max(mine.at, theirEnd);
  const right = Math.max(0, end - rightFrom);
  if (mine.at > theirs.at && mine.at >= theirEnd) return [{ ...mine, at: mine.at + grown }];
  const parts: Splice[] = [{ at: Math.min(mine.at, theirs.at), remove: left, insert: mine.insert }];
  if (right > 0) parts.push({ at: rightFrom + grown, remove: right, insert: "" });
  return parts;
}

/** Half signs become the sign for what cannot be read, as they would on their way to the server. */
export function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");
}
