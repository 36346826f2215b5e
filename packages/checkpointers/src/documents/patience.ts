/** What is written waits for its head, which has to come in time: a vacuum takes what no head names for abandoned one day. */
import { CheckpointError } from "@locus-sdk/core";
import type { Head } from "./head.ts";
import { committedBatches, type OpenThread } from "./parts.ts";
import type { DocumentThreads } from "./threads.ts";
import type { Documents } from "./types.ts";

/** What no head knows of may belong to an append or a fork that is under way, unless it is this old. */
export const ABANDONED_MS = 3_600_000;
/** Writers give up long before, since clocks differ. */
const PATIENCE_MS = 900_000;
/** Times that a store is asked to write one part. */
const MAX_WRITES = 6;
const BACKOFF_MS = 20;

/** Begun before the first part is written. */
export class Patience {
  readonly #documents: Documents;
  readonly #began: readonly number[];

  constructor(documents: Documents) {
    this.#documents = documents;
    this.#began = this.#clocks();
  }

  /** Whether the parts may count as abandoned soon, or do already. */
  get isOver(): boolean {
    return this.#clocks().some((now, index) => now - (this.#began[index] ?? now) > PATIENCE_MS);
  }

  /** @throws CheckpointError where it is over. */
  check(threadId: string): void {
    if (this.isOver) throw lateError(threadId);
  }

  /** One stands still while the machine sleeps, one may be set, and one is as old as the last answer. */
  #clocks(): readonly number[] {
    return [performance.now(), Date.now(), this.#documents.now()];
  }
}

/**
 * After a swap whose parts may be gone: looks whether they are there, from event `after + 1` on. Where they are not, the head
 * becomes again what it was.
 *
 * @throws CheckpointError where they are not.
 */
export async function confirmParts(
  { documents, heads }: DocumentThreads,
  open: OpenThread,
  after: number,
  before: Head,
): Promise<void> {
  const { threadId, thread } = open;
  try {
    await committedBatches(documents, open, after, thread.version);
  } catch (error) {
    for (;;) {
      const { head, tag, key } = await heads.read(threadId);
      if (head.thread?.generation !== thread.generation || head.thread.last !== thread.last) break;
      const { thread: _swapped, ...rest } = head;
      const former = before.thread === undefined ? rest : { ...rest, thread: before.thread };
      if (await heads.swap({ key, tag }, former)) break;
    }
    throw lateError(threadId, error);
  }
}

function lateError(threadId: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    `writing to thread "${threadId}" took longer than ${PATIENCE_MS / 60_000} minutes`,
    {
      code: "checkpoint_timeout",
      retryable: true,
      hint: "Nothing of it counts: a vacuum may have taken it for abandoned. Read the thread and write again.",
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/**
 * Has a part written, whose name nobody else uses: a service that refuses it is still busy with an earlier attempt.
 *
 * @throws CheckpointError where it keeps refusing.
 */
export async function insist(write: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; !(await write()); attempt += 1) {
    if (attempt === MAX_WRITES) {
      throw new CheckpointError("the store refuses to write what nobody else writes", { retryable: true });
    }
    await new Promise((resolve) =>
      setTimeout(resolve, BACKOFF_MS * 2 ** attempt * (0.5 + Math.random() / 2)),
    );
  }
}
