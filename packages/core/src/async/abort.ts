/** Waiting that ends when a signal aborts, and leaves no listener or timer behind. */

/** What is asked of a signal here: an `AbortSignal`, or an `Ending`. */
export interface Aborting {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(abort: "abort", act: () => void, options: { readonly once: true }): void;
  removeEventListener(abort: "abort", act: () => void): void;
}

const ONCE = { once: true } as const;

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts. */
export function abortable<T>(work: Promise<T>, signal: Aborting): Promise<T> {
  return new Promise((resolve, reject) => {
    // In its turn: where `work` has come to something that is only still to be heard of, that stands.
    const onAbort = (): void => queueMicrotask(() => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", onAbort, ONCE);
    settleAs(work, resolve, reject, () => signal.removeEventListener("abort", onAbort));
  });
}

/** Hands on what `work` comes to, also where nobody waits for it any more, and lets go of what else was waited for. */
function settleAs<T>(
  work: Promise<T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
  letGo: () => void,
): void {
  work.then(
    (value) => {
      letGo();
      resolve(value);
    },
    (error: unknown) => {
      letGo();
      reject(error);
    },
  );
}

/** Waits, unless the signal aborts first: then it rejects with the signal's reason. */
export async function sleep(ms: number, signal: Aborting): Promise<void> {
  if (signal.aborted) throw signal.reason;
  let timer: NodeJS.Timeout | undefined;
  try {
    await abortable(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      }),
      signal,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Full jitter: a random wait below a bound that doubles with each attempt (AWS Architecture Blog, 2015). */
export function backoffMs(attempt: number, baseMs: number, capMs: number): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** (attempt - 1));
}

/** A controller that follows `parents`; `release()` lets go of them. */
export function linkedController(parents: readonly AbortSignal[]): {
  readonly controller: AbortController;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const links = parents.map((parent) => {
    const follow = (): void => controller.abort(parent.reason);
    if (parent.aborted) follow();
    else parent.addEventListener("abort", follow, ONCE);
    return () => parent.removeEventListener("abort", follow);
  });
  return {
    controller,
    release: () => {
      for (const unlink of links) unlink();
    },
  };
}

/** Settles as `work` does, or resolves to `undefined` once `ms` have passed. What is there already needs no timer. */
export function within<T>(ms: number, work: T | Promise<T>): Promise<T | undefined> {
  if (!(work instanceof Promise)) return Promise.resolve(work);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, undefined);
    settleAs(work, resolve, reject, () => clearTimeout(timer));
  });
}

/** Settles as `work` does, or rejects with what `late` makes once `ms` have passed since the signal aborted. */
export function withinOfAbort<T>(
  ms: number,
  work: Promise<T>,
  signal: Aborting,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(() => reject(late()), ms);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, ONCE);
    settleAs(work, resolve, reject, () => {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    });
  });
}
