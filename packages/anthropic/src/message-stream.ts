/** A streamed answer as an async iterator: request, bytes, events, parts; closed when it is left. */
import { type ModelResponse, type ModelStreamPart, withUsage } from "@locus-sdk/core";
import { readBody, readText } from "./body.ts";
import { type AnswerContext, decodeMessageText } from "./decode.ts";
import { cancelled } from "./errors.ts";
import { SseReader } from "./sse.ts";
import { MessageFold, notAStream } from "./stream.ts";

/** An answer whose headers have come. */
export interface OpenedMessage {
  readonly response: Response;
  readonly context: AnswerContext;
}

/** How long a connection is kept for its proper end behind the answer, so that it can be used again. */
const DRAIN_MS = 250;

export interface MessageStreamOptions {
  /** Sends the request; called once, by the first `next()`. */
  readonly open: (signal: AbortSignal) => Promise<OpenedMessage>;
  readonly signal: AbortSignal | undefined;
  readonly idleTimeoutMs: number;
}

/** `return()` takes effect at once, even while a `next()` is waiting for the network: a generator's own would wait. */
export function messageStream(options: MessageStreamOptions): AsyncIterableIterator<ModelStreamPart, void> {
  const left = new AbortController();
  const parts = run(options, left);
  return {
    next: () => parts.next(),
    return: () => {
      left.abort();
      return parts.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* run(
  { open, signal, idleTimeoutMs }: MessageStreamOptions,
  left: AbortController,
): AsyncGenerator<ModelStreamPart, void> {
  if (signal?.aborted === true) throw cancelled(signal);
  const own = new AbortController();
  const onAbort = (): void => own.abort(signal?.reason);
  const onLeft = (): void => own.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  left.signal.addEventListener("abort", onLeft, { once: true });
  try {
    yield* read(await open(own.signal), idleTimeoutMs, own);
  } catch (error) {
    // Left by its consumer while it was waiting: that is the end, not a failure.
    if (!left.signal.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function* read(
  { response, context: opened }: OpenedMessage,
  idleTimeoutMs: number,
  own: AbortController,
): AsyncGenerator<ModelStreamPart, void> {
  const { signal } = own;
  const context = { ...opened, signal };
  const pieces = readBody(response, context, idleTimeoutMs);
  if (/\bjson\b/i.test(response.headers.get("content-type") ?? "")) {
    yield* whole(decodeMessageText(await readText(pieces), context));
    return;
  }
  const sse = new SseReader();
  const fold = new MessageFold(context);
  try {
    // Not `for await`, which would close the connection behind the last event.
    for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) {
      for (const data of sse.push(piece.value)) yield* checked(fold.push(data), signal);
      if (fold.done) break;
    }
    for (const data of sse.end()) yield* checked(fold.push(data), signal);
  } catch (error) {
    // What breaks behind the end of an answer does not take it back.
    if (!fold.finished || signal.aborted) throw withUsage(error, fold.told);
  } finally {
    if (fold.done) drain(pieces, own);
    else await pieces.return();
  }
  if (fold.events === 0 && sse.stray.trim() !== "") throw notAStream(sse.stray, context);
  yield { type: "finish", response: ending(fold) };
}

function ending(fold: MessageFold): ModelResponse {
  try {
    return fold.end();
  } catch (error) {
    throw withUsage(error, fold.told);
  }
}

/** Reads a body to its end behind the consumer's back: a connection cut short cannot be used again. */
function drain(pieces: AsyncGenerator<Uint8Array, void>, own: AbortController): void {
  const timer = setTimeout(() => own.abort(), DRAIN_MS);
  timer.unref();
  readText(pieces)
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
}

/** Parts that came before the caller gave up are not handed out behind it. */
function* checked(parts: readonly ModelStreamPart[], signal: AbortSignal): Generator<ModelStreamPart, void> {
  for (const part of parts) {
    if (signal.aborted) throw cancelled(signal);
    yield part;
  }
}

/** An answer that came in one piece, though a stream was asked for. */
function* whole(response: ModelResponse): Generator<ModelStreamPart, void> {
  let index = 0;
  for (const part of response.message.content) {
    if (part.type === "text") yield { type: "text_delta", text: part.text };
    if (part.type === "reasoning") yield { type: "reasoning_delta", text: part.text };
    if (part.type === "tool_call") {
      const { id, name, arguments: argumentsDelta } = part;
      yield { type: "tool_call_delta", index: index++, id, name, argumentsDelta };
    }
  }
  yield { type: "finish", response };
}
