/** What the types of an agent with fifty tools cost to check, beside fifty schemas of the same shape. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute } from "../run/execute.ts";
import type { Metrics } from "../work/types.ts";

const TOOLS = 50;
const WORK = fileURLToPath(new URL("../../.work/types/", import.meta.url));

/** `schemas` is the floor: the same shapes and imports, and no tool. */
export function typesCost(subject: "agent" | "schemas"): Promise<Metrics> {
  return checked(subject, subject === "agent" ? agentText() : schemasText());
}

const schema = (index: number): string =>
  `z.object({ id: z.string(), count${index}: z.number().int(), tags: z.array(z.string()), kind: z.enum(["a", "b${index}"]), at: z.object({ x: z.number(), y: z.number().optional() }) })`;

function schemasText(): string {
  const all = Array.from({ length: TOOLS }, (_, index) => `export const schema${index} = ${schema(index)};`);
  const types = all.map(
    (_, index) =>
      `export const use${index} = (v: z.infer<typeof schema${index}>): number => v.count${index};`,
  );
  // The package is in both, so that what differs is the tools.
  return [
    'import { Agent } from "locus-sdk";',
    'import { z } from "zod";',
    ...all,
    ...types,
    'export const agent = new Agent({ model: "openai:m" });',
  ].join("\n");
}

function agentText(): string {
  const all = Array.from(
    { length: TOOLS },
    (_, index) =>
      `const tool${index} = tool({ name: "tool${index}", description: "A tool.", parameters: ${schema(index)}, execute: (v) => ({ sum: v.count${index} + v.at.x, first: v.tags[0] ?? v.kind }) });`,
  );
  const names = all.map((_, index) => `tool${index}`).join(", ");
  return [
    'import { Agent, tool } from "locus-sdk";',
    'import { z } from "zod";',
    ...all,
    `export const agent = new Agent({ model: "openai:m", tools: [${names}] });`,
  ].join("\n");
}

async function checked(name: string, text: string): Promise<Metrics> {
  const folder = join(WORK, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "subject.ts"), `${text}\n`);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2024",
        lib: ["es2024", "esnext.disposable"],
        module: "nodenext",
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        skipLibCheck: true,
        types: [],
      },
      files: ["subject.ts"],
    }),
  );
  const told = await execute("tsc", ["-p", folder, "--extendedDiagnostics", "--singleThreaded"]);
  const read = (label: string): number => {
    const found = new RegExp(`^${label}:\\s+([\\d.]+)`, "m").exec(told)?.[1];
    if (found === undefined) throw new Error(`tsc tells no "${label}"`);
    return Number(found);
  };
  return { instantiations: read("Instantiations"), checkMs: read("Check time") * 1_000 };
}
