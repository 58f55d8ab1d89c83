// Builds `editor.js`, one ES module, and `editor.css` into a folder (`dist` where none is named), and says what a browser
// loads at first.
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** What a first load may weigh, compressed. */
const MOST = 300 * 1024;

const outdir = process.argv[2] ?? "dist";

await build({
  entryPoints: { editor: "src/main.ts" },
  bundle: true,
  format: "esm",
  minify: true,
  target: ["chrome111", "firefox115", "safari16.4"],
  outdir,
  legalComments: "none",
  logLevel: "warning",
});
await build({ entryPoints: ["src/editor.css"], bundle: true, minify: true, outdir, logLevel: "warning" });

let all = 0;
for (const name of ["editor.js", "editor.css"]) {
  const bytes = readFileSync(join(outdir, name));
  const small = gzipSync(bytes).length;
  all += small;
  console.log(`${name} ${(bytes.length / 1024).toFixed(0)} KB, ${(small / 1024).toFixed(0)} KB compressed`);
}
console.log(`first load ${(all / 1024).toFixed(0)} KB compressed, of ${MOST / 1024} KB`);
if (all > MOST) process.exit(1);
