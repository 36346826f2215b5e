/** A call that had begun when its process died: told, run again with the same key, or decided by a person. */
import { randomUUID } from "node:crypto";
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

/** The thread as a store holds it whose process died right behind an intent to run a call: the first or the last one. */
async function diedBehindIntent(
  lived: MemoryCheckpointer,
  which: "first" | "last",
): Promise<MemoryCheckpointer> {
  const stored: DurableEvent[] = [];
  for await (const event of lived.events("t")) stored.push(event);
  const isIntent = ({ type }: DurableEvent): boolean => type === "tool_start";
  const intent = which === "first" ? stored.findIndex(isIntent) : stored.findLastIndex(isIntent);
  const died = new MemoryCheckpointer();
  await died.append("t", 0, stored.slice(0, intent + 1));
  return died;
}

/** The same of a run with one call, which a person may have changed. */
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
  return diedBehindIntent(lived, "last");
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

  it("is repeated as its intent says, key and arguments, although its schema would make others of them", async () => {
    const ran: { readonly id: string; readonly key: string }[] = [];
    const send = tool({
      name: "charge",
      description: "Charges.",
      parameters: z.object({ id: z.string().default(() => randomUUID()) }),
      idempotent: true,
      onUnknownOutcome: "retry",
      execute: ({ id }, { idempotencyKey: key }) => {
        ran.push({ id, key });
        return "sent";
      },
    });
    const died = await dieAfterIntent([send]);
    await reborn(died, [send]).resume("t");
    expect(ran).toHaveLength(2);
    expect(ran[1]).toEqual(ran[0]);
  });

  it("has its twins share its unknown outcome: one intent, at most one effect", async () => {
    const effects: Effects = { keys: [], amounts: [] };
    const tools = [charge(effects, { idempotent: true })];
    const call = { name: "charge", arguments: { amount: 7 } };
    const lived = new MemoryCheckpointer();
    const model = new ScriptedModel([{ toolCalls: [call, call] }, "done"]);
    await new Agent({ model, tools, checkpointer: lived }).run("go", { threadId: "t" });
    const done = await reborn(await diedBehindIntent(lived, "first"), tools).resume("t");
    expect(done.toolExecutions).toMatchObject([{ source: "unknown_outcome" }, { source: "unknown_outcome" }]);
    expect(effects.keys).toHaveLength(1);
  });

  it("keeps the answer that a person had given before", async () => {
    let bodies = 0;
    const paint = tool({
      name: "charge",
      description: "Paints.",
      onUnknownOutcome: "ask",
      execute: (_, ctx) => {
        bodies += 1;
        return ctx.interrupt("Which colour?");
      },
      onAnswer: (answer) => `painted ${String(answer)}`,
    });
    const lived = new MemoryCheckpointer();
    const first = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "charge" }] }, "done"]),
      tools: [paint],
      checkpointer: lived,
    });
    const asked = await first.run("go", { threadId: "t" });
    await first.resume("t", { [asked.interrupt?.interruptId ?? ""]: "red" });
    const agent = reborn(await diedBehindIntent(lived, "last"), [paint]);
    const again = await agent.resume("t");
    expect(again.interrupt).toMatchObject({ kind: "approval", reason: "unknown_outcome" });
    const done = await agent.resume("t", { [again.interrupt?.interruptId ?? ""]: { approved: true } });
    expect(done.toolExecutions).toMatchObject([{ result: "painted red" }]);
    expect(bodies).toBe(1);
  });

  it("is none where the answer is all there was to come: it is the result", async () => {
    const ask = tool({
      name: "charge",
      description: "Asks.",
      idempotent: true,
      execute: (_, ctx) => ctx.interrupt("Which?"),
    });
    const lived = new MemoryCheckpointer();
    const first = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "charge" }] }, "done"]),
      tools: [ask],
      checkpointer: lived,
    });
    const asked = await first.run("go", { threadId: "t" });
    await first.resume("t", { [asked.interrupt?.interruptId ?? ""]: "red" });
    const done = await reborn(await diedBehindIntent(lived, "last"), [ask]).resume("t");
    expect(done.toolExecutions).toMatchObject([{ result: "red", isError: false }]);
  });
});
