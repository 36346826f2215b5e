/** `locus oci vector-stores add`: folders and files into a store; what was done is noted, and not done again. */
import { stat } from "node:fs/promises";
import { basename, dirname, matchesGlob } from "node:path";
import type { UploadReport } from "@locus-sdk/oci";
import type { OciFlags } from "../oci-flags.ts";
import { UsageError } from "../options.ts";
import { asIs, count, plural, size, span } from "../show/units.ts";
import type { Action, Task } from "./action.ts";
import { openProgress } from "./progress.ts";
import { openTally } from "./tally.ts";

interface AddFlags extends OciFlags {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly concurrency?: number;
  readonly retryFailed?: true;
  /** `--no-wait` */
  readonly wait: boolean;
  /** In ms. */
  readonly timeout?: number;
}

/** A folder, and those of its files that are meant. */
interface Batch {
  readonly directory: string;
  readonly include?: readonly string[];
}

export const add: Action<AddFlags> = {
  usage: "add <id> <paths...>",
  summary: "add folders and files to a vector store; after Ctrl-C the same command goes on",
  notes:
    "What was done is noted in each folder, in .locus-upload.<id>.jsonl: what is in the store is not sent again, and a file that has changed is replaced.",
  example: 'add vs_1 ./handbook --exclude "drafts/**"',
  options: [
    ["--include <glob>", "only files like this, relative to their folder", asIs, "several"],
    ["--exclude <glob>", "no files or folders like this", asIs, "several"],
    ["--concurrency <n>", "so many files at once (default: 8)", count],
    ["--retry-failed", "try again what the store could not take in before"],
    ["--no-wait", "do not wait until the store has taken the files in"],
    ["--timeout <span>", "wait for that no longer than this: 90s, 10m, 2h (default: 30m)", span],
  ],
  run: async (task) => {
    const [vectorStoreId = "", ...paths] = task.args;
    const { UploadCancelledError } = await import("@locus-sdk/oci");
    const { output } = task.view;
    const tally = openTally(task.view);
    for (const batch of await batchesOf(paths, task.flags.include)) {
      try {
        const { files } = await upload(task, vectorStoreId, batch);
        tally.take(batch.directory, files);
      } catch (error) {
        if (error instanceof UploadCancelledError && !output.gone.aborted) {
          const { files, uploaded, skipped } = error.report;
          tally.take(batch.directory, files);
          output.note(
            `locus: interrupted with ${plural(uploaded + skipped, "file")} done; the same command again goes on from there`,
          );
        }
        throw error;
      }
    }
    return tally.end();
  },
};

async function upload(
  { genai, flags, view, signal }: Task<AddFlags>,
  vectorStoreId: string,
  batch: Batch,
): Promise<UploadReport> {
  const { uploadFolder } = await import("@locus-sdk/oci");
  using progress = await openProgress(view.output, "bar");
  return await uploadFolder(genai, {
    ...optionsOf(flags),
    ...batch,
    vectorStoreId,
    signal,
    onProgress: ({ phase, doneFiles, totalFiles, doneBytes, totalBytes, path }) => {
      const sent = `${size(doneBytes)} of ${size(totalBytes)}`;
      progress.say(phase === "uploading" ? `${sent}  ${path}` : "taken in by the store");
      progress.update(doneFiles, totalFiles);
    },
  });
}

/** Folders as they are; files by folder, because what is done is noted folder by folder. */
async function batchesOf(
  paths: readonly string[],
  include: readonly string[] | undefined,
): Promise<readonly Batch[]> {
  const folders: Batch[] = [];
  const files = new Map<string, string[]>();
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) throw new UsageError(`there is no file or folder ${path}`);
    if (found.isDirectory()) folders.push({ directory: path, ...(include === undefined ? {} : { include }) });
    else files.set(dirname(path), [...(files.get(dirname(path)) ?? []), globOf(path)]);
  }
  return [...folders, ...[...files].map(([directory, names]) => ({ directory, include: names }))];
}

/** A glob of this name alone. @throws UsageError for the few names of which there is none. */
function globOf(path: string): string {
  const name = basename(path);
  const glob = name.replace(/[*?[\](){}]/g, "[$&]");
  if (matchesGlob(name, glob)) return glob;
  throw new UsageError(
    `${path} has braces or a backslash in its name: add its folder ${dirname(path)} instead`,
  );
}

function optionsOf({ exclude, concurrency, retryFailed, wait, timeout }: AddFlags) {
  return {
    ...(exclude === undefined ? {} : { exclude }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(retryFailed === undefined ? {} : { retryFailed }),
    waitForIngestion: wait && (timeout === undefined ? true : { timeoutMs: timeout }),
  };
}
