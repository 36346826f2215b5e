/** What ends a run from outside: its caller's signal, the time its caller gives it, and its time budget. */
import { CancelledError, TimeoutError } from "../errors/errors.ts";
import type { RunControl } from "../loop/run-control.ts";

/** Ends the run when its caller says so or has waited long enough. The returned function stops watching. */
export function watchCaller(
  control: RunControl,
  {
    signal,
    timeoutMs,
  }: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined },
): () => void {
  const cancel = (): void =>
    control.end({
      reason: "cancelled",
      error: new CancelledError(`the run was cancelled by its signal${reasonOf(signal)}`, {
        cause: signal?.reason,
      }),
    });
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  const timeout = after(timeoutMs, (ms) =>
    control.end({
      reason: "error",
      error: new TimeoutError(`the run took longer than its timeoutMs, ${ms} ms`),
    }),
  );
  return () => {
    signal?.removeEventListener("abort", cancel);
    clearTimeout(timeout);
  };
}

/** What the caller said on aborting, where it said something. */
function reasonOf(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  if (typeof reason === "string") return `: ${reason}`;
  return reason instanceof Error && reason.name !== "AbortError" ? `: ${reason.message}` : "";
}

/** The budget is for the run, not for waiting until its thread is free. */
export async function withinBudget<T>(
  control: RunControl,
  timeBudgetMs: number | undefined,
  drive: () => Promise<T>,
): Promise<T> {
  const budget = after(timeBudgetMs, (ms) => control.end({ reason: "time_budget", detail: `${ms} ms` }));
  try {
    return await drive();
  } finally {
    clearTimeout(budget);
  }
}

function after(ms: number | undefined, act: (ms: number) => void): NodeJS.Timeout | undefined {
  return ms === undefined ? undefined : setTimeout(() => act(ms), ms);
}
