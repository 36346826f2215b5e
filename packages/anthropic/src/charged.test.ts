import type { LocusError } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { AnthropicModel } from "./anthropic-model.ts";
import { decodeMessage } from "./decode.ts";

const message = (usage: object): object => ({
  type: "message",
  content: [{ type: "text", text: "Hi." }],
  stop_reason: "end_turn",
  usage: { input_tokens: 8, output_tokens: 2, ...usage },
});
const tierOf = (usage: object): string | undefined =>
  decodeMessage(message(usage), { modelId: "claude-sonnet-4-6" }).serviceTier;

describe("what an answer was charged", () => {
  it("goes by the tier, the speed and the place that are told", () => {
    expect(tierOf({})).toBeUndefined();
    expect(tierOf({ service_tier: "standard", speed: "standard", inference_geo: "global" })).toBe("standard");
    expect(tierOf({ service_tier: "priority" })).toBe("priority");
    expect(tierOf({ service_tier: "standard", speed: "fast", inference_geo: "us" })).toBe("fast+us");
  });

  it("is on the error of one that broke off, as far as it was told", async () => {
    const frames = [
      {
        type: "message_start",
        message: { ...message({ input_tokens: 700 }), content: [], stop_reason: null },
      },
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    ];
    const told = frames.map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`).join("");
    for (const body of [told, told.slice(0, told.indexOf("event: error"))]) {
      const model = new AnthropicModel({
        model: "claude-sonnet-4-6",
        baseURL: "http://127.0.0.1:9",
        fetch: () =>
          Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } })),
      });
      const reading = (async () => {
        for await (const part of model.stream({ messages: [{ role: "user", content: "Hi" }] })) void part;
      })();
      const error: LocusError = await reading.then(
        () => expect.unreachable(),
        (thrown: LocusError) => thrown,
      );
      expect(error.usage).toMatchObject({ inputTokens: 700, estimated: true });
    }
  });
});

describe("what answers of a model depend on", () => {
  const of = (options: object): string =>
    JSON.stringify(new AnthropicModel({ model: "m", apiKey: "sk-hunter2", ...options }).cacheIdentity);

  it("is its server and its options, and no secret", () => {
    const all = [of({}), of({ baseURL: "http://127.0.0.1:1" }), of({ promptCaching: true })];
    expect(new Set(all).size).toBe(3);
    expect(of({})).toBe(of({ apiKey: "another", maxRetries: 0 }));
    expect(all.join()).not.toContain("hunter");
  });
});
