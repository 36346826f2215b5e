/** A model that is not waited for longer than this: for the beginning of an answer, between its pieces, altogether. */
import { linkedController } from "../../async/abort.ts";
import { TimeoutError } from "../../errors/errors.ts";
import { type Checks, checkOptions, time } from "../../options/check.ts";
import type { ChatModel, ModelRequest, ModelStreamPart } from "../types.ts";
import { END, leftStream } from "./opened-stream.ts";
import { WaitLimit } from "./wait-limit.ts";
import { wrapModel } from "./wrap.ts";

/** Limits in ms; what is not set is not limited. Only waiting for the model counts, never what the consumer does. */
export interface WithTimeoutsOptions {
  /** Until the first part of a stream, or the whole of an answer that is not streamed. */
  readonly firstByteMs?: number;
  /** Between two parts of a stream. */
  readonly idleMs?: number;
  /** All waiting for one answer together. */
  readonly totalMs?: number;
}

type Limit = keyof WithTimeoutsOptions;
type Result = IteratorResult<ModelStreamPart, undefined>;

const OPTIONS: Checks<WithTimeoutsOptions> = { firstByteMs: time, idleMs: time, totalMs: time };

/** What passed without what, as the error says it. */
const MISSED: Readonly<Record<Limit, string>> = {
  firstByteMs: "no answer began within",
  idleMs: "the answer paused for more than",
  totalMs: "the answer was not complete after waiting for",
};

/**
 * Gives calls of `model` up that take too long, and aborts them. The model may be generating all the same, and be paid:
 * such a call is neither tried again by `withRetry` nor passed on by `withFailover`, unless that is told `afterPaid: true`.
 *
 * @throws ConfigurationError for what is no model, and options that do not fit. Calls reject with a `TimeoutError` that names the limit.
 * @example
 * ```ts
 * import { Agent, getModel, withTimeouts } from "locus-sdk";
 *
 * const model = withTimeouts(await getModel("oci:openai.gpt-oss-120b"), { firstByteMs: 20_000, idleMs: 10_000 });
 * const agent = new Agent({ model });
 * ```
 */
export function withTimeouts(model: ChatModel, options: WithTimeoutsOptions): ChatModel {
  checkOptions("withTimeouts", options, OPTIONS);
  return wrapModel(model, {
    owner: "withTimeouts",
    complete: async (request) => {
      const watch = new Watch(model, request, options);
      try {
        return await watch.wait("firstByteMs", () => model.complete(watch.request));
      } finally {
        watch.close();
      }
    },
    stream: (request) => new TimedStream(model, request, options),
  });
}

/** One call, and what is left of its limits. */
class Watch {
  /** The request with a signal of its own, which aborts with the caller's. */
  readonly request: ModelRequest;
  readonly #abort: AbortController;
  readonly #release: () => void;
  readonly #limits = new Map<Limit, WaitLimit>();
  #reject: (error: unknown) => void = () => undefined;

  constructor({ provider, modelId }: ChatModel, request: ModelRequest, options: WithTimeoutsOptions) {
    const { controller, release } = linkedController(request.signal === undefined ? [] : [request.signal]);
    this.#abort = controller;
    this.#release = release;
    this.request = { ...request, signal: controller.signal };
    for (const limit of ["firstByteMs", "idleMs", "totalMs"] as const) {
      const ms = options[limit];
      if (ms === undefined) continue;
      const late = new TimeoutError(`${provider}:${modelId}: ${MISSED[limit]} ${ms} ms (${limit})`, {
        hint: `Raise \`${limit}\`. The answer may be under way, and paid: nothing was sent again.`,
      });
      this.#limits.set(limit, new WaitLimit(ms, limit === "idleMs", () => this.leave(late)));
    }
  }

  /** Waits for `work` no longer than `limit` and the total allow. One wait at a time. */
  wait<T>(limit: Limit, work: () => Promise<T>): Promise<T> {
    const limits = [this.#limits.get(limit), this.#limits.get("totalMs")];
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      for (const each of limits) each?.start();
      const settling =
        <A>(settle: (value: A) => void) =>
        (value: A): void => {
          for (const each of limits) each?.stop();
          settle(value);
        };
      // A model of somebody's own may throw, or answer, at once.
      (async () => work())().then(settling(resolve), settling(reject));
    });
  }

  /** Ends the wait, and aborts the call. */
  leave(reason: Error): void {
    this.#reject(reason);
    this.#abort.abort(reason);
  }

  close(): void {
    this.#release();
    for (const limit of this.#limits.values()) limit.close();
  }
}

class TimedStream implements AsyncIterableIterator<ModelStreamPart, undefined> {
  readonly #model: ChatModel;
  readonly #request: ModelRequest;
  readonly #options: WithTimeoutsOptions;
  #watch: Watch | undefined;
  #parts: AsyncIterator<ModelStreamPart, unknown> | undefined;
  #turn: Promise<Result> = Promise.resolve(END);
  #limit: Limit = "firstByteMs";
  #busy = false;
  #over = false;

  constructor(model: ChatModel, request: ModelRequest, options: WithTimeoutsOptions) {
    this.#model = model;
    this.#request = request;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#busy) {
      // Asked again before the last part came: one after the other.
      const again = (): Promise<Result> => this.next();
      this.#turn = this.#turn.then(again, again);
    } else {
      this.#busy = true;
      this.#turn = this.#advance();
    }
    return this.#turn;
  }

  async return(): Promise<Result> {
    if (this.#over) return END;
    this.#end();
    this.#watch?.leave(leftStream());
    // A model that is waited for has been told by its signal; one that does not listen is not waited for.
    if (this.#busy) this.#abandon();
    else await this.#parts?.return?.();
    return END;
  }

  async #advance(): Promise<Result> {
    try {
      if (this.#over) return END;
      this.#watch ??= new Watch(this.#model, this.#request, this.#options);
      this.#parts ??= this.#model.stream(this.#watch.request)[Symbol.asyncIterator]();
      const parts = this.#parts;
      const part = await this.#watch.wait(this.#limit, () => parts.next());
      this.#limit = "idleMs";
      if (part.done !== true) return part;
      this.#end();
      return END;
    } catch (error) {
      // Left by its consumer while it was waiting: that is the end, not a failure.
      if (this.#over) return END;
      this.#end();
      // Of use where it was a limit that passed.
      this.#abandon();
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  /** Nobody waits for a model that does not answer, or hears how leaving it went. */
  #abandon(): void {
    const leave = async (): Promise<unknown> => this.#parts?.return?.();
    leave().catch(() => undefined);
  }

  #end(): void {
    this.#over = true;
    this.#watch?.close();
  }
}
