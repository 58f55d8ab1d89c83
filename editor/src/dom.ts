// Elements without markup: text stays text, whatever somebody wrote. No style attributes, which the page's content
// security policy refuses.

type Listener = (event: never) => unknown;
type Value = string | number | boolean | null | undefined | Listener;

/** An element with attributes (`on…` are listeners; false, null and nothing are left out) and children. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, Value> = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function set(element: Element, name: string, value: string | null): void {
  if (value === null) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

let names = 0;
/** An `id` that no other element has. */
export const freshId = (word: string): string => `${word}-${(names += 1)}`;

/** Brings children into an order without touching those that stand right, so that none loses focus or scrolls. */
export function arrange(parent: Element, wanted: readonly Element[]): void {
  const keep = new Set<Element>(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  const focused = wanted.findIndex((child) => child.contains(document.activeElement));
  if (focused >= 0) {
    // What holds the focus stays; the others are put around it.
    const pivot = wanted[focused] as Element;
    if (pivot.parentElement === parent) {
      let next: Element = pivot;
      for (let at = focused - 1; at >= 0; at -= 1) {
        const child = wanted[at] as Element;
        if (next.previousElementSibling !== child) parent.insertBefore(child, next);
        next = child;
      }
      let last: Element = pivot;
      for (const child of wanted.slice(focused + 1)) {
        if (last.nextElementSibling !== child) last.after(child);
        last = child;
      }
      return;
    }
  }
  let at = parent.firstElementChild;
  for (const child of wanted) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

/**
 * What a cell holds as people read it: bold, code and links as such, comments left out. Everything else stays as it is
 * written; a link leads only to a web page.
 */
export function inline(text: string): Node[] {
  const nodes: Node[] = [];
  const parts = /<!--.*?-->|\*\*([^*]+)\*\*|`([^`]+)`|\[([^\]]*)\]\(([^()\s]+)\)|<?(https?:\/\/[^\s<>|]+)>?/g;
  let done = 0;
  for (const found of text.matchAll(parts)) {
    if (found.index > done) nodes.push(document.createTextNode(unescaped(text.slice(done, found.index))));
    const [whole, bold, code, label, target, bare] = found;
    if (bold) nodes.push(h("strong", {}, bold));
    else if (code) nodes.push(h("code", {}, code));
    else if (target || bare) nodes.push(link(target ?? bare ?? "", label ?? ""));
    done = found.index + whole.length;
  }
  if (done < text.length) nodes.push(document.createTextNode(unescaped(text.slice(done))));
  return nodes;
}

/** Text without the backslashes that keep its signs from being Markdown's. */
export const unescaped = (text: string): string => text.replace(/\\([!-/:-@[-`{-~])/g, "$1");

/** A link out of the page; text where it is no address of a web page. */
export function link(target: string, label: string): Node {
  if (!/^https?:\/\//i.test(target)) return document.createTextNode(label || target);
  return h("a", { href: target, target: "_blank", rel: "noopener noreferrer", tabindex: -1 }, label || target);
}
