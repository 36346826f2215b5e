/** What Claude says survives our message and goes back as it came, whole or streamed. */
import { type AssistantMessage, type JsonObject, toJson } from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerOf, context, streamOf } from "../test/parts.ts";
import { frame } from "../test/server.ts";
import { decodeMessage } from "./decode.ts";
import { encodeConversation } from "./encode-messages.ts";

const word = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => text.trim() !== "");
const object = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

const text: fc.Arbitrary<JsonObject> = fc.record({ type: fc.constant("text"), text: word });
const cited: fc.Arbitrary<JsonObject> = fc.record({
  type: fc.constant("text"),
  text: word,
  citations: fc.array(object, { minLength: 1, maxLength: 2 }),
});
const thinking: fc.Arbitrary<JsonObject> = fc.record({
  type: fc.constant("thinking"),
  thinking: fc.string({ unit: "grapheme" }),
  signature: fc.base64String({ minLength: 4 }),
});
const redacted: fc.Arbitrary<JsonObject> = fc.record({
  type: fc.constant("redacted_thinking"),
  data: fc.base64String(),
});
const other: fc.Arbitrary<JsonObject> = object.map((value) => ({ ...value, type: "block_of_tomorrow" }));
const call = fc.record({ type: fc.constant("tool_use"), name: word, input: object });
const content = fc
  .array(fc.oneof(text, cited, thinking, redacted, other, call), { minLength: 1, maxLength: 8 })
  .map((blocks) =>
    blocks.map(
      (block, place): JsonObject => (block.type === "tool_use" ? { ...block, id: `toolu_${place}` } : block),
    ),
  );

const usage = { input_tokens: 1, output_tokens: 1 };
const whole = (blocks: readonly JsonObject[]): AssistantMessage =>
  decodeMessage({ model: "m", content: blocks, stop_reason: "end_turn", usage }, context).message;
const sent = (message: AssistantMessage): unknown =>
  encodeConversation([{ role: "user", content: "Hi" }, message], "m").messages[1]?.content;

/** The blocks as the events of a stream, each text in two pieces. */
function streamed(blocks: readonly JsonObject[]): Uint8Array {
  const halves = (value: unknown): readonly [string, string] => {
    const all = String(value);
    return [all.slice(0, all.length / 2), all.slice(all.length / 2)];
  };
  const told = blocks.flatMap((block, index) => {
    const grow = (delta: object): string => frame({ type: "content_block_delta", index, delta });
    const start = (content_block: object): string =>
      frame({ type: "content_block_start", index, content_block });
    const stop = frame({ type: "content_block_stop", index });
    switch (block.type) {
      case "text": {
        const citations = Array.isArray(block.citations) ? block.citations : [];
        return [
          start({ type: "text", text: "" }),
          ...citations.map((citation: unknown) => grow({ type: "citations_delta", citation })),
          ...halves(block.text).map((piece) => grow({ type: "text_delta", text: piece })),
          stop,
        ];
      }
      case "thinking":
        return [
          start({ type: "thinking", thinking: "", signature: "" }),
          ...halves(block.thinking).map((piece) => grow({ type: "thinking_delta", thinking: piece })),
          grow({ type: "signature_delta", signature: block.signature }),
          stop,
        ];
      case "tool_use":
        return [
          start({ ...block, input: {} }),
          ...halves(JSON.stringify(block.input)).map((piece) =>
            grow({ type: "input_json_delta", partial_json: piece }),
          ),
          stop,
        ];
      default:
        return [start(block), stop];
    }
  });
  const message = { model: "m", content: [], usage };
  return new TextEncoder().encode(
    [
      frame({ type: "message_start", message }),
      ...told,
      frame({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage }),
      frame({ type: "message_stop" }),
    ].join(""),
  );
}

describe("a round trip", () => {
  it("of a message's blocks changes nothing", () => {
    fc.assert(
      fc.property(content, (blocks) => {
        expect(sent(whole(blocks))).toEqual(blocks);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same for a message that was streamed", async () => {
    await fc.assert(
      fc.asyncProperty(content, async (blocks) => {
        const { message } = await answerOf(streamOf([streamed(blocks)]));
        expect(toJson(message)).toEqual(toJson(whole(blocks)));
        expect(sent(message)).toEqual(blocks);
      }),
      { numRuns: 150 },
    );
  });
});
