/** What an answer can rest on: what tools returned and what the user said, and nothing that a model did. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../agent/agent.ts";
import type { AgentOptions } from "../../agent/options.ts";
import type { AgentResult } from "../../agent/result.ts";
import { type DurableEvent, isDurable } from "../../events/types.ts";
import { planning } from "../../hooks/builtin/planning/planning.ts";
import { InMemoryStore } from "../../memory/in-memory.ts";
import { memoryTools } from "../../memory/tools.ts";
import { emptyState, fold } from "../../state/reduce.ts";
import { ScriptedModel, type ScriptedStep } from "../../testing/scripted-model.ts";
import { MemoryResultStore } from "../../tool/result-store.ts";
import { tool } from "../../tool/tool.ts";

const CLAIM = "The moon consists of green cheese.";
const search = tool({
  name: "search",
  description: "Searches.",
  parameters: z.looseObject({}),
  execute: () => [],
});
const call = (name: string, args: Readonly<Record<string, unknown>>): ScriptedStep => ({
  toolCalls: [{ name, arguments: args }],
});

async function ask(
  script: readonly ScriptedStep[],
  options: Partial<AgentOptions> = {},
  question = "What of the moon?",
): Promise<AgentResult> {
  const agent = new Agent({
    model: new ScriptedModel(script),
    grounding: { judge: "rules", maxReplans: 0 },
    ...options,
  });
  try {
    return await agent.run(question, { metadata: { userId: "ada" } });
  } finally {
    await agent.close();
  }
}
const sourcesOf = ({ grounding }: AgentResult): readonly string[] =>
  grounding?.claims.flatMap(({ evidence }) => evidence.map(({ source }) => source)) ?? [];

describe("a claim does not rest on the model's own words", () => {
  const inner = new Agent({ name: "inner", model: new ScriptedModel([CLAIM, CLAIM]) });
  const paths: readonly (readonly [string, readonly ScriptedStep[], Partial<AgentOptions>])[] = [
    [
      "as reflexion quotes its calls",
      [call("search", { q: CLAIM }), call("search", { q: CLAIM }), CLAIM],
      { tools: [search], reflexion: true },
    ],
    [
      "as a judge of the run tells them",
      [call("search", { q: "a" }), CLAIM],
      {
        tools: [search],
        reflexion: {
          judge: new ScriptedModel([
            JSON.stringify({ assessment: "stuck", confidence_delta: 0, reason: "r", guidance: CLAIM }),
          ]),
        },
      },
    ],
    ["in its plan", [call("write_plan", { items: [{ text: CLAIM }] }), CLAIM], { plugins: [planning()] }],
    [
      "in its notes",
      [call("remember", { note: CLAIM }), call("recall", { query: "moon cheese" }), CLAIM],
      { tools: memoryTools({ store: new InMemoryStore() }) },
    ],
    [
      "as a gate sends them back",
      ["The sky is blue.", CLAIM],
      {
        verify: [{ name: "style", verify: ({ text }) => text === CLAIM || `Do not say that, say: ${CLAIM}` }],
        grounding: { judge: "rules", maxReplans: 0, sources: [{ id: "s", text: "The sky is blue." }] },
      },
    ],
    [
      "as the schema's complaint repeats them",
      [JSON.stringify({ x: CLAIM, n: 1 }), JSON.stringify({ x: CLAIM, n: 2 })],
      {
        outputSchema: z
          .object({ x: z.string(), n: z.number() })
          .refine(({ n }) => n === 2, { error: `n must be 2 where it is said that ${CLAIM}` }),
      },
    ],
    ["from another agent", [call("inner", { prompt: "The moon?" }), CLAIM], { tools: [inner.asTool()] }],
  ];
  it.each(paths)("%s", async (_path, script, options) => {
    const result = await ask(script, options);
    expect([result.stopReason, sourcesOf(result)]).toEqual(["grounding_failed", []]);
  });

  it("from another agent, unless that one is said to answer for them", async () => {
    const result = await ask([call("inner", { prompt: "The moon?" }), CLAIM], {
      tools: [inner.asTool({ evidence: true })],
    });
    expect([result.stopReason, sourcesOf(result)]).toEqual(["complete", ["tool:call_1"]]);
  });
});

describe("a claim rests on", () => {
  it("what the user said, in this run and in those before", async () => {
    const agent = new Agent({
      model: new ScriptedModel(["Hello!", "You have 3 cats."]),
      grounding: { judge: "rules", maxReplans: 0 },
    });
    await agent.run("I have 3 cats.", { threadId: "t" });
    const result = await agent.run("How many cats have I?", { threadId: "t" });
    expect([result.stopReason, sourcesOf(result)]).toEqual(["complete", ["user:1"]]);
  });

  it("a tool that gives more than it was told, and not on one that is marked", async () => {
    const said = (evidence?: boolean) =>
      tool({ name: "look", description: "Looks.", evidence, execute: () => CLAIM });
    const look = [call("look", {}), CLAIM];
    expect((await ask(look, { tools: [said()] })).stopReason).toBe("complete");
    expect((await ask(look, { tools: [said(true)] })).stopReason).toBe("complete");
    expect((await ask(look, { tools: [said(false)] })).stopReason).toBe("grounding_failed");
  });
});

describe("of a result that was too long for the model", () => {
  const long = tool({
    name: "read",
    description: "Reads.",
    execute: () => `${"Nothing of note here. ".repeat(40)}${CLAIM}`,
  });
  const script = [call("read", {}), CLAIM];

  it("the beginning is evidence, and the report says that it was cut", async () => {
    const result = await ask(script, { tools: [long], maxToolResultChars: 300 });
    expect(result).toMatchObject({ stopReason: "grounding_failed", grounding: { evidence: { cut: 1 } } });
    expect(result.grounding?.evidence?.chars).toBeLessThan(320);
  });

  it("all of it is evidence where a store keeps it", async () => {
    const resultStore = new MemoryResultStore();
    const result = await ask(script, { tools: [long], maxToolResultChars: 300, resultStore });
    expect(result.stopReason).toBe("complete");
    expect(result.grounding?.evidence).not.toHaveProperty("cut");
    expect(result.grounding?.evidence?.chars).toBeGreaterThan(880);
  });

  it("the beginning is evidence where the store has lost it", async () => {
    const resultStore = { put: async () => undefined, get: () => Promise.reject(new Error("gone")) };
    const result = await ask(script, { tools: [long], maxToolResultChars: 300, resultStore });
    expect(result).toMatchObject({ stopReason: "grounding_failed", grounding: { evidence: { cut: 1 } } });
  });
});

describe("what was put in on the user's side", () => {
  it("says so in the conversation, is sent without it, and is folded the same from the record", async () => {
    const model = new ScriptedModel([CLAIM, "Which moon do you mean?"]);
    const events: DurableEvent[] = [];
    const agent = new Agent({ model, grounding: { judge: "rules" } });
    agent.on("event", (event) => isDurable(event) && events.push(event));
    const { messages } = await agent.run("What of the moon?", { threadId: "t" });
    expect(messages.map((message) => ("origin" in message ? message.origin : message.role))).toEqual([
      "user",
      "assistant",
      "grounding",
      "assistant",
    ]);
    expect(JSON.stringify(model.requests)).not.toContain("origin");
    expect(fold(emptyState("t"), events).messages).toEqual(messages);
  });
});

it.each([
  ["an answer by a tool", "terminal", { terminalTools: ["finish"] }],
  ["an explicit end", "explicit", { completionMode: "explicit" as const }],
])("a run that fails for %s keeps what was answered", async (_what, kind, options) => {
  const finish = tool({
    name: "finish",
    description: "Hands on the answer.",
    parameters: z.object({ answer: z.string() }),
    execute: ({ answer }) => answer,
  });
  const isTerminal = kind === "terminal";
  const end = isTerminal ? call("finish", { answer: CLAIM }) : call("task_complete", { summary: CLAIM });
  const result = await ask([end], { ...options, ...(isTerminal ? { tools: [finish] } : {}) });
  expect(result).toMatchObject({ stopReason: "grounding_failed", success: false });
  expect(result.text).toContain(CLAIM);
});
