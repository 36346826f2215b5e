// Retry tokens: the same request with the same token gets the first answer again, and does nothing twice.
import { createHash } from "node:crypto";
import type { Reply } from "../http/reply.ts";
import type { RawRequest } from "../http/request.ts";

/** An answer, and how to tell whether what was done still stands; a refusal has nothing to stand, and is not remembered. */
export type Outcome = Reply & { readonly stands?: () => boolean };

interface Remembered {
  readonly atMs: number;
  readonly body: string;
  readonly outcome: Outcome;
}

/** Why a token is good for nothing any more. */
export interface Invalidated {
  readonly kind: "invalidated";
  readonly reason: string;
}

const invalidated = (reason: string): Invalidated => ({ kind: "invalidated", reason });

const lifeMs = 24 * 3_600_000;
/** Oldest go first: an emulator may run for a long time. */
const maxTokens = 10_000;

export class RetryTokens {
  readonly #remembered = new Map<string, Remembered>();

  /** Answers a request that may have been answered before. */
  once(request: RawRequest, nowMs: number, act: () => Outcome): Outcome | Invalidated {
    const token = request.headers.first("opc-retry-token");
    if (token === undefined) return act();
    const key = `${request.path} ${token}`;
    const body = createHash("sha256").update(request.body).digest("base64");
    const earlier = this.#remembered.get(key);
    if (earlier !== undefined && nowMs < earlier.atMs + lifeMs) {
      if (earlier.body !== body) return invalidated("this retry token came with another body");
      if (earlier.outcome.stands?.() !== true) return invalidated("what this retry token made was deleted");
      return earlier.outcome;
    }
    const outcome = act();
    if (outcome.stands === undefined) return outcome;
    this.#remembered.delete(key);
    this.#remembered.set(key, { atMs: nowMs, body, outcome });
    for (const [oldest, { atMs }] of this.#remembered) {
      if (this.#remembered.size <= maxTokens && nowMs < atMs + lifeMs) break;
      this.#remembered.delete(oldest);
    }
    return outcome;
  }

  clear(): void {
    this.#remembered.clear();
  }
}
