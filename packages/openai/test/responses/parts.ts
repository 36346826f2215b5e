/** Runs streamed bytes through the Responses decoder without a network. */

import { DEFAULT_CHAT_PROFILE } from "../../src/chat/profile.ts";
import { ChatStream } from "../../src/chat/stream.ts";
import type { ResponsesContext } from "../../src/responses/decode.ts";
import { responsesReader } from "../../src/responses/model.ts";

export const context: ResponsesContext = {
  provider: "test",
  modelId: "m",
  profile: DEFAULT_CHAT_PROFILE,
  goesOn: true,
};

/** A stream whose body comes in these pieces. */
export function streamOf(
  pieces: readonly (string | Uint8Array)[],
  overrides: Partial<ResponsesContext> = {},
): ChatStream {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  const known = { ...context, ...overrides };
  return new ChatStream({
    open: () =>
      Promise.resolve({ response: new Response(body), context: known, reader: responsesReader(known) }),
  });
}

/** Events as frames without names. */
export const framesOf = (...events: readonly object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
