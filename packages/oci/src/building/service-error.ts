/** What a helper's request threw, as core's errors: told by what was asked for, not by a model. */
import { CancelledError, type LocusError, PermissionOrNotFoundError } from "@locus-sdk/core";
import { mapOciError } from "../errors.ts";

const mapError = mapOciError(() => undefined);

/** How an error is told. */
export interface Told {
  /** What was asked for, in words: `upload of docs/a.md`. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** What to do where the service answers that it is not there, or not ours to see. */
  readonly missingHint?: string;
}

/** The typed error for whatever a request through the `openai` client threw. */
export function serviceError(error: unknown, { what, signal, missingHint }: Told): LocusError {
  const mapped = mapError(error, {
    provider: "oci",
    modelId: what,
    what,
    ...(signal === undefined ? {} : { signal }),
  });
  if (!(mapped instanceof PermissionOrNotFoundError)) return mapped;
  const { message, cause, status, requestId } = mapped;
  return new PermissionOrNotFoundError(message, {
    cause,
    hint:
      missingHint ??
      "OCI does not say which: it is gone, belongs to another project, compartment or region, or no policy lets these credentials use it.",
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

/** Makes a request; what it throws is typed. */
export async function asked<T>(told: Told, request: () => PromiseLike<T>): Promise<T> {
  throwIfAborted(told.signal);
  try {
    return await request();
  } catch (error) {
    throw serviceError(error, told);
  }
}

/** Reads a paged list item by item; what its requests throw is typed. */
export async function* listed<T>(told: Told, pages: () => AsyncIterable<T>): AsyncGenerator<T, void> {
  throwIfAborted(told.signal);
  const items = pages()[Symbol.asyncIterator]();
  for (;;) {
    const next = await asked(told, () => items.next());
    if (next.done === true) return;
    yield next.value;
  }
}

/** @throws CancelledError, or the signal's own `LocusError`. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw serviceError(signal.reason ?? new CancelledError("the call was cancelled"), {
    what: "the call",
    signal,
  });
}

/** Options of one request that may be aborted. */
export const within = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };

/** Whether the service says that what was asked for is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof PermissionOrNotFoundError && error.status === 404;
