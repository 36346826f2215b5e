/** `modelRetryHook`: asks a model again that failed in passing, or that answered nothing. */
import type { LocusError } from "../../errors/errors.ts";
import type { AssistantPart } from "../../messages/types.ts";
import { isRetryable } from "../../model/retry.ts";
import type { ModelResponse } from "../../model/types.ts";
import { maybePaid } from "../../model/wrap/paid.ts";
import { boolean, type Checks, checkOptions, func, must, wait, whole } from "../../options/check.ts";
import { type Hook, HookPriority } from "../types.ts";
import { delayAfter } from "./backoff.ts";

export interface ModelRetryOptions {
  /** Tries of one turn after the first, 0 to 4. Default 3. */
  readonly maxRetries?: number | undefined;
  /** Upper bound of the first wait, in ms. Default 1000. */
  readonly initialDelayMs?: number | undefined;
  /** By which the bound grows with each try; from 1. Default 2. */
  readonly factor?: number | undefined;
  /** Upper bound of every wait that the server does not ask for, in ms. Default 30,000. */
  readonly maxDelayMs?: number | undefined;
  /** Ask again for an answer without text, calls and refusal, also where there are thoughts in it. Each is paid. Default `true`. */
  readonly retryOnEmpty?: boolean | undefined;
  /** Chooses among the errors that may be tried again. Default: all of them. What may be paid for is not asked about. */
  readonly on?: ((error: LocusError) => boolean) | undefined;
}

const OPTIONS: Checks<ModelRetryOptions> = {
  // A turn has five tries.
  maxRetries: whole(0, 4),
  initialDelayMs: wait,
  factor: must("a number from 1", (value) => typeof value === "number" && value >= 1 && value < Infinity),
  maxDelayMs: wait,
  retryOnEmpty: boolean,
  on: func,
};

/**
 * Tries a model call again after an error that is `retryable`, after a wait or what the server asks for, and where the
 * answer is empty. What may have been paid for and failed is never sent again: a stream that broke off or of which pieces had
 * come, a call that ran out of time. Each try is a `retry` event. Models of Locus try again by themselves before an answer begins (`maxRetries`); this is
 * for those that do not, and for what comes later.
 *
 * @throws ConfigurationError for an option that is unknown or does not fit.
 * @example
 * ```ts
 * import { Agent, modelRetryHook } from "@locus-sdk/core";
 *
 * const agent = new Agent({
 *   model: "oci:openai.gpt-oss-120b",
 *   modelOptions: { maxRetries: 0 },
 *   hooks: [modelRetryHook({ maxRetries: 2, on: (error) => error.status !== 429 })],
 * });
 * ```
 */
export function modelRetryHook(options: ModelRetryOptions = {}): Hook {
  checkOptions("modelRetryHook", options, OPTIONS);
  const { maxRetries = 3, retryOnEmpty = true, on = () => true } = options;
  const { initialDelayMs = 1000, factor = 2, maxDelayMs = 30_000 } = options;
  const backoff = { initialDelayMs, factor, maxDelayMs };
  return {
    name: "model-retry",
    priority: HookPriority.business,
    onModelError: ({ error, delivered, attempt }) => {
      const isPaid = delivered || maybePaid(error);
      if (attempt > maxRetries || !isRetryable(error) || isPaid || !on(error)) return undefined;
      const delayMs = delayAfter(attempt, backoff, error);
      return delayMs === undefined ? undefined : { retry: { delayMs } };
    },
    afterModelCall: ({ response, attempt }) =>
      retryOnEmpty && attempt <= maxRetries && isEmpty(response)
        ? { retry: { delayMs: delayAfter(attempt, backoff) ?? 0 } }
        : undefined,
  };
}

/**
 * Nothing, for no reason: an answer that was filtered, cut off or kept from before is as empty the next time. Thoughts alone
 * answer nobody; a refusal is an answer.
 */
function isEmpty({ message, stopReason, cached, hostedTools = [] }: ModelResponse): boolean {
  const isWhole = stopReason === "stop" || stopReason === "tool_calls";
  return isWhole && cached !== true && hostedTools.length === 0 && !message.content.some(isSaid);
}

function isSaid(part: AssistantPart): boolean {
  if (part.type === "reasoning" || part.type === "provider") return false;
  return part.type === "tool_call" || part.text.trim() !== "";
}
