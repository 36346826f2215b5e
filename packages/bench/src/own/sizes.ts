/** What is published of each package: the bytes of its archive, in KB, by the package's name. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute } from "../run/execute.ts";
import type { Metrics } from "../work/types.ts";

const PACKAGES = fileURLToPath(new URL("../../../", import.meta.url));

export async function sizes(): Promise<Metrics> {
  const found = await Promise.all(readdirSync(PACKAGES).map(sizeOf));
  return Object.fromEntries(found.flat());
}

async function sizeOf(folder: string): Promise<readonly (readonly [name: string, kilobytes: number])[]> {
  const cwd = join(PACKAGES, folder);
  const { name, private: isPrivate } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8")) as {
    readonly name: string;
    readonly private?: boolean;
  };
  if (isPrivate === true) return [];
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  // By release, npm tells a list or an object of packages.
  const packed = JSON.parse(await execute("npm", args, { cwd })) as
    | readonly { readonly size: number }[]
    | Readonly<Record<string, { readonly size: number }>>;
  const size = Object.values(packed)[0]?.size;
  if (size === undefined) throw new Error(`npm pack says nothing about ${name}`);
  return [[name, size / 1_000]];
}
