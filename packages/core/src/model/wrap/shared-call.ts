/** A call of a model that several callers wait for: made once, ended only when all of them have left. */
import { abortable } from "../../async/abort.ts";
import { CancelledError, IncompleteStreamError, LocusError } from "../../errors/errors.ts";
import type { ModelRequest, ModelResponse, ModelStreamPart, RetryNotice } from "../types.ts";
import { asKept } from "./answer-shelf.ts";

/** One of the callers. */
interface Caller {
  readonly onRetry: ModelRequest["onRetry"];
}

/** Who waits, and the signal that aborts when nobody does any more. */
class Callers {
  readonly #controller = new AbortController();
  readonly #all = new Set<Caller>();
  /** The answer is paid for by whoever is handed it first. */
  #isPaid = false;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  join({ onRetry }: ModelRequest): Caller {
    const caller = { onRetry };
    this.#all.add(caller);
    return caller;
  }

  /** @param isOver Whether the call has ended by itself. */
  leave(caller: Caller, isOver: boolean, reason: unknown): void {
    this.#all.delete(caller);
    if (this.isEmpty && !isOver) this.#controller.abort(reason);
  }

  /** The request in the name of all callers. */
  requestOf(request: ModelRequest): ModelRequest {
    return {
      ...request,
      signal: this.signal,
      onRetry: (notice: RetryNotice) => {
        for (const { onRetry } of this.#all) onRetry?.(notice);
      },
    };
  }

  hand(response: ModelResponse): ModelResponse {
    if (this.#isPaid) return asKept(response);
    this.#isPaid = true;
    return response;
  }
}

/** An answer that comes as a whole. */
export class SharedAnswer {
  readonly #callers = new Callers();
  readonly #over: () => void;
  #answer: Promise<ModelResponse> | undefined;
  #isOver = false;

  /** @param over Told when nobody can join any more. */
  constructor(over: () => void) {
    this.#over = over;
  }

  /** @param call Made by the first caller. */
  async wait(
    request: ModelRequest,
    call: (request: ModelRequest) => Promise<ModelResponse>,
  ): Promise<ModelResponse> {
    const callers = this.#callers;
    const caller = callers.join(request);
    try {
      this.#answer ??= this.#made(call(callers.requestOf(request)));
      return callers.hand(await untilAborted(this.#answer, request.signal));
    } finally {
      callers.leave(caller, this.#isOver, request.signal?.reason ?? LEFT);
      if (callers.isEmpty) this.#over();
    }
  }

  async #made(answer: Promise<ModelResponse>): Promise<ModelResponse> {
    try {
      return await answer;
    } finally {
      this.#isOver = true;
      this.#over();
    }
  }
}

/** A stream that any number of callers read from its beginning; the foremost of them pulls it on. */
export class SharedStream {
  readonly #callers = new Callers();
  readonly #tape: ModelStreamPart[] = [];
  readonly #open: (request: ModelRequest) => AsyncIterable<ModelStreamPart>;
  readonly #whole: (response: ModelResponse) => Promise<ModelResponse>;
  readonly #over: () => void;
  #parts: AsyncIterator<ModelStreamPart, unknown> | undefined;
  #pulling: Promise<boolean> | undefined;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param whole Told the answer before anybody is handed it.
   * @param over Told when nobody can join any more.
   */
  constructor(
    open: (request: ModelRequest) => AsyncIterable<ModelStreamPart>,
    whole: (response: ModelResponse) => Promise<ModelResponse>,
    over: () => void,
  ) {
    this.#open = open;
    this.#whole = whole;
    this.#over = over;
  }

  async *read(request: ModelRequest): AsyncGenerator<ModelStreamPart, void, undefined> {
    const callers = this.#callers;
    const caller = callers.join(request);
    let isFinished = false;
    try {
      for (let at = 0; ; at++) {
        if (at >= this.#tape.length && !(await untilAborted(this.#pull(request), request.signal))) break;
        const part = this.#tape[at];
        if (part?.type === "finish") {
          isFinished = true;
          yield { ...part, response: callers.hand(part.response) };
        } else if (part !== undefined) yield part;
      }
      if (!isFinished) throw new IncompleteStreamError("the stream ended without its finish");
    } finally {
      callers.leave(caller, this.#isOver, request.signal?.reason ?? LEFT);
      if (callers.isEmpty) {
        this.#over();
        await this.#close();
      }
    }
  }

  /** Puts the next part on the tape; `false` where there is none. */
  #pull(request: ModelRequest): Promise<boolean> {
    this.#pulling ??= this.#next(request).finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  async #next(request: ModelRequest): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isOver) return false;
    try {
      this.#parts ??= this.#open(this.#callers.requestOf(request))[Symbol.asyncIterator]();
      const { done, value } = await this.#parts.next();
      if (done === true) this.#end();
      else this.#tape.push(await this.#recorded(value));
      return done !== true;
    } catch (error) {
      this.#failure = { error };
      this.#end();
      throw error;
    }
  }

  async #recorded(part: ModelStreamPart): Promise<ModelStreamPart> {
    return part.type === "finish" ? { ...part, response: await this.#whole(part.response) } : part;
  }

  #end(): void {
    this.#isOver = true;
    this.#over();
  }

  /** Of its own accord where nothing is under way, else it has been told to by the signal. */
  async #close(): Promise<void> {
    if (this.#isOver) return;
    const closing = this.#parts?.return?.();
    if (this.#pulling === undefined) await closing;
    else closing?.catch(() => undefined);
  }
}

const LEFT = new CancelledError("nobody waits for the answer any more");

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  try {
    return await abortable(work, signal);
  } catch (error) {
    if (!signal.aborted || error instanceof LocusError) throw error;
    throw new CancelledError("the call was cancelled", { cause: error });
  }
}
