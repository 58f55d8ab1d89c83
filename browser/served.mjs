// The application over a copy of the example library, and a browser that looks at it.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const root = new URL("..", import.meta.url).pathname;
const binary = process.env.RECOUNT_BIN ?? join(root, "target/debug/recount");
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Two with accounts, where there are accounts. */
export const ANA = { name: "ana", display: "Ana Lindqvist", password: "seven quiet seats left" };
export const JOEL = { name: "joel", display: "Joel Okafor", password: "the house lights are on" };

/**
 * Starts the application; `close` ends it and removes its library. With `accounts` everybody signs in, as
 * {@link ANA} or {@link JOEL}; `files` are put into the library before, by their paths.
 */
export async function serve({ accounts = false, files = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "recount-browser-"));
  const library = join(folder, "kestrel");
  cpSync(join(root, "examples"), library, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(library, path), text);
  const git = (...words) => {
    const dates = { GIT_AUTHOR_DATE: "2026-11-20T09:00:00Z", GIT_COMMITTER_DATE: "2026-11-20T09:00:00Z" };
    spawnSync("git", ["-C", library, ...words], { env: { ...process.env, ...dates } });
  };
  git("init", "--quiet");
  git("config", "user.name", "Ana Lindqvist");
  git("config", "user.email", "ana@kestrelrow.example");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Take the library over");
  const env = { ...process.env, RECOUNT_NOW: "2026-11-23T10:00:00Z" };
  if (accounts) {
    for (const { name, display, password } of [ANA, JOEL]) {
      const words = ["--library", library, "user", "add", name, "--display", display];
      const made = spawnSync(binary, words, { env, input: `${password}\n`, encoding: "utf8" });
      if (made.status !== 0) throw new Error(`no account was made: ${made.stderr}`);
    }
  }
  const start = async (place) => {
    const server = spawn(binary, ["--library", library, "serve", "--address", place], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const address = await new Promise((resolve, reject) => {
      let text = "";
      server.stdout.on("data", (data) => {
        text += data;
        if (text.includes("\n")) resolve(text.trim().split("\n")[0]);
      });
      server.on("exit", (code) => reject(new Error(`the application ended with ${code}`)));
    });
    server.removeAllListeners("exit");
    return { server, address };
  };
  let { server, address } = await start("127.0.0.1:0");
  /** Ends it as a power cut does, and starts it again at the same place after `rest` milliseconds. */
  const killed = async (rest = 0) => {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await gone;
    await new Promise((resolve) => setTimeout(resolve, rest));
    ({ server } = await start(`127.0.0.1:${new URL(address).port}`));
  };
  const close = () => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  return { address, library, close, killed, git };
}

/**
 * Opens a page and notes in `faults` whatever must not happen on any: an error in the console (a refusal of the content
 * security policy is one), an exception, a dialog, a request to elsewhere.
 */
export async function look(browser, application, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // A form that came back has a status of its own, which browsers log as well.
    const isAnswer = /^Failed to load resource: .* (404|409|422|403) /.test(message.text());
    if (message.type() === "error" && !(isAnswer && message.location().url === page.url())) faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    faults.push(`a dialog says ${dialog.message()}`);
    dialog.dismiss();
  });
  context.on("request", (request) => {
    if (!request.url().startsWith(`${application.address}/`)) faults.push(`${request.url()} was asked for`);
  });
  await page.goto(application.address + path);
  return { page, faults, close: () => context.close() };
}

/** Signs in as somebody. */
export async function signIn(page, { name, password } = ANA) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
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
  ["evidence", "/p/INC-0014/evidence"],
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
  ["nowhere", "/nowhere"],
];
