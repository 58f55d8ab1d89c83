// What a browser adds to pages that are whole without it: keys, the viewer's own
// time beside UTC, and a word when what is shown has changed.
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
  next.querySelector("summary, a")?.focus({ preventScroll: true });
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

// A form that came back says why where one is looking.
document.querySelector("main form [role=alert]")?.scrollIntoView({ block: "center" });

// A page that is looked at listens; one that is hidden does not, since browsers allow few such connections.
function follow() {
  const { of, mark } = document.body.dataset;
  if (mark === undefined) return;
  let source = null;
  // What was sent back, or is only a preview, is in the page and nowhere else.
  let typed = Boolean(document.querySelector("main form [role=alert], form.conflict, .preview"));
  document.addEventListener("input", (event) => (typed ||= Boolean(event.target.closest("main form"))));
  const tell = (text, action) => {
    source?.close();
    source = null;
    document.removeEventListener("visibilitychange", listen);
    const bar = document.createElement("div");
    bar.className = "changed";
    bar.setAttribute("role", "status");
    bar.append(text);
    if (action) {
      const link = document.createElement("a");
      // A form that was sent back stands at the address that it was sent to, which shows nothing by itself: it says
      // which page it is of, or is of the page with all forms.
      const sent = /\/edit\/(?!text$).*/;
      const same = !sent.test(location.pathname);
      const from = document.querySelector("main [name=back]")?.value;
      link.href = same ? location.pathname + location.search : from || location.pathname.replace(sent, "/edit");
      link.textContent = action;
      // What is being typed stays where it is.
      if (typed) link.target = "_blank";
      else if (same) link.addEventListener("click", (event) => (event.preventDefault(), location.reload()));
      bar.append(" ", link);
    }
    document.body.append(bar);
  };
  function listen() {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource(`/events?of=${encodeURIComponent(of)}&mark=${mark}`);
      source.addEventListener("changed", () => tell(of ? "This postmortem changed." : "The library changed.", "Show it"));
      source.addEventListener("gone", () => tell("This postmortem is no longer here."));
    }
  }
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pagehide", () => source?.close());
  listen();
}
follow();
