/** The answer to a request for events: the stream, or a status that says why there is none. */
import { InvalidRequestError, LocusError } from "../../errors/errors.ts";
import type { AgentEvent } from "../../events/types.ts";
import { defaultLogger, type Logger } from "../../log/logger.ts";
import { func, having } from "../../options/check.ts";
import { redactError } from "../../text/redact-error.ts";
import { EventSubscription } from "../subscription.ts";
import { type SseResponseOptions, sseResponse } from "./stream.ts";

/** Those of the response, and who is told what failed. */
export interface SseAnswerOptions extends SseResponseOptions {
  /** Told what is answered with 500 or 503 for a reason of the server's own. Default: errors to stderr. */
  readonly logger?: Logger | undefined;
}

/** Seconds after which there may be room for one more subscriber. */
const RETRY_AFTER = "5";

/**
 * Answers a request for events, whatever comes of it: 200 with the events, 204 where the client has seen all there is (which
 * ends `connectSse` and a browser's `EventSource`), 400 for a request that is malformed, 404 for a run that nobody knows, 503 for
 * too many subscribers or a store that fails, 500 for anything else. A body says the error's `code`; what went wrong on this
 * side goes to the logger, not to the client. Never rejects.
 *
 * @param open Called at once; returns the events, and may throw.
 * @throws ConfigurationError at once, for options that do not fit.
 * @example
 * ```ts
 * import { EventBus } from "locus-sdk";
 * import { lastEventId, sseAnswer } from "locus-sdk/sse";
 *
 * const bus = new EventBus();
 * export function GET(request: Request, runId: string): Promise<Response> {
 *   return sseAnswer(() => bus.subscribe({ runId, after: lastEventId(request) ?? 0 }));
 * }
 * ```
 */
export function sseAnswer(
  open: () => AsyncIterable<AgentEvent>,
  { logger = defaultLogger, ...options }: SseAnswerOptions = {},
): Promise<Response> {
  func("sseAnswer: open", open);
  having("a logger", ["error"])("sseAnswer: logger", logger);
  return answer(open, logger, options);
}

async function answer(
  open: () => AsyncIterable<AgentEvent>,
  logger: Logger,
  options: SseResponseOptions,
): Promise<Response> {
  let status = 500;
  let watched: EventSubscription | undefined;
  try {
    const events = open();
    if (!(events instanceof EventSubscription)) return sseResponse(events, options);
    watched = events;
    // What fails from here on is the store.
    status = 503;
    const hasMore = await events.opened();
    status = 500;
    return hasMore ? sseResponse(events, options) : new Response(null, { status: 204 });
  } catch (error) {
    watched?.close();
    return refusal(error, status, logger);
  }
}

function refusal(error: unknown, status: number, logger: Logger): Response {
  const code = error instanceof LocusError ? error.code : "internal";
  if (error instanceof InvalidRequestError) return said(400, code, error.message);
  if (code === "unknown_run") return said(404, code, "there is no such run");
  if (code === "too_many_subscribers")
    return said(503, code, "too many watch already", { "retry-after": RETRY_AFTER });
  logger.error({ err: redactError(error) }, "a request for events could not be answered");
  return said(status, code, "the events cannot be told");
}

function said(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(
    { error: { code, message } },
    { status, headers: { "cache-control": "no-store", ...headers } },
  );
}
