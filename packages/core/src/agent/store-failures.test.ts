/** A store that fails or hangs: whoever started the run hears of it, and what is on record stays whole. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileCheckpointer } from "../checkpoint/file/file.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { Checkpointer, LeaseAttempt } from "../checkpoint/types.ts";
import { CancelledError, CheckpointError } from "../errors/errors.ts";
import type { Hook } from "../hooks/types.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";
import type { AgentOptions } from "./options.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const yes = { approved: true };
const pay = tool({ name: "pay", description: "Pays.", needsApproval: true, execute: () => "paid" });
const payTwice: ScriptedStep = { toolCalls: [{ name: "pay" }, { name: "pay" }] };

const agentOf = (
  checkpointer: Checkpointer,
  script: readonly ScriptedStep[],
  options: Partial<AgentOptions> = {},
): Agent => new Agent({ model: new ScriptedModel(script), tools: [pay], checkpointer, ...options });

/** A thread "t" that waits for two answers, and their questions. */
async function waiting(checkpointer: Checkpointer): Promise<readonly string[]> {
  const { interrupts } = await agentOf(checkpointer, [payTwice]).run("go", { threadId: "t" });
  expect(interrupts).toHaveLength(2);
  return interrupts.map(({ interruptId }) => interruptId);
}

