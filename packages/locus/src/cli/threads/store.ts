/** The store of the command line's threads, opened. */
import { type Checkpointer, FileCheckpointer, MemoryCheckpointer } from "@locus-sdk/core";
import { usualStore } from "./default-store.ts";
import { locateStore, type StoreLocation, shortPath } from "./location.ts";

export interface OpenedStore extends AsyncDisposable {
  readonly checkpointer: Checkpointer;
  readonly location: StoreLocation;
  /** Where threads are kept, as a person is told; `undefined` where they are not. */
  readonly place: string | undefined;
  /** What a command is told to find it; nothing where it is found anyway. */
  readonly args: readonly string[];
}

/**
 * Opens the store that a person named. Who only looks makes nothing: a store that is not there yet is one without threads.
 *
 * @throws UsageError for what cannot be a store.
 */
export async function openStore(text: string, use: "look" | "keep"): Promise<OpenedStore> {
  const location = locateStore(text);
  const isThere = location.kind !== "memory" && (use === "keep" || location.exists);
  const checkpointer: Checkpointer = isThere ? await openCheckpointer(location) : new MemoryCheckpointer();
  return {
    checkpointer,
    location,
    place: location.kind === "memory" ? undefined : shortPath(location.path),
    args: text === usualStore() ? [] : ["--store", text],
    [Symbol.asyncDispose]: async () => checkpointer.close?.(),
  };
}

async function openCheckpointer({
  kind,
  path,
}: Exclude<StoreLocation, { kind: "memory" }>): Promise<Checkpointer> {
  if (kind === "files") return new FileCheckpointer({ directory: path });
  const { SqliteCheckpointer } = await import("@locus-sdk/checkpointers/sqlite");
  return new SqliteCheckpointer({ path });
}
