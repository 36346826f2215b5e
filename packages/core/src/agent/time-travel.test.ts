/** A thread's past can be listed, looked at, copied and gone on from; the thread itself stays as it is. */
import { describe, expect, it } from "vitest";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { CheckpointConflictError, CheckpointError, InterruptError } from "../errors/errors.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const lookUp = tool({ name: "look_up", description: "Looks up.", execute: () => "42" });

async function travelled(): Promise<{ readonly agent: Agent; readonly checkpointer: MemoryCheckpointer }> {
  const checkpointer = new MemoryCheckpointer();
  const model = new ScriptedModel([{ toolCalls: [{ name: "look_up" }] }, "It is 42.", "Bye."]);
  const agent = new Agent({ model, tools: [lookUp], checkpointer, systemPrompt: "Be brief." });
  await agent.run("What is it?", { threadId: "t" });
  await agent.run("Goodbye.", { threadId: "t" });
  return { agent, checkpointer };
}

describe("history", () => {
  it("tells what happened at each version, in a line, as a list or one by one", async () => {
    const { agent } = await travelled();
    const versions = await agent.history("t");
    expect(versions.map(({ version, node, summary }) => `${version} ${node} ${summary}`)).toEqual([
      "1 input What is it?",
      "2 think look_up({})",
      "3 execute look_up({})",
      "4 execute look_up: 42",
      "5 think It is 42.",
      "6 terminate complete",
      "7 input Goodbye.",
      "8 think Bye.",
      "9 terminate complete",
    ]);
    expect(versions[1]?.usage?.totalTokens).toEqual(expect.any(Number));
    const some: number[] = [];
    for await (const { version } of agent.history("t", { after: 2, upTo: 4 })) some.push(version);
    expect(some).toEqual([3, 4]);
    expect(await agent.history("nowhere")).toEqual([]);
  });
});

describe("state", () => {
  it("is the thread's as it is, or as it was", async () => {
    const { agent } = await travelled();
    expect((await agent.state("t"))?.messages).toHaveLength(6);
    expect(await agent.state("t", { at: 5 })).toMatchObject({
      version: 5,
      run: { status: "running", iteration: 2 },
    });
    expect(await agent.state("nowhere")).toBeUndefined();
    await expect(agent.state("t", { at: 99 })).rejects.toThrow(CheckpointError);
  });
});

describe("fork", () => {
  it("copies up to a version; both go on independently", async () => {
    const { agent, checkpointer } = await travelled();
    expect(await agent.fork("t", { at: 6, newThreadId: "other" })).toBe("other");
    const next = new Agent({ model: new ScriptedModel(["Hello again."]), checkpointer });
    const went = await next.run("Hi.", { threadId: "other" });
    expect(went.messages.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
      "assistant",
    ]);
    expect((await agent.state("t"))?.version).toBe(9);
    expect(await agent.fork("t")).toMatch(/^thread_/);
  });

  it("refuses a thread or version that is not there, and an id in use", async () => {
    const { agent } = await travelled();
    await expect(agent.fork("nowhere")).rejects.toThrow(CheckpointError);
    await expect(agent.fork("t", { at: 10 })).rejects.toThrow(CheckpointError);
    await expect(agent.fork("t", { at: 2, newThreadId: "t" })).rejects.toThrow(CheckpointConflictError);
  });
});

describe("effects", () => {
  it("are another intent on a copy: an idempotent call runs again there, under a key of its own", async () => {
    const keys: string[] = [];
    const book = tool({
      name: "book",
      description: "Books.",
      idempotent: { scope: "thread" },
      execute: (_args, { idempotencyKey }) => keys.push(idempotencyKey),
    });
    const checkpointer = new MemoryCheckpointer();
    const agent = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "book" }] }, "Booked."], { repeat: true }),
      tools: [book],
      checkpointer,
    });
    await agent.run("Book.", { threadId: "t" });
    expect((await agent.run("Book.", { threadId: "t" })).toolExecutions).toMatchObject([{ cached: true }]);
    const copy = await agent.fork("t");
    expect((await agent.run("Book.", { threadId: copy })).toolExecutions).toMatchObject([{ cached: false }]);
    await agent.replay("t", { at: 1 });
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(3);
  });
});

describe("replay", () => {
  it("runs again from the beginning of the last run, with another model and prompt, on a copy", async () => {
    const { agent } = await travelled();
    const model = new ScriptedModel(["Farewell."]);
    const other = await agent.replay("t", { model, systemPrompt: "Be solemn." });
    expect(other).toMatchObject({ text: "Farewell.", stopReason: "complete" });
    expect(other.threadId).not.toBe("t");
    expect(model.requests[0]?.messages[0]).toEqual({ role: "system", content: "Be solemn." });
    expect(model.requests[0]?.messages.at(-1)).toEqual({ role: "user", content: "Goodbye." });
    expect((await agent.state("t"))?.version).toBe(9);
  });

  it("goes on from the middle of a run: results that were there stay, and nothing before is paid again", async () => {
    const { agent } = await travelled();
    const model = new ScriptedModel(["Forty-two."]);
    const other = await agent.replay("t", { at: 4, model, newThreadId: "again" });
    expect(other).toMatchObject({ text: "Forty-two.", threadId: "again", iterations: 2 });
    expect(other.toolExecutions).toMatchObject([{ name: "look_up", result: "42" }]);
    expect(model.requests).toHaveLength(1);
  });

  it("says so where no run was under way, or there is no thread, and copies nothing", async () => {
    const { agent, checkpointer } = await travelled();
    await expect(agent.replay("t", { at: 6 })).rejects.toThrow(InterruptError);
    await expect(agent.replay("nowhere")).rejects.toThrow(CheckpointError);
    const threads: string[] = [];
    for await (const { threadId } of checkpointer.list()) threads.push(threadId);
    expect(threads).toEqual(["t"]);
  });
});
