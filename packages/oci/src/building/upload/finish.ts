/** The end of an upload: what the store has taken in, and what it could not. */
import { LocusError, TimeoutError } from "@locus-sdk/core";
import { inTime } from "../../waiting.ts";
import { followFiles, type IngestedFile } from "../store-files.ts";
import type { FileOutcome } from "./types.ts";
import { ingestionError, type Run } from "./upload-entry.ts";

/** How patiently the store is waited for. */
interface Waiting {
  readonly pollMs: number | undefined;
  readonly timeoutMs: number;
}

/** Waits for the files that were put into the store; what became of each is its outcome. */
export async function finishIngestion(run: Run, { pollMs, timeoutMs }: Waiting): Promise<void> {
  const { pending, outcomes, sending, options } = run;
  if (pending.size === 0) return;
  const { manifest, client, signal } = sending;
  const pathOf = new Map([...pending].map(([path, { fileId }]) => [fileId, path]));
  const progress = tellProgress(run);
  const take = (file: IngestedFile): void => {
    const path = pathOf.get(file.fileId);
    if (path === undefined || outcomes.has(path)) return;
    const outcome = outcomeOf(path, file);
    if (outcome === undefined) return;
    outcomes.set(path, outcome);
    progress(path);
  };
  const { vectorStoreId } = options;
  const late = (): TimeoutError =>
    new TimeoutError("the store is still taking it in", { hint: "Call again: it goes on from there." });
  const wanted = [...pathOf.keys()];
  const untilThen = await inTime({ timeoutMs, signal, late }, (limit) =>
    followFiles(client, { vectorStoreId, wanted, pollMs, signal: limit, onFile: take }),
  ).then(
    // Each has an outcome then.
    late,
    (error: unknown) => {
      if (signal.aborted || !(error instanceof LocusError)) throw error;
      return error;
    },
  );
  // Not noted one by one: the store tells it again.
  await Promise.all(
    [...pending].map(async ([path, { fileId }]) => {
      const outcome = outcomes.get(path);
      if (outcome?.status === "completed") await manifest.append({ type: "ingested", path, fileId });
      else if (outcome === undefined)
        outcomes.set(path, { path, status: "failed", fileId, error: untilThen });
    }),
  );
}

function outcomeOf(path: string, { fileId, status, lastError }: IngestedFile): FileOutcome | undefined {
  if (status === "in_progress") return undefined;
  if (status === "completed") return { path, status: "completed", fileId };
  const told = lastError ?? { code: status, message: "it is not in the store any more" };
  const hint = "Look at the file; a call with `retryFailed` has it taken in once more.";
  return { path, status: "failed", fileId, error: ingestionError(path, told, hint) };
}

function tellProgress({ pending, options: { onProgress } }: Run): (path: string) => void {
  const totalBytes = [...pending.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  let [doneFiles, doneBytes] = [0, 0];
  return (path) => {
    doneFiles += 1;
    doneBytes += pending.get(path)?.bytes ?? 0;
    onProgress?.({ phase: "ingesting", doneFiles, totalFiles: pending.size, doneBytes, totalBytes, path });
  };
}
