/** Runs streamed bytes through the fold without a network, and collects parts. */
import { readFileSync } from "node:fs";
import type { ModelStreamPart } from "@locus-sdk/core";
import type { AnswerContext } from "../src/decode.ts";
import { messageStream } from "../src/message-stream.ts";

export const context: AnswerContext = { modelId: "claude-test" };

/** The bytes of a streamed answer, in the form the API's documentation gives them. */
export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/${name}.sse.txt`, import.meta.url));
}

/** A stream whose body comes in these pieces. */
export function streamOf(
  pieces: readonly Uint8Array[],
  overrides: Partial<AnswerContext> = {},
): AsyncIterable<ModelStreamPart> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return messageStream({
    open: () => Promise.resolve({ response: new Response(body), context: { ...context, ...overrides } }),
    signal: undefined,
    idleTimeoutMs: 10_000,
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

/** The answer at a stream's end. */
export async function answerOf(
  stream: AsyncIterable<ModelStreamPart>,
): Promise<Extract<ModelStreamPart, { type: "finish" }>["response"]> {
  const { parts, error } = await drain(stream);
  const last = parts.at(-1);
  if (last?.type !== "finish") throw error ?? new Error("the stream ended without a finish part");
  return last.response;
}
