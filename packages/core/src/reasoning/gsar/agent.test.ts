/** GSAR's recovery in a run: what scores low goes back, is counted on record, and is no success in the end. */
import { describe, expect, it } from "vitest";
import { Agent } from "../../agent/agent.ts";
import type { AgentOptions } from "../../agent/options.ts";
import { type DurableEvent, isDurable } from "../../events/types.ts";
import { messageText } from "../../messages/messages.ts";
import { emptyState, fold } from "../../state/reduce.ts";
import { ScriptedModel, type ScriptedStep } from "../../testing/scripted-model.ts";
import { tool } from "../../tool/tool.ts";
import { evaluateGsar } from "./evaluate.ts";

const readLog = tool({
  name: "read_log",
  description: "Reads the log.",
  execute: () => "14:02 ERROR database out of connections (max 100)\n14:03 WARN retry storm from checkout",
});
const look: ScriptedStep = { toolCalls: [{ name: "read_log" }] };
const usage = { inputTokens: 10, outputTokens: 0 };

type Judged = readonly [finding: string, type: string, quote?: string];
const G: Judged = ["grounded", "tool_match", "database out of connections"];
const K: Judged = ["complementary", "complementary_finding", "retry storm from checkout"];
const U: Judged = ["ungrounded", "inference"];
const X: Judged = ["contradicted", "inference", "max 100"];
/** What the judge says to an answer of so many claims: both of its questions. */
const judged = (...list: readonly Judged[]): readonly ScriptedStep[] => [
  { text: JSON.stringify({ claims: list.map((_, index) => `Claim ${index + 1}.`) }), usage },
  ...(list.length === 0
    ? []
    : [
        {
          text: JSON.stringify({
            findings: list.map(([finding, type, quote], index) => ({
              claim: index + 1,
              finding,
              type,
              evidence: quote === undefined ? [] : [{ source: "tool:call_1", quote }],
            })),
          }),
          usage,
        },
      ]),
];
/** 1.0 / 1.6 = 0.625: replan. 2.85 / 3.75 = 0.76: regenerate. */
const LOW = judged(G, U);
const MIDDLE = judged(G, G, K, U, X);
const HIGH = judged(G, K);

async function run(
  script: readonly ScriptedStep[],
  judging: readonly (readonly ScriptedStep[])[],
  gsar: AgentOptions["gsar"] = true,
) {
  const model = new ScriptedModel(script);
  const judge = new ScriptedModel(judging.flat(), { modelId: "judge" });
  const events: DurableEvent[] = [];
  const agent = new Agent({ model, tools: [readLog], auxiliaryModel: judge, gsar });
  for await (const event of agent.stream("Why did it fail?", { threadId: "t" }))
    if (isDurable(event)) events.push(event);
  return { agent, model, judge, events, result: fold(emptyState("t"), events).run };
}
const feedbacks = (model: ScriptedModel): readonly string[] =>
  (model.requests.at(-1)?.messages ?? []).flatMap((message) =>
    message.role === "user" ? [messageText(message)] : [],
  );

