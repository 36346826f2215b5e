/** A client that comes back: after a broken connection it goes on where it was. */
import { sleep } from "../../async/abort.ts";
import { ConnectionError, LocusError } from "../../errors/errors.ts";
import { type AgentEvent, isDurable } from "../../events/types.ts";
import {
  anObject,
  type Checks,
  checkOptions,
  func,
  having,
  must,
  oneOf,
  whole,
} from "../../options/check.ts";
import type { HeaderInit } from "./frame.ts";
import { cancelled, eventsOf, type Progress, type SseEvents } from "./read.ts";

export interface ConnectSseOptions {
  /** Go on after this sequence. Default: from where the server begins. */
  readonly lastEventId?: number | undefined;
  /** Stands in for the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Sent with each request. */
  readonly headers?: HeaderInit | undefined;
  /** Ends the connection with a `CancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What ends it, beside a server that has nothing more: the end of the run (`"run"`, the default; one that ended in a question is
   * not over), any `terminate`, or none (`"never"`), as for a whole thread.
   */
  readonly until?: "run" | "terminate" | "never" | undefined;
  /** Tries in a row that bring no event, after which it gives up. Default 5. */
  readonly maxRetries?: number | undefined;
}

const MAX_RETRIES = 5;
/** Waited where the server says nothing of it. */
const RETRY_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Waited whatever the server says. */
const SHORTEST_WAIT_MS = 20;

const CHECKS: Checks<ConnectSseOptions> = {
  lastEventId: whole(0),
  fetch: func,
  headers: anObject,
  signal: having("an AbortSignal", ["addEventListener"]),
  maxRetries: whole(0),
  until: oneOf("run", "terminate", "never"),
};

/**
 * Watches a run at a URL that answers with its events (`sseAnswer`, `sseResponse`), until it is over, or until the server says
 * that it has nothing more: by 204, or at the end of what it tells. A run that ended in a question goes on where the server does. A
 * connection that breaks is made anew, after as long as the server asked for (`retryMs`; otherwise a second, longer with each
 * try), with the id of the last event that came. Each durable event is yielded once, whatever the server repeats. Nothing is
 * asked before the first event is.
 *
 * @throws ConnectionError where `maxRetries` tries in a row brought nothing; LocusError with the code `event_stream` for an answer
 *   that no further try will change, and `invalid_event` as `readSse`; CancelledError where the signal aborts.
 * @example
 * ```ts
 * import { connectSse } from "locus-sdk/sse";
 *
 * export async function follow(runId: string, token: string): Promise<void> {
 *   const events = connectSse(`https://agents.example.com/runs/${runId}/events`, {
 *     headers: { authorization: `Bearer ${token}` },
 *   });
 *   for await (const event of events) console.log(event.sequence, event.type);
 * }
 * ```
 */
export function connectSse(url: string | URL, options: ConnectSseOptions = {}): SseEvents {
  checkOptions("connectSse", options, CHECKS);
  must("a URL", (value) => URL.canParse(String(value)))("connectSse: url", url);
  const progress: Progress = {
    skipped: 0,
    lastEventId: options.lastEventId,
    retryMs: undefined,
    isOver: false,
  };
  const events = follow(url, progress, options);
  return {
    get skipped() {
      return progress.skipped;
    },
    get lastEventId() {
      return progress.lastEventId;
    },
    [Symbol.asyncIterator]: () => events,
  };
}

async function* follow(
  url: string | URL,
  progress: Progress,
  { signal, maxRetries = MAX_RETRIES, until = "run", ...options }: ConnectSseOptions,
): AsyncGenerator<AgentEvent, undefined> {
  // One of its own: leaving the loop ends the request, too.
  const leaving = new AbortController();
  const both = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
  let tries = 0;
  let seen: Seen = { sequence: progress.lastEventId };
  try {
    for (;;) {
      let broken: unknown;
      try {
        const response = await open(url, progress, options, both);
        if (response === undefined) return;
        for await (const event of eventsOf(response, progress, both)) {
          if (isRepeated(event, seen)) continue;
          tries = 0;
          if (isDurable(event)) seen = event;
          yield event;
          if (isEnd(event, until)) return;
        }
        if (progress.isOver) return;
      } catch (error) {
        if (signal?.aborted === true) throw cancelled(signal);
        if (error instanceof LocusError && !error.retryable) throw error;
        broken = error;
      }
      tries++;
      if (tries > maxRetries) {
        // A question that nobody has answered yet.
        if (broken === undefined && seen.type === "terminate") return;
        throw givenUp(tries, broken);
      }
      await sleep(waitMs(tries, progress, broken), both);
    }
  } catch (error) {
    throw signal?.aborted === true ? cancelled(signal) : error;
  } finally {
    leaving.abort();
  }
}

/** The last event on record that came, as far as is known. */
interface Seen {
  readonly type?: AgentEvent["type"];
  readonly sequence: number | undefined;
}

/** What the server tells again. The end of a run whose store failed has no number of its own: it is let through, once. */
function isRepeated(event: AgentEvent, { type, sequence }: Seen): boolean {
  if (sequence === undefined || !isDurable(event)) return false;
  const isNamesake = event.type === "terminate" && type !== "terminate";
  return isNamesake ? event.sequence < sequence : event.sequence <= sequence;
}

function isEnd(event: AgentEvent, until: NonNullable<ConnectSseOptions["until"]>): boolean {
  if (event.type !== "terminate" || until === "never") return false;
  return until === "terminate" || event.reason !== "interrupted";
}

/** `undefined` where the server says that there is nothing more. */
async function open(
  url: string | URL,
  { lastEventId }: Progress,
  { fetch = globalThis.fetch, headers }: ConnectSseOptions,
  signal: AbortSignal,
): Promise<Response | undefined> {
  const all = new Headers(headers);
  all.set("accept", "text/event-stream");
  if (lastEventId !== undefined) all.set("last-event-id", String(lastEventId));
  const response = await fetch(url, { headers: all, signal, cache: "no-store" });
  if (response.status === 204) return undefined;
  const type = response.headers.get("content-type") ?? "no content type";
  if (response.ok && type.startsWith("text/event-stream")) return response;
  // Its words may be long, or not for those who read logs.
  await response.body?.cancel();
  const { status } = response;
  throw new LocusError(
    response.ok
      ? `the server answered with ${type} instead of an event stream`
      : `the server answered ${status} to the request for events`,
    {
      code: "event_stream",
      status,
      retryable: status === 408 || status === 429 || status >= 500,
      hint: "Check the URL, and what the server wants in the headers.",
      ...retryAfter(response),
    },
  );
}

function retryAfter(response: Response): { readonly retryAfterMs?: number } {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return seconds >= 0 ? { retryAfterMs: seconds * 1_000 } : {};
}

function waitMs(tries: number, { retryMs = RETRY_MS }: Progress, broken: unknown): number {
  const asked = broken instanceof LocusError ? broken.retryAfterMs : undefined;
  const wanted = asked ?? Math.max(retryMs, SHORTEST_WAIT_MS) * 2 ** (tries - 1);
  return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, wanted));
}

function givenUp(tries: number, cause: unknown): ConnectionError {
  return new ConnectionError(`the event stream broke, and ${tries} tries in a row brought nothing new`, {
    cause,
    hint: "Is the server there? A run that is over is told by a server that keeps its events; see `after` of the bus.",
  });
}
