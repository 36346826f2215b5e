/** A model's error as the AI SDK's own, so that its retries and its callers know what to make of it. */
import { APICallError } from "@ai-sdk/provider";
import { CancelledError, type ChatModel, isRetryable, ModelError } from "@locus-sdk/core";

/**
 * What to throw in the place of `error`: the caller's own reason where the caller has given up, an `APICallError` for what
 * the model or the way to it did, and anything else as it is, which the AI SDK does not try again.
 */
export function toCallError(error: unknown, model: ChatModel, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof CancelledError) {
    return new DOMException(error.message, { name: "AbortError", cause: error });
  }
  if (!(error instanceof ModelError)) return error;
  const { message, hint, status, requestId, retryAfterMs } = error;
  const responseHeaders = {
    ...(retryAfterMs === undefined ? {} : { "retry-after-ms": String(retryAfterMs) }),
    ...(requestId === undefined ? {} : { "x-request-id": requestId }),
  };
  return new APICallError({
    message: hint === undefined ? message : `${message}. ${hint}`,
    url: `locus:${model.provider}/${model.modelId}`,
    // The conversation stays out of errors, which are logged.
    requestBodyValues: {},
    ...(status === undefined ? {} : { statusCode: status }),
    responseHeaders,
    isRetryable: isRetryable(error),
    cause: error,
  });
}
