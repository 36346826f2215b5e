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
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(signal?.reason);
  const release = (): void => signal?.removeEventListener("abort", onAbort);
  if (signal?.aborted === true) throw signal.reason;
  signal?.addEventListener("abort", onAbort, { once: true });
  const parts = model.stream({ ...request, signal: abort.signal })[Symbol.asyncIterator]();
  let first: IteratorResult<ModelStreamPart> | undefined;
  try {
    first = await parts.next();
  } catch (error) {
    release();
    throw toCallError(error, model, signal);
  }
  let emitted = 0;
  let emit: (part: LanguageModelV4StreamPart) => void = () => undefined;
  const writer = new StreamWriter((part) => {
    emitted += 1;
    emit(part);
  });
  const take = async (): Promise<boolean> => {
    const next = first ?? (await parts.next());
    first = undefined;
    if (next.done === true) {
      throw new IncompleteStreamError(`model "${model.modelId}" ended its stream without a finish part`);
    }
    if (next.value.type !== "finish") {
      writer.push(next.value);
      return true;
    }
    writer.finish(next.value.response);
    return false;
  };
  const leave = (): void => {
    release();
    // A generator that is waiting hears of it by its signal; its end is nobody's concern.
    parts.return?.().then(undefined, () => undefined);
  };
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      start: (controller) => {
        emit = (part) => controller.enqueue(part);
        emit({ type: "stream-start", warnings: [...warnings] });
      },
      pull: async (controller) => {
        try {
          const before = emitted;
          while (await take()) if (emitted > before) return;
          leave();
          controller.close();
        } catch (error) {
          leave();
          const failure = toCallError(error, model, signal);
          if (signal?.aborted === true) {
            controller.error(failure);
            return;
          }
          controller.enqueue({ type: "error", error: failure });
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
