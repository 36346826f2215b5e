// The entry: what it offers, and what it leaves unloaded until somebody needs it.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as core from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const packageRoot = new URL("..", import.meta.url);

/** The files that a process has loaded after running `script`, as a user of `locus-sdk` would. */
async function loadedBy(script: string): Promise<readonly string[]> {
  const tracing = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    ${script}
    process.stdout.write(JSON.stringify(loaded));`;
  const { stdout } = await run(tracing);
  return z.array(z.string()).parse(JSON.parse(stdout));
}

/** What a script prints that runs where `locus-sdk` is installed. */
const run = (script: string): Promise<{ readonly stdout: string }> =>
  promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(packageRoot),
    maxBuffer: 1 << 26,
  });

/** Whether `pnpm build` has written what is looked at, as it is published; `tsc -b` leaves a file for each module. */
async function isBundled(): Promise<boolean> {
  const roots = [packageRoot, new URL("../core/", packageRoot)];
  const marks = await Promise.all(roots.map((root) => readFile(new URL("dist/.tsbuildinfo", root), "utf8")));
  return marks.every((mark) => mark === "{}\n");
}

/** Packages that only their users should pay for. */
const vendors =
  /\/node_modules\/(@ai-sdk|@anthropic-ai|@opentelemetry|eventsource-parser|ollama|openai|oci-[a-z]+|pino)\/|\/packages\/(ai-sdk|anthropic|ollama|openai|oci|oci-emulator|checkpointers)\//;

describe("locus-sdk", { timeout: 60_000 }, () => {
  it("loads no provider, no vendor SDK and no logger", async () => {
    const loaded = await loadedBy('await import("locus-sdk");');
    expect(loaded.some((url) => url.includes("/packages/core/dist/index.js"))).toBe(true);
    expect(loaded.filter((url) => vendors.test(url))).toEqual([]);
  });

  it("is a few files of its own, and those of zod and the schema checker", async () => {
    const loaded = await loadedBy('await import("locus-sdk");');
    const own = loaded.filter((url) => url.includes("/packages/"));
    const others = loaded.filter((url) => !own.includes(url));
    // Of small libraries the bundle holds a copy.
    const needed = (await isBundled())
      ? /\/node_modules\/(zod|@cfworker\/json-schema)\/|^node:/
      : /\/node_modules\/(zod|@cfworker\/json-schema|eventemitter3|fastest-levenshtein)\/|^node:/;
    expect(others.filter((url) => !needed.test(url))).toEqual([]);
    // Of the plain modules that `tsc -b` leaves for development there are many, and no fewer than there are.
    if (await isBundled()) expect(own.length).toBeLessThanOrEqual(9);
  });

  it("is read with little memory: it is not long, and of letters that take a byte each", async () => {
    if (!(await isBundled())) return;
    const loaded = await loadedBy('await import("locus-sdk");');
    const own = loaded.filter((url) => url.includes("/packages/"));
    const texts = await Promise.all(own.map((url) => readFile(fileURLToPath(url), "utf8")));
    const lengths = texts.map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThan(240_000);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(510_000);
    expect(texts.filter((text) => /[^\p{ASCII}]/u.test(text))).toEqual([]);
  });

  it("starts without what Node takes long to load: no sockets, no ciphers, no streams", async () => {
    const { stdout } = await run(`
      await import("zod");
      const before = new Set(process.moduleLoadList);
      await import("locus-sdk");
      const added = process.moduleLoadList.filter((name) => !before.has(name));
      process.stdout.write(added.join("\\n"));`);
    if (await isBundled())
      expect(stdout).not.toMatch(/NativeModule (crypto|fs\/promises|https?|net|stream|zlib)$/m);
    expect(stdout).not.toMatch(/NativeModule (https?|http2|tls|child_process|inspector)$/m);
  });

  it("knows an error by its class, whatever entry it comes from", async () => {
    const { stdout } = await run(`
      const { ConfigurationError, LocusError } = await import("locus-sdk");
      const { payloadCodec } = await import("@locus-sdk/core/checkpoint");
      const { ScriptedModel } = await import("locus-sdk/testing");
      const { OpenAIModel } = await import("locus-sdk/openai");
      const { connectSse } = await import("locus-sdk/sse");
      const messages = [{ role: "user", content: "Hi" }];
      const wrong = [
        () => payloadCodec({ keys: { a: "short" }, current: "a" }),
        () => new ScriptedModel([]).complete({ messages }),
        () => new OpenAIModel({ model: "" }),
        () => connectSse("http://127.0.0.1:1", { unknown: true }),
      ];
      for (const make of wrong) {
        const error = await Promise.try(make).then(() => undefined, (thrown) => thrown);
        console.log(error.name, error instanceof LocusError, error instanceof ConfigurationError);
      }`);
    expect(stdout.trim().split("\n")).toEqual([
      "ConfigurationError true true",
      "LocusError true false",
      "ConfigurationError true true",
      "ConfigurationError true true",
    ]);
  });

  it("does not load the vendor's SDK to construct an agent, and does to use it", async () => {
    const construct = `
      const { Agent, getModel } = await import("locus-sdk");
      new Agent({ model: "oci:openai.gpt-oss-120b" });
      new Agent({ model: "ollama:llama3.2" });`;
    expect((await loadedBy(construct)).filter((url) => vendors.test(url))).toEqual([]);
    const use = `${construct}
      const model = await getModel("openai:gpt-4o", { baseURL: "http://127.0.0.1:1/v1", maxRetries: 0 });
      await model.complete({ messages: [{ role: "user", content: "Hi" }] }).catch(() => undefined);`;
    expect((await loadedBy(use)).filter((url) => /\/node_modules\/openai\//.test(url))).not.toEqual([]);
  });

  it("offers all of core, and knows its providers", async () => {
    const locus = await import("./index.ts");
    expect(Object.keys(locus).sort()).toEqual(Object.keys(core).sort());
    expect(locus.listProviders()).toEqual(["anthropic", "oci", "ollama", "openai"]);
  });

  it("tells bundlers which of its files act when they are imported", async () => {
    const manifest = z
      .object({ sideEffects: z.array(z.string()) })
      .parse(JSON.parse(await readFile(new URL("package.json", packageRoot), "utf8")));
    expect(manifest.sideEffects).toEqual(["./dist/index.js", "./dist/bin/locus.js"]);
    const { stdout } = await run(
      'import("locus-sdk").then(({ listProviders }) => console.log(listProviders().join()))',
    );
    expect(stdout).toContain("anthropic,oci,ollama,openai");
  });

  it("has an entry for each store of threads", async () => {
    const exportsOf = async (manifest: URL): Promise<readonly string[]> =>
      Object.keys(
        z
          .object({ exports: z.record(z.string(), z.unknown()) })
          .parse(JSON.parse(await readFile(manifest, "utf8"))).exports,
      );
    const own = await exportsOf(new URL("package.json", packageRoot));
    const stores = await exportsOf(new URL("../checkpointers/package.json", packageRoot));
    expect(own.filter((entry) => entry.startsWith("./checkpointers/"))).toEqual(
      stores.map((entry) => entry.replace("./", "./checkpointers/")),
    );
  });

  it.each([
    ["locus-sdk/oci", "createOciOpenAI"],
    ["locus-sdk/openai", "OpenAIModel"],
    ["locus-sdk/ollama", "OllamaModel"],
    ["locus-sdk/ai-sdk", "toLanguageModel"],
    ["locus-sdk/telemetry", "telemetryHook"],
    ["locus-sdk/sse", "connectSse"],
    ["locus-sdk/testing", "ScriptedModel"],
    ["locus-sdk/emulator", "startOciEmulator"],
    ["locus-sdk/emulator", "openOciEnvironment"],
    ["locus-sdk/checkpointers/sqlite", "SqliteCheckpointer"],
  ])("%s offers %s", async (entry, name) => {
    const script = `
      const entry = await import(${JSON.stringify(entry)});
      if (typeof entry[${JSON.stringify(name)}] !== "function") throw new Error("it is not there");`;
    await expect(loadedBy(script)).resolves.toContainEqual(expect.stringContaining("/packages/locus/dist/"));
  });
});
