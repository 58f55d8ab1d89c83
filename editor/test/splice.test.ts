import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moved, over, splice, spliced, wellFormed } from "../src/splice";

const signs = fc.string({ unit: fc.constantFrom("a", "b", "é", "😀", "😁", "|", "\\", " ") });

describe("the smallest change", () => {
  it("makes the one string of the other", () => {
    fc.assert(fc.property(signs, signs, (before, after) => {
      expect(spliced(before, splice(before, after))).toBe(after);
    }));
  });

  it("never splits a pair of surrogates", () => {
    fc.assert(fc.property(signs, signs, (before, after) => {
      const change = splice(before, after);
      if (!change) return;
      expect(wellFormed(change.insert)).toBe(change.insert);
      expect(wellFormed(before.slice(0, change.at))).toBe(before.slice(0, change.at));
      const removed = before.slice(change.at, change.at + change.remove);
      expect(wellFormed(removed)).toBe(removed);
    }));
  });

  it("leaves a shared beginning and end alone", () => {
    expect(splice("Restarted it", "Restarted all of it")).toEqual({ at: 10, remove: 0, insert: "all of " });
    expect(splice("😀", "😁")).toEqual({ at: 0, remove: 2, insert: "😁" });
    expect(splice("a", "a")).toBeNull();
  });
});

describe("a change over another", () => {
  it("keeps what both typed, and removes nothing that only the other knew", () => {
    const tokens = fc.tuple(fc.string({ unit: fc.constantFrom("a", "b", "c") }), fc.nat(), fc.nat(), fc.nat(), fc.nat());
    fc.assert(fc.property(tokens, fc.boolean(), fc.boolean(), ([text, a, b, c, d], mineTypes, theirsTypes) => {
      const cut = (at: number, size: number, insert: string) => {
        const from = at % (text.length + 1);
        return { at: from, remove: size % (text.length - from + 1), insert };
      };
      const mine = cut(a, b, mineTypes ? "MINE" : "");
      const theirs = cut(c, d, theirsTypes ? "THEIRS" : "");
      const result = over(mine, theirs).reduceRight(spliced, spliced(text, theirs));
      if (mineTypes) expect(result).toContain("MINE");
      if (theirsTypes) expect(result).toContain("THEIRS");
      // A sign that neither removed is still there.
      const kept = [...text].filter((_, at) => {
        const inside = (change: { at: number; remove: number }) => at >= change.at && at < change.at + change.remove;
        return !inside(mine) && !inside(theirs);
      });
      const left = [...result.replace("MINE", "").replace("THEIRS", "")];
      let next = 0;
      for (const sign of left) if (sign === kept[next]) next += 1;
      expect(next).toBe(kept.length);
    }), { numRuns: 2000 });
  });

  it("moves a caret with the text around it", () => {
    const change = { at: 3, remove: 2, insert: "xyz" };
    expect(moved(2, change)).toBe(2);
    expect(moved(5, change)).toBe(6);
    expect(moved(9, change)).toBe(10);
    expect(moved(3, { at: 3, remove: 0, insert: "!" }, "before")).toBe(3);
  });
});
