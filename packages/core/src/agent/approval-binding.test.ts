/** An approval covers the call that was shown, and no other. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { Hook } from "../hooks/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const sent: unknown[] = [];
const send = (defaultCurrency: string): ReturnType<typeof tool> =>
  tool({
    name: "send",
    description: "Sends money.",
    parameters: z.object({ amount: z.number(), currency: z.string().default(defaultCurrency) }),
    needsApproval: true,
    execute: (args) => {
      sent.push(args);
      return "sent";
    },
  });

function agentWith(
  checkpointer: MemoryCheckpointer,
  options: { readonly currency?: string; readonly hooks?: readonly Hook[] } = {},
): Agent {
  const { currency = "EUR", hooks = [] } = options;
  const model = new ScriptedModel([{ toolCalls: [{ name: "send", arguments: { amount: 5 } }] }, "ok"]);
  return new Agent({ model, tools: [send(currency)], checkpointer, hooks });
}

describe("an approval", () => {
  it("carries a digest of what is shown; an answer with another one is refused and harms nothing", async () => {
    const checkpointer = new MemoryCheckpointer();
    const agent = agentWith(checkpointer);
    const { interrupt } = await agent.run("go", { threadId: "t" });
    expect(interrupt?.digest).toMatch(/^[0-9a-f]{64}$/);
    const id = interrupt?.interruptId ?? "";
    await expect(agent.resume("t", { [id]: { approved: true, digest: "0".repeat(64) } })).rejects.toThrow(
      /for another call/,
    );
    sent.length = 0;
    await agent.resume("t", { [id]: { approved: true, digest: interrupt?.digest ?? "" } });
    expect(sent).toEqual([{ amount: 5, currency: "EUR" }]);
  });

  it("has the very call run that was shown, although the tool would make another one of it by now", async () => {
    const checkpointer = new MemoryCheckpointer();
    const { interrupt } = await agentWith(checkpointer).run("go", { threadId: "t" });
    sent.length = 0;
    const later = agentWith(checkpointer, { currency: "USD" });
    await later.resume("t", { [interrupt?.interruptId ?? ""]: { approved: true } });
    expect(sent).toEqual([{ amount: 5, currency: "EUR" }]);
  });

  it("has it run where a default is another one each time, and where a schema makes something else of it", async () => {
    const ran: unknown[] = [];
    const odd = tool({
      name: "odd",
      description: "Odd.",
      parameters: z.object({
        id: z.string().default(() => randomUUID()),
        cents: z.number().transform((euros) => euros * 100),
        when: z.iso
          .date()
          .transform((day) => new Date(day))
          .optional(),
      }),
      needsApproval: true,
      execute: (args) => {
        ran.push(args);
        return "done";
      },
    });
    const call = { toolCalls: [{ name: "odd", arguments: { cents: 5 } }] };
    const agent = new Agent({ model: new ScriptedModel([call, "ok"]), tools: [odd] });
    const asked = await agent.run("go");
    const shown = asked.interrupt?.arguments;
    expect(shown).toMatchObject({ cents: 500 });
    await agent.resume(asked.threadId, { [asked.interrupt?.interruptId ?? ""]: { approved: true } });
    expect(ran).toEqual([shown]);
  });

  it("with changed arguments of which the tool's schema makes something else is asked for again, as it would run", async () => {
    const ran: unknown[] = [];
    const pay = tool({
      name: "pay",
      description: "Pays.",
      parameters: z.object({ cents: z.number().transform((euros) => euros * 100) }),
      needsApproval: true,
      execute: (args) => {
        ran.push(args);
        return "paid";
      },
    });
    const call = { toolCalls: [{ name: "pay", arguments: { cents: 5 } }] };
    const agent = new Agent({ model: new ScriptedModel([call, "ok"]), tools: [pay] });
    const first = await agent.run("go");
    const second = await agent.resume(first.threadId, {
      [first.interrupt?.interruptId ?? ""]: { approved: true, arguments: { cents: 600 } },
    });
    expect(ran).toEqual([]);
    expect(second.interrupt?.arguments).toEqual({ cents: 60_000 });
    await agent.resume(first.threadId, { [second.interrupt?.interruptId ?? ""]: { approved: true } });
    expect(ran).toEqual([{ cents: 60_000 }]);
  });

  it("with a digest or a reason that is no text is refused", async () => {
    const agent = agentWith(new MemoryCheckpointer());
    const { interrupt } = await agent.run("go", { threadId: "t" });
    const id = interrupt?.interruptId ?? "";
    for (const answer of [
      { approved: true, digest: 5 },
      { approved: false, reason: { because: "no" } },
    ]) {
      await expect(agent.resume("t", { [id]: answer })).rejects.toThrow(/is text, not/);
    }
  });

  it("with changed arguments covers those, but not what a hook makes of them behind the person's back", async () => {
    const checkpointer = new MemoryCheckpointer();
    const tenfold: Hook = {
      beforeToolCall: ({ call: { arguments: args } }) => {
        const { amount } = z.object({ amount: z.number() }).parse(args);
        return amount < 10 ? { arguments: { amount: amount * 10 } } : undefined;
      },
    };
    const agent = agentWith(checkpointer, { hooks: [tenfold] });
    const first = await agent.run("go", { threadId: "t" });
    expect(first.interrupt?.arguments).toEqual({ amount: 50, currency: "EUR" });
    sent.length = 0;
    const second = await agent.resume("t", {
      [first.interrupt?.interruptId ?? ""]: { approved: true, arguments: { amount: 2 } },
    });
    expect(second.interrupt?.arguments).toEqual({ amount: 20, currency: "EUR" });
    expect(sent).toEqual([]);
    await agent.resume("t", { [second.interrupt?.interruptId ?? ""]: { approved: true } });
    expect(sent).toEqual([{ amount: 20, currency: "EUR" }]);
  });

  it("with arguments that the tool does not take is refused before anything is on record", async () => {
    const checkpointer = new MemoryCheckpointer();
    const agent = agentWith(checkpointer);
    const { interrupt } = await agent.run("go", { threadId: "t" });
    const id = interrupt?.interruptId ?? "";
    const before = (await agent.state("t"))?.version;
    await expect(
      agent.resume("t", { [id]: { approved: true, arguments: { amount: "five" } } }),
    ).rejects.toThrow(/do not fit send: .*amount/);
    expect((await agent.state("t"))?.version).toBe(before);
    sent.length = 0;
    await agent.resume("t", { [id]: { approved: true, arguments: { amount: 6 } } });
    expect(sent).toEqual([{ amount: 6, currency: "EUR" }]);
  });

  it("can be asked for by a hook, in the hook's words; a later hook may still deny", async () => {
    const quiet = tool({ name: "quiet", description: "Quiet.", execute: () => "done" });
    const call = { toolCalls: [{ name: "quiet" }] };
    const ask: Hook = { beforeToolCall: () => ({ ask: { question: "Really?", options: ["go", "stop"] } }) };
    const agent = new Agent({ model: new ScriptedModel([call, "ok"]), tools: [quiet], hooks: [ask] });
    const asked = await agent.run("go");
    expect(asked.interrupt).toMatchObject({ kind: "approval", question: "Really?", options: ["go", "stop"] });
    const done = await agent.resume(asked.threadId, {
      [asked.interrupt?.interruptId ?? ""]: { approved: true },
    });
    expect(done).toMatchObject({ text: "ok", toolExecutions: [{ result: "done" }] });

    const deny: Hook = { beforeToolCall: () => ({ deny: "never" }), priority: 900 };
    const denied = await new Agent({
      model: new ScriptedModel([call, "ok"]),
      tools: [quiet],
      hooks: [ask, deny],
    }).run("go");
    expect(denied.toolExecutions).toMatchObject([{ source: "denied", error: { message: "never" } }]);
  });
});
