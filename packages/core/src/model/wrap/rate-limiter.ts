/** Requests and tokens of a minute, given out first come, first served. */
import { CancelledError, ConfigurationError, LocusError, RateLimitError } from "../../errors/errors.ts";
import { type Checks, checkOptions, whole } from "../../options/check.ts";

export interface RateLimiterOptions {
  /** Default: no limit. */
  readonly requestsPerMinute?: number | undefined;
  /** Input and output together. Default: no limit. */
  readonly tokensPerMinute?: number | undefined;
}

/** What was given to one request. */
export interface Reservation {
  /** Says how many tokens it was really. */
  settle(tokens: number): void;
}

/** Any number of models may share one. */
export interface RateLimiter {
  /** Requests that wait. */
  readonly waiting: number;
  /**
   * Resolves when the request may be made: those before it have gone, and with it no minute has more than its limit.
   *
   * @throws RateLimitError for more tokens than a minute has, and where it would wait longer than `maxWaitMs`.
   * @throws CancelledError, or the signal's own `LocusError`, when aborted while waiting.
   */
  reserve(
    tokens: number,
    options?: { readonly signal?: AbortSignal | undefined; readonly maxWaitMs?: number | undefined },
  ): Promise<Reservation>;
}

interface Granted {
  readonly at: number;
  tokens: number;
}
interface Waiter {
  readonly tokens: number;
  readonly go: (granted: Granted) => void;
}

const MINUTE = 60_000;
/** Set on what is refused on this side, before anything is sent. */
const LOCAL = "rate_limit_local";

const OPTIONS: Checks<RateLimiterOptions> = { requestsPerMinute: whole(1), tokensPerMinute: whole(1) };

/**
 * A limit for `withRateLimit`, to be shared by models that have one quota. It lives in this process: several processes
 * want a share of the quota each.
 *
 * @throws ConfigurationError without a limit, or for one out of range.
 * @example
 * ```ts
 * import { rateLimiter, withRateLimit } from "@locus-sdk/core";
 * import { OpenAIModel } from "@locus-sdk/openai";
 *
 * const limiter = rateLimiter({ requestsPerMinute: 500, tokensPerMinute: 200_000 });
 * const large = withRateLimit(new OpenAIModel({ model: "gpt-5", apiKey: "…" }), { limiter });
 * const small = withRateLimit(new OpenAIModel({ model: "gpt-5-mini", apiKey: "…" }), { limiter });
 * ```
 */
export function rateLimiter(options: RateLimiterOptions): RateLimiter {
  checkOptions("rateLimiter", options, OPTIONS);
  const { requestsPerMinute, tokensPerMinute } = options;
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) {
    throw new ConfigurationError("rateLimiter: it limits nothing", {
      hint: "Give requestsPerMinute, tokensPerMinute or both.",
    });
  }
  return new SlidingMinute(requestsPerMinute ?? Infinity, tokensPerMinute ?? Infinity);
}

/** Remembers what the last minute gave out, rather than filling a bucket: a full one lets two minutes' worth go in one. */
class SlidingMinute implements RateLimiter {
  readonly #requests: number;
  readonly #tokens: number;
  /** Oldest first; those before `#first` are more than a minute old. */
  #granted: Granted[] = [];
  #first = 0;
  #sum = 0;
  readonly #queue = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;

  constructor(requests: number, tokens: number) {
    this.#requests = requests;
    this.#tokens = tokens;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  async reserve(
    tokens: number,
    options: { readonly signal?: AbortSignal | undefined; readonly maxWaitMs?: number | undefined } = {},
  ): Promise<Reservation> {
    const { signal, maxWaitMs } = options;
    if (signal?.aborted === true) throw cancelled(signal);
    if (tokens > this.#tokens) {
      throw new RateLimitError(
        `the request may need ${tokens} tokens, and a minute has ${this.#tokens}: it would wait for ever`,
        {
          code: LOCAL,
          retryable: false,
          hint: "Send less, lower settings.maxOutputTokens, or raise tokensPerMinute.",
        },
      );
    }
    const granted = await new Promise<Granted>((resolve, reject) => {
      const waiter: Waiter = {
        tokens,
        go: (given) => {
          release();
          resolve(given);
        },
      };
      const leave = (error: LocusError): void => {
        release();
        this.#queue.delete(waiter);
        // It may have been what the others waited behind.
        this.#pump();
        reject(error);
      };
      const onAbort = (): void => leave(cancelled(signal));
      const late = (): void => leave(tooLong(maxWaitMs ?? 0, this.#queue.size - 1));
      let timer: NodeJS.Timeout | undefined;
      const release = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      this.#queue.add(waiter);
      this.#pump();
      if (!this.#queue.has(waiter)) return;
      signal?.addEventListener("abort", onAbort, { once: true });
      if (maxWaitMs !== undefined) timer = setTimeout(late, maxWaitMs);
    });
    return { settle: (real) => this.#settle(granted, real) };
  }

  /** Lets go whoever may, in order, and wakes again when the next one may. */
  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const waiter of this.#queue) {
      const now = performance.now();
      const wait = this.#waitOf(waiter.tokens, now);
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait));
        return;
      }
      this.#queue.delete(waiter);
      const granted = { at: now, tokens: waiter.tokens };
      this.#granted.push(granted);
      this.#sum += granted.tokens;
      waiter.go(granted);
    }
  }

  /** Milliseconds until a minute has room for one more request of so many tokens; 0 where it has it now. */
  #waitOf(tokens: number, now: number): number {
    this.#forget(now);
    const all = this.#granted;
    let last = all.length - this.#first < this.#requests ? -1 : all.length - this.#requests;
    let free = this.#tokens - this.#sum;
    for (let at = this.#first; free < tokens && at < all.length; at++) {
      free += all[at]?.tokens ?? 0;
      last = Math.max(last, at);
    }
    return Math.max(0, (all[last]?.at ?? now - MINUTE) + MINUTE - now);
  }

  #forget(now: number): void {
    for (;;) {
      const oldest = this.#granted[this.#first];
      if (oldest === undefined || oldest.at + MINUTE > now) break;
      this.#sum -= oldest.tokens;
      this.#first += 1;
    }
    if (this.#first * 2 <= this.#granted.length) return;
    this.#granted = this.#granted.slice(this.#first);
    this.#first = 0;
  }

  #settle(granted: Granted, tokens: number): void {
    const isPast = granted.at + MINUTE <= performance.now();
    this.#forget(performance.now());
    if (!isPast) this.#sum += tokens - granted.tokens;
    granted.tokens = tokens;
    this.#pump();
  }
}

function cancelled(signal: AbortSignal | undefined): LocusError {
  if (signal?.reason instanceof LocusError) return signal.reason;
  return new CancelledError("the call was cancelled while it waited for its turn", { cause: signal?.reason });
}

function tooLong(ms: number, others: number): RateLimitError {
  const also = others === 0 ? "" : `; ${others} more ${others === 1 ? "waits" : "wait"} as well`;
  return new RateLimitError(`the call was not let through within ${ms} ms${also}`, {
    code: LOCAL,
    hint: "Nothing was sent. Wait longer (maxWaitMs), or raise the limits of the rate limiter.",
  });
}
