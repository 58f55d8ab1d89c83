// The application over a copy of the example library, and a browser that looks at it.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const root = new URL("..", import.meta.url).pathname;
const binary = process.env.RECOUNT_BIN ?? join(root, "target/debug/recount");
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts the application; `close` ends it and removes its library. */
export async function serve() {
  const library = mkdtempSync(join(tmpdir(), "recount-browser-"));
  cpSync(join(root, "examples"), library, { recursive: true });
  const git = (...words) =>
    spawnSync("git", ["-C", library, "-c", "user.name=Ana", "-c", "user.email=ana@kestrelrow.example", ...words]);
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Take the library over");
  const server = spawn(binary, ["--library", library, "serve", "--address", "127.0.0.1:0"], {
    env: { ...process.env, RECOUNT_NOW: "2026-11-23T10:00:00Z" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await new Promise((resolve, reject) => {
    let text = "";
    server.stdout.on("data", (data) => {
      text += data;
      if (text.includes("\n")) resolve(text.trim().split("\n")[0]);
    });
    server.on("exit", (code) => reject(new Error(`the application ended with ${code}`)));
  });
  const close = () => {
    server.removeAllListeners("exit");
    server.kill();
    rmSync(library, { recursive: true, force: true });
  };
  return { address, library, close };
}

/** Opens the browser that this machine has. */
export async function browse() {
  const executablePath = process.env.CHROMIUM ?? browsers.find((path) => existsSync(path));
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Every page that needs no more than the example library. */
export const PAGES = [
  ["home", "/"],
  ["list", "/postmortems"],
  ["list-filtered", "/postmortems?severity=Sev1&sort=longest"],
  ["list-empty", "/postmortems?title=nothing-like-it"],
  ["postmortem", "/p/INC-0012"],
  ["postmortem-final", "/p/INC-0010"],
  ["postmortem-draft", "/p/INC-0014"],
  ["export", "/p/INC-0011/export"],
  ["edit", "/p/INC-0012/edit"],
  ["edit-text", "/p/INC-0014/edit/text"],
  ["history", "/p/INC-0012/history"],
  ["actions", "/actions"],
  ["new", "/new"],
  ["search", "/search?q=certificate"],
  ["search-empty", "/search"],
  ["insights", "/insights"],
  ["rules", "/rules"],
  ["rule", "/rules/overdue-action"],
  ["keys", "/keys"],
  ["account", "/account"],
  ["api", "/api"],
  ["missing", "/p/INC-9999"],
];
