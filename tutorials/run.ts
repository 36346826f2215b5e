/**
 * Runs a tutorial: `pnpm tutorial 02`, or by name, `pnpm tutorial tools`; lists them without one.
 *
 * With an OCI configuration (environment or ~/.oci/config) it runs on OCI. Without one, the emulator stands in: it is
 * started here, and the tutorial, a process of its own, is pointed at it by nothing but its environment.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { nearest } from "locus-sdk";
import { openOciEnvironment } from "locus-sdk/emulator";
import { startStandIns } from "./stand-ins.ts";

/** These go to other providers as well, which are stood in for where their keys are not there. */
const MANY_PROVIDERS: readonly string[] = ["29-model-providers"];

const here = new URL("./", import.meta.url);
const files = (await readdir(here)).filter((name) => /^\d\d-[\w-]+\.ts$/.test(name)).sort();
const names = files.map((file) => file.replace(/\.ts$/, ""));
const [wanted, ...rest] = process.argv.slice(2);

if (wanted === undefined || wanted === "--list" || wanted === "--help") await list();
else process.exitCode = await run(wanted);

async function list(): Promise<void> {
  console.log("pnpm tutorial <number or name>\n");
  for (const name of names) {
    const source = await readFile(new URL(`${name}.ts`, here), "utf8");
    // The first line of a tutorial's comment is its title, after its number.
    const title = /^ \* \d+\. (.+)$/m.exec(source)?.[1] ?? "";
    console.log(`  ${name.padEnd(24)}${title}`);
  }
}

async function run(asked: string): Promise<number> {
  const name = find(asked);
  if (name === undefined) {
    const near = nearest(asked, [...names, ...names.map((each) => each.slice(3))]);
    console.error(`There is no tutorial "${asked}".${near === undefined ? "" : ` Did you mean "${near}"?`}`);
    await list();
    return 2;
  }
  // Another provider's model, named by LOCUS_MODEL, needs no OCI and no stand-in for it; what is about OCI always does.
  const needsOci = name.includes("oci") || (process.env.LOCUS_MODEL || "oci:").startsWith("oci:");
  await using oci = needsOci ? await openOciEnvironment() : null;
  if (oci?.notice !== undefined) console.error(oci.notice);
  await using standIns = MANY_PROVIDERS.includes(name) ? await startStandIns(process.env) : null;
  const child = spawn(process.execPath, [fileURLToPath(new URL(`${name}.ts`, here)), ...rest], {
    env: { ...process.env, ...oci?.env, ...standIns?.env },
    stdio: "inherit",
  });
  // Ctrl-C reaches the tutorial as well, which decides what it means.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  await once(child, "exit");
  const { exitCode, signalCode } = child;
  return exitCode ?? 128 + (signalCode === null ? 0 : constants.signals[signalCode]);
}

/** "2", "02", "tools" and "02-tools" are the same. */
function find(asked: string): string | undefined {
  const wish = asked.replace(/\.ts$/, "");
  const number = /^\d+$/.test(wish) ? wish.padStart(2, "0") : undefined;
  return names.find((name) => name === wish || name.slice(0, 2) === number || name.slice(3) === wish);
}
