// Builds assets/player/: `npm ci && npm run build` in this folder. `sources.sha256` says which sources the build is of.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "..", "assets", "player"));

await build({
  entryPoints: ["player.ts", "player.css", "area.ts", "area.css"].map((name) => join(here, "src", name)),
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  minifySyntax: true,
  logLevel: "warning",
});

copyFileSync(join(here, "src", "keys.json"), join(out, "keys.json"));

// The same rule as tests/ui/test_player_assets.py: names in order, each followed by its content.
const digest = createHash("sha256");
const sources = readdirSync(join(here, "src")).map((name) => join("src", name));
for (const name of [...sources, "build.mjs", "package-lock.json", "package.json"].sort()) {
  digest.update(name).update("\0").update(readFileSync(join(here, name))).update("\0");
}
writeFileSync(join(out, "sources.sha256"), `${digest.digest("hex")}\n`);
