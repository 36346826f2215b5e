/** Waiting for stores and embeddings that may never answer: no longer than one may wait, and nothing begins after that. */
import { abortable, linkedController } from "../async/abort.ts";
import { LocusError } from "../errors/errors.ts";
import type { MemoryItem, MemoryStore } from "./types.ts";

/** What facts need of a store. */
export type FactStore = Pick<MemoryStore, "get" | "put" | "delete" | "list" | "search">;

/** Does `work` with a signal that follows `parent` and aborts after `ms`. Settles when `work` does. */
export async function withDeadline<T>(
  ms: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { controller, release } = linkedController(parent === undefined ? [] : [parent]);
  const late = (): void =>
    controller.abort(new LocusError(`no answer within ${ms} ms`, { code: "timeout", retryable: true }));
  const timer = setTimeout(late, ms);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** The same, and settles when the signal aborts, whatever `work` does. */
export function atMost<T>(
  ms: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline(ms, parent, (signal) => abortable(work(signal), signal));
}

/** A store whose calls end with the signal, whatever the store does, and after it do not begin. */
export function storeUntil(store: FactStore, signal: AbortSignal): FactStore {
  const until = async <T>(begin: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return await abortable(begin(), signal);
  };
  return {
    get: (...call) => until(() => store.get(...call)),
    put: (...call) => until(() => store.put(...call)),
    delete: (...call) => until(() => store.delete(...call)),
    search: (...call) => until(() => store.search(...call)),
    list: (...call) => itemsUntil(store.list(...call)[Symbol.asyncIterator](), until),
  };
}

async function* itemsUntil(
  items: AsyncIterator<MemoryItem>,
  until: <T>(begin: () => Promise<T>) => Promise<T>,
): AsyncGenerator<MemoryItem, void, undefined> {
  try {
    for (;;) {
      const { done, value } = await until(() => items.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    // Not waited for: behind a call that never ends it would not end, either.
    items.return?.().catch(() => undefined);
  }
}
