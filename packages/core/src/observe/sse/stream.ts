/** Events as the body of a response, at the pace of the client that reads it. */
import { AgentStream } from "../../agent/stream.ts";
import { ConfigurationError } from "../../errors/errors.ts";
import type { AgentEvent } from "../../events/types.ts";
import { anObject, boolean, type Checks, checkOptions, having, time, wait } from "../../options/check.ts";
import { EventSubscription } from "../subscription.ts";
import { END_FRAME, type HeaderInit, toSseFrame } from "./frame.ts";

export interface SseStreamOptions {
  /** A comment is sent after so many milliseconds without an event, so that nothing between takes the line for dead. Default 15,000. */
  readonly keepAliveMs?: number | undefined;
  /** Milliseconds that a client is told to wait before it comes back. Default: nothing is said. */
  readonly retryMs?: number | undefined;
  /** Ends the stream, as when the server shuts down. */
  readonly signal?: AbortSignal | undefined;
  /**
   * For the stream of a run (`agent.stream()`): a client that goes away cancels the run. Default `false`: the run goes on to its
   * end, unwatched. Other sources are always closed.
   */
  readonly cancelRun?: boolean | undefined;
}

/** Those of the stream, and of the response: `status`, `headers`. */
export interface SseResponseOptions extends SseStreamOptions {
  readonly status?: number | undefined;
  /** Besides the ones that make it an event stream. */
  readonly headers?: HeaderInit | undefined;
}

const KEEP_ALIVE_MS = 15_000;
const STREAM_CHECKS: Checks<SseStreamOptions> = {
  keepAliveMs: time,
  retryMs: wait,
  signal: having("an AbortSignal", ["addEventListener"]),
  cancelRun: boolean,
};
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // A proxy that compresses or buffers would hold events back.
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/**
 * Events as bytes of a server-sent event stream. Behind the last of them a frame `end` tells that all was told, so that a client
 * knows it from a line that broke; there is none where the stream was ended by its signal or the bus was closed. Nothing is taken from `events` before the client has room for it. When the
 * client goes away, `events` is closed; see `cancelRun` for the stream of a run.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { Readable } from "node:stream";
 * import { Agent } from "locus-sdk";
 * import { sseStream } from "locus-sdk/sse";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b" });
 * export const server = createServer((_request, response) => {
 *   response.writeHead(200, { "content-type": "text/event-stream" });
 *   Readable.fromWeb(sseStream(agent.stream("Hello."))).pipe(response);
 * });
 * ```
 */
export function sseStream(
  events: AsyncIterable<AgentEvent>,
  options: SseStreamOptions = {},
): ReadableStream<Uint8Array> {
  checkOptions("sseStream", options, STREAM_CHECKS);
  if (typeof events?.[Symbol.asyncIterator] !== "function") {
    throw new ConfigurationError("sseStream: events must be something to iterate with `for await`", {
      hint: "Hand over agent.stream(...) or bus.subscribe(...).",
    });
  }
  const { keepAliveMs = KEEP_ALIVE_MS, retryMs, signal, cancelRun = false } = options;
  const source = new Source(events, cancelRun);
  const encoder = new TextEncoder();
  let stop = (): void => undefined;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        // Sends the head of the response on its way, before anything has happened.
        controller.enqueue(encoder.encode(retryMs === undefined ? ":\n\n" : `retry: ${retryMs}\n\n`));
        const end = (): void => {
          stop();
          source.leave();
          controller.close();
        };
        stop = () => signal?.removeEventListener("abort", end);
        if (signal?.aborted === true) end();
        else signal?.addEventListener("abort", end, { once: true });
      },
      pull: async (controller) => {
        try {
          const frame = await source.next(keepAliveMs);
          if (source.left) return;
          if (frame !== undefined) return controller.enqueue(encoder.encode(frame));
          stop();
          if (source.isComplete) controller.enqueue(encoder.encode(END_FRAME));
          controller.close();
        } catch (error) {
          if (source.left) return;
          stop();
          controller.error(error);
        }
      },
      cancel: () => {
        stop();
        source.leave();
      },
    },
    // No event waits here: a client that does not read holds back its source.
    { highWaterMark: 0 },
  );
}

/**
 * The same as a response, with the headers that browsers and proxies need: for Hono, Next, Bun, Deno, and any other server that
 * speaks `Response`.
 *
 * @example
 * ```ts
 * import { Agent } from "locus-sdk";
 * import { sseResponse } from "locus-sdk/sse";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b" });
 * export async function POST(request: Request): Promise<Response> {
 *   return sseResponse(agent.stream(await request.text()));
 * }
 * ```
 */
export function sseResponse(
  events: AsyncIterable<AgentEvent>,
  { status = 200, headers, ...options }: SseResponseOptions = {},
): Response {
  if (headers !== undefined) anObject("sseResponse: headers", Array.isArray(headers) ? {} : headers);
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(HEADERS)) all.set(name, value);
  return new Response(sseStream(events, options), { status, headers: all });
}

/** The events, with a comment in the place of one that does not come. */
class Source {
  readonly #events: AsyncIterator<AgentEvent>;
  readonly #isRun: boolean;
  readonly #watched: EventSubscription | undefined;
  readonly #cancelRun: boolean;
  #next: Promise<IteratorResult<AgentEvent>> | undefined;
  #isOver = false;
  left = false;

  constructor(events: AsyncIterable<AgentEvent>, cancelRun: boolean) {
    this.#events = events[Symbol.asyncIterator]();
    this.#isRun = events instanceof AgentStream;
    this.#watched = events instanceof EventSubscription ? events : undefined;
    this.#cancelRun = cancelRun;
  }

  /** After its end: nothing is left to tell. */
  get isComplete(): boolean {
    return this.#watched?.isComplete ?? true;
  }

  /** A frame, or a comment after `keepAliveMs`; `undefined` at the end. */
  async next(keepAliveMs: number): Promise<string | undefined> {
    this.#next ??= this.#events.next();
    let timer: NodeJS.Timeout | undefined;
    const idle = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, keepAliveMs, undefined);
      this.#wake = resolve;
    });
    try {
      const next = await Promise.race([this.#next, idle]);
      if (next === undefined) return ": keep-alive\n\n";
      this.#next = undefined;
      if (next.done === true) return undefined;
      this.#isOver = next.value.type === "terminate";
      return toSseFrame(next.value);
    } catch (error) {
      this.#next = undefined;
      // What a run failed by was told by its last event.
      if (this.#isOver) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #wake: (value: undefined) => void = () => undefined;

  /** Nobody reads any more. */
  leave(): void {
    if (this.left) return;
    this.left = true;
    this.#wake(undefined);
    const leaving = this.#isRun && !this.#cancelRun ? this.#drain() : this.#close();
    // There is nobody left to tell.
    leaving.catch(() => undefined);
  }

  async #close(): Promise<void> {
    await this.#events.return?.();
  }

  /** A run keeps to its watcher's pace: somebody has to go on taking its events. */
  async #drain(): Promise<void> {
    let next = await (this.#next ?? this.#events.next());
    while (next.done !== true) next = await this.#events.next();
  }
}
