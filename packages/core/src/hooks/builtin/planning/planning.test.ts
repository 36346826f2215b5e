/** A plan is kept, shown, found again, and held to. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../../agent/agent.ts";
import type { AgentOptions } from "../../../agent/options.ts";
import { MemoryCheckpointer } from "../../../checkpoint/memory.ts";
import { slidingWindow } from "../../../conversation/sliding-window.ts";
import { messageText } from "../../../messages/messages.ts";
import { ScriptedModel, type ScriptedStep } from "../../../testing/scripted-model.ts";
import { tool } from "../../../tool/tool.ts";
import type { Hook } from "../../types.ts";
import { readPlan, showPlan } from "./plan.ts";
import { type PlanningOptions, planGate, planning } from "./planning.ts";

const write = (...texts: readonly string[]): ScriptedStep => ({
  toolCalls: [{ name: "write_plan", arguments: { items: texts.map((text) => ({ text })) } }],
});
const change = (...changes: readonly object[]) => ({ name: "update_plan", arguments: { changes } });
const done = (id: string) => change({ id, status: "done" });

function setting(
  script: readonly ScriptedStep[],
  options: Partial<AgentOptions> = {},
  own: PlanningOptions = {},
) {
  const model = new ScriptedModel(script);
  const agent = new Agent({ model, plugins: [planning(own)], verify: [planGate], ...options });
  const kept = async () =>
    readPlan((await agent.state("t"))?.metadata ?? {})?.items.map(
      ({ id, text, status }) => `${id} ${text} ${status}`,
    );
  const last = (index: number): string => {
    const message = model.requests[index]?.messages.at(-1);
    return message === undefined ? "" : messageText(message);
  };
  return { model, agent, kept, last };
}
const go = (agent: Agent) => agent.run("Move.", { threadId: "t" });

describe("a plan", () => {
  it("is written, changed step by step, and shown as it is after each change", async () => {
    const { agent, kept, last } = setting([
      write("Pack", "Drive"),
      {
        toolCalls: [
          done("1"),
          {
            name: "update_plan",
            arguments: { changes: [{ id: "2", text: "Fly", status: "in_progress" }], add: ["Unpack"] },
          },
        ],
      },
      { toolCalls: [change({ id: "2", status: "done" }, { id: "3", status: "dropped" })] },
      "Moved.",
    ]);
    expect((await go(agent)).success).toBe(true);
    expect(last(1)).toBe("[ ] 1. Pack\n[ ] 2. Drive");
    expect(last(2)).toBe("[x] 1. Pack\n[~] 2. Fly\n[ ] 3. Unpack");
    expect(await kept()).toEqual(["1 Pack done", "2 Fly done", "3 Unpack dropped"]);
  });

  it("is not changed by what does not fit it, and the model reads why", async () => {
    const { agent, kept, last } = setting([
      write("Pack"),
      { toolCalls: [done("7")] },
      { toolCalls: [done("1")] },
      "Done.",
    ]);
    await go(agent);
    expect(last(2)).toBe('there is no step "7"; the steps are 1');
    expect(await kept()).toEqual(["1 Pack done"]);
    const many = setting([write("a", "b", "c"), "Done."], {}, { maxItems: 2 });
    await go(many.agent);
    expect(many.last(1)).toContain("at most 2 steps");
    expect(await many.kept()).toBeUndefined();
  });

  it("takes all changes of one message, also where a slow call before them holds up the record", async () => {
    const changed = Promise.withResolvers<void>();
    const slow = tool({
      name: "slow",
      description: "Waits.",
      parameters: z.object({}),
      execute: () => changed.promise,
    });
    const watching: Hook = {
      priority: 1,
      afterToolCall: ({ call }) => {
        if (JSON.stringify(call.arguments).includes('"2"')) changed.resolve();
      },
    };
    const calls: ScriptedStep = { toolCalls: [{ name: "slow" }, done("1"), done("2")] };
    const { agent, kept } = setting([write("Pack", "Drive"), calls, "Moved."], {
      tools: [slow],
      hooks: [watching],
    });
    await go(agent);
    expect(await kept()).toEqual(["1 Pack done", "2 Drive done"]);
  });

  it("is there in later runs and other processes, and the model is reminded of it there", async () => {
    const checkpointer = new MemoryCheckpointer();
    const first = setting([write("Pack", "Drive"), "Later."], { checkpointer, verify: [] });
    await go(first.agent);
    const second = setting(
      [{ toolCalls: [done("1")] }, "Packed."],
      { checkpointer, verify: [] },
      { remindAfter: 1 },
    );
    await go(second.agent);
    expect(second.last(0)).toMatch(/^Your plan so far:\n\[ \] 1\. Pack\n\[ \] 2\. Drive\nGo on/);
    expect(await second.kept()).toEqual(["1 Pack done", "2 Drive open"]);
    // In the request alone.
    expect(JSON.stringify((await second.agent.state("t"))?.messages)).not.toContain("Your plan so far");
  });

  it("outlives compaction: where the conversation has lost it, the model is shown it", async () => {
    const chat = Array.from({ length: 4 }, (): readonly ScriptedStep[] => ["Yes."]).flat();
    const { agent, last, kept } = setting([write("Pack", "Drive"), "Noted.", ...chat], {
      conversation: slidingWindow({ maxMessages: 4 }),
      verify: [],
    });
    await go(agent);
    for (let times = 0; times < 4; times++) await go(agent);
    expect(JSON.stringify((await agent.state("t"))?.messages)).not.toContain("write_plan");
    expect(last(5)).toContain("[ ] 2. Drive");
    expect(await kept()).toHaveLength(2);
  });

  it("is not shown again while it is in sight, nor once all is done", async () => {
    const { agent, model } = setting(
      [write("Pack"), { toolCalls: [done("1")] }, "Done.", "Yes."],
      {},
      { remindAfter: 3 },
    );
    await go(agent);
    await go(agent);
    expect(JSON.stringify(model.requests.map(({ messages }) => messages))).not.toContain("Your plan so far");
  });
});

describe("the gate", () => {
  const complete = (summary: string): ScriptedStep => ({
    toolCalls: [{ name: "task_complete", arguments: { summary } }],
  });

  it("does not let the task be completed while steps are open, and surfaces the summary once they are not", async () => {
    const { agent, last } = setting(
      [
        write("Pack", "Drive"),
        complete("Too soon."),
        { toolCalls: [done("1"), done("2")] },
        complete("Moved."),
      ],
      {
        completionMode: "explicit",
      },
    );
    const result = await go(agent);
    expect(last(2)).toMatch(/^Your plan has open steps:\n\[ \] 1\. Pack\n\[ \] 2\. Drive\n/);
    expect(result).toMatchObject({
      stopReason: "terminal_tool",
      success: true,
      text: "Moved.",
      iterations: 4,
    });
  });

  it("lets an answer without a plan pass, and gives up in the end", async () => {
    expect((await go(setting(["Hello."]).agent)).success).toBe(true);
    const stubborn = await go(setting([write("Pack"), "Done.", "Done!", "Done!!"]).agent);
    expect(stubborn).toMatchObject({
      success: false,
      stopReason: "guardrail",
      stopDetail: expect.stringMatching(/^plan: /),
    });
  });
});

it("runs of one plugin at once keep their plans apart", async () => {
  const plan = planning();
  const model = new ScriptedModel(
    Array.from(
      { length: 40 },
      (): ScriptedStep =>
        ({ messages }) =>
          messages.at(-1)?.role === "tool"
            ? "Done."
            : {
                toolCalls: [
                  { name: "write_plan", arguments: { items: [{ text: messages.map(messageText).join() }] } },
                ],
              },
    ),
  );
  const agent = new Agent({ model, plugins: [plan] });
  const threads = Array.from({ length: 20 }, (_, index) => `thread-${index}`);
  await Promise.all(threads.map((threadId) => agent.run(threadId, { threadId })));
  for (const threadId of threads) {
    const { metadata = {} } = (await agent.state(threadId)) ?? {};
    expect(readPlan(metadata)?.items.map(({ text }) => text)).toEqual([threadId]);
  }
});

it("a long plan is shown within its limit, and says what it leaves out", () => {
  const items = Array.from({ length: 30 }, (_, index) => ({
    id: String(index + 1),
    text: "x".repeat(20),
    status: index < 10 ? ("done" as const) : ("open" as const),
  }));
  const shown = showPlan({ items }, 200);
  expect(shown.length).toBeLessThanOrEqual(220);
  expect(shown).toMatch(/^\(10 closed\)\n\[ \] 11\. x+\n[\s\S]*\n\(\d+ more\)$/);
});
