/** Conversation management over the emulator: what the service keeps is left alone, and sent anew once it does not fit. */
import { Agent, compactor, slidingWindow } from "@locus-sdk/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

const model = "openai.gpt-oss-120b";
const answers = (count: number): { text: string }[] =>
  Array.from({ length: count }, (_, index) => ({ text: `Answer ${index + 1}.` }));

async function talk(agent: Agent, turns: number): Promise<void> {
  for (let turn = 1; turn <= turns; turn++) await agent.run(`Question ${turn}?`, { threadId: "t" });
}

const bodies = (): readonly Readonly<Record<string, unknown>>[] =>
  cloud.emulator.requests
    .filter(({ path }) => /\/(?:responses|completions)$/.test(path))
    .map(({ body }) => JSON.parse(JSON.stringify(body)));
const sizes = (member: "input" | "messages"): readonly number[] =>
  bodies().map((body) => (Array.isArray(body[member]) ? body[member].length : 0));

describe("OCIResponsesModel under a manager", () => {
  test.each(["response-id", "conversation"] as const)(
    "that keeps the history by %s is sent only what is new, however long the thread",
    async (history) => {
      cloud.emulator.script(...answers(8));
      const responses = new OCIResponsesModel({
        model,
        history,
        maxRetries: 0,
        project: cloud.config.projectId,
        ...cloud.options,
      });
      const agent = new Agent({ model: responses, conversation: slidingWindow({ maxMessages: 4 }) });
      const compactions: unknown[] = [];
      agent.on("context_compacted", (event) => compactions.push(event));
      await talk(agent, 8);
      expect(compactions).toEqual([]);
      expect(sizes("input")).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
      expect((await agent.state("t"))?.messages).toHaveLength(16);
    },
  );

  test.each(["response-id", "conversation"] as const)(
    "whose history, kept by %s, does not fit any more is sent a shorter one whole, and goes on from that",
    async (history) => {
      cloud.emulator.script(
        ...answers(5),
        { error: "OpenAIContextLength" },
        { text: "Made it." },
        { text: "More." },
      );
      const responses = new OCIResponsesModel({
        model,
        history,
        maxRetries: 0,
        project: cloud.config.projectId,
        ...cloud.options,
      });
      const agent = new Agent({ model: responses, conversation: slidingWindow({ maxMessages: 20 }) });
      const retries: string[] = [];
      agent.on("retry", ({ what }) => retries.push(what));
      await talk(agent, 7);
      expect(retries.join("\n")).toMatch(/sending it once more, shorter[\s\S]*history/);
      const [refused, resent, next] = bodies().slice(-3);
      // Ten messages and the question: a line for those left out, the latest, the question.
      expect(sizes("input").slice(-3)).toEqual([1, 6, 1]);
      expect(JSON.stringify(resent)).toContain("conversation_summary");
      expect(resent).not.toHaveProperty("previous_response_id");
      if (history === "conversation") expect(resent?.conversation).not.toEqual(refused?.conversation);
      else expect(next?.previous_response_id).not.toBe(refused?.previous_response_id);
    },
  );
});

test("chat completions of a model whose tokens are known are compacted before they overflow", async () => {
  cloud.emulator.script(...answers(12));
  const chat = new OCIOpenAIModel({ model, maxRetries: 0, ...cloud.options });
  const agent = new Agent({
    model: chat,
    conversation: compactor({ maxTokens: 400, keepHead: 0, keepTail: 4, trigger: 0.9, target: 0.7 }),
  });
  const counts: number[] = [];
  agent.on("context_compacted", ({ tokensAfter }) => counts.push(tokensAfter ?? 0));
  for (let turn = 1; turn <= 8; turn++) {
    await agent.run(`Question ${turn}: ${"how deep is the fjord? ".repeat(8)}`, { threadId: "t" });
  }
  expect(counts.length).toBeGreaterThan(0);
  for (const tokens of counts) expect(tokens).toBeLessThanOrEqual(400 * 0.7);
  expect(Math.max(...sizes("messages"))).toBeLessThan(15);
});
