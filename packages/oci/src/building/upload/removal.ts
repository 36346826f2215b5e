/** Taking files out of the store and off the service: only such as the manifest shows to be ours. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { LocusError } from "@locus-sdk/core";
import pMap from "p-map";
import { deletion } from "../answers.ts";
import { answered, isMissing } from "../service-error.ts";
import type { FolderEntry } from "./list-folder.ts";
import type { FileOutcome } from "./types.ts";
import type { Run } from "./upload-entry.ts";

interface Ours {
  readonly path: string;
  readonly fileId: string;
}

/** Deletes the old versions of files whose new one is in. Until then the old one is better than none. */
export async function removeReplaced(run: Run, concurrency: number): Promise<void> {
  const { replaced } = run.sending.manifest.state;
  const done = (path: string): boolean => isIn(run.outcomes.get(path));
  const old = [...replaced].flatMap(([path, ids]) =>
    done(path) ? [...ids].map((fileId) => ({ path, fileId })) : [],
  );
  await pMap(old, (file) => remove(run, file), { concurrency });
}

/** Whether the new version is known to be in, or none is wanted any more. */
function isIn(outcome: FileOutcome | undefined): boolean {
  if (outcome === undefined) return false;
  const { status } = outcome;
  if (status === "skipped") return outcome.reason === "unchanged";
  return status === "completed" || status === "updated" || status === "removed";
}

/**
 * Takes out what is in the folder no longer, where that is wanted; and deletes what never came as far as the store.
 * What is there and was merely not selected stays.
 */
export async function removeMissing(
  run: Run,
  {
    root,
    entries,
    concurrency,
  }: { readonly root: string; readonly entries: readonly FolderEntry[]; readonly concurrency: number },
): Promise<void> {
  const present = new Set(entries.map(({ path }) => path));
  const { kept } = run.sending.manifest.state;
  const wanted = run.options.removeMissing === true;
  const absent = [...kept].filter(
    ([path, { ours, step }]) => ours && !present.has(path) && (wanted || step === "uploaded"),
  );
  await pMap(
    absent,
    async ([path, { fileId }]) => {
      if (!(await isAbsent(join(root, path)))) return;
      if (await remove(run, { path, fileId })) run.outcomes.set(path, { path, status: "removed", fileId });
    },
    { concurrency },
  );
}

async function isAbsent(absolute: string): Promise<boolean> {
  try {
    await lstat(absolute);
    return false;
  } catch (error) {
    // Anything else than its absence, a permission say, does not tell that it is gone.
    return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
  }
}

/** Whether it could be done; where not, that is the file's outcome, and the next call tries again. */
async function remove(run: Run, file: Ours): Promise<boolean> {
  const { signal } = run.sending;
  if (signal.aborted) return false;
  try {
    await takeOut(run, file);
    return true;
  } catch (error) {
    if (!(error instanceof LocusError)) throw error;
    run.outcomes.set(file.path, { ...file, status: "failed", error });
    return false;
  }
}

/** Noted when it is gone: a kill in between makes the next call try again, and find it gone. */
async function takeOut({ sending, options }: Run, { path, fileId }: Ours): Promise<void> {
  const { client, manifest, signal } = sending;
  const { vectorStoreId } = options;
  await orMissing(
    answered({ what: `taking ${path} out of vector store ${vectorStoreId}`, signal }, deletion, () =>
      client.vectorStores.files.delete(fileId, { vector_store_id: vectorStoreId }, { signal }),
    ),
  );
  await orMissing(
    answered({ what: `deletion of file ${fileId}`, signal }, deletion, () =>
      client.files.delete(fileId, { signal }),
    ),
  );
  await manifest.append({ type: "gone", path, fileId });
}

async function orMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
