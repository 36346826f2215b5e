/** `locus oci vector-stores files|wait`: what is in a store, and how far each file is. */
import type { IngestedFile, OciGenAI } from "@locus-sdk/oci";
import type { OciFlags } from "../oci-flags.ts";
import { type Column, showList } from "../show/show.ts";
import { localSeconds, plural, size, span } from "../show/units.ts";
import type { Action, Task } from "./action.ts";
import { openProgress } from "./progress.ts";

type StoreFile = Awaited<ReturnType<OciGenAI["vectorStores"]["files"]["retrieve"]>>;

interface FilesFlags extends OciFlags {
  readonly failed?: boolean;
}

interface PatientFlags extends OciFlags {
  /** In ms. */
  readonly timeout?: number;
}

const COLUMNS: readonly Column<StoreFile>[] = [
  ["ID", ({ id }) => id],
  ["PATH", ({ attributes }) => (attributes?.path === undefined ? "" : String(attributes.path))],
  ["STATUS", ({ status }) => status],
  ["SIZE", ({ usage_bytes }) => size(usage_bytes)],
  ["ADDED", ({ created_at }) => localSeconds(created_at)],
  ["ERROR", ({ last_error }) => last_error?.message],
];

export const files: Action<FilesFlags> = {
  usage: "files <id>",
  summary: "list the files in a vector store, one a line",
  example: "files vs_1 --failed",
  options: [["--failed", "only those that could not be taken in"]],
  run: async ({ genai, service, args, flags, view, signal }) => {
    const [id = ""] = args;
    const query = { limit: 100, ...(flags.failed === true ? { filter: "failed" as const } : {}) };
    const items = service.pages(`files of vector store ${id}`, () =>
      genai.vectorStores.files.list(id, query, { signal }),
    );
    const empty = flags.failed === true ? "No file has failed." : `There are no files in ${id}.`;
    await showList(items, COLUMNS, empty, view);
    return undefined;
  },
};

export const wait: Action<PatientFlags> = {
  usage: "wait <id>",
  summary: "wait until a vector store has taken its files in; exit code 1 if one of them failed",
  example: "wait vs_1 --timeout 10m",
  options: [["--timeout <span>", "wait no longer than this: 90s, 10m, 2h (default: 30m)", span]],
  run: async (task) => {
    const { json, output } = task.view;
    const found = await ingested(task);
    const failed = found.filter(({ status }) => status !== "completed");
    if (json) for (const file of found) output.answer(`${JSON.stringify(file)}\n`);
    else output.line(`${plural(found.length - failed.length, "file")} taken in, ${failed.length} failed`);
    for (const { fileId, status, lastError, attributes } of failed) {
      output.note(`${String(attributes?.path ?? fileId)}: ${lastError?.message ?? status}`, "red");
    }
    return failed.length === 0 ? 0 : 1;
  },
};

async function ingested({
  genai,
  args,
  flags,
  view,
  signal,
}: Task<PatientFlags>): Promise<readonly IngestedFile[]> {
  const { waitForIngestion } = await import("@locus-sdk/oci");
  const [vectorStoreId = ""] = args;
  using progress = await openProgress(view.output, "bar");
  return await waitForIngestion(genai, {
    vectorStoreId,
    signal,
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
    onProgress: ({ done, total }) => progress.update(done, total),
  });
}
