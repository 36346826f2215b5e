/** One event as a server-sent event, and what a client says it has seen. */
import { InvalidRequestError } from "../../errors/errors.ts";
import { type AgentEvent, isDurable } from "../../events/types.ts";

/**
 * An event as a frame of a server-sent event stream. The `id` is the sequence of a durable event; a transient one has none, so
 * that what a client comes back with is always the number of something on record.
 *
 * @example
 * ```ts
 * import type { AgentEvent } from "locus-sdk";
 * import { toSseFrame } from "locus-sdk/sse";
 *
 * export const frames = (events: readonly AgentEvent[]): string => events.map(toSseFrame).join("");
 * ```
 */
export function toSseFrame(event: AgentEvent): string {
  const id = isDurable(event) ? `id: ${event.sequence}\n` : "";
  // JSON has no line breaks of its own: the event is one line, whatever is in it.
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The type of the frame behind the last event: all was told, and the line did not break. No event has it. */
export const END_TYPE = "end";
export const END_FRAME: string = `event: ${END_TYPE}\ndata: {}\n\n`;

/** What carries headers: a WHATWG `Request`, its `Headers`, a request of `node:http`, or its headers. */
export type HeaderSource = HeaderRecord | Headers | { readonly headers: HeaderRecord | Headers };

/** What `new Headers()` takes. */
export type HeaderInit = NonNullable<ConstructorParameters<typeof Headers>[0]>;

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

const NAME = "last-event-id";

/**
 * The sequence after which a client that comes back wants to go on; `undefined` for one that is new. It goes into
 * `bus.subscribe({ after })`.
 *
 * @throws InvalidRequestError for a header that is not the number of an event: answer 400.
 * @example
 * ```ts
 * import { EventBus } from "locus-sdk";
 * import { lastEventId, sseAnswer } from "locus-sdk/sse";
 *
 * const bus = new EventBus();
 * export function watch(request: Request, runId: string): Promise<Response> {
 *   return sseAnswer(() => bus.subscribe({ runId, after: lastEventId(request) ?? 0 }));
 * }
 * ```
 */
export function lastEventId(source: HeaderSource): number | undefined {
  const value = headerOf("headers" in source && isHeaders(source.headers) ? source.headers : source);
  if (value === undefined || value === "") return undefined;
  if (/^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  const shown = JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  throw new InvalidRequestError(`Last-Event-ID must be the sequence of an event, not ${shown}`, {
    status: 400,
    hint: "Send back the id of the last event that came, or leave the header out to begin anew.",
  });
}

function isHeaders(value: unknown): value is HeaderRecord | Headers {
  return typeof value === "object" && value !== null;
}

function headerOf(headers: HeaderSource): string | undefined {
  if (headers instanceof Headers) return headers.get(NAME) ?? undefined;
  const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === NAME);
  const value: unknown = Array.isArray(entry?.[1]) ? entry[1].join(", ") : entry?.[1];
  return typeof value === "string" ? value.trim() : undefined;
}
