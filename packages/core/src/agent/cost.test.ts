import { describe, expect, it } from "vitest";
import { z } from "zod";
import { summarizing } from "../conversation/summarizing.ts";
import { ConfigurationError } from "../errors/errors.ts";
import type { AgentEvent } from "../events/types.ts";
import type { PriceRow } from "../model/prices/types.ts";
import type { ModelRequest, ModelResponse, Usage } from "../model/types.ts";
import { costLimit } from "../termination/conditions.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

/** A dollar for a thousand tokens of input, two for a thousand of output. */
const row = (models: string, more: Partial<PriceRow> = {}): PriceRow => ({
  provider: "scripted",
  models: [models],
  input: 1000,
  output: 2000,
  asOf: "2026-11-01",
  source: "a test",
  ...more,
});
const prices = [row("scripted"), row("small", { input: 100, output: 200 })];
const step = tool({
  name: "step",
  description: "One step.",
  parameters: z.object({ n: z.number() }),
  execute: ({ n }) => n,
});
const used: Partial<Usage> = { inputTokens: 100, outputTokens: 50 };
const stepping = (count: number, usage = used): ScriptedStep[] =>
  Array.from({ length: count }, (_, n) => ({ toolCalls: [{ name: "step", arguments: { n } }], usage }));

async function eventsOf(agent: Agent): Promise<readonly AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of agent.stream("go")) events.push(event);
  return events;
}
const usagesOf = (events: readonly AgentEvent[], type: AgentEvent["type"]): readonly unknown[] =>
  events.flatMap((event) => (event.type === type && "usage" in event ? [event.usage] : []));

describe("the cost of a run", () => {
  it("is on every answer, on the end of the run and in its result", async () => {
    const model = new ScriptedModel([...stepping(1), { text: "Done.", usage: used }], { repeat: true });
    const agent = new Agent({ model, tools: [step], prices });
    const events = await eventsOf(agent);
    expect(usagesOf(events, "model_complete")).toMatchObject([{ costUsd: 0.2 }, { costUsd: 0.2 }]);
    expect(usagesOf(events, "terminate")).toMatchObject([{ costUsd: 0.4 }]);
    const { usage, cost } = await agent.run("go");
    expect(usage.costUsd).toBeCloseTo(0.4);
    expect(cost).toEqual({ usd: usage.costUsd, knownUsd: usage.costUsd, unpriced: [] });
  });

  it("is not known where a price is not, and says whose", async () => {
    const model = new ScriptedModel([{ text: "Done.", usage: used }]);
    const { cost, usage } = await new Agent({ model }).run("go");
    expect(cost).toEqual({ knownUsd: 0, unpriced: ["scripted:scripted"] });
    expect(usage).not.toHaveProperty("costUsd");
  });

  it("is not known where the provider did not count, unless the model costs nothing", async () => {
    const uncounted = async (more: Partial<PriceRow>): Promise<unknown> =>
      (await new Agent({ model: new ScriptedModel(["Done."]), prices: [row("scripted", more)] }).run("go"))
        .cost;
    expect(await uncounted({})).toEqual({ knownUsd: 0, unpriced: ["scripted:scripted"] });
    expect(await uncounted({ input: 0, output: 0 })).toEqual({ usd: 0, knownUsd: 0, unpriced: [] });
  });

  it("is what the provider said, where it said it", async () => {
    const model = new ScriptedModel([{ text: "Done.", usage: { ...used, costUsd: 7 } }]);
    expect((await new Agent({ model, prices }).run("go")).cost.usd).toBe(7);
  });

  it("is by the model that answered, whoever was asked, and its dated version by what was asked for", async () => {
    class Standing extends ScriptedModel {
      readonly #told: Partial<ModelResponse>;
      constructor(told: Partial<ModelResponse>) {
        super([{ text: "Done.", usage: used }]);
        this.#told = told;
      }
      override async complete(request: ModelRequest): Promise<ModelResponse> {
        return { ...(await super.complete(request)), ...this.#told };
      }
    }
    const cost = async (told: Partial<ModelResponse>): Promise<unknown> =>
      (await new Agent({ model: new Standing(told), prices }).run("go")).cost;
    expect(await cost({ provider: "scripted", modelId: "small" })).toMatchObject({ usd: 0.02 });
    expect(await cost({ modelId: "scripted-v7" })).toMatchObject({ usd: 0.2 });
    expect(await cost({ provider: "other", modelId: "scripted" })).toMatchObject({
      unpriced: ["other:scripted"],
    });
  });

  it("counts tries that a hook sent back, summaries of the conversation, and the auxiliary model's last word", async () => {
    const auxiliaryModel = new ScriptedModel([{ text: "In short.", usage: used }], {
      modelId: "small",
      repeat: true,
    });
    let sentBack = false;
    const again = {
      name: "again",
      afterModelCall: () => {
        if (sentBack) return undefined;
        sentBack = true;
        return { retry: true as const };
      },
    };
    const agent = new Agent({
      model: new ScriptedModel(stepping(9)),
      auxiliaryModel,
      tools: [step],
      prices,
      hooks: [again],
      maxIterations: 4,
      conversation: summarizing({ maxMessages: 4, keepRecent: 1 }),
    });
    const events = await eventsOf(agent);
    expect(usagesOf(events, "retry")).toMatchObject([{ costUsd: 0.2 }]);
    const summaries = usagesOf(events, "context_compacted").filter((usage) => usage !== undefined);
    expect(summaries.length).toBeGreaterThan(0);
    expect(summaries[0]).toMatchObject({ costUsd: 0.02 });
    const total = 5 * 0.2 + (summaries.length + 1) * 0.02;
    expect(usagesOf(events, "terminate")).toEqual([
      expect.objectContaining({ costUsd: expect.closeTo(total, 9) }),
    ]);
  });
});

describe("a budget of money", () => {
  it("ends the run before the next model call, with what was used", async () => {
    const agent = new Agent({
      model: new ScriptedModel(stepping(9)),
      tools: [step],
      prices,
      costBudgetUsd: 0.3,
    });
    expect(await agent.run("go")).toMatchObject({
      stopReason: "cost_budget",
      stopDetail: "$0.40 of $0.30 used",
      success: false,
      iterations: 2,
    });
  });

  it("is not kept where a price is not known: the run ends and says how to give it", async () => {
    const limits = [{ costBudgetUsd: 5 }, { termination: costLimit(5) }];
    for (const limit of limits) {
      const agent = new Agent({ model: new ScriptedModel(stepping(9)), tools: [step], ...limit });
      const result = await agent.run("go");
      expect(result).toMatchObject({ stopReason: "cost_budget", iterations: 1 });
      expect(result.stopDetail).toContain("the price of scripted:scripted is not known");
    }
  });

  it("does not take from a run the end that it has come to", async () => {
    for (const limit of [{ costBudgetUsd: 0.1 }, { termination: costLimit(0.1) }]) {
      const model = new ScriptedModel([{ text: "Done.", usage: used }]);
      expect(await new Agent({ model, prices, ...limit }).run("go")).toMatchObject({
        stopReason: "complete",
        text: "Done.",
      });
    }
  });

  it("is refused where it is none, and so are prices that cannot be read", () => {
    const model = new ScriptedModel([]);
    expect(() => new Agent({ model, costBudgetUsd: 0 })).toThrow(ConfigurationError);
    expect(() => new Agent({ model, costBudgetUsd: Number.NaN })).toThrow(
      "costBudgetUsd must be a number of US dollars above 0",
    );
    expect(() => new Agent({ model, prices: [row("m", { input: -1 })] })).toThrow("prices[0].input");
  });
});
