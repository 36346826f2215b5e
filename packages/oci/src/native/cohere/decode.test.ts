/** COHERE answers: the last frame repeats everything, calls have no ids, and some endings are failures. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { callsFrom, contextFor, decodeStream, fixture, sse } from "../../../test/native-decode.ts";
import { decodeWhole } from "../frames.ts";
import { cohereCodec } from "./index.ts";

const context = (more = {}) => contextFor("cohere.command-r-08-2024", more);
const read = (name: string, cuts?: readonly number[]) =>
  decodeStream(cohereCodec, fixture(import.meta.url, name), context(), cuts);
const stream = (...frames: readonly unknown[]) => decodeStream(cohereCodec, sse(...frames), context());

test("the text of the last frame is not said twice, and citations are kept", () => {
  const { parts, response } = read("text-repeated");
  expect(parts).toEqual(["Hel", "lo, Åse", "!"].map((text) => ({ type: "text_delta", text })));
  expect(response).toEqual({
    message: {
      role: "assistant",
      content: [
        { type: "text", text: "Hello, Åse!" },
        {
          type: "provider",
          provider: "oci",
          item: {
            type: "citations",
            items: [{ start: 0, end: 5, text: "Hello", documentIds: ["doc_0"] }],
          },
        },
        {
          type: "provider",
          provider: "oci",
          item: { type: "documents", items: [{ id: "doc_0", snippet: "greetings" }] },
        },
      ],
    },
    usage: { inputTokens: 4, outputTokens: 6, totalTokens: 10 },
    stopReason: "stop",
    modelId: "cohere.command-r-08-2024",
  });
});

test("citations and documents that the last frame repeats are kept once", () => {
  const citations = [{ start: 0, end: 2, text: "Hi", documentIds: ["d"] }];
  const documents = [{ id: "d" }];
  const { response } = stream(
    { text: "Hi" },
    { citations, documents },
    { text: "Hi", citations, documents, finishReason: "COMPLETE" },
  );
  expect(response.message.content.slice(1)).toMatchObject([
    { item: { type: "citations", items: citations } },
    { item: { type: "documents", items: documents } },
  ]);
});

test("two calls of one tool get ids of their own, and their parameters as text", () => {
  const { parts, response } = read("tool-calls");
  expect(response.message.content).toEqual([
    { type: "text", text: "I will look it up." },
    { type: "tool_call", id: "made_1", name: "get_weather", arguments: '{"city":"Oslo"}' },
    { type: "tool_call", id: "made_2", name: "get_weather", arguments: '{"city":"Rio"}' },
  ]);
  expect(response.stopReason).toBe("tool_calls");
  expect(callsFrom(parts)).toEqual([
    { name: "get_weather", arguments: '{"city":"Oslo"}' },
    { name: "get_weather", arguments: '{"city":"Rio"}' },
  ]);
});

test("a last frame with calls and no text at all is an answer", () => {
  const { response } = stream({ toolCalls: [{ name: "f", parameters: {} }], finishReason: "COMPLETE" });
  expect(response.message.content).toEqual([{ type: "tool_call", id: "made_1", name: "f", arguments: "{}" }]);
});

test("an answer is the same wherever the network cut its bytes", () => {
  fc.assert(
    fc.property(fc.constantFrom("text-repeated", "tool-calls"), fc.array(fc.nat(3_000)), (name, cuts) => {
      expect(read(name, cuts)).toEqual(read(name));
    }),
    { numRuns: 100 },
  );
});

test("an answer is the same in one piece and in any number of frames", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.boolean(), (pieces, called) => {
      const last = {
        apiFormat: "COHERE",
        text: pieces.join(""),
        finishReason: "COMPLETE",
        ...(called ? { toolCalls: [{ name: "f", parameters: { a: 1 } }] } : {}),
        usage: { promptTokens: 1, completionTokens: 1, totalTokens: 2 },
      };
      const whole = decodeWhole(cohereCodec, JSON.stringify({ chatResponse: last }), context());
      const { response } = stream(...pieces.map((text) => ({ text, pad: "x" })), { ...last, pad: "y" });
      expect(response).toEqual(whole);
    }),
  );
});

describe("endings", () => {
  test.each([
    ["COMPLETE", "stop"],
    ["MAX_TOKENS", "length"],
    ["ERROR_TOXIC", "content_filter"],
    ["ERROR_LIMIT", "length"],
    ["complete", "stop"],
  ])("%s of an answer with text is %s", (finishReason, stopReason) => {
    expect(stream({ text: "a" }, { text: "a", finishReason }).response.stopReason).toBe(stopReason);
  });

  test("a context limit that left no room for an answer is the error it is", () => {
    expect(() => stream({ text: "", finishReason: "ERROR_LIMIT", errorMessage: "too long" })).toThrow(
      expect.objectContaining({ name: "ContextLengthError", message: expect.stringContaining("too long") }),
    );
  });

  test.each([
    ["ERROR", "boom", "ModelError", /boom/],
    ["ERROR", "content policy", "ContentFilterError", /policy/],
    ["ERROR", undefined, "ModelError", /failed/],
    ["USER_CANCEL", undefined, "ModelError", /cancelled on the side of the service/],
  ])("%s (%s) is a %s, whole and streamed", (finishReason, errorMessage, name, message) => {
    const last = { apiFormat: "COHERE", text: "a", finishReason, errorMessage };
    for (const decode of [
      () => stream(last),
      () => decodeWhole(cohereCodec, JSON.stringify({ chatResponse: last }), context()),
    ]) {
      expect(decode).toThrow(expect.objectContaining({ name, message: expect.stringMatching(message) }));
    }
  });

  test("an unknown ending is told, and a stream without one is incomplete", () => {
    expect(stream({ text: "a", finishReason: "NEW_THING" }).response.warnings).toContainEqual(
      expect.stringContaining("NEW_THING"),
    );
    expect(() => stream({ text: "a" })).toThrow(expect.objectContaining({ name: "IncompleteStreamError" }));
  });

  test("a last frame in other words does not repeat the answer, and is told", () => {
    const { parts, response } = stream({ text: "Hello " }, { text: "Good day", finishReason: "COMPLETE" });
    expect(parts).toEqual([{ type: "text_delta", text: "Hello " }]);
    expect(response.warnings).toContainEqual(expect.stringContaining("other words"));
  });
});
