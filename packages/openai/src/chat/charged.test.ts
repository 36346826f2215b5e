import { describe, expect, it } from "vitest";
import { decodeChatCompletion } from "./decode.ts";
import { DEFAULT_CHAT_PROFILE } from "./profile.ts";
import { ChatStreamDecoder } from "./stream-decoder.ts";

const context = { provider: "openai", modelId: "m", profile: DEFAULT_CHAT_PROFILE };
const usageOf = (usage: object) =>
  decodeChatCompletion({ choices: [{ message: { content: "Hi." }, finish_reason: "stop" }], usage }, context)
    .usage;

describe("what an answer was charged", () => {
  it("goes by the tier that the server names, whole or streamed", () => {
    const body = {
      service_tier: "priority",
      choices: [{ message: { content: "Hi." }, finish_reason: "stop" }],
    };
    expect(decodeChatCompletion(body, context).serviceTier).toBe("priority");
    const decoder = new ChatStreamDecoder(context, () => undefined);
    const frame = { service_tier: "flex", choices: [{ delta: { content: "Hi." }, finish_reason: "stop" }] };
    decoder.push(JSON.stringify(frame), undefined);
    decoder.push("[DONE]", undefined);
    expect(decoder.end().serviceTier).toBe("flex");
  });

  it("holds what the vendor takes where a key of one's own was used behind a router", () => {
    const tokens = { prompt_tokens: 10, completion_tokens: 5 };
    const upstream = { cost_details: { upstream_inference_cost: 0.02 } };
    expect(usageOf({ ...tokens, cost: 0.01 }).costUsd).toBe(0.01);
    expect(usageOf({ ...tokens, cost: 0, is_byok: true, ...upstream }).costUsd).toBe(0.02);
    expect(usageOf({ ...tokens, cost: 0.001, is_byok: true, ...upstream }).costUsd).toBeCloseTo(0.021);
    expect(usageOf({ ...tokens, cost: 0, is_byok: true })).not.toHaveProperty("costUsd");
  });

  it("is not told by counts that are none, which do not cost the answer", () => {
    const odd = { prompt_tokens: -3, completion_tokens: "10", cost: -1 };
    expect(usageOf(odd)).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });
  });
});
