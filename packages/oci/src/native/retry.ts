/** When a native request may be sent again; how often and after how long is `retryingCall`'s business. Pure. */
import { ConnectionError, isRecord, type LocusError, ModelError } from "@locus-sdk/core";
import { retryAdvice } from "@locus-sdk/openai";
import { FailedAnswer } from "./answer-error.ts";

/** Statuses that may heal by themselves; whether this one does, OCI's code decides. */
const mayHeal = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || (status >= 500 && status !== 501);

/**
 * Whether the request that failed like this may be sent again: told to wait, failed on the server's side, or not
 * connected at all. Time-outs are not repeated: the generation may be under way, and paid.
 */
export function maySendAgain(thrown: unknown, mapped: LocusError): boolean {
  if (!(thrown instanceof FailedAnswer)) {
    return mapped instanceof ConnectionError && mapped.retryable && mapped.status === undefined;
  }
  if (!mayHeal(thrown.status) || !mapped.retryable) return false;
  return thrown.status !== 409 || (isRecord(thrown.error) && thrown.error.code === "IncorrectState");
}

/** Carries a failure through `retryingCall`, with what decides about the next try. The failure is its `cause`. */
export class FailedTry extends ModelError {
  constructor(thrown: unknown, mapped: LocusError) {
    super(mapped.message, {
      cause: thrown,
      retryable: maySendAgain(thrown, mapped),
      ...(thrown instanceof FailedAnswer ? retryAdvice(thrown.headers) : {}),
    });
  }
}
