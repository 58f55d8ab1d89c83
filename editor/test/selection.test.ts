import { expect, test } from "vitest";
import { Selection } from "../src/selection";

const of = (keys: string, never = ""): Selection => {
  const selection = new Selection((key) => !never.includes(key));
  selection.list([...keys]);
  return selection;
};

test("the first row is the current one, and keys stop at the ends", () => {
  const selection = of("abc");
  expect(selection.current).toBe("a");
  selection.go(-5);
  expect(selection.current).toBe("a");
  selection.go(99);
  expect(selection.current).toBe("c");
  of("").go(1);
});

test("an action is about what is selected, or else about the current row", () => {
  const selection = of("abcd", "d");
  expect(selection.meant).toEqual(["a"]);
  selection.toggle("c");
  selection.toggle("b");
  expect(selection.meant).toEqual(["b", "c"]);
  selection.clear();
  selection.go(3);
  expect(selection.meant).toEqual([]);
});

test("extending goes there and back from where it began, and keeps what was selected before", () => {
  const selection = of("abcdef");
  selection.toggle("f");
  selection.go(1);
  selection.go(2, true);
  selection.go(3, true);
  expect(selection.meant).toEqual(["b", "c", "d", "f"]);
  selection.go(0, true);
  expect(selection.meant).toEqual(["a", "b", "f"]);
  selection.go(4);
  selection.go(3, true);
  expect(selection.meant).toEqual(["a", "b", "d", "e", "f"]);
});

test("what may not be selected is left out of a range and of all", () => {
  const selection = of("abc", "b");
  selection.go(2, true);
  expect(selection.meant).toEqual(["a", "c"]);
  expect(selection.toggle("b")).toBe(false);
  selection.clear();
  selection.all();
  expect(selection.meant).toEqual(["a", "c"]);
});

test("where the current row went, the next that is still there is current", () => {
  const selection = of("abcde");
  selection.go(1);
  selection.list([..."ade"]);
  expect(selection.current).toBe("d");
  selection.go(2);
  selection.list([..."ad"]);
  expect(selection.current).toBe("d");
  selection.list([]);
  expect(selection.current).toBe("");
  selection.list([..."xy"]);
  expect(selection.current).toBe("x");
});

test("what is in the list no more is selected no more", () => {
  const selection = of("abc");
  selection.all();
  selection.list([..."bd"]);
  expect(selection.meant).toEqual(["b"]);
});

test("what is dealt with is selected no more, and what was selected meanwhile stays", () => {
  const selection = of("abcdef");
  selection.toggle("a");
  selection.go(2);
  selection.go(3, true);
  selection.drop(["a"]);
  expect(selection.meant).toEqual(["c", "d"]);
  selection.go(4, true);
  expect(selection.meant).toEqual(["c", "d", "e"]);
});