describe("an agent with gsar", () => {
  it("ends with an answer that scores high, and tells its claims in their places", async () => {
    const { result } = await run([look, "The pool ran dry."], [HIGH]);
    expect(result.outcome).toMatchObject({ reason: "complete", text: "The pool ran dry." });
    expect(result.gsar).toMatchObject({
      score: 1,
      decision: "proceed",
      replans: 0,
      regenerations: 0,
      degraded: false,
    });
    expect(result.gsar?.partition).toEqual({
      grounded: [
        {
          text: "Claim 1.",
          type: "tool_match",
          evidence: [{ source: "tool:call_1", quote: "database out of connections" }],
        },
      ],
      ungrounded: [],
      contradicted: [],
      complementary: [
        {
          text: "Claim 2.",
          type: "complementary_finding",
          evidence: [{ source: "tool:call_1", quote: "retry storm from checkout" }],
        },
      ],
    });
  });

  it("has a middling answer written again from the evidence, a low one looked into, and keeps the trajectory", async () => {
    const { result, model } = await run([look, "one", "two", look, "three"], [MIDDLE, LOW, HIGH]);
    expect(result.outcome?.reason).toBe("complete");
    expect(result.gsar).toMatchObject({ score: 1, replans: 1, regenerations: 1, degraded: false });
    expect(result.gsar?.trajectory.map(({ decision }) => decision)).toEqual([
      "regenerate",
      "replan",
      "proceed",
    ]);
    expect(result.gsar?.trajectory[0]?.score).toBeCloseTo(2.85 / 3.75, 12);
    const [, rewrite = "", gather = ""] = feedbacks(model);
    expect(rewrite).toMatch(/Contradicted by the evidence:\n- Claim 5\. \(tool:call_1: "max 100"\)/);
    expect(rewrite).toMatch(/without further tools/);
    expect(gather).toMatch(/Not in the evidence:\n- Claim 2\.\n.*Find what is missing with your tools/);
  });

  it("ends without success once its replans are used up, and regenerations have a budget of their own", async () => {
    const low = await run([look, "a", "b", "c"], [LOW, LOW, LOW]);
    expect(low.result.outcome).toMatchObject({
      reason: "grounding_failed",
      stopDetail: "replan, score 0.63, and no more tries",
      text: "c",
    });
    expect(low.result.gsar).toMatchObject({ replans: 2, regenerations: 0, degraded: true });
    const middle = await run([look, "a", "b"], [MIDDLE, MIDDLE], { maxRegenerations: 1 });
    expect(middle.result.outcome?.reason).toBe("grounding_failed");
    expect(middle.result.gsar).toMatchObject({ replans: 0, regenerations: 1, degraded: true });
  });

  it("ends degraded, as the paper does, where failOnLowScore is false", async () => {
    const { result } = await run([look, "a"], [LOW], { failOnLowScore: false, maxReplans: 0 });
    expect(result.outcome).toMatchObject({ reason: "complete", text: "a" });
    expect(result.gsar).toMatchObject({ decision: "replan", degraded: true, score: 0.625 });
  });

  it("does not decide about an answer that claims nothing", async () => {
    const { result } = await run(["Which of them?"], [judged()]);
    expect(result.outcome?.reason).toBe("complete");
    expect(result.gsar).toMatchObject({ decision: "abstain", score: 0.5, degraded: false });
  });

  it("takes no reference on trust: a claim whose evidence was invented is ungrounded, and keeps it for the record", async () => {
    const invented: Judged = ["grounded", "tool_match", "disk failure on node 7"];
    const { result } = await run([look, "a"], [judged(G, invented)], { maxReplans: 0 });
    expect(result.outcome?.reason).toBe("grounding_failed");
    expect(result.gsar?.partition.grounded).toHaveLength(1);
    expect(result.gsar?.partition.ungrounded).toEqual([
      {
        text: "Claim 2.",
        type: "tool_match",
        evidence: [],
        rejected: [{ source: "tool:call_1", quote: "disk failure on node 7" }],
      },
    ]);
  });

  it("scores by its own weights, penalty and thresholds", async () => {
    const { result } = await run([look, "a"], [judged(G, X)], {
      contradictionPenalty: 5,
      weights: { tool_match: 0.9 },
      thresholds: { proceed: 0.2, regenerate: 0.1 },
    });
    expect(result.gsar?.score).toBeCloseTo(0.9 / 3.9, 12);
    expect(result.gsar?.decision).toBe("proceed");
  });

  it("goes on counting where another process goes on with the run, and judges once more only what was not judged", async () => {
    const { agent, events, judge } = await run([look, "a", "b", "b2", "c"], [LOW, LOW, LOW, LOW, LOW], {
      maxReplans: 1,
    });
    const [first = 0, second = 0] = events
      .filter(({ type }) => type === "gsar")
      .map(({ sequence }) => sequence);
    const questions = judge.requests.length;
    const copy = await agent.fork("t", { at: second - 1 });
    const resumed = await agent.resume(copy);
    expect(resumed).toMatchObject({ stopReason: "grounding_failed", gsar: { replans: 1, degraded: true } });
    expect(judge.requests).toHaveLength(questions + 2);
    const afterFirst = await agent.fork("t", { at: first + 2 });
    expect(await agent.resume(afterFirst)).toMatchObject({
      gsar: { replans: 1, degraded: true },
      text: "b2",
    });
    expect(resumed.usage.totalTokens).toBeGreaterThan(40);
  });

  it("begins anew with each run of a thread", async () => {
    const { agent } = await run([look, "a", "b"], [HIGH, HIGH]);
    const again = await agent.run("And now?", { threadId: "t" });
    expect(again.gsar?.trajectory).toHaveLength(1);
  });
});

describe("evaluateGsar", () => {
  it("needs no agent, and with the rules no model", async () => {
    const {
      decision,
      score,
      partition,
      usage: used,
    } = await evaluateGsar({
      answer: "The database ran out of connections at 14:02. Sabotage by a competitor is behind it.",
      sources: [{ id: "log", text: "14:02 ERROR database: out of connections (max 100)" }],
      judge: "rules",
    });
    expect(partition.grounded.map(({ text }) => text)).toEqual([
      "The database ran out of connections at 14:02.",
    ]);
    expect(partition.ungrounded).toHaveLength(1);
    expect(decision).toBe("replan");
    expect(score).toBeCloseTo(0.95 / 1.55, 12);
    expect(used.totalTokens).toBe(0);
  });

  it("judges many claims in several questions, and long evidence by its passages", async () => {
    const answered = (count: number): string =>
      JSON.stringify({
        findings: Array.from({ length: count }, (_, index) => ({
          claim: index + 1,
          finding: "grounded",
          type: "specific_data",
          evidence: [{ source: "log", quote: "alpha beta gamma" }],
        })),
      });
    const judge = new ScriptedModel([answered(25), answered(5)]);
    const { score, evidence } = await evaluateGsar({
      answer: "",
      claims: Array.from({ length: 30 }, (_, index) => `Alpha ${index} is beta.`),
      sources: [{ id: "log", text: `${"noise and more of it. ".repeat(5000)}alpha beta gamma` }],
      judge,
    });
    expect(score).toBe(1);
    expect(judge.requests).toHaveLength(2);
    expect(evidence.shownChars).toBeLessThanOrEqual(48_000);
    expect(evidence.chars).toBeGreaterThan(100_000);
    expect(
      judge.requests.every(({ messages }) => messages.map(messageText).join().includes("alpha beta gamma")),
    ).toBe(true);
  });

  it("refuses options that do not fit before anything is asked", async () => {
    const judge = new ScriptedModel([]);
    const sources = [{ id: "a", text: "x" }];
    const asked = { answer: "x", sources, judge };
    await expect(evaluateGsar({ ...asked, thresholds: { proceed: 2 } })).rejects.toThrow(/thresholds/);
    await expect(evaluateGsar({ ...asked, contradictionPenalty: -1 })).rejects.toThrow(
      /contradictionPenalty/,
    );
    await expect(evaluateGsar({ ...asked, sources: [...sources, ...sources] })).rejects.toThrow(
      /two sources/,
    );
    expect(judge.requests).toHaveLength(0);
  });
});
