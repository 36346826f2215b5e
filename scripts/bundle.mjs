// Bundles the package it is run in: one file per entry of package.json, and chunks for what entries share or load on
// demand. Loading a few files costs a third of loading hundreds, and a class is the same one at every entry.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const { exports: paths = {}, bin = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const files = [...Object.values(paths).map((path) => path.default), ...Object.values(bin)];
const entryPoints = files.map((file) => file.replace("./dist/", "src/").replace(/\.js$/, ".ts"));

// What `tsc -b` left is not published beside the bundles.
for (const file of readdirSync("dist", { recursive: true }))
  if (/\.js(\.map)?$/.test(file)) rmSync(`dist/${file}`);

const { metafile } = await build({
  entryPoints,
  outbase: "src",
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node22.13",
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
});

// Users read the names of classes (`error.name`), which a bundler does not keep: it calls one that speaks of itself
// `_Name`, which is put right without moving a column of the source map, and one of two of a name `Name2`.
for (const file of Object.keys(metafile.outputs).filter((file) => file.endsWith(".js"))) {
  let text = readFileSync(file, "utf8");
  for (const [, name] of text.matchAll(/^var (\w+) = class _\1\b/gm))
    text = text.replaceAll(new RegExp(`\\b_${name}\\b`, "g"), ` ${name}`);
  const lost = /\bclass (_\w+|\w+\d)\b/.exec(text);
  if (lost !== null) throw new Error(`${file}: there are two classes that would be called ${lost[1]}`);
  writeFileSync(file, text);
}

// `tsc -b` takes what is in `dist` for its own. Now it is not, so that it writes all of it again when it next runs.
writeFileSync("dist/.tsbuildinfo", "{}\n");
