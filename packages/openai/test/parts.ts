/** Runs streamed bytes through the decoder without a network. */
import type { ModelStreamPart } from "@locus-sdk/core";
import type { DecodeContext } from "../src/chat/decode.ts";
import { DEFAULT_CHAT_PROFILE } from "../src/chat/profile.ts";
import { chatReader } from "../src/chat/reader.ts";
import { ChatStream } from "../src/chat/stream.ts";

export const context: DecodeContext = { provider: "test", modelId: "m", profile: DEFAULT_CHAT_PROFILE };

/** A stream whose body comes in these pieces. */
export function streamOf(
  pieces: readonly (string | Uint8Array)[],
  overrides: Partial<DecodeContext> = {},
): ChatStream {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  const whole: DecodeContext = { ...context, ...overrides };
  return new ChatStream({
    open: () => Promise.resolve({ response: new Response(body), context: whole, reader: chatReader(whole) }),
  });
}

/** The parts before the stream ended or failed, and the failure. */
export async function drain(
  stream: AsyncIterable<ModelStreamPart>,
): Promise<{ readonly parts: readonly ModelStreamPart[]; readonly error?: unknown }> {
  const parts: ModelStreamPart[] = [];
  try {
    for await (const part of stream) parts.push(part);
  } catch (error) {
    return { parts, error };
  }
  return { parts };
}
