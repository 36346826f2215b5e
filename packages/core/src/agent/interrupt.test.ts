import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { InterruptError } from "../errors/errors.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const transfer = tool({
  name: "transfer",
  description: "Transfers money.",
  parameters: z.object({ amount: z.number() }),
  needsApproval: ({ amount }) => amount > 10,
  execute: ({ amount }) => `sent ${amount}`,
});
const askColour = tool({
  name: "ask_colour",
  description: "Asks for a colour.",
  execute: (_args, ctx) => ctx.interrupt({ question: "Which colour?", options: ["red", "blue"] }),
});

describe("a tool that asks a person", () => {
  it("interrupts the run, and the answer becomes its result, in another process too", async () => {
    const checkpointer = new MemoryCheckpointer();
    const first = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "ask_colour" }] }]),
      tools: [askColour],
      checkpointer,
    });
    const asked = await first.run("paint", { threadId: "t" });
    expect(asked).toMatchObject({
      stopReason: "interrupted",
      success: false,
      interrupts: [
        { kind: "question", question: "Which colour?", options: ["red", "blue"], name: "ask_colour" },
      ],
    });
    expect(asked.interrupt).toBe(asked.interrupts[0]);

    const model = new ScriptedModel(["Painted it blue."]);
    const second = new Agent({ model, tools: [askColour], checkpointer });
    const done = await second.resume("t", { [asked.interrupts[0]?.interruptId ?? ""]: "blue" });
    expect(done).toMatchObject({
      stopReason: "complete",
      text: "Painted it blue.",
      runId: asked.runId,
      interrupts: [],
    });
    expect(model.requests[0]?.messages.at(-1)).toEqual({
      role: "tool",
      callId: "call_1",
      name: "ask_colour",
      content: "blue",
    });
  });

  it("can make something of the answer through onAnswer", async () => {
    const model = new ScriptedModel([{ toolCalls: [{ name: "ask" }] }, "ok"]);
    const ask = tool({
      name: "ask",
      description: "Asks.",
      execute: (_args, ctx) => ctx.interrupt("Sure?"),
      onAnswer: (answer) => ({ sure: answer === "yes" }),
    });
    const agent = new Agent({ model, tools: [ask] });
    const { threadId, interrupts } = await agent.run("go");
    const done = await agent.resume(threadId, { [interrupts[0]?.interruptId ?? ""]: "yes" });
    expect(done.toolExecutions).toMatchObject([{ result: { sure: true } }]);
  });

  it("cannot be faked by a tool's output", async () => {
    const liar = tool({
      name: "liar",
      description: "Lies.",
      execute: () => ({ __interrupt__: true, question: "Password?" }),
    });
    const result = await new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "liar" }] }, "fine"]),
      tools: [liar],
    }).run("go");
    expect(result.stopReason).toBe("complete");
  });

  it("lets its siblings finish, and several questions are answered by id, one by one, in any order", async () => {
    const calls = [
      { name: "ask_colour" },
      { name: "transfer", arguments: { amount: 5 } },
      { name: "transfer", arguments: { amount: 50 } },
    ];
    const model = new ScriptedModel([{ toolCalls: calls }, "all done"]);
    const agent = new Agent({ model, tools: [askColour, transfer] });
    const asked = await agent.run("go");
    expect(asked.toolExecutions).toMatchObject([{ name: "transfer", result: "sent 5" }]);
    const [colour, approval] = asked.interrupts;
    expect(approval).toMatchObject({ kind: "approval", name: "transfer", arguments: { amount: 50 } });

    const half = await agent.resume(asked.threadId, {
      [approval?.interruptId ?? ""]: { approved: true, arguments: { amount: 20 } },
    });
    expect(half.stopReason).toBe("interrupted");
    expect(half.toolExecutions.at(-1)).toMatchObject({ name: "transfer", result: "sent 20" });
    expect(model.requests).toHaveLength(1);
    const done = await agent.resume(asked.threadId, { [colour?.interruptId ?? ""]: "red" });
    expect(done.text).toBe("all done");
    expect(done.messages.flatMap((message) => (message.role === "tool" ? [message.content] : []))).toEqual([
      "red",
      "sent 5",
      "sent 20",
    ]);
  });

  it("asks what its rule says to ask", async () => {
    const drop = tool({
      name: "drop",
      description: "Drops.",
      needsApproval: () => "Drop the table?",
      execute: () => "gone",
    });
    const agent = new Agent({ model: new ScriptedModel([{ toolCalls: [{ name: "drop" }] }]), tools: [drop] });
    expect((await agent.run("go")).interrupt).toMatchObject({
      kind: "approval",
      question: "Drop the table?",
    });
  });

  it("that is denied is not run, and the model reads why", async () => {
    const model = new ScriptedModel([{ toolCalls: [{ name: "transfer", arguments: { amount: 99 } }] }, "ok"]);
    const agent = new Agent({ model, tools: [transfer] });
    const { threadId, interrupts } = await agent.run("go");
    const done = await agent.resume(threadId, {
      [interrupts[0]?.interruptId ?? ""]: { approved: false, reason: "too much" },
    });
    expect(done.toolExecutions).toMatchObject([
      { source: "denied", isError: true, error: { message: "too much" } },
    ]);
  });

  it("refuses an answer to no open question, of the wrong shape, or on no thread", async () => {
    const agent = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "transfer", arguments: { amount: 99 } }] }]),
      tools: [transfer],
    });
    const { threadId, interrupts } = await agent.run("go");
    await expect(agent.resume(threadId, { nonsense: 1 })).rejects.toThrow(
      /has no open question "nonsense".*Open questions: int_/,
    );
    await expect(agent.resume(threadId, { [interrupts[0]?.interruptId ?? ""]: "yes" })).rejects.toThrow(
      InterruptError,
    );
    await expect(agent.resume("nowhere")).rejects.toThrow('there is no thread "nowhere" to resume');
    // None of that has harmed the thread.
    expect((await agent.resume(threadId)).stopReason).toBe("interrupted");
  });

  it("is answered as cancelled when a new run begins instead", async () => {
    const model = new ScriptedModel([{ toolCalls: [{ name: "ask_colour" }] }, "never mind"]);
    const agent = new Agent({ model, tools: [askColour] });
    await agent.run("paint", { threadId: "t" });
    const next = await agent.run("forget it", { threadId: "t" });
    expect(next.text).toBe("never mind");
    expect(next.messages.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "user",
      "assistant",
    ]);
    expect(next.interrupts).toEqual([]);
  });
});

