import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { DurableEvent } from "../events/types.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { emptyState, fold, reduce } from "./reduce.ts";
import { addUsage } from "./usage.ts";

const flaky = tool({
  name: "flaky",
  description: "Works or fails as told.",
  parameters: z.object({ fails: z.boolean() }),
  execute: ({ fails }) => {
    if (fails) throw new Error("told to");
    return "ok";
  },
});

const arbitraryTurn: fc.Arbitrary<ScriptedStep> = fc.oneof(
  fc.string().map((text) => ({ text, usage: { inputTokens: 1, outputTokens: 2 } })),
  fc
    .array(
      fc.record({
        name: fc.constantFrom("flaky", "unknown"),
        arguments: fc.oneof(fc.record({ fails: fc.boolean() }), fc.string()),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((toolCalls) => ({ toolCalls })),
);

/** The log of a thread with several runs of random turns. */
async function logOf(turns: readonly ScriptedStep[]): Promise<readonly DurableEvent[]> {
  const checkpointer = new MemoryCheckpointer();
  const agent = new Agent({
    model: new ScriptedModel([...turns, "end"]),
    tools: [flaky],
    checkpointer,
    maxIterations: 4,
  });
  for (let run = 0; run < 2; run++) await agent.run(`run ${run}`, { threadId: "t" }).catch(() => undefined);
  return (await checkpointer.read("t"))?.events ?? [];
}

describe("the state", () => {
  it("is the fold of its events, in whatever pieces they are folded", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryTurn, { maxLength: 6 }), fc.nat(), async (turns, cut) => {
        const events = await logOf(turns);
        const whole = fold(emptyState("t"), events);
        const at = cut % (events.length + 1);
        expect(fold(fold(emptyState("t"), events.slice(0, at)), events.slice(at))).toEqual(whole);
        expect(fold(emptyState("t"), JSON.parse(JSON.stringify(events)))).toEqual(whole);
        expect(whole.version).toBe(events.length);
      }),
      { numRuns: 40 },
    );
  });

  it("answers every call of a run that has ended, in the order of the calls", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryTurn, { maxLength: 6 }), async (turns) => {
        const { messages, run } = fold(emptyState("t"), await logOf(turns));
        expect(run.pending).toEqual([]);
        messages.forEach((message, index) => {
          if (message.role !== "assistant") return;
          const calls = message.content.flatMap((part) => (part.type === "tool_call" ? [part.id] : []));
          const answers = messages
            .slice(index + 1, index + 1 + calls.length)
            .map((answer) => (answer.role === "tool" ? answer.callId : undefined));
          expect(answers).toEqual(calls);
        });
      }),
      { numRuns: 40 },
    );
  });

  it("is frozen, and a new event leaves the old one as it was", async () => {
    const events = await logOf([{ toolCalls: [{ name: "flaky", arguments: { fails: false } }] }]);
    let state = emptyState("t");
    for (const event of events) {
      const before = JSON.stringify(state);
      const next = reduce(state, event);
      expect(JSON.stringify(state)).toBe(before);
      for (const part of [
        next,
        next.run,
        next.messages,
        next.metadata,
        next.toolLedger,
        next.run.pending,
        next.run.toolExecutions,
      ]) {
        expect(Object.isFrozen(part)).toBe(true);
      }
      state = next;
    }
  });
});

describe("usage", () => {
  it("adds up, and what nobody knows stays unknown", () => {
    const one = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    expect(addUsage(one, one)).toEqual({ inputTokens: 2, outputTokens: 4, totalTokens: 6 });
    expect(addUsage(one, { ...one, cachedInputTokens: 5 })).toEqual({
      inputTokens: 2,
      outputTokens: 4,
      totalTokens: 6,
      cachedInputTokens: 5,
    });
  });
});
