/** The cases of `describeChatModel` about answers: the same whole and streamed, complete, and in the right shape. */

import type { AssistantMessage, Message, ToolCallPart } from "../messages/types.ts";
import type { ModelRequest, ModelResponse, ModelStreamPart, ToolDefinition } from "../model/types.ts";
import {
  type ChatModelBackend,
  type ChatModelCase,
  type ChatModelTurn,
  collectParts,
} from "./chat-model-backend.ts";
import { expect } from "./vitest.ts";

const ask: Message = { role: "user", content: "What is the weather in Oslo?" };
const weather: ToolDefinition = {
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};
const request: ModelRequest = { messages: [ask], tools: [weather] };
const callOf = (city: string): { readonly name: string; readonly arguments: string } => ({
  name: weather.name,
  arguments: `{"city":"${city}"}`,
});

const textOf = (message: AssistantMessage): string =>
  message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
const reasoningOf = (message: AssistantMessage): string =>
  message.content.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
const callsOf = (message: AssistantMessage): readonly ToolCallPart[] =>
  message.content.filter((part) => part.type === "tool_call");

/** A response without what differs between two requests by its nature. */
const comparable = (response: ModelResponse): unknown => ({
  content: response.message.content.map((part) => {
    if (part.type === "tool_call") return { name: part.name, arguments: part.arguments };
    // Ids and sealed thoughts are made anew for each answer.
    return part.type === "reasoning" ? { type: part.type, text: part.text } : part;
  }),
  usage: response.usage,
  stopReason: response.stopReason,
  modelId: response.modelId,
});

/** Checks what holds for any finished stream, and returns its response. */
function responseOf(parts: readonly ModelStreamPart[]): ModelResponse {
  const last = parts.at(-1);
  if (last?.type !== "finish") throw new Error(`the last part is ${JSON.stringify(last)}, not "finish"`);
  expect(parts.filter((part) => part.type === "finish")).toHaveLength(1);
  const { message } = last.response;
  const texts = parts.map((part) => (part.type === "text_delta" ? part.text : ""));
  expect(texts.join("")).toBe(textOf(message));
  const thoughts = parts.map((part) => (part.type === "reasoning_delta" ? part.text : ""));
  expect(thoughts.join("")).toBe(reasoningOf(message));
  for (const [index, call] of callsOf(message).entries()) {
    const deltas = parts.filter((part) => part.type === "tool_call_delta" && part.index === index);
    expect(deltas.map((part) => (part.type === "tool_call_delta" ? part.argumentsDelta : "")).join("")).toBe(
      call.arguments,
    );
    expect(deltas.map((part) => (part.type === "tool_call_delta" ? (part.name ?? "") : "")).join("")).toBe(
      call.name,
    );
  }
  return last.response;
}

/** The answer to `turn`, after checking that asked whole and asked streamed it is the same. */
async function answer(
  backend: ChatModelBackend,
  turn: ChatModelTurn,
  asked: ModelRequest = request,
): Promise<ModelResponse> {
  await backend.script([turn, turn]);
  const whole = await backend.model.complete(asked);
  const streamed = responseOf(await collectParts(backend.model.stream(asked)));
  expect(comparable(streamed)).toEqual(comparable(whole));
  expect(whole.message.role).toBe("assistant");
  expect(whole.modelId).not.toBe("");
  return whole;
}

const TEXTS: readonly string[] = [
  "¡Ünïcödé!",
  "日本語のテキスト",
  "👩‍👩‍👧‍👦 family 🏳️‍🌈",
  "𝒜𝓁𝓅𝒽𝒶\u2028\u2029",
];

