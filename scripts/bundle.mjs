// Bundles the package it is run in: one file per entry of package.json, and chunks for what entries share or load on
// demand. Loading a few files costs a third of loading hundreds, and a class is the same one at every entry.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { build } from "esbuild";

const { exports: paths = {}, bin = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const files = [...Object.values(paths).map((path) => path.default), ...Object.values(bin)];
const sourceOf = (file) => file.replace("./dist/", "src/").replace(/\.js$/, ".ts");
const entryPoints = files.map(sourceOf);

// What `tsc -b` left is not published beside the bundles.
for (const file of readdirSync("dist", { recursive: true, encoding: "utf8" }))
  if (/\.js(\.map)?$/.test(file)) rmSync(`dist/${file}`);

const BUILTIN = /^import \{ ([^}]+) \} from "(node:[\w/]+)";$/gm;
/** Node has these loaded when it starts. An import of one reads all its members all the same, half of Node behind them. */
const AT_HAND = ["node:buffer", "node:events", "node:fs", "node:path", "node:url", "node:util"];
/** These take milliseconds and megabytes to load, and an agent that was only imported has no use for them. */
const LATE = ["crypto", "dns/promises", "fs/promises", "net", "timers/promises", "zlib"].map(
  (name) => `node:${name}`,
);

/** A function that is nothing else: no class, and nothing that `promisify` knows another form of. */
const isPlain = (name, value) =>
  typeof value === "function" && /^[a-z]/.test(name) && Object.getOwnPropertySymbols(value).length === 0;

/** What is at hand is taken without an import; what is late is loaded when one of its functions is first called. */
const builtins = {
  name: "builtins",
  setup(bundler) {
    bundler.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, "utf8").replaceAll(BUILTIN, (whole, list, module) => {
        const names = list.split(",").filter((name) => !/^\s*type /.test(name));
        const found = process.getBuiltinModule(module);
        const arePlain = names.every((name) => isPlain(name.trim(), found[name.trim().split(" ")[0]]));
        if (AT_HAND.includes(module))
          return `const { ${names.join(",").replaceAll(" as ", ": ")} } = process.getBuiltinModule("${module}");`;
        return LATE.includes(module) && arePlain ? whole.replace(module, `late:${module}`) : whole;
      });
      const after = afterMain.has(relative(".", path)) ? `\nimport ${JSON.stringify(resolve(main))};` : "";
      return { contents: contents + after, loader: "ts" };
    });
    bundler.onResolve({ filter: /^late:/ }, ({ path }) => ({ path, namespace: "late", sideEffects: false }));
    bundler.onLoad({ filter: /^late:/, namespace: "late" }, ({ path }) => {
      const module = path.replace("late:", "");
      const plain = Object.entries(process.getBuiltinModule(module)).filter(([name, value]) =>
        isPlain(name, value),
      );
      const contents = [
        `let loaded; const load = () => (loaded ??= process.getBuiltinModule("${module}"));`,
        ...plain.map(([name]) => `export const ${name} = (...given) => load().${name}(...given);`),
      ];
      return { contents: contents.join("\n"), loader: "js" };
    });
  },
};

/** Small libraries of which a copy is put in the bundle, as each file of theirs takes up to a millisecond to load; by the file to copy. */
const COPIED = {
  "@cfworker/json-schema": "dist/esm/index.js",
  eventemitter3: "dist/eventemitter3.esm.js",
  "fastest-levenshtein": "esm/mod.js",
};
const copies = {
  name: "copies",
  setup(bundler) {
    bundler.onResolve({ filter: /^[@\w]/ }, ({ path }) =>
      path in COPIED ? { path: resolve("node_modules", path, COPIED[path]), sideEffects: false } : undefined,
    );
  },
};

/**
 * What V8 needs to read a file grows with the file, and is not given back: a large main entry is read in two halves. The first is
 * what runs first; it is a chunk as it seems to be what another entry needs. A third saves no more.
 */
const FIRST_HALF = "first-half";
const LARGE = 600_000;
const firstHalf = new Set();
const halves = {
  name: "halves",
  setup(bundler) {
    bundler.onResolve({ filter: new RegExp(`^${FIRST_HALF}$`) }, ({ path }) => ({ path, namespace: path }));
    bundler.onLoad({ filter: /.*/, namespace: FIRST_HALF }, () => ({
      contents: [...firstHalf].map((file) => `import ${JSON.stringify(resolve(file))};`).join("\n"),
      resolveDir: ".",
    }));
  },
};

