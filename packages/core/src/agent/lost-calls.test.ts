/** What a run says of calls that may have been paid for and brought nothing, or were not counted. */
import { describe, expect, it } from "vitest";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { summarizing } from "../conversation/summarizing.ts";
import { InvalidRequestError, LocusError, ServerError } from "../errors/errors.ts";
import type { AgentEvent, EventOf } from "../events/types.ts";
import type { PriceRow } from "../model/prices/types.ts";
import { withFailover } from "../model/wrap/with-failover.ts";
import { costLimit, tokenLimit } from "../termination/conditions.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { Agent } from "./agent.ts";
import type { AgentOptions } from "./options.ts";
import type { AgentResult } from "./result.ts";

const price = (modelId: string, input: number): PriceRow => ({
  provider: "scripted",
  models: [modelId],
  input,
  output: 0,
  asOf: "2026-11-01",
  source: "a test",
});
const counted = { inputTokens: 100, outputTokens: 10 };

async function failed(agent: Agent, threadId?: string): Promise<AgentResult> {
  const error: unknown = await agent.run("Hi", threadId === undefined ? {} : { threadId }).catch((e) => e);
  if (!(error instanceof LocusError) || error.result === undefined) throw new Error("expected a failure");
  return error.result;
}
async function events(agent: Agent, input: string): Promise<readonly AgentEvent[]> {
  const seen: AgentEvent[] = [];
  for await (const event of agent.stream(input)) seen.push(event);
  return seen;
}

describe("a call that may have been paid for", () => {
  const prices = [price("scripted", 1)];

  it("and brought no answer makes the cost of its run unknown, on record as well", async () => {
    const checkpointer = new MemoryCheckpointer();
    const model = new ScriptedModel([{ error: new Error("the connection broke") }]);
    const agent = new Agent({ model, prices, checkpointer });
    const result = await failed(agent, "t");
    expect(result.cost).toEqual({ knownUsd: 0, unpriced: ["scripted:scripted"] });
    expect(result.usage).toMatchObject({ estimated: true });
    const resumed = await new Agent({ model, prices, checkpointer })
      .resume("t")
      .catch((error) => error.result);
    expect(resumed.usage).toEqual(result.usage);
  });

  it("and was cancelled is counted with what had come of it", async () => {
    const model = new ScriptedModel([{ text: "x".repeat(4000) }]);
    const stop = new AbortController();
    const seen: AgentEvent[] = [];
    const reading = (async () => {
      for await (const event of new Agent({ model, prices }).stream("Hi", { signal: stop.signal })) {
        seen.push(event);
        if (seen.filter(({ type }) => type === "model_chunk").length === 100) stop.abort();
      }
    })();
    await reading.catch(() => undefined);
    const end = seen.find((event): event is EventOf<"terminate"> => event.type === "terminate");
    expect(end?.usage.unpriced).toEqual(["scripted:scripted"]);
    expect(end?.usage.outputTokens).toBeGreaterThan(100);
    expect(end?.lost).toEqual(end?.usage);
  });

  it("is priced where its server told all that it used, and free where its model is or it was refused", async () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0, totalTokens: 1_000_000 };
    const of = async (error: Error, row: readonly PriceRow[]): Promise<AgentResult> =>
      failed(new Agent({ model: new ScriptedModel([{ error }]), prices: row }));
    expect((await of(new ServerError("late", { usage }), prices)).cost.usd).toBe(1);
    expect((await of(new Error("broke"), [price("scripted", 0)])).cost.usd).toBe(0);
    expect((await of(new InvalidRequestError("no", { status: 400 }), prices)).cost.usd).toBe(0);
  });

  it("and was handed on to another model is counted as the first one's", async () => {
    const usage = { inputTokens: 70, outputTokens: 1, totalTokens: 71, estimated: true } as const;
    const broken = new ScriptedModel([{ error: new ServerError("overloaded", { usage }) }], {
      provider: "a",
      modelId: "m",
    });
    const model = withFailover([broken, new ScriptedModel([{ text: "Hello.", usage: counted }])], {
      afterPaid: true,
    });
    const [retry, ...rest] = (await events(new Agent({ model, prices }), "Hi")).filter(
      (event) => event.type === "retry" || event.type === "terminate",
    );
    expect(retry).toMatchObject({ type: "retry", usage: { inputTokens: 70, unpriced: ["a:m"] } });
    expect(rest).toMatchObject([{ usage: { totalTokens: 181, unpriced: ["a:m"] } }]);
  });

  it("and was made again by a hook is counted beside the answer", async () => {
    const model = new ScriptedModel([{ error: new Error("broke") }, { text: "Hello.", usage: counted }]);
    const again: AgentOptions["hooks"] = [{ name: "again", onModelError: () => ({ retry: true }) }];
    const result = await new Agent({ model, prices, hooks: again }).run("Hi");
    expect(result.cost.unpriced).toEqual(["scripted:scripted"]);
    expect(result.cost.knownUsd).toBeCloseTo(100 / 1e6);
  });
});

describe("an answer that its server did not count", () => {
  it("is estimated, so that a budget of tokens ends the run", async () => {
    const step: ScriptedStep = { text: "x".repeat(400), toolCalls: [{ name: "nothing" }] };
    for (const limit of [{ tokenBudget: 50 }, { termination: tokenLimit(50) }]) {
      const model = new ScriptedModel([step], { repeat: true });
      const result = await new Agent({ model, ...limit }).run("Hi");
      expect(result).toMatchObject({ stopReason: "token_budget", iterations: 1 });
      expect(result.usage).toMatchObject({ estimated: true, unpriced: ["scripted:scripted"] });
    }
  });

  it("has no known cost, and a budget of money says why it cannot be kept", async () => {
    const model = new ScriptedModel([{ text: "x", toolCalls: [{ name: "nothing" }] }], { repeat: true });
    const result = await new Agent({ model, prices: [price("scripted", 1)], costBudgetUsd: 1 }).run("Hi");
    expect(result).toMatchObject({ stopReason: "cost_budget", iterations: 1 });
    expect(result.stopDetail).toMatch(/^what scripted:scripted cost is not known, since not all/);
  });
});

describe("a budget that a summary has used up", () => {
  const summary = { text: "So far: nothing.", usage: { inputTokens: 1_000_000, outputTokens: 0 } };
  it.each<[string, AgentOptions["termination"] | undefined, Partial<AgentOptions>]>([
    ["token_budget", undefined, { tokenBudget: 500_000 }],
    ["token_budget", tokenLimit(500_000), {}],
    ["cost_budget", undefined, { costBudgetUsd: 2 }],
    ["cost_budget", costLimit(2), {}],
  ])("ends the run with %s before the call that it was made for", async (reason, termination, limits) => {
    const model = new ScriptedModel([{ text: "y".repeat(2000), usage: counted }], { repeat: true });
    const agent = new Agent({
      model,
      auxiliaryModel: new ScriptedModel([summary], { modelId: "aux" }),
      conversation: summarizing({ triggerTokens: 800, keepRecent: 1 }),
      checkpointer: new MemoryCheckpointer(),
      prices: [price("scripted", 1), price("aux", 3)],
      ...limits,
      ...(termination === undefined ? {} : { termination }),
    });
    const results: AgentResult[] = [];
    for (let turn = 0; turn < 4 && results.at(-1)?.stopReason !== reason; turn++) {
      results.push(await agent.run("z".repeat(400), { threadId: "t" }));
    }
    expect(results.at(-1)).toMatchObject({ stopReason: reason, iterations: 0 });
    expect(model.requests).toHaveLength(results.length - 1);
  });
});
