/** All evaluations that there are, one after the other: what detectors find of labelled cases. `--json` for machines. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const isJson = process.argv.includes("--json");
const scripts = readdirSync(here)
  .filter((name) => name === "guardrails.ts" || /^evaluate-[a-z-]+\.ts$/.test(name))
  .sort();

const numbers: Record<string, unknown> = {};
for (const script of scripts) {
  const name = script.replace(/^evaluate-|\.ts$/g, "");
  const { status, stdout } = spawnSync(process.execPath, [join(here, script), ...process.argv.slice(2)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  // What was measured is told all the same.
  if (status !== 0) process.exitCode = 1;
  if (isJson) numbers[name] = status === 0 ? JSON.parse(stdout) : null;
  else process.stdout.write(`── ${name} ──\n${stdout}${status === 0 ? "" : "(failed)\n"}\n`);
}
if (isJson) process.stdout.write(`${JSON.stringify(numbers, null, 2)}\n`);
