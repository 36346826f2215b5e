/** Requests sent again before an answer has begun, by one policy for every API that the `openai` client speaks. */
import type { ModelRequest } from "@locus-sdk/core";
import { retryingCall } from "@locus-sdk/core";
import type { OpenAI } from "openai";
import { type ErrorContext, type ErrorMapper, toLocusError } from "./errors.ts";

/** For whom a request is sent, who is told of retries, and what the client is told of one request. */
export interface RetryingOptions {
  readonly context: ErrorContext;
  readonly mapError?: ErrorMapper | undefined;
  readonly onRetry?: ModelRequest["onRetry"] | undefined;
}

/** The client's own retries off: it would not tell of them, and would add its tries to ours. */
export const ONE_TRY: { readonly maxRetries: 0 } = { maxRetries: 0 };

/**
 * The response `send` gives, which is tried again as often as `client.maxRetries` says where the error it maps to is
 * retryable. Rejects with what `send` threw last, unmapped: the caller may know a cure that needs the original.
 *
 * `send` must pass `ONE_TRY` to the client, and resolve with the status: from there on a generation is paid.
 *
 * @example
 * ```ts
 * import { ONE_TRY, sendRetrying } from "@locus-sdk/openai";
 * import { OpenAI } from "openai";
 *
 * const client = new OpenAI({ baseURL: "http://127.0.0.1:8000/v1", apiKey: "none" });
 * const response = await sendRetrying(
 *   client,
 *   () => client.chat.completions.create({ model: "m", messages: [] }, ONE_TRY).asResponse(),
 *   { context: { provider: "local", modelId: "m" } },
 * );
 * ```
 */
export async function sendRetrying(
  client: Pick<OpenAI, "maxRetries">,
  send: () => Promise<Response>,
  { context, mapError = toLocusError, onRetry }: RetryingOptions,
): Promise<Response> {
  let thrown: unknown;
  let mapped: unknown;
  try {
    return await retryingCall(
      async () => {
        try {
          return await send();
        } catch (error) {
          thrown = error;
          mapped = mapError(error, context);
          throw mapped;
        }
      },
      { maxRetries: client.maxRetries, signal: context.signal, onRetry },
    );
  } catch (error) {
    // Anything but what `send` threw: the wait was cancelled.
    throw error === mapped ? thrown : error;
  }
}
