/** What each feature comes to on any transport: asked through the model, and seen on the wire where that is the point. */
import {
  Agent,
  type HostedToolDefinition,
  type ModelRequest,
  type ModelResponse,
  type ModelStreamPart,
  type Tool,
  tool,
} from "@locus-sdk/core";
import { expect } from "vitest";
import { z } from "zod";
import type { Bench, Turn } from "./bench.ts";

export type Check = (bench: Bench) => Promise<void>;

const hi: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
const LONG = "Grüß Gott, 世界 🌍. It rains in Oslo, and it will rain. ".repeat(3).trim();
export const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
} as const;
export const definition = { name: "get_weather", description: "Current weather for a city.", parameters };
const other = { name: "get_time", description: "Current time in a city.", parameters };
const called = (city: string) => ({ name: "get_weather", arguments: JSON.stringify({ city }) });

const weather: Tool = tool({
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, tempC: 21 }),
});

export async function ask(
  bench: Bench,
  turn: Turn,
  request: Partial<ModelRequest> = {},
): Promise<ModelResponse> {
  bench.say(turn);
  return bench.model.complete({ ...hi, ...request });
}

async function stream(
  bench: Bench,
  turn: Turn,
  request: Partial<ModelRequest> = {},
): Promise<readonly ModelStreamPart[]> {
  bench.say(turn);
  const parts: ModelStreamPart[] = [];
  for await (const part of bench.model.stream({ ...hi, ...request })) parts.push(part);
  return parts;
}

export const lastBody = (bench: Bench): string => JSON.stringify(bench.sent().at(-1));
export const textOf = ({ message }: ModelResponse): string =>
  message.content.map((part) => (part.type === "text" ? part.text : "")).join("");

export const chat: Check = async (bench) => {
  const response = await ask(bench, { text: LONG });
  expect(textOf(response)).toBe(LONG);
  expect(response.stopReason).toBe("stop");
};

export const streaming: Check = async (bench) => {
  const parts = await stream(bench, { text: LONG });
  const texts = parts.flatMap((part) => (part.type === "text_delta" ? part.text : []));
  expect(texts.length).toBeGreaterThan(2);
  expect(texts.join("")).toBe(LONG);
  const last = parts.at(-1);
  expect(last?.type === "finish" ? textOf(last.response) : undefined).toBe(LONG);
};

export const tools: Check = async (bench) => {
  bench.say({ toolCalls: [called("Chicago")] }, { text: "21 degrees." });
  const result = await new Agent({ model: bench.model, tools: [weather] }).run("Chicago?");
  expect(result.toolExecutions).toMatchObject([{ arguments: { city: "Chicago" }, result: { tempC: 21 } }]);
  expect(result.text).toBe("21 degrees.");
  expect(lastBody(bench)).toContain("tempC");
};

export const parallelCalls: Check = async (bench) => {
  bench.say({ toolCalls: [called("Oslo"), called("Rome")] }, { text: "Both." });
  const result = await new Agent({ model: bench.model, tools: [weather] }).run("Oslo and Rome?");
  expect(result.toolExecutions.map(({ arguments: args }) => args)).toEqual([
    { city: "Oslo" },
    { city: "Rome" },
  ]);
  expect(new Set(result.toolExecutions.map(({ callId }) => callId)).size).toBe(2);
  expect(result.text).toBe("Both.");
};

/** A choice arrives as the wire spells it, and nothing is said to be lost. */
export const toolChoice =
  (named: RegExp): Check =>
  async (bench) => {
    const request = { tools: [definition, other], toolChoice: { name: "get_weather" } } as const;
    const response = await ask(bench, { toolCalls: [called("Oslo")] }, request);
    expect(lastBody(bench)).toMatch(named);
    expect(response.warnings ?? []).toEqual([]);
  };

/** Not honoured, and said so: the model is asked without. */
export const noToolChoice: Check = async (bench) => {
  const response = await ask(bench, { text: "Hm." }, { tools: [definition], toolChoice: "required" });
  expect(response.warnings?.join(" ")).toMatch(/call/);
  expect(lastBody(bench)).not.toMatch(
    /required/i.test(JSON.stringify(parameters)) ? /tool_?choice/i : /required/i,
  );
};

export const streamedArguments: Check = async (bench) => {
  const parts = await stream(
    bench,
    { toolCalls: [called("Oslo, the one by the fjord, and not any other")] },
    { tools: [definition] },
  );
  const deltas = parts.flatMap((part) =>
    part.type === "tool_call_delta" && part.argumentsDelta !== "" ? part.argumentsDelta : [],
  );
  expect(deltas.length).toBeGreaterThan(1);
  expect(JSON.parse(deltas.join(""))).toEqual({ city: "Oslo, the one by the fjord, and not any other" });
};

