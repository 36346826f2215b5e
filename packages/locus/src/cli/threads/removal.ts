/** `locus threads delete` and `vacuum`: what is not needed any more goes away. */
import { stat } from "node:fs/promises";
import type { ThreadSummary } from "@locus-sdk/core";
import { UsageError } from "../options.ts";
import { agreed } from "../show/confirm.ts";
import { plural, size, span } from "../show/units.ts";
import type { ThreadsAction, ThreadsFlags } from "./action.ts";
import { findThread } from "./find.ts";
import type { OpenedStore } from "./store.ts";

interface DeleteFlags extends ThreadsFlags {
  /** In ms. */
  readonly olderThan?: number;
  readonly yes?: boolean;
}

/** How many threads a question names. */
const NAMED = 5;

export const deletion: ThreadsAction<DeleteFlags> = {
  usage: "delete [ids...]",
  summary: "delete threads, by id or by age",
  notes: "Asks first, or takes --yes.",
  example: "delete --older-than 30d --yes",
  use: "look",
  options: [
    ["--older-than <span>", "all that were not written to for so long: 12h, 30d", span],
    ["-y, --yes", "do not ask"],
  ],
  run: async ({ store, args, flags, view, signal }) => {
    const { json, output } = view;
    if ((args.length === 0) === (flags.olderThan === undefined)) {
      throw new UsageError("which threads? give their ids, or --older-than 30d");
    }
    const ids =
      flags.olderThan === undefined ? await idsOf(store, args) : await olderThan(store, flags.olderThan);
    if (ids.length === 0) {
      output.note(`There is no thread as old as that in ${store.place ?? "memory"}.`);
      return undefined;
    }
    const names = `${ids.slice(0, NAMED).join(", ")}${ids.length > NAMED ? `, and ${ids.length - NAMED} more` : ""}`;
    const question = `Delete ${plural(ids.length, "thread")} for good: ${names}?`;
    const refused = await agreed({ flags, view }, { question, otherwise: "Nothing was deleted." });
    if (refused !== undefined) return refused;
    for (const threadId of ids) {
      signal.throwIfAborted();
      const deleted = await store.checkpointer.delete(threadId);
      if (json) output.answer(`${JSON.stringify({ threadId, deleted })}\n`);
      else output.line(deleted ? `${threadId} deleted` : `${threadId} was gone already`);
    }
    return undefined;
  },
};

/** Each is found before the first one goes. */
async function idsOf(store: OpenedStore, ids: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const id of ids) found.add((await findThread(store, id)).threadId);
  return [...found];
}

async function olderThan({ checkpointer }: OpenedStore, ageMs: number): Promise<readonly string[]> {
  const isOld = ({ updatedAt }: ThreadSummary): boolean => Date.parse(updatedAt) < Date.now() - ageMs;
  const ids: string[] = [];
  for await (const thread of checkpointer.list()) if (isOld(thread)) ids.push(thread.threadId);
  return ids;
}

export const vacuum: ThreadsAction = {
  usage: "vacuum",
  summary: "give back the room of what was deleted",
  example: "vacuum",
  use: "look",
  run: async ({ store, view: { json, output } }) => {
    const { checkpointer, location, place } = store;
    if (location.kind !== "sqlite") {
      throw new UsageError(
        `${place ?? "memory"} has nothing to vacuum: what is deleted there is gone at once`,
      );
    }
    const before = await bytesOf(location.path);
    const report = await checkpointer.vacuum?.();
    const bytes = await bytesOf(location.path);
    if (json) output.answer(`${JSON.stringify({ ...report, bytesBefore: before, bytes })}\n`);
    else output.line(`${place}: ${size(before)} before, ${size(bytes)} now`);
    return undefined;
  },
};

const bytesOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;
