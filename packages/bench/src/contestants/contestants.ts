/** Who takes part: this project, the floor, the vendor's client, and the peers that are listed in `peers.json`. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { type Contestant, MODEL, type Open, SYSTEM } from "./types.ts";

export const FLOOR = "raw";
export const OURS = "locus";

const own: Readonly<Record<string, { readonly name: string; readonly open: () => Promise<Open> }>> = {
  raw: { name: "raw fetch", open: async () => (await import("./raw.ts")).open },
  openai: { name: "openai client", open: async () => (await import("./openai-client.ts")).open },
  locus: { name: "Locus", open: async () => (await import("./locus.ts")).open },
  "locus-model": { name: "Locus, model alone", open: async () => (await import("./locus-model.ts")).open },
  "raw-responses": { name: "raw fetch", open: async () => (await import("./raw-responses.ts")).open },
  "locus-responses": { name: "Locus", open: async () => (await import("./locus.ts")).openResponses },
};

const peerShape = z.object({
  name: z.string(),
  /** What a user imports first, for the cost of that. */
  imports: z.string(),
  packages: z.record(z.string(), z.string()),
});
export type Peer = z.infer<typeof peerShape>;

/** The peers, with the exact versions they are measured in. */
export const PEERS: Readonly<Record<string, Peer>> = z
  .record(z.string(), peerShape)
  .parse(JSON.parse(readFileSync(new URL("../../peers.json", import.meta.url), "utf8")));

/** Where a peer's packages are installed. */
export const peerFolder = (id: string): URL => new URL(`../../.peers/${id}/`, import.meta.url);
export const isInstalled = (id: string): boolean => existsSync(new URL("installed.json", peerFolder(id)));

const STAND_INS: Readonly<Record<string, string>> = { zod: "zod alone", schemas: "50 schemas, no tools" };

export function nameOf(id: string): string {
  const peer = PEERS[id];
  if (peer === undefined) return own[id]?.name ?? STAND_INS[id] ?? id;
  const version = peer.packages[peer.name];
  return version === undefined ? peer.name : `${peer.name} ${version}`;
}

/** Makes one contestant in this process. */
export async function contestantOf(id: string, baseURL: string): Promise<Contestant> {
  const known = own[id];
  if (known !== undefined) return (await known.open())({ baseURL });
  const { open } = (await import(new URL(`../../peers/${id}.mjs`, import.meta.url).href)) as {
    readonly open: (setting: object) => Promise<Contestant>;
  };
  // A specifier is resolved from the file that imports it.
  const { load } = (await import(new URL("load.mjs", peerFolder(id)).href)) as {
    readonly load: (specifier: string) => Promise<unknown>;
  };
  return open({ baseURL, load, model: MODEL, system: SYSTEM });
}
