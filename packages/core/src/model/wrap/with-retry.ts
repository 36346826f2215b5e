/** A model whose calls are tried again where that may help, and never once they may be paid for. */
import type { LocusError } from "../../errors/errors.ts";
import { type Checks, checkOptions, func, wait, whole } from "../../options/check.ts";
import { retryingCall } from "../retry.ts";
import type { ChatModel, ModelRequest } from "../types.ts";
import { OpenedStream } from "./opened-stream.ts";
import { maybePaid } from "./paid.ts";
import { wrapModel } from "./wrap.ts";

/** How often, how patiently, and after what. */
export interface WithRetryOptions {
  /** Tries after the first one; default 2. */
  readonly maxRetries?: number;
  /** Upper bound of the first wait, in ms; it doubles with each try. Default 500. */
  readonly baseMs?: number;
  /** Upper bound of every wait that the server does not ask for, in ms; default 30,000. */
  readonly capMs?: number;
  /** Chooses among the errors that may be tried again. Default: all of them. What may be paid for is not asked about. */
  readonly on?: (error: LocusError) => boolean;
}

const OPTIONS: Checks<WithRetryOptions> = { maxRetries: whole(0, 100), baseMs: wait, capMs: wait, on: func };

/**
 * Calls `model` again after an error that is `retryable`, after a random wait or the one that the server asks for; one that
 * asks for more than a minute is not waited for. A stream is opened again only as long as no part of it has come. What
 * may be paid for is never sent again: an answer that broke off, a call that ran out of time without a status, an error
 * that was told inside an answer. `request.onRetry` is told before each wait.
 *
 * Models of `@locus-sdk/oci`, `openai`, `anthropic` and `ollama` try again by themselves (`maxRetries`, default 2); give
 * them `maxRetries: 0` here, or the tries multiply.
 *
 * @throws ConfigurationError for what is no model, and options that do not fit. The calls reject with the last error of `model`.
 * @example
 * ```ts
 * import { Agent, withRetry } from "@locus-sdk/core";
 * import { OpenAIModel } from "@locus-sdk/openai";
 *
 * const patient = withRetry(new OpenAIModel({ model: "gpt-4o-mini", apiKey: "…", maxRetries: 0 }), { maxRetries: 5 });
 * const agent = new Agent({ model: patient });
 * ```
 */
export function withRetry(model: ChatModel, options: WithRetryOptions = {}): ChatModel {
  checkOptions("withRetry", options, OPTIONS);
  const { on, ...patience } = options;
  const trying = <T>(
    { onRetry }: ModelRequest,
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
  ): Promise<T> =>
    retryingCall(call, {
      ...patience,
      signal,
      onRetry,
      on: (error) => !maybePaid(error) && on?.(error) !== false,
    });
  return wrapModel(model, {
    owner: "withRetry",
    complete: (request) => trying(request, request.signal, () => model.complete(request)),
    stream: (request) =>
      new OpenedStream(request.signal, ({ signal, begin }) =>
        trying(request, signal, () => begin(model.stream({ ...request, signal }))),
      ),
  });
}
