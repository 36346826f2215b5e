/** A call that had begun when its process died: told, run again with the same key, or decided by a person. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { DurableEvent } from "../events/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import type { Tool, UnknownOutcomePolicy } from "../tool/types.ts";
import { Agent } from "./agent.ts";

interface Effects {
  readonly keys: string[];
  readonly amounts: number[];
}

function charge(
  effects: Effects,
  options: {
    readonly onUnknownOutcome?: UnknownOutcomePolicy;
    readonly idempotent?: boolean;
    readonly needsApproval?: boolean;
  },
): Tool {
  return tool({
    name: "charge",
    description: "Charges a card.",
    parameters: z.object({ amount: z.number() }),
    ...options,
    execute: ({ amount }, ctx) => {
      effects.keys.push(ctx.idempotencyKey);
      effects.amounts.push(amount);
      return `charged ${amount}`;
    },
  });
}

/** The thread as a store holds it whose process died right behind the intent to run the call. */
async function dieAfterIntent(
  tools: readonly Tool[],
  answer?: { readonly amount: number },
): Promise<MemoryCheckpointer> {
  const lived = new MemoryCheckpointer();
  const model = new ScriptedModel([{ toolCalls: [{ name: "charge", arguments: { amount: 7 } }] }, "done"]);
  const agent = new Agent({ model, tools, checkpointer: lived });
  const { interrupt } = await agent.run("go", { threadId: "t" });
  if (interrupt !== undefined) {
    await agent.resume("t", {
      [interrupt.interruptId]: {
        approved: true,
        ...(answer === undefined ? {} : { arguments: { ...answer } }),
      },
    });
  }
  const stored: DurableEvent[] = [];
  for await (const event of lived.events("t")) stored.push(event);
  const died = new MemoryCheckpointer();
  const intent = stored.findLastIndex((event) => event.type === "tool_start");
  await died.append("t", 0, stored.slice(0, intent + 1));
  return died;
}

const reborn = (checkpointer: MemoryCheckpointer, tools: readonly Tool[]): Agent =>
  new Agent({ model: new ScriptedModel(["ok"]), tools, checkpointer });

describe("a call that had begun when its process died", () => {
  it("of an idempotent tool that says retry runs again under the same key", async () => {
    const effects: Effects = { keys: [], amounts: [] };
    const tools = [charge(effects, { idempotent: true, onUnknownOutcome: "retry" })];
    const done = await reborn(await dieAfterIntent(tools), tools).resume("t");
    expect(done.toolExecutions).toMatchObject([{ source: "executed", result: "charged 7" }]);
    expect(effects.keys).toHaveLength(2);
    expect(new Set(effects.keys).size).toBe(1);
  });

  it("of a plain tool that says tell does not run again", async () => {
    const effects: Effects = { keys: [], amounts: [] };
    const tools = [charge(effects, { onUnknownOutcome: "tell" })];
    const done = await reborn(await dieAfterIntent(tools), tools).resume("t");
    expect(done.toolExecutions).toMatchObject([{ source: "unknown_outcome", isError: true }]);
    expect(effects.keys).toHaveLength(1);
  });

  it("of a tool that says ask waits for a person, who may have it run again under the same key", async () => {
    const effects: Effects = { keys: [], amounts: [] };
    const tools = [charge(effects, { onUnknownOutcome: "ask" })];
    const checkpointer = await dieAfterIntent(tools);
    const agent = reborn(checkpointer, tools);
    const asked = await agent.resume("t");
    expect(asked).toMatchObject({
      stopReason: "interrupted",
      interrupts: [{ kind: "approval", reason: "unknown_outcome", name: "charge", arguments: { amount: 7 } }],
    });
    const done = await agent.resume("t", { [asked.interrupt?.interruptId ?? ""]: { approved: true } });
    expect(done.toolExecutions).toMatchObject([{ source: "executed", result: "charged 7" }]);
    expect(new Set(effects.keys).size).toBe(1);
  });

  it("that a person does not want run again is told as unknown, with what the person knows", async () => {
    const effects: Effects = { keys: [], amounts: [] };
    const tools = [charge(effects, { onUnknownOutcome: "ask" })];
    const agent = reborn(await dieAfterIntent(tools), tools);
    const asked = await agent.resume("t");
    const done = await agent.resume("t", {
      [asked.interrupt?.interruptId ?? ""]: { approved: false, reason: "the card was charged, I looked" },
    });
    expect(done.toolExecutions).toMatchObject([
      {
        source: "unknown_outcome",
        error: { message: expect.stringContaining("the card was charged, I looked") },
      },
    ]);
    expect(effects.keys).toHaveLength(1);
  });

  it("keeps the arguments that a person had changed before it began", async () => {
    const effects: Effects = { keys: [], amounts: [] };
    const tools = [charge(effects, { onUnknownOutcome: "ask", needsApproval: true })];
    const agent = reborn(await dieAfterIntent(tools, { amount: 3 }), tools);
    const asked = await agent.resume("t");
    expect(asked.interrupt).toMatchObject({ arguments: { amount: 3 } });
    await agent.resume("t", { [asked.interrupt?.interruptId ?? ""]: { approved: true } });
    expect(effects.amounts).toEqual([3, 3]);
  });
});
