// What a browser adds to pages that are whole without it: keys, and the viewer's own time beside UTC.
"use strict";
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

function hover(time) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime()) || time.title) return;
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  time.title = `${local.format(at)}, your time`;
}

function move(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (rows.length === 0) return;
  const now = rows.findIndex((row) => row.classList.contains("here"));
  const next = rows[Math.min(Math.max(now + by, 0), rows.length - 1)];
  rows.forEach((row) => row.classList.toggle("here", row === next));
  next.querySelector("a")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const keys = {
  "/": () => document.querySelector("input[type=search]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  e: () => document.querySelector("a[data-edit]")?.click(),
  n: () => document.querySelector("a[data-new]")?.click(),
  "?": () => document.querySelector("dialog#keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
document.querySelectorAll("time[datetime]").forEach(hover);
