/** Installs the peers, each into a folder of its own, so that no two of them fight over a version and nobody else pays. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isInstalled, PEERS, peerFolder } from "./contestants/contestants.ts";
import { execute } from "./run/execute.ts";

const NPM = [
  "install",
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--legacy-peer-deps",
  "--loglevel=error",
];

/** Installs what is missing or of another version; resolves to why, for each that cannot be had. */
export async function installPeers(say: (text: string) => void): Promise<Readonly<Record<string, string>>> {
  const absent: Record<string, string> = {};
  for (const [id, { name, packages }] of Object.entries(PEERS)) {
    const folder = peerFolder(id);
    const wanted = JSON.stringify(packages);
    const stamp = new URL("installed.json", folder);
    if (isInstalled(id) && readFileSync(stamp, "utf8") === wanted) continue;
    say(`installing ${name}\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const manifest = { private: true, type: "module", dependencies: packages };
    writeFileSync(new URL("package.json", folder), JSON.stringify(manifest, null, 2));
    // Imported from here, a specifier means what is installed here.
    writeFileSync(new URL("load.mjs", folder), "export const load = (specifier) => import(specifier);\n");
    try {
      await execute("npm", NPM, { cwd: fileURLToPath(folder) });
      writeFileSync(stamp, wanted);
    } catch (error) {
      absent[id] = `cannot be installed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return absent;
}
