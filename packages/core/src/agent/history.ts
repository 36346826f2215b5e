/** A thread's past: what happened at each version, in a line. */
import type { Checkpointer } from "../checkpoint/types.ts";
import type { DurableEvent } from "../events/types.ts";
import type { Usage } from "../model/types.ts";

/** One version of a thread: the event that made it. */
export interface ThreadVersion {
  /** What `state`, `fork` and `replay` take as `at`. */
  readonly version: number;
  readonly runId: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly type: DurableEvent["type"];
  /** The part of the loop that it came from. */
  readonly node: "input" | "think" | "execute" | "reflect" | "verify" | "compact" | "resume" | "terminate";
  /** What happened, in a line. */
  readonly summary: string;
  /** Of a model call. */
  readonly usage?: Usage;
}

/** Versions, to be awaited as a list or read one by one with `for await`. */
export interface ThreadHistory extends AsyncIterable<ThreadVersion>, PromiseLike<readonly ThreadVersion[]> {}

/** Which versions: after this one (exclusive), up to that one (inclusive). Default: all. */
export interface HistoryRange {
  readonly after?: number;
  readonly upTo?: number;
}

export function historyOf(store: Checkpointer, threadId: string, range: HistoryRange): ThreadHistory {
  const read = async function* (): AsyncGenerator<ThreadVersion> {
    const { versionOf } = await import("./versions.ts");
    for await (const event of store.events(threadId, range)) yield versionOf(event);
  };
  return {
    [Symbol.asyncIterator]: read,
    // biome-ignore lint/suspicious/noThenProperty: to be awaited is half of what it is for
    then: (onList, onError) => listOf(read()).then(onList, onError), // oxlint-disable-line unicorn/no-thenable
  };
}

async function listOf(versions: AsyncIterable<ThreadVersion>): Promise<readonly ThreadVersion[]> {
  const list: ThreadVersion[] = [];
  for await (const version of versions) list.push(version);
  return list;
}