const settings = {
  entryPoints,
  outbase: "src",
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  plugins: [builtins, copies, halves],
  format: "esm",
  platform: "node",
  target: "node22.13",
  // Ours alone is bundled, and what ours imports is meant to be loaded.
  ignoreAnnotations: true,
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
};

/** The bundler leaves letters beyond ASCII in regular expressions alone, and one of them has V8 keep all of the file in 16 bits a letter. */
const inAscii = (text) =>
  text.replaceAll(/[\x80-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Entries that others than agents load: pages that read events, which have no use for the main entry. */
const APART = ["./sse"];

/**
 * What shares files with the main entry, or is loaded by it on demand. Each is told that the entry is there before it, so that all
 * they share is in one chunk: without that, there is one for each set of files that share something.
 */
const afterMain = new Set();
const main = paths["."] && sourceOf(paths["."].default);
if (main !== undefined) {
  const { inputs } = (await build({ ...settings, write: false })).metafile;
  /** The files that one loads, with what is loaded on demand or without. */
  const loadedBy = (entry, kinds) => {
    const loaded = new Set([entry]);
    for (const file of loaded)
      for (const { path, kind } of inputs[file].imports)
        if (kinds.includes(kind) && path in inputs) loaded.add(path);
    return loaded;
  };
  const shared = loadedBy(main, ["import-statement"]);
  for (const [name, path] of Object.entries(paths)) {
    const entry = sourceOf(path.default);
    if (!APART.includes(name) && !shared.isDisjointFrom(loadedBy(entry, ["import-statement"])))
      afterMain.add(entry);
  }
  for (const file of loadedBy(main, ["import-statement", "dynamic-import"]))
    for (const { path, kind } of inputs[file].imports)
      if (kind === "dynamic-import" && path in inputs) afterMain.add(path);
  afterMain.delete(main);

  const inOrder = filesInOrder(main, inputs).filter((file) => file.startsWith("src/"));
  const size = (files) => files.reduce((sum, file) => sum + inputs[file].bytes, 0);
  if (size(inOrder) > LARGE) {
    const cut = inOrder.findIndex((_, index) => size(inOrder.slice(0, index)) > size(inOrder) / 2);
    for (const file of inOrder.slice(0, cut)) firstHalf.add(file);
  }
}

/** The files behind an entry as they run: each after those that it imports. */
function filesInOrder(entry, inputs) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return [];
    seen.add(file);
    const needed = inputs[file].imports.filter(
      ({ path, kind }) => kind === "import-statement" && path in inputs,
    );
    return [...needed.flatMap(({ path }) => visit(path)), file];
  };
  return visit(entry);
}

if (firstHalf.size > 0) entryPoints.push({ in: FIRST_HALF, out: FIRST_HALF });
const { metafile } = await build(settings);

// Users read the names of classes (`error.name`), which a bundler does not keep: it calls one that speaks of itself
// `_Name`, which is put right without moving a column of the source map, and one of two of a name `Name2`.
for (const file of Object.keys(metafile.outputs).filter((file) => file.endsWith(".js"))) {
  let text = readFileSync(file, "utf8");
  for (const [, name] of text.matchAll(/^var (\w+) = class _\1\b/gm))
    text = text.replaceAll(new RegExp(`\\b_${name}\\b`, "g"), ` ${name}`);
  const lost = /\bclass (_\w+|\w+\d)\b/.exec(text);
  if (lost !== null) throw new Error(`${file}: there are two classes that would be called ${lost[1]}`);
  writeFileSync(file, inAscii(text));
}

// A licence asks to stand beside every copy; where a package names its licence alone, the words of that.
const copied = Object.keys(COPIED).filter((name) =>
  Object.keys(metafile.inputs).some((file) => file.includes(`node_modules/${name}/`)),
);
const licences = copied.map((name) => {
  const folder = `node_modules/${name}`;
  const { version, license, author } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text =
    file === undefined
      ? readFileSync(new URL(`licenses/${license}.txt`, import.meta.url), "utf8").replace("<holder>", author)
      : readFileSync(`${folder}/${file}`, "utf8");
  return `${name} ${version}\n\n${text.trim()}\n`;
});
if (licences.length > 0)
  writeFileSync("dist/third-party-licenses.txt", licences.join(`\n${"-".repeat(80)}\n\n`));

// Nobody asks for the half by name.
for (const file of [`dist/${FIRST_HALF}.js`, `dist/${FIRST_HALF}.js.map`]) rmSync(file, { force: true });

// `tsc -b` takes what is in `dist` for its own. Now it is not, so that it writes all of it again when it next runs.
writeFileSync("dist/.tsbuildinfo", "{}\n");
