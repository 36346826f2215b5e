/** Judges are paid from the budgets of the run that they judge. */
import { describe, expect, it } from "vitest";
import { Agent } from "../agent/agent.ts";
import type { AgentOptions } from "../agent/options.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";

const used = (text: string, tokens: number): ScriptedStep => ({
  text,
  usage: { inputTokens: tokens, outputTokens: 0 },
});
const ANSWER = used("It has 4 °C in Oslo.", 100);
const claims = used(JSON.stringify({ claims: ["Oslo has 4 °C."] }), 100);
const findings = (more: object): ScriptedStep =>
  used(
    JSON.stringify({
      findings: [{ claim: 1, finding: "grounded", ...more, evidence: [{ source: "s", quote: "4 °C" }] }],
    }),
    100,
  );
const sources = [{ id: "s", text: "Oslo: 4 °C" }];

async function run(
  tokenBudget: number,
  options: (judge: ScriptedModel) => Partial<AgentOptions>,
  more: object = {},
) {
  const judge = new ScriptedModel([claims, findings(more)]);
  const agent = new Agent({ model: new ScriptedModel([ANSWER]), tokenBudget, ...options(judge) });
  return { judge, result: await agent.run("How warm is it in Oslo?") };
}

describe.each([
  ["grounding", (judge: ScriptedModel) => ({ grounding: { judge, sources } }), {}],
  ["gsar", (judge: ScriptedModel) => ({ gsar: { judge, sources } }), { type: "tool_match" }],
])("a judge of %s", (_name, options, more) => {
  it("is not asked once the budget is spent: the run ends by that, with the answer that nobody judged", async () => {
    const { judge, result } = await run(100, options);
    expect(judge.requests).toHaveLength(0);
    expect(result).toMatchObject({
      stopReason: "token_budget",
      stopDetail: "100 of 100 tokens used",
      success: false,
      text: "It has 4 °C in Oslo.",
      usage: { totalTokens: 100 },
    });
  });

  it("is not asked on once its own questions have spent it, and they are counted", async () => {
    const { judge, result } = await run(150, options);
    expect(judge.requests).toHaveLength(1);
    expect(result).toMatchObject({ stopReason: "token_budget", usage: { totalTokens: 200 } });
  });

  it("is asked as long as there is something left, whatever it comes to", async () => {
    const { judge, result } = await run(201, options, more);
    expect(judge.requests).toHaveLength(2);
    expect(result).toMatchObject({ stopReason: "complete", usage: { totalTokens: 300 } });
  });
});

it("a judge between batches of claims asks the budget anew", async () => {
  const many = Array.from({ length: 60 }, (_, n) => `Oslo has ${n} °C.`);
  const judge = new ScriptedModel(
    Array.from({ length: 4 }, (_, n) =>
      used(n === 0 ? JSON.stringify({ claims: many }) : JSON.stringify({ findings: [] }), 100),
    ),
  );
  const agent = new Agent({
    model: new ScriptedModel([ANSWER]),
    tokenBudget: 350,
    grounding: { judge, sources },
  });
  const { stopReason, usage } = await agent.run("?");
  expect([stopReason, judge.requests.length, usage.totalTokens]).toEqual(["token_budget", 3, 400]);
});

it("a budget of money holds for the judge as well", async () => {
  const judge = new ScriptedModel([]);
  const agent = new Agent({
    model: new ScriptedModel([ANSWER]),
    costBudgetUsd: 0.0001,
    prices: [
      { provider: "scripted", models: ["*"], input: 1, output: 1, source: "test", asOf: "2026-01-01" },
    ],
    grounding: { judge, sources },
  });
  const { stopReason } = await agent.run("?");
  expect([stopReason, judge.requests.length]).toEqual(["cost_budget", 0]);
});

it("a judge of the run's way is not asked either", async () => {
  const judge = new ScriptedModel([]);
  const look = tool({ name: "look", description: "Looks.", execute: () => "nothing" });
  const agent = new Agent({
    model: new ScriptedModel([
      { toolCalls: [{ name: "look" }], usage: { inputTokens: 100, outputTokens: 0 } },
    ]),
    tools: [look],
    tokenBudget: 100,
    reflexion: { judge },
  });
  const { stopReason } = await agent.run("?");
  expect([stopReason, judge.requests.length]).toEqual(["token_budget", 0]);
});

it("an answer by a terminal tool is the last word where nobody can be paid to judge it", async () => {
  const judge = new ScriptedModel([]);
  const agent = new Agent({
    model: new ScriptedModel([
      {
        toolCalls: [{ name: "task_complete", arguments: { summary: "It has 4 °C." } }],
        usage: { inputTokens: 100, outputTokens: 0 },
      },
    ]),
    completionMode: "explicit",
    tokenBudget: 100,
    grounding: { judge, sources },
  });
  expect(await agent.run("?")).toMatchObject({ stopReason: "token_budget", text: "It has 4 °C." });
});

it("what a judge had cost before the run was cancelled is the run's", async () => {
  const controller = new AbortController();
  const judge = new ScriptedModel([
    claims,
    () => {
      controller.abort();
      return "";
    },
  ]);
  const agent = new Agent({ model: new ScriptedModel([ANSWER]), grounding: { judge, sources } });
  const ends: number[] = [];
  agent.on("terminate", ({ usage }) => ends.push(usage.totalTokens));
  await expect(agent.run("?", { signal: controller.signal })).rejects.toThrow("cancelled");
  expect(ends).toEqual([expect.any(Number)]);
  expect(ends[0]).toBeGreaterThanOrEqual(200);
});
