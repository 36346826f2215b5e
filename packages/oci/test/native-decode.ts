/** Decodes recorded bytes of native streams in tests, cut wherever a test likes. */
import { readFileSync } from "node:fs";
import type { ModelResponse, ModelStreamPart } from "@locus-sdk/core";
import { SseParser } from "@locus-sdk/openai";
import { ociChatProfile } from "../src/families.ts";
import type { AnswerContext } from "../src/native/answer.ts";
import type { NativeCodec } from "../src/native/codec.ts";
import { nativeReader } from "../src/native/frames.ts";

/** The bytes of a fixture beside the test. */
export const fixture = (test: string, name: string): Uint8Array =>
  readFileSync(new URL(`./fixtures/${name}.chunks.txt`, test));

/** A context whose call ids count up, so that answers can be compared. */
export function contextFor(modelId: string, more: Partial<AnswerContext> = {}): AnswerContext {
  let calls = 0;
  return {
    provider: "oci",
    modelId,
    profile: ociChatProfile(modelId),
    newCallId: () => {
      calls += 1;
      return `made_${calls}`;
    },
    ...more,
  };
}

/** The parts and the response of a stream whose body is `bytes`, cut behind each of `cuts`. */
export function decodeStream(
  codec: NativeCodec,
  bytes: Uint8Array | string,
  context: AnswerContext,
  cuts: readonly number[] = [],
): { readonly parts: readonly ModelStreamPart[]; readonly response: ModelResponse } {
  const body = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const parts: ModelStreamPart[] = [];
  const decoder = nativeReader(codec, context).frames((part) => parts.push(part));
  const sse = new SseParser((data, event) => decoder.push(data, event));
  const places = [0, ...cuts.map((cut) => cut % (body.length + 1)).toSorted((a, b) => a - b), body.length];
  for (const [index, place] of places.entries()) sse.push(body.subarray(place, places[index + 1] ?? place));
  sse.end();
  return { response: decoder.end(), parts };
}

/** Frames as an event stream. */
export const sse = (...frames: readonly unknown[]): string =>
  frames.map((frame) => `data: ${typeof frame === "string" ? frame : JSON.stringify(frame)}\n\n`).join("");

/** The deltas of each call put together. */
export function callsFrom(parts: readonly ModelStreamPart[]): { name: string; arguments: string }[] {
  const calls: { name: string; arguments: string }[] = [];
  for (const part of parts) {
    if (part.type !== "tool_call_delta") continue;
    const call = calls[part.index] ?? { name: "", arguments: "" };
    calls[part.index] = call;
    call.name += part.name ?? "";
    call.arguments += part.argumentsDelta;
  }
  return calls;
}
