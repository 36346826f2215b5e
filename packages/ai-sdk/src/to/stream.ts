/** A streamed answer as the stream that the AI SDK reads: drawn part by part as it asks, and left when it leaves. */
import type { LanguageModelV4StreamPart, SharedV4Warning } from "@ai-sdk/provider";
import {
  type ChatModel,
  IncompleteStreamError,
  type ModelRequest,
  type ModelStreamPart,
} from "@locus-sdk/core";
import { toCallError } from "./api-error.ts";
import { StreamWriter } from "./stream-writer.ts";

/**
 * Resolves once the answer has begun: what fails before that rejects, so that the AI SDK may try again. What fails later is
 * an `error` part, behind which the stream ends without `finish`; aborting fails the stream with the signal's reason.
 */
export async function openStream(
  model: ChatModel,
  { signal, ...request }: ModelRequest,
  warnings: readonly SharedV4Warning[],
): Promise<ReadableStream<LanguageModelV4StreamPart>> {
  if (signal?.aborted === true) throw signal.reason;
  const abort = new AbortController();
  let source: ReadableStreamDefaultController<LanguageModelV4StreamPart> | undefined;
  let over = false;
  const parts = model.stream({ ...request, signal: abort.signal })[Symbol.asyncIterator]();
  /** Lets go of the model. A generator that is waiting hears of it by its signal; its end is nobody's concern. */
  const leave = (): void => {
    over = true;
    signal?.removeEventListener("abort", onAbort);
    parts.return?.().then(undefined, () => undefined);
  };
  const onAbort = (): void => {
    abort.abort(signal?.reason);
    if (source === undefined) return;
    leave();
    source.error(signal?.reason);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  const writer = new StreamWriter((part) => source?.enqueue(part));
  /** Whether there is more to come behind what `next` brought. */
  const take = (next: IteratorResult<ModelStreamPart>): boolean => {
    if (next.done === true) {
      throw new IncompleteStreamError(`model "${model.modelId}" ended its stream without a finish part`);
    }
    if (next.value.type === "finish") writer.finish(next.value.response);
    else writer.push(next.value);
    return next.value.type !== "finish";
  };
  let first: IteratorResult<ModelStreamPart> | undefined;
  try {
    first = await parts.next();
  } catch (error) {
    leave();
    throw toCallError(error, model, signal);
  }
  if (abort.signal.aborted) {
    leave();
    throw abort.signal.reason;
  }
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      start: (controller) => {
        source = controller;
        controller.enqueue({ type: "stream-start", warnings: [...warnings] });
      },
      // A pull that brings nothing is not asked again: it goes on until the reader has something.
      pull: async (controller) => {
        try {
          while (!over) {
            const next = first ?? (await parts.next());
            first = undefined;
            if (over) return;
            const before = writer.emitted;
            if (!take(next)) {
              leave();
              controller.close();
            }
            if (writer.emitted > before) return;
          }
        } catch (error) {
          if (over) return;
          leave();
          controller.enqueue({ type: "error", error: toCallError(error, model, signal) });
          controller.close();
        }
      },
      cancel: (reason: unknown) => {
        leave();
        abort.abort(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