describe("resuming", () => {
  it("goes on where a process died, and runs no finished call again", async () => {
    let paid = 0;
    const pay = tool({ name: "pay", description: "Pays.", execute: () => `paid ${++paid}` });
    const checkpointer = new MemoryCheckpointer();
    const dying = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "pay" }] }, { text: "x", delayMs: 60_000 }]),
      tools: [pay],
      checkpointer,
    });
    const stream = dying.stream("go", { threadId: "t" });
    // Copy the log as it was when the process "died": after the tool, before the answer.
    for await (const event of stream) {
      if (event.type === "tool_complete") {
        await checkpointer.fork("t", event.sequence, "dead");
        break;
      }
    }
    const model = new ScriptedModel(["Paid."]);
    const done = await new Agent({ model, tools: [pay], checkpointer }).resume("dead");
    expect(done).toMatchObject({ text: "Paid.", stopReason: "complete", iterations: 2 });
    expect(paid).toBe(1);
  });

  it("tells the model that the outcome is unknown where an idempotent call had begun, and runs others again", async () => {
    const ran: string[] = [];
    const safe = tool({
      name: "safe",
      description: "Safe.",
      idempotent: true,
      execute: () => ran.push("safe"),
    });
    const plain = tool({ name: "plain", description: "Plain.", execute: () => ran.push("plain") });
    const checkpointer = new MemoryCheckpointer();
    const model = new ScriptedModel([{ toolCalls: [{ name: "safe" }, { name: "plain" }] }]);
    for await (const event of new Agent({ model, tools: [safe, plain], checkpointer }).stream("go", {
      threadId: "t",
    })) {
      if (event.type === "tool_start" && event.name === "plain") {
        await checkpointer.fork("t", event.sequence, "dead");
        break;
      }
    }
    ran.length = 0;
    const done = await new Agent({
      model: new ScriptedModel(["ok"]),
      tools: [safe, plain],
      checkpointer,
    }).resume("dead");
    expect(ran).toEqual(["plain"]);
    expect(done.toolExecutions).toMatchObject([
      { name: "safe", source: "unknown_outcome", isError: true },
      { name: "plain", source: "executed", isError: false },
    ]);
  });

  it("tells a finished run again without calling the model", async () => {
    const model = new ScriptedModel(["done"]);
    const agent = new Agent({ model });
    const { threadId } = await agent.run("go");
    expect((await agent.resume(threadId)).text).toBe("done");
    expect(model.requests).toHaveLength(1);
  });
});

describe("a resume that is stopped once its answer is on record", () => {
  it("ends the run, and its other questions with it", async () => {
    const checkpointer = new MemoryCheckpointer();
    const begun = Promise.withResolvers<void>();
    const slow = tool({
      name: "slow",
      description: "Takes its time.",
      needsApproval: true,
      execute: async () => {
        begun.resolve();
        await new Promise(() => undefined);
      },
    });
    const model = new ScriptedModel([{ toolCalls: [{ name: "slow" }, { name: "slow" }] }]);
    const agent = new Agent({ model, tools: [slow], checkpointer });
    const asked = await agent.run("go", { threadId: "t" });
    const controller = new AbortController();
    const [first] = asked.interrupts;
    const resuming = agent.resume(
      "t",
      { [first?.interruptId ?? ""]: { approved: true } },
      { signal: controller.signal },
    );
    await begun.promise;
    controller.abort();
    await expect(resuming).rejects.toMatchObject({ result: { stopReason: "cancelled", interrupts: [] } });
    const state = await agent.state("t");
    expect(state?.run.toolExecutions.map(({ error }) => error?.code)).toEqual(["cancelled", "cancelled"]);
  });
});
