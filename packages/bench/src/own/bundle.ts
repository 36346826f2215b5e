/** What "hello, agent" weighs once it is bundled, minified and compressed. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Metrics } from "../work/types.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const NAMED = `
  import { Agent } from "locus-sdk";
  const agent = new Agent({ model: "openai:gpt-4o" });
  console.log((await agent.run("Hello.")).text);
`;
const MADE = `
  import { OpenAIModel } from "locus-sdk/openai";
  import { Agent } from "locus-sdk";
  import { OpenAI } from "openai";
  const agent = new Agent({ model: new OpenAIModel({ model: "gpt-4o" }) });
  console.log((await agent.run("Hello.")).text, OpenAI.name);
`;

export async function bundle(): Promise<Metrics> {
  return { startKB: await loadedAtStart(NAMED), openaiKB: await loadedAtStart(MADE) };
}

/** The entry and every chunk that it imports before it runs: what is loaded on demand is not loaded by this. */
async function loadedAtStart(contents: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: HERE, loader: "ts" },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    outdir: "out",
    absWorkingDir: HERE,
    write: false,
    metafile: true,
    logLevel: "silent",
    external: ["@opentelemetry/api"],
  });
  const entry = Object.keys(metafile.outputs).find(
    (path) => metafile.outputs[path]?.entryPoint === "<stdin>",
  );
  if (entry === undefined) throw new Error("the bundle has no entry");
  const wanted = new Set([entry]);
  for (const path of wanted) {
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (kind === "import-statement" && next in metafile.outputs) wanted.add(next);
  }
  const files = outputFiles.filter(({ path }) => [...wanted].some((one) => path.endsWith(one)));
  return files.reduce((sum, { contents: bytes }) => sum + gzipSync(bytes, { level: 9 }).length, 0) / 1_000;
}