export const ANSWER_CASES: readonly ChatModelCase[] = [
  {
    feature: "text",
    title: "answers with the same text, whole and streamed, and one finish part at the end",
    run: async (backend) => {
      const text = "It is 3 °C in Oslo, and it rains. ".repeat(20).trim();
      const response = await answer(backend, { text });
      expect(textOf(response.message)).toBe(text);
      expect(response.stopReason).toBe("stop");
      expect(callsOf(response.message)).toEqual([]);
    },
  },
  {
    feature: "unicode",
    title: "keeps characters of several bytes whole, wherever the network cuts them",
    run: async (backend) => {
      const text = TEXTS.join(" | ").repeat(50);
      const response = await answer(backend, { text });
      expect(textOf(response.message)).toBe(text);
    },
  },
  {
    feature: "reasoning",
    title: "keeps what the model thought apart from what it said",
    run: async (backend) => {
      const response = await answer(backend, { reasoning: "Oslo is cold in winter.", text: "Cold." });
      expect(reasoningOf(response.message)).toBe("Oslo is cold in winter.");
      expect(textOf(response.message)).toBe("Cold.");
    },
  },
  {
    feature: "tool_call",
    title: "tells of a tool call with its name and its arguments as text",
    run: async (backend) => {
      const response = await answer(backend, { toolCalls: [callOf("Oslo")] });
      const calls = callsOf(response.message);
      expect(calls.map((call) => call.name)).toEqual([weather.name]);
      expect(JSON.parse(calls[0]?.arguments ?? "")).toEqual({ city: "Oslo" });
      expect(response.stopReason).toBe("tool_calls");
    },
  },
  {
    feature: "parallel_tool_calls",
    title: "keeps two calls of one tool apart, in order, each with its own arguments",
    run: async (backend) => {
      const response = await answer(backend, { toolCalls: [callOf("Oslo"), callOf("Bergen")] });
      const calls = callsOf(response.message);
      expect(calls.map((call): unknown => JSON.parse(call.arguments))).toEqual([
        { city: "Oslo" },
        { city: "Bergen" },
      ]);
      const ids = calls.map((call) => call.id).filter((id) => id !== "");
      expect(new Set(ids).size).toBe(ids.length);
    },
  },
  {
    feature: "malformed_arguments",
    title: "hands on arguments that are not JSON as the model wrote them",
    run: async (backend) => {
      const response = await answer(backend, {
        toolCalls: [{ name: weather.name, arguments: '{"city": "Osl' }],
      });
      expect(callsOf(response.message).map((call) => call.arguments)).toEqual(['{"city": "Osl']);
    },
  },
  {
    feature: "tool_result",
    title: "takes a conversation with calls, results and a failed result back to the server",
    run: async (backend) => {
      await backend.script([{ toolCalls: [callOf("Oslo"), callOf("Bergen")] }, { text: "Rain." }]);
      const { message } = await backend.model.complete(request);
      // The kernel gives ids to calls that came without.
      const content = message.content.map((part, index) =>
        part.type === "tool_call" && part.id === "" ? { ...part, id: `call_${index}` } : part,
      );
      const results = content
        .filter((part) => part.type === "tool_call")
        .map(
          (call, index): Message => ({
            role: "tool",
            callId: call.id,
            name: call.name,
            content: index === 0 ? "rain, 3 degrees" : "the station does not answer",
            ...(index === 0 ? {} : { isError: true }),
          }),
        );
      const messages: readonly Message[] = [
        { role: "system", content: "You are brief." },
        ask,
        { role: "assistant", content },
        ...results,
      ];
      const response = await backend.model.complete({ messages, tools: [weather] });
      expect(textOf(response.message)).toBe("Rain.");
      const sent = JSON.stringify((await backend.requests?.())?.at(-1) ?? messages);
      for (const text of ["You are brief.", "rain, 3 degrees", "the station does not answer", "Bergen"]) {
        expect(sent).toContain(text);
      }
    },
  },
  {
    feature: "usage",
    title: "reports the tokens the server counted, whole and streamed",
    run: async (backend) => {
      const response = await answer(backend, { text: "Yes.", usage: { inputTokens: 17, outputTokens: 5 } });
      expect(response.usage).toMatchObject({ inputTokens: 17, outputTokens: 5, totalTokens: 22 });
    },
  },
  {
    feature: "length",
    title: "says that an answer was cut at its limit",
    run: async (backend) => {
      const response = await answer(backend, { text: "It is", stopReason: "length" });
      expect(response.stopReason).toBe("length");
    },
  },
  {
    feature: "content_filter",
    title: "says that an answer was cut by the content filter",
    run: async (backend) => {
      const response = await answer(backend, { text: "It", stopReason: "content_filter" });
      expect(response.stopReason).toBe("content_filter");
    },
  },
  {
    feature: "structured_output",
    title: "asks for an answer that fits a schema, and hands on the JSON text",
    run: async (backend) => {
      const json = '{"city":"Oslo","celsius":3}';
      const schema = {
        type: "object",
        properties: { city: { type: "string" }, celsius: { type: "number" } },
        required: ["city", "celsius"],
        additionalProperties: false,
      };
      const response = await answer(
        backend,
        { text: json },
        { messages: [ask], outputSchema: { name: "weather", schema, strict: true } },
      );
      expect(JSON.parse(textOf(response.message))).toEqual({ city: "Oslo", celsius: 3 });
    },
  },
];
