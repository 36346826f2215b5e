/** Reads a response's body so that aborting and silence end it, and the socket closes. */
import { IncompleteStreamError, type LocusError } from "@locus-sdk/core";
import { cancelled, type ErrorContext, toLocusError } from "./errors.ts";

/**
 * The pieces of an answer's body. After an answer has begun nothing is sent again: what breaks here is an error. Leaving
 * the loop closes the connection.
 *
 * @throws IncompleteStreamError where the connection breaks, or nothing comes for `idleTimeoutMs`; `CancelledError`.
 */
export async function* readBody(
  response: Response,
  context: ErrorContext,
  idleTimeoutMs: number,
): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const { signal } = context;
  let failure: LocusError | undefined;
  const fail = (error: LocusError): void => {
    failure ??= error;
    reader.cancel().catch(() => undefined);
  };
  const onAbort = (): void => fail(cancelled(signal));
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  let waiting = false;
  // A slow consumer is not a silent server: the timer counts only while something is awaited.
  const timer = setTimeout(() => waiting && fail(stalled(context, idleTimeoutMs)), idleTimeoutMs);
  timer.unref();
  try {
    for (;;) {
      waiting = true;
      timer.refresh();
      const piece = await reader.read();
      waiting = false;
      // Cancelling ends the body as if it were complete: the reason has to be asked for.
      if (failure !== undefined) throw failure;
      if (piece.done) return;
      yield piece.value;
    }
  } catch (error) {
    throw failure ?? broken(error, context);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    reader.cancel().catch(() => undefined);
  }
}

/** The whole body as text. */
export async function readText(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const texts: string[] = [];
  for await (const piece of pieces) texts.push(decoder.decode(piece, { stream: true }));
  texts.push(decoder.decode());
  return texts.join("");
}

function stalled(context: ErrorContext, idleTimeoutMs: number): LocusError {
  return new IncompleteStreamError(
    `anthropic model "${context.modelId}" sent nothing for ${idleTimeoutMs} ms in the middle of its answer`,
    { ...remote(context), code: "stream_stalled", hint: "Raise `timeoutMs`, or try again." },
  );
}

function broken(error: unknown, context: ErrorContext): LocusError {
  const mapped = toLocusError(error, context);
  if (context.signal?.aborted === true) return mapped;
  return new IncompleteStreamError(
    `the answer of anthropic model "${context.modelId}" broke off: ${mapped.message}`,
    {
      ...remote(context),
      cause: mapped,
      hint: "The part that came is not an answer. Nothing was sent again; try again.",
    },
  );
}

/** What an error about an answer carries of it. */
export function remote({ requestId }: ErrorContext): { readonly requestId?: string } {
  return requestId === undefined ? {} : { requestId };
}
