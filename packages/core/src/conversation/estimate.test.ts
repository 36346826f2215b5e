/** What is estimated for models without a tokenizer. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepFreeze } from "../json/json.ts";
import type { Message } from "../messages/types.ts";
import { estimateTokens } from "./estimate.ts";

const of = (content: string): number =>
  estimateTokens({ messages: [{ role: "user", content }] }) - estimateTokens({ messages: [] });

describe("estimateTokens", () => {
  it.each([
    ["a word a token, for prose", "the quick brown fox jumps over the lazy dog", 12, 18],
    ["a character a token, for Chinese", "今天天气很好我们去公园", 11, 24],
    ["more for figures and signs than for words", '{"id":17,"ok":true,"at":"2026-11-21"}', 15, 25],
    ["two for an emoji", "🙂🙂", 4, 12],
  ])("counts about %s", (_what, text, least, most) => {
    expect(of(text)).toBeGreaterThanOrEqual(least);
    expect(of(text)).toBeLessThanOrEqual(most);
  });

  it("adds up message by message, whatever is in them", () => {
    const part = fc.oneof(
      fc.record({ type: fc.constant("text" as const), text: fc.string() }),
      fc.record({ type: fc.constant("image" as const), url: fc.webUrl() }),
      fc.record({ type: fc.constant("audio" as const), data: fc.base64String(), format: fc.constant("wav") }),
      fc.record({
        type: fc.constant("file" as const),
        data: fc.base64String(),
        mediaType: fc.constant("text/csv"),
      }),
    );
    const message: fc.Arbitrary<Message> = fc.oneof(
      fc.record({ role: fc.constant("user" as const), content: fc.oneof(fc.string(), fc.array(part)) }),
      fc.record({
        role: fc.constant("assistant" as const),
        content: fc.array(
          fc.oneof(
            fc.record({ type: fc.constant("reasoning" as const), text: fc.string(), encrypted: fc.string() }),
            fc.record({
              type: fc.constant("tool_call" as const),
              id: fc.string(),
              name: fc.string(),
              arguments: fc.string(),
            }),
          ),
        ),
      }),
    );
    const none = estimateTokens({ messages: [] });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const sum = messages.reduce((total, one) => total + estimateTokens({ messages: [one] }) - none, none);
        expect(estimateTokens({ messages })).toBe(sum);
        // Frozen, they are remembered, and come to the same.
        const frozen = deepFreeze(structuredClone(messages));
        expect(estimateTokens({ messages: frozen })).toBe(sum);
        expect(estimateTokens({ messages: frozen })).toBe(sum);
      }),
    );
  });

  it("counts tools and the schema of the answer", () => {
    const tools = [{ name: "look", description: "Looks something up.", parameters: { type: "object" } }];
    expect(estimateTokens({ messages: [], tools })).toBeGreaterThan(20);
    const outputSchema = {
      name: "answer",
      schema: { type: "object", properties: { city: { type: "string" } } },
    };
    expect(estimateTokens({ messages: [], outputSchema })).toBeGreaterThan(15);
  });

  it("does not take the same message that was changed for the same", () => {
    const message = { role: "user" as const, content: "short" };
    const before = estimateTokens({ messages: [message] });
    message.content = "not as short as it was before";
    expect(estimateTokens({ messages: [message] })).toBeGreaterThan(before);
  });
});
