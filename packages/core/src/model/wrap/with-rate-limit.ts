/** A model whose calls wait for their turn, so that a provider's quota is kept rather than run into. */
import { estimateTokens } from "../../conversation/estimate.ts";
import { ConfigurationError } from "../../errors/errors.ts";
import { type Checks, checkOptions, having, wait, whole } from "../../options/check.ts";
import type { ChatModel, ModelRequest, ModelResponse } from "../types.ts";
import { OpenedStream } from "./opened-stream.ts";
import { type RateLimiter, type RateLimiterOptions, type Reservation, rateLimiter } from "./rate-limiter.ts";
import { wrapModel } from "./wrap.ts";

/** Limits of this model's own, or those that it shares. */
export interface WithRateLimitOptions extends RateLimiterOptions {
  /** Made with `rateLimiter()`, instead of limits of its own. */
  readonly limiter?: RateLimiter | undefined;
  /** Milliseconds that a call may wait; after that it rejects with `RateLimitError`. Default: as long as it takes. */
  readonly maxWaitMs?: number | undefined;
  /** Tokens that an answer is taken for until it is there, where the request does not limit them. Default 1,000. */
  readonly outputTokens?: number | undefined;
}

const OPTIONS: Checks<WithRateLimitOptions> = {
  requestsPerMinute: whole(1),
  tokensPerMinute: whole(1),
  limiter: having("a rate limiter", ["reserve"]),
  maxWaitMs: wait,
  outputTokens: whole(0),
};

/**
 * Makes calls of `model` wait until a minute has room for them, first come, first served. Tokens are reserved by
 * `countTokens` or `estimateTokens` and the answer's `maxOutputTokens`, and put right by the usage. A call that fails keeps
 * what was reserved for it. Tries that `model` makes by itself are not seen here: give it `maxRetries: 0`, and put `withRetry`
 * around the limited one.
 *
 * A request that no minute has room for, and one that waits longer than `maxWaitMs`, rejects with `RateLimitError`; an abort
 * ends the wait. Nothing was sent then.
 *
 * @throws ConfigurationError without a limit, for options that do not fit, or for limits beside a shared limiter.
 * @example
 * ```ts
 * import { Agent, withRateLimit } from "@locus-sdk/core";
 * import { OpenAIModel } from "@locus-sdk/openai";
 *
 * const model = withRateLimit(new OpenAIModel({ model: "gpt-5-mini", apiKey: "…" }), {
 *   requestsPerMinute: 60,
 *   tokensPerMinute: 100_000,
 *   maxWaitMs: 120_000,
 * });
 * const agent = new Agent({ model });
 * ```
 */
export function withRateLimit(model: ChatModel, options: WithRateLimitOptions): ChatModel {
  checkOptions("withRateLimit", options, OPTIONS);
  const { limiter: shared, maxWaitMs, outputTokens = 1000, ...limits } = options;
  if (shared !== undefined && Object.values(limits).some((limit) => limit !== undefined)) {
    throw new ConfigurationError("withRateLimit: it has limits of its own beside a shared limiter", {
      hint: "Give the limits to rateLimiter(), and the limiter alone to withRateLimit().",
    });
  }
  const limiter = shared ?? rateLimiter(limits);
  const turn = async (request: ModelRequest, signal: AbortSignal | undefined): Promise<Reservation> => {
    const answer = request.settings?.maxOutputTokens ?? outputTokens;
    return limiter.reserve((await inputTokens(model, request)) + answer, { signal, maxWaitMs });
  };
  return wrapModel(model, {
    owner: "withRateLimit",
    complete: async (request) => {
      const reserved = await turn(request, request.signal);
      const response = await model.complete(request);
      settle(reserved, response);
      return response;
    },
    stream: (request) =>
      new OpenedStream(request.signal, async ({ signal, begin }) => {
        const reserved = await turn(request, signal);
        return {
          ...(await begin(model.stream({ ...request, signal }))),
          map: (part) => {
            if (part.type === "finish") settle(reserved, part.response);
            return part;
          },
        };
      }),
  });
}

async function inputTokens(model: ChatModel, request: ModelRequest): Promise<number> {
  try {
    const counted = await model.countTokens?.(request);
    if (counted !== undefined && Number.isFinite(counted) && counted >= 0) return Math.ceil(counted);
  } catch {
    // A guess is enough: the usage puts it right.
  }
  return estimateTokens(request);
}

/** An answer that was not counted keeps what was reserved for it; one that was not sent for needs none. */
function settle(reserved: Reservation, { usage, cached }: ModelResponse): void {
  if (cached === true) reserved.settle(0);
  else if (usage.totalTokens > 0) reserved.settle(usage.totalTokens);
}
