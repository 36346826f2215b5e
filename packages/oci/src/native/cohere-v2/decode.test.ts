/** COHEREV2 answers: thoughts, plans, calls in fragments, and a last frame that may repeat all of it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { callsFrom, contextFor, decodeStream, fixture, sse } from "../../../test/native-decode.ts";
import { targetFor } from "../../../test/native-encode.ts";
import { TOOL_PLAN } from "../answer.ts";
import { decodeWhole } from "../frames.ts";
import { cohereV2Codec } from "./index.ts";

const context = () => contextFor("cohere.command-a-reasoning-08-2025");
const read = (name: string, cuts?: readonly number[]) =>
  decodeStream(cohereV2Codec, fixture(import.meta.url, name), context(), cuts);

test("thoughts, plan and calls come once, though the last frame repeats them", () => {
  const { parts, response } = read("thinking-and-plan");
  expect(response.message.content).toEqual([
    { type: "reasoning", text: "Two cities." },
    { type: "reasoning", text: "I will ask twice.", id: TOOL_PLAN },
    { type: "tool_call", id: "get_weather_1", name: "get_weather", arguments: '{"city":"Oslo"}' },
    { type: "tool_call", id: "get_weather_2", name: "get_weather", arguments: '{"city":"Rio"}' },
  ]);
  expect(response.stopReason).toBe("tool_calls");
  const thought = parts.map((part) => (part.type === "reasoning_delta" ? part.text : "")).join("");
  expect(thought).toBe("Two cities.I will ask twice.");
  expect(callsFrom(parts)).toEqual([
    { name: "get_weather", arguments: '{"city":"Oslo"}' },
    { name: "get_weather", arguments: '{"city":"Rio"}' },
  ]);
});

test("citations are kept, with their sources", () => {
  const { response } = read("cited");
  expect(response.message.content).toMatchObject([
    { type: "text", text: "It is 3 °C." },
    { type: "provider", item: { type: "citations", items: [{ text: "3 °C", sources: [{ type: "TOOL" }] }] } },
  ]);
});

test.each([
  ["repeats the message", "It is 3 °C.", ["3 °C"]],
  ["brings one more piece", " Cold.", ["3 °C", "Cold"]],
])("citations come once where the last frame %s", (_, said, cited) => {
  const cite = (text: string) => ({ start: 0, end: 1, text, sources: [] });
  const frame = (text: string, ...citations: readonly string[]) => ({
    message: { content: [{ type: "TEXT", text }], citations: citations.map(cite) },
  });
  const { response } = decodeStream(
    cohereV2Codec,
    sse(frame("It is 3 °C.", "3 °C"), { ...frame(said, cited.at(-1) ?? ""), finishReason: "COMPLETE" }),
    context(),
  );
  expect(response.message.content.at(-1)).toMatchObject({
    item: { type: "citations", items: cited.map((text) => ({ text })) },
  });
});

test("a last frame that brings one more piece is not taken for a repetition", () => {
  const say = (text: string) => ({ message: { content: [{ type: "TEXT", text }] } });
  const { response } = decodeStream(
    cohereV2Codec,
    sse(say("Hel"), { ...say("lo"), finishReason: "COMPLETE" }),
    context(),
  );
  expect(response.message.content).toEqual([{ type: "text", text: "Hello" }]);
});

test.each([
  ["COMPLETE", "stop"],
  ["STOP_SEQUENCE", "stop"],
  ["MAX_TOKENS", "length"],
  ["ERROR_TOXIC", "content_filter"],
])("%s is %s", (finishReason, stopReason) => {
  const frame = { message: { content: [{ type: "TEXT", text: "a" }] }, finishReason };
  expect(decodeStream(cohereV2Codec, sse(frame), context()).response.stopReason).toBe(stopReason);
});

test("ERROR is the error it tells of", () => {
  const frame = { finishReason: "ERROR", errorMessage: "input is too long" };
  expect(() => decodeStream(cohereV2Codec, sse(frame), context())).toThrow(
    expect.objectContaining({ name: "ContextLengthError" }),
  );
});

test("an answer is the same wherever the network cut its bytes, and the same in one piece", () => {
  fc.assert(
    fc.property(fc.constantFrom("thinking-and-plan", "cited"), fc.array(fc.nat(5_000)), (name, cuts) => {
      expect(read(name, cuts)).toEqual(read(name));
    }),
    { numRuns: 100 },
  );
  const message = {
    role: "ASSISTANT",
    content: [{ type: "THINKING", thinking: "Two cities." }],
    toolPlan: "I will ask twice.",
    toolCalls: ["Oslo", "Rio"].map((city, index) => ({
      id: `get_weather_${index + 1}`,
      type: "FUNCTION",
      // Some answers have the arguments as an object.
      function: { name: "get_weather", arguments: index === 0 ? { city } : JSON.stringify({ city }) },
    })),
  };
  const usage = { promptTokens: 4, completionTokens: 6, totalTokens: 10 };
  const body = { chatResponse: { apiFormat: "COHEREV2", message, finishReason: "TOOL_CALL", usage } };
  expect(decodeWhole(cohereV2Codec, JSON.stringify(body), context())).toEqual(
    read("thinking-and-plan").response,
  );
});

test("what a model said goes back as it came", () => {
  const { response } = read("thinking-and-plan");
  const target = targetFor("cohere.command-a-reasoning-08-2025");
  expect(cohereV2Codec.encode({ messages: [response.message] }, target).chatRequest.messages).toEqual([
    {
      role: "ASSISTANT",
      content: [{ type: "THINKING", thinking: "Two cities." }],
      toolPlan: "I will ask twice.",
      toolCalls: [
        {
          id: "get_weather_1",
          type: "FUNCTION",
          function: { name: "get_weather", arguments: '{"city":"Oslo"}' },
        },
        {
          id: "get_weather_2",
          type: "FUNCTION",
          function: { name: "get_weather", arguments: '{"city":"Rio"}' },
        },
      ],
    },
  ]);
});
