// What the 31st tutorial leads to: an agent's tests, replayed from __cassettes__/31-testing-agents.test.ts.
// Record them anew with LOCUS_CASSETTES=record, and OCI or the emulator's environment (`npx locus emulator`).
import { Agent, type ChatModel, getModel, tool } from "locus-sdk";
import { useCassette } from "locus-sdk/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const currencyAgent = (model: ChatModel): Agent =>
  new Agent({
    model,
    systemPrompt: "You convert money. Always use the tool.",
    tools: [
      tool({
        name: "convert_currency",
        description: "Converts an amount from one currency to another.",
        parameters: z.object({ amount: z.number(), fromCurrency: z.string(), toCurrency: z.string() }),
        execute: ({ amount, toCurrency }) => ({ currency: toCurrency, amount: amount * 2 }),
      }),
    ],
  });
const recorded = (): Promise<ChatModel> =>
  useCassette({ model: () => getModel(process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b") });

describe("an agent for money", () => {
  it("asks its tool, and tells what it said", async () => {
    const agent = currencyAgent(await recorded());
    const { toolExecutions, text, iterations } = await agent.run("Convert 21 EUR to NOK.");
    expect(toolExecutions[0]).toMatchObject({ name: "convert_currency", isError: false });
    expect(text).toContain("42");
    expect(iterations).toBe(2);
  });

  it("knows later what was said earlier, in pieces as they come", async () => {
    const agent = currencyAgent(await recorded());
    await agent.run("My name is Ada.", { threadId: "ada" });
    const pieces: string[] = [];
    for await (const text of agent.stream("What is my name?", { threadId: "ada" }).textStream)
      pieces.push(text);
    expect(pieces.join("")).toContain("Ada");
    expect(pieces.length).toBeGreaterThan(1);
  });
});
