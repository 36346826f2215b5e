/** Threads by what a person knows of them: an id or how it begins, or that it was the last one. */
import { CheckpointError, type Checkpointer, type ThreadSummary } from "@locus-sdk/core";
import { UsageError } from "../options.ts";
import type { OpenedStore } from "./store.ts";

type Searched = Pick<OpenedStore, "checkpointer" | "place">;

/** How many of the threads that were possibly meant are named. */
const NAMED = 5;

/**
 * The thread of that id; or else the one whose id begins with it, where there is only one.
 *
 * @throws UsageError where there are several; CheckpointError where there is none.
 */
export async function findThread({ checkpointer, place }: Searched, id: string): Promise<ThreadSummary> {
  const found: ThreadSummary[] = [];
  // An id comes before the ids that it begins.
  for await (const thread of checkpointer.list({ prefix: id, limit: NAMED + 1 })) {
    if (thread.threadId === id) return thread;
    found.push(thread);
  }
  const [only] = found;
  if (only === undefined) throw missing(id, place);
  if (found.length === 1) return only;
  const ids = found.slice(0, NAMED).map(({ threadId }) => threadId);
  const more = found.length > NAMED ? ", …" : "";
  throw new UsageError(`several threads begin with "${id}": ${ids.join(", ")}${more}; give more of the id`);
}

/** @throws CheckpointError where there is no thread at all. */
export async function findLatest({ checkpointer, place }: Searched): Promise<ThreadSummary> {
  const [latest] = (await recentThreads(checkpointer, {}, 1)).threads;
  if (latest !== undefined) return latest;
  throw new CheckpointError(`there is no thread to go on with in ${place ?? "memory"}`, {
    hint: "Begin one with a prompt, or name another --store.",
  });
}

/** The threads written to last, latest first, and how many there are of them in all. */
export async function recentThreads(
  checkpointer: Checkpointer,
  query: NonNullable<Parameters<Checkpointer["list"]>[0]>,
  limit: number,
): Promise<{ readonly threads: readonly ThreadSummary[]; readonly total: number }> {
  let threads: ThreadSummary[] = [];
  let total = 0;
  for await (const thread of checkpointer.list(query)) {
    total += 1;
    threads.push(thread);
    // Stores list by id: what is not among the latest is let go of now and then.
    if (threads.length >= 2 * limit + 100) threads = latestOf(threads, limit);
  }
  return { threads: latestOf(threads, limit), total };
}

function latestOf(threads: readonly ThreadSummary[], limit: number): ThreadSummary[] {
  return threads
    .toSorted((a, b) => (a.updatedAt === b.updatedAt ? 0 : a.updatedAt < b.updatedAt ? 1 : -1))
    .slice(0, limit);
}

function missing(id: string, place: string | undefined): CheckpointError {
  return new CheckpointError(`there is no thread "${id}" in ${place ?? "memory"}`, {
    hint: "locus threads list shows those that are there; --store names another store.",
  });
}
