/** What importing a package costs a process that has nothing else: time, and memory added. */
import { fileURLToPath } from "node:url";
import { FLOOR, OURS, PEERS, peerFolder } from "../contestants/contestants.ts";
import { execute } from "../run/execute.ts";
import { median } from "../statistics.ts";
import type { Metrics } from "../work/types.ts";

/** An import is over so soon that a busy moment would be all there is: the middle one of some counts. */
const TRIES = 5;
const HERE = fileURLToPath(new URL("../../", import.meta.url));
const SPECIFIERS: Readonly<Record<string, string>> = { zod: "zod", openai: "openai", [OURS]: "locus-sdk" };

/** Whoever is imported; a hand-written loop imports nothing, so that `zod` alone is its stand-in. */
export const isImported = (id: string): boolean => id !== FLOOR && (id in SPECIFIERS || id in PEERS);

export async function importing(id: string): Promise<Metrics> {
  const specifier = PEERS[id]?.imports ?? SPECIFIERS[id];
  if (specifier === undefined) throw new Error(`${id} has nothing to import`);
  const program = `
    const memory = process.memoryUsage.rss();
    const start = performance.now();
    await import(${JSON.stringify(specifier)});
    const wallMs = performance.now() - start;
    console.log(JSON.stringify({ wallMs, addedMB: (process.memoryUsage.rss() - memory) / 1e6 }));
    process.exit();
  `;
  const cwd = id in PEERS ? fileURLToPath(peerFolder(id)) : HERE;
  const tries: Record<"wallMs" | "addedMB", number>[] = [];
  for (let count = 0; count < TRIES; count++) {
    const printed = await execute(process.execPath, ["--input-type=module", "-e", program], { cwd });
    tries.push(JSON.parse(printed.trim().split("\n").at(-1) ?? ""));
  }
  return {
    wallMs: median(tries.map(({ wallMs }) => wallMs)),
    addedMB: median(tries.map(({ addedMB }) => addedMB)),
  };
}
