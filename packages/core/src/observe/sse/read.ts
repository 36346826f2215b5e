/** A server-sent event stream, read back into events. */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { abortable } from "../../async/abort.ts";
import { CancelledError, LocusError } from "../../errors/errors.ts";
import { agentEventSchema } from "../../events/agent-event.ts";
import type { AgentEvent } from "../../events/types.ts";
import { anObject, checkKeys } from "../../options/check.ts";
import { isEventType } from "../event-types.ts";
import { END_TYPE } from "./frame.ts";

/** What can be read: a response, its body, or bytes as they come from a socket. */
export type SseSource = Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

export interface ReadSseOptions {
  /** Ends the reading with a `CancelledError`, and lets go of the source. */
  readonly signal?: AbortSignal | undefined;
}

/** Events of a stream. Can be iterated once. */
export interface SseEvents extends AsyncIterable<AgentEvent> {
  /** Frames that were passed over: of types that this version of Locus does not know. */
  readonly skipped: number;
  /** The last id that came: the sequence to go on after. */
  readonly lastEventId: number | undefined;
}

/** Characters of one frame at most: what does not end must not fill the memory. */
const MAX_FRAME = 64 * 1024 * 1024;

/** What is known of a stream so far; shared by all connections to it. */
export interface Progress {
  skipped: number;
  lastEventId: number | undefined;
  retryMs: number | undefined;
  /** The server has told all there is. */
  isOver: boolean;
}

/**
 * Reads events that `sseStream` or `sseResponse` wrote. Each is checked against its type; frames of a type that is not known are
 * passed over and counted, so that an older client can watch a newer server.
 *
 * @throws LocusError with the code `invalid_event` for a frame that is not the event it says it is; `CancelledError` where the
 *   signal aborts.
 * @example
 * ```ts
 * import { readSse } from "locus-sdk/sse";
 *
 * export async function show(response: Response): Promise<void> {
 *   for await (const event of readSse(response)) {
 *     if (event.type === "model_chunk") process.stdout.write(event.text);
 *   }
 * }
 * ```
 */
export function readSse(source: SseSource, options: ReadSseOptions = {}): SseEvents {
  checkKeys("readSse", options, ["signal"]);
  anObject("readSse: source", source);
  const progress: Progress = { skipped: 0, lastEventId: undefined, retryMs: undefined, isOver: false };
  const events = eventsOf(source, progress, options.signal);
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

export async function* eventsOf(
  source: SseSource,
  progress: Progress,
  signal: AbortSignal | undefined,
): AsyncGenerator<AgentEvent, undefined> {
  const messages: EventSourceMessage[] = [];
  let failure: Error | undefined;
  const parser = createParser({
    maxBufferSize: MAX_FRAME,
    onEvent: (message) => messages.push(message),
    onRetry: (ms) => {
      progress.retryMs = ms;
    },
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") failure = error;
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of bytesOf(source, signal)) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    for (const message of messages.splice(0)) {
      const event = read(message, progress);
      if (event !== undefined) yield event;
    }
    if (failure !== undefined) throw invalid(`a frame is longer than ${MAX_FRAME} characters`, failure);
  }
}

/** The event of a frame; `undefined` where this version does not know its type. */
function read({ event: type, id, data }: EventSourceMessage, progress: Progress): AgentEvent | undefined {
  if (type === END_TYPE) {
    progress.isOver = true;
    return undefined;
  }
  if (type !== undefined && !isEventType(type)) {
    progress.skipped++;
    if (id !== undefined) progress.lastEventId = Math.max(numberOf(id), progress.lastEventId ?? 0);
    return undefined;
  }
  const result = agentEventSchema.safeParse(parsed(data));
  if (!result.success) {
    const { path = [], message = "" } = result.error.issues[0] ?? {};
    const where = path.length === 0 ? "" : ` at ${path.map(String).join(".")}`;
    throw invalid(`a frame is not a valid ${type ?? "event"}${where}: ${message}`);
  }
  if (id !== undefined) progress.lastEventId = Math.max(numberOf(id), progress.lastEventId ?? 0);
  return result.data;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw invalid("a frame does not hold JSON", error);
  }
}

function numberOf(id: string): number {
  const sequence = Number(id);
  if (/^\d+$/.test(id) && Number.isSafeInteger(sequence)) return sequence;
  throw invalid("a frame's id is not the sequence of an event");
}

function invalid(message: string, cause?: unknown): LocusError {
  return new LocusError(`event stream: ${message}`, {
    code: "invalid_event",
    hint: "Is it a stream of events of Locus, and does nothing between change it?",
    cause,
  });
}

/** The bytes, until the signal aborts; a source that is left is let go of. */
async function* bytesOf(
  source: SseSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, undefined> {
  const body = source instanceof Response ? source.body : source;
  if (body === null) return;
  const { next, leave } = body instanceof ReadableStream ? readerOf(body) : iteratorOf(body);
  let isDone = false;
  try {
    for (;;) {
      const chunk = await (signal === undefined ? next() : abortable(next(), signal));
      isDone = chunk.value === undefined;
      if (chunk.value === undefined) return;
      yield chunk.value;
    }
  } catch (error) {
    if (signal?.aborted === true) throw cancelled(signal);
    throw error;
  } finally {
    // Not awaited: a source that hangs would hold its reader, too.
    if (!isDone) leave().catch(() => undefined);
  }
}

interface Chunks {
  readonly next: () => Promise<{ readonly value?: Uint8Array | undefined }>;
  readonly leave: () => Promise<unknown>;
}

/** Not by its iterator: that cannot be left while it waits. */
function readerOf(body: ReadableStream<Uint8Array>): Chunks {
  const reader = body.getReader();
  return { next: () => reader.read(), leave: () => reader.cancel() };
}

function iteratorOf(body: AsyncIterable<Uint8Array>): Chunks {
  const chunks = body[Symbol.asyncIterator]();
  return { next: async () => chunks.next(), leave: async () => chunks.return?.() };
}

export function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError("the event stream was left by its signal", { cause: signal.reason });
}