const THOUGHT = "Two cities, so two calls.";
const thinking = { settings: { reasoning: { effort: "low", summary: "auto" } } } as const;

export const reasoning: Check = async (bench) => {
  const parts = await stream(bench, { reasoning: THOUGHT, text: "Yes." }, thinking);
  const told = parts.flatMap((part) => (part.type === "reasoning_delta" ? part.text : [])).join("");
  expect(told).toBe(THOUGHT);
  const last = parts.at(-1);
  const kept = last?.type === "finish" ? last.response.message.content : [];
  expect(kept.find((part) => part.type === "reasoning")).toMatchObject({ text: THOUGHT });
};

/** What was thought before a call is there again when its result goes back. */
export const keptReasoning =
  (place: RegExp): Check =>
  async (bench) => {
    bench.say({ reasoning: THOUGHT, toolCalls: [called("Oslo")] }, { text: "Rain." });
    await new Agent({ model: bench.model, tools: [weather], ...thinking }).run("Oslo?");
    expect(lastBody(bench)).toMatch(place);
  };

export const usage: Check = async (bench) => {
  const response = await ask(bench, { text: "Hi.", usage: { inputTokens: 11, outputTokens: 7 } });
  expect(response.usage).toMatchObject({ inputTokens: 11, outputTokens: 7, totalTokens: 18 });
};
export const cachedTokens: Check = async (bench) => {
  const counted = { inputTokens: 30, outputTokens: 7, cachedInputTokens: 20 };
  expect((await ask(bench, { text: "Hi.", usage: counted })).usage).toMatchObject(counted);
};
export const reasoningTokens: Check = async (bench) => {
  const counted = { inputTokens: 30, outputTokens: 7, reasoningTokens: 5 };
  expect((await ask(bench, { text: "Hi.", usage: counted })).usage).toMatchObject(counted);
};

export const limit: Check = async (bench) => {
  const response = await ask(
    bench,
    { text: "It rai", stopReason: "length" },
    { settings: { maxOutputTokens: 3 } },
  );
  expect(response.stopReason).toBe("length");
};
export const contentFilter: Check = async (bench) => {
  expect((await ask(bench, { text: "I", stopReason: "content_filter" })).stopReason).toBe("content_filter");
};

/** The same seed is on the wire, and so is a penalty. */
export const sampling =
  (place: RegExp): Check =>
  async (bench) => {
    const response = await ask(bench, { text: "Hi." }, { settings: { seed: 4, frequencyPenalty: 0.5 } });
    expect(lastBody(bench)).toMatch(place);
    expect(response.warnings ?? []).toEqual([]);
  };
/** They are not sent, and that is said. */
export const noSampling: Check = async (bench) => {
  const response = await ask(bench, { text: "Hi." }, { settings: { seed: 4 } });
  expect(response.warnings?.join(" ")).toMatch(/seed/);
};

/** The second turn sends what is new, and where the rest is. */
export const serverState: Check = async (bench) => {
  bench.say({ text: "One." }, { text: "Two." });
  const agent = new Agent({ model: bench.model });
  await agent.run("The first thing.", { threadId: "t" });
  await agent.run("The second.", { threadId: "t" });
  expect(lastBody(bench)).toContain("previous_response_id");
  expect(lastBody(bench)).not.toContain("The first thing.");
};
/** Each turn sends all of it. */
export const noServerState: Check = async (bench) => {
  bench.say({ text: "One." }, { text: "Two." });
  const agent = new Agent({ model: bench.model });
  await agent.run("The first thing.", { threadId: "t" });
  await agent.run("The second.", { threadId: "t" });
  expect(lastBody(bench)).toContain("The first thing.");
};

const search: HostedToolDefinition = { hosted: "web_search", name: "web_search", options: {} };
export const hostedTools =
  (place: RegExp): Check =>
  async (bench) => {
    await ask(bench, { text: "Found." }, { hostedTools: [search] });
    expect(lastBody(bench)).toMatch(place);
  };
export const noHostedTools: Check = async (bench) => {
  await expect(bench.model.complete({ ...hi, hostedTools: [search] })).rejects.toMatchObject({
    code: expect.stringMatching(/^hosted_tool/),
  });
};

export const tokenCount: Check = async (bench) => {
  expect(await bench.model.countTokens?.({ messages: [{ role: "user", content: LONG }] })).toBeGreaterThan(
    10,
  );
};
export const noTokenCount: Check = async (bench) => {
  expect(await bench.model.countTokens?.({ messages: [] })).toBeUndefined();
};

export const cancelling: Check = async (bench) => {
  bench.say({ text: LONG, slow: true });
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of bench.model.stream({ ...hi, signal: controller.signal })) controller.abort();
  })();
  await expect(reading).rejects.toMatchObject({ name: "CancelledError" });
  await expect.poll(() => bench.open()).toBe(0);
};