describe("a resume that cannot be stored", () => {
  it.each(["step", "exit"] as const)(
    'rejects with the store\'s error, and its question stays open (durability "%s")',
    async (durability) => {
      const store = new MemoryCheckpointer();
      const [first = "", second = ""] = await waiting(store);
      const append = store.append.bind(store);
      store.append = () => Promise.reject(new CheckpointError("the disk is full"));
      const agent = agentOf(store, ["done", "done"], { durability });
      const answers = { [first]: yes, [second]: yes };
      await expect(agent.resume("t", answers)).rejects.toThrow("the disk is full");
      await expect(agent.resumeStream("t", answers).result).rejects.toThrow("the disk is full");
      store.append = append;
      expect((await agent.state("t"))?.run.interrupts).toHaveLength(2);
      expect((await agentOf(store, ["done"]).resume("t", answers)).text).toBe("done");
    },
  );

  it("rejects where the answer to the store was lost, and going on finds what was stored", async () => {
    const store = new MemoryCheckpointer();
    const [first = "", second = ""] = await waiting(store);
    const append = store.append.bind(store);
    store.append = async (...batch) => {
      await append(...batch);
      throw new CheckpointError("the connection broke");
    };
    const agent = agentOf(store, ["done"]);
    await expect(agent.resume("t", { [first]: yes, [second]: yes })).rejects.toThrow("the connection broke");
    store.append = append;
    expect(await agent.resume("t")).toMatchObject({ stopReason: "complete", text: "done" });
  });

  it("rejects for an answer that no store can hold", async () => {
    const directory = await mkdtemp(join(tmpdir(), "locus-answers-"));
    try {
      const store = new FileCheckpointer({ directory, fsync: false });
      const [first = ""] = await waiting(store);
      const answer: unknown = { approved: true, arguments: { amount: 1n } };
      const resuming = agentOf(store, []).resume("t", { [first]: answer as never });
      await expect(resuming).rejects.toThrow();
      expect((await agentOf(store, []).state("t"))?.run.interrupts).toHaveLength(2);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe("an end that cannot be stored", () => {
  const ending: Hook = { afterModelCall: () => ({ end: { reason: "guardrail" } }) };
  const slow: Hook = { beforeModelCall: never };

  it.each([
    ["by itself", {}],
    ["by a hook", { hooks: [ending] }],
    ["when its time budget is used up", { timeBudgetMs: 5, hooks: [slow] }],
  ])("is a rejection with the store's error, also where the run ended %s", async (_how, options) => {
    const store = new MemoryCheckpointer();
    const append = store.append.bind(store);
    store.append = async (threadId, version, events, ...rest) => {
      if (events.some(({ type }) => type === "terminate")) throw new CheckpointError("the disk is full");
      await append(threadId, version, events, ...rest);
    };
    const after: unknown[] = [];
    const watching: Hook = { afterRun: ({ error }) => after.push(error?.message) };
    const hooks = [...("hooks" in options ? options.hooks : []), watching];
    const running = agentOf(store, ["done"], { ...options, hooks }).run("go");
    await expect(running).rejects.toThrow("the disk is full");
    expect(after).toEqual(["the disk is full"]);
  });
});

describe("a system prompt that cannot be written when a run goes on", () => {
  const failing: AgentOptions["systemPrompt"] = () => {
    throw new Error("no prompt");
  };
  it.each([
    ["throws", failing, {}, "the system prompt could not be written: no prompt"],
    ["hangs", never, { timeoutMs: 10 }, "the run took longer than its timeoutMs"],
  ])(
    "%s: nothing is on record, and every question stays open",
    async (_how, systemPrompt, options, message) => {
      const store = new MemoryCheckpointer();
      const [first = "", second = ""] = await waiting(store);
      const before = (await store.read("t"))?.version;
      const agent = agentOf(store, [], { systemPrompt });
      await expect(agent.resume("t", { [first]: yes }, options)).rejects.toThrow(message);
      expect((await store.read("t"))?.version).toBe(before);
      const done = await agentOf(store, ["done"]).resume("t", { [first]: yes, [second]: yes });
      expect(done.toolExecutions.map(({ result }) => result)).toEqual(["paid", "paid"]);
    },
  );
});

describe("a run that is told again", () => {
  it("runs no hook and stores nothing", async () => {
    const store = new MemoryCheckpointer();
    await waiting(store);
    const said: string[] = [];
    const hook: Hook = { beforeRun: () => void said.push("before"), afterRun: () => void said.push("after") };
    const agent = agentOf(store, ["other"], { hooks: [hook] });
    expect(await agent.resume("t")).toMatchObject({ stopReason: "interrupted", interrupts: [{}, {}] });
    expect(said).toEqual([]);
    await agent.run("something else", { threadId: "t" });
    expect(said).toEqual(["before", "after"]);
    const version = (await store.read("t"))?.version;
    expect(await agent.resume("t")).toMatchObject({ stopReason: "complete", text: "other" });
    expect(said).toEqual(["before", "after"]);
    expect((await store.read("t"))?.version).toBe(version);
  });
});

describe("a run that is cancelled while it asks for its thread", () => {
  it("leaves the thread free", async () => {
    const store = new MemoryCheckpointer();
    const released = vi.fn<() => void>();
    const asked = Promise.withResolvers<void>();
    const given = Promise.withResolvers<LeaseAttempt>();
    store.acquire = () => {
      asked.resolve();
      return given.promise;
    };
    const controller = new AbortController();
    const running = agentOf(store, ["never"]).run("go", { threadId: "t", signal: controller.signal });
    await asked.promise;
    controller.abort();
    given.resolve({
      lease: { fence: 1, leaseMs: 60_000, renew: async () => true, release: async () => released() },
    });
    await expect(running).rejects.toThrow(CancelledError);
    expect(released).toHaveBeenCalledOnce();
  });
});

describe("a store that does not answer", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What comes of `work` once every grace is over. */
  async function inTheEnd(work: Promise<unknown>): Promise<unknown> {
    const outcome = work.catch((error: unknown) => error);
    for (let step = 0; step < 20; step += 1) await vi.advanceTimersByTimeAsync(1000);
    return outcome;
  }

  it("cannot keep a run from ending: it rejects, and says that what is stored is not known", async () => {
    const store = new MemoryCheckpointer();
    store.append = never;
    const error = await inTheEnd(agentOf(store, ["done"]).run("go", { threadId: "t", timeoutMs: 20 }));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/store of thread "t" did not answer .* is not known/),
      cause: { message: "the run took longer than its timeoutMs, 20 ms" },
      result: { stopReason: "error" },
    });
  });

  it("cannot keep a result back that is on record by not taking the lease back", async () => {
    const store = new MemoryCheckpointer();
    store.acquire = async () => ({
      lease: { fence: 1, leaseMs: 60_000, renew: async () => true, release: never },
    });
    expect(await inTheEnd(agentOf(store, ["done"]).run("go"))).toMatchObject({ text: "done" });
  });

  it("cannot keep a cancelled run waiting for its thread", async () => {
    const store = new MemoryCheckpointer();
    store.acquire = never;
    const running = agentOf(store, ["done"]).run("go", { timeoutMs: 20 });
    expect(await inTheEnd(running)).toMatchObject({ message: expect.stringContaining("timeoutMs, 20 ms") });
  });
});
