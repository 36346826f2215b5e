/** A thread has one writer at a time, here and in other processes; what a run stores, and when. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileCheckpointer, type FileCheckpointerOptions } from "../checkpoint/file/file.ts";
import type { Checkpointer, LeaseAttempt } from "../checkpoint/types.ts";
import { InterruptError, LeaseLostError, ThreadBusyError } from "../errors/errors.ts";
import type { DurableEvent } from "../events/types.ts";
import { messageText } from "../messages/messages.ts";
import { emptyState, fold } from "../state/reduce.ts";
import { collect } from "../testing/checkpointer-events.ts";
import { ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import type { Tool } from "../tool/types.ts";
import { Agent } from "./agent.ts";
import type { AgentOptions } from "./options.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-busy-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** An instance of its own over the directory, as another process has it. */
const storeWith = (options: Partial<FileCheckpointerOptions> = {}): FileCheckpointer =>
  new FileCheckpointer({ directory, fsync: false, ...options });
const agentOf = (
  script: readonly ScriptedStep[],
  options: Partial<AgentOptions> = {},
  checkpointer: Checkpointer = storeWith(),
): Agent => new Agent({ model: new ScriptedModel(script), checkpointer, ...options });

/** A model's turn that says when it was asked, and answers when it is told to. */
function gated(text: string): { readonly step: ScriptedStep; asked: Promise<void>; answer: () => void } {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const step: ScriptedStep = async () => {
    asked.resolve();
    await answered.promise;
    return text;
  };
  return { step, asked: asked.promise, answer: () => answered.resolve() };
}

const eventsOf = async (threadId: string): Promise<readonly DurableEvent[]> =>
  await collect(storeWith().events(threadId));

describe("a thread with a run under way in another process", () => {
  it("refuses a second run, and the first is none the wiser", async () => {
    const first = gated("first");
    const running = agentOf([first.step]).run("a", { threadId: "t" });
    await first.asked;
    const refused = agentOf(["second"]).run("b", { threadId: "t" });
    await expect(refused).rejects.toBeInstanceOf(ThreadBusyError);
    await expect(refused).rejects.toThrow('the thread "t" has a run under way in another process');
    first.answer();
    expect((await running).text).toBe("first");
    expect((await eventsOf("t")).map(({ type }) => type)).toEqual([
      "run_start",
      "model_complete",
      "terminate",
    ]);
    expect((await agentOf(["third"]).run("c", { threadId: "t" })).text).toBe("third");
  });

  it("makes the next wait for its turn, which then sees all that was said", async () => {
    const first = gated("first");
    const running = agentOf([first.step]).run("a", { threadId: "t" });
    await first.asked;
    const model = new ScriptedModel(["second"]);
    const queued = agentOf([], { model, onBusy: "queue" }).run("b", { threadId: "t" });
    await expect(
      agentOf(["no"], { onBusy: "queue" }).run("c", { threadId: "t", timeoutMs: 30 }),
    ).rejects.toThrow("timeoutMs");
    first.answer();
    expect([(await running).text, (await queued).text]).toEqual(["first", "second"]);
    expect(model.requests[0]?.messages.map(messageText)).toEqual(["a", "first", "b"]);
    const run = ["run_start", "model_complete", "terminate"];
    expect((await eventsOf("t")).map(({ type }) => type)).toEqual([...run, ...run]);
  });

  it("may be forked: the copy goes on, and the run under way is untouched", async () => {
    await agentOf(["hello"]).run("hi", { threadId: "t" });
    const first = gated("first");
    const running = agentOf([first.step]).run("a", { threadId: "t" });
    await first.asked;
    const model = new ScriptedModel(["second", "third"]);
    const forking = agentOf([], { model, onBusy: "fork" });
    const copy = await forking.run("b", { threadId: "t" });
    expect(copy).toMatchObject({ text: "second", stopReason: "complete" });
    expect(copy.threadId).not.toBe("t");
    expect(model.requests[0]?.messages.map(messageText)).toEqual(["hi", "hello", "a", "b"]);
    expect((await forking.run("c", { threadId: copy.threadId })).threadId).toBe(copy.threadId);
    first.answer();
    const done = await running;
    expect(done).toMatchObject({ text: "first", threadId: "t" });
    expect((await eventsOf("t")).slice(3).map(({ runId }) => runId)).toEqual([
      done.runId,
      done.runId,
      done.runId,
    ]);
  });

  it("cannot be resumed", async () => {
    const first = gated("first");
    const running = agentOf([first.step], {}, storeWith({ leaseMs: 1_000 })).run("a", { threadId: "t" });
    await first.asked;
    await expect(agentOf(["second"]).resume("t")).rejects.toBeInstanceOf(ThreadBusyError);
    first.answer();
    expect((await running).text).toBe("first");
  });
});

describe("a thread whose process died", () => {
  it("is resumed once the dead writer's lease is over, and goes on where it was", async () => {
    const dead = storeWith({ leaseMs: 200 });
    const attempt = await dead.acquire("t");
    if (!("lease" in attempt)) throw new Error("nobody holds the thread");
    await agentOf(["never said"]).run("hi", { threadId: "elsewhere" });
    const [start] = await eventsOf("elsewhere");
    if (start === undefined) throw new Error("the run has a beginning");
    await dead.append("t", 0, [{ ...start, threadId: "t" }], { fence: attempt.lease.fence });
    await expect(agentOf(["x"]).run("another", { threadId: "t" })).rejects.toBeInstanceOf(ThreadBusyError);
    const resumed = await agentOf(["here I am"]).resume("t");
    expect(resumed).toMatchObject({ text: "here I am", runId: start.runId, stopReason: "complete" });
  });
});

/** A store in a process that was stopped for so long that no lease of its own was ever renewed. */
class Stalled extends FileCheckpointer {
  override async acquire(threadId: string): Promise<LeaseAttempt> {
    const attempt = await super.acquire(threadId);
    if (!("lease" in attempt)) return attempt;
    return { lease: { ...attempt.lease, renew: () => Promise.reject(new Error("unreachable")) } };
  }
}

describe("a run that lost its lease", () => {
  const waits = (begun: () => void): Tool =>
    tool({
      name: "wait",
      description: "Waits.",
      execute: (_args, { signal }) => {
        begun();
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });

  for (const durability of ["step", "exit"] as const) {
    it(`ends, stores nothing more, and whoever is next goes on (durability "${durability}")`, async () => {
      const stalled = new Stalled({ directory, fsync: false, leaseMs: 150 });
      const begun = Promise.withResolvers<void>();
      const losing = agentOf(
        [{ toolCalls: [{ name: "wait" }] }, "never"],
        { tools: [waits(begun.resolve)], durability },
        stalled,
      ).run("a", { threadId: "t" });
      losing.catch(() => undefined);
      await begun.promise;
      const before = await eventsOf("t");
      expect(before.map(({ type }) => type)).toEqual(
        durability === "exit" ? [] : ["run_start", "model_complete", "tool_start"],
      );
      const error = await losing.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(LeaseLostError);
      expect(error).toMatchObject({ result: { stopReason: "error" } });
      expect(await eventsOf("t")).toEqual(before);
      if (durability === "exit") {
        await expect(agentOf(["next"]).resume("t")).rejects.toBeInstanceOf(InterruptError);
        return;
      }
      const wait = tool({ name: "wait", description: "Waits no more.", execute: () => "came" });
      const resumed = await agentOf(["next"], { tools: [wait] }).resume("t");
      expect(resumed).toMatchObject({ text: "next", toolExecutions: [{ name: "wait", result: "came" }] });
    });
  }

  it("is refused where another writer has the thread by then", async () => {
    const stalled = new Stalled({ directory, fsync: false, leaseMs: 100 });
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<string>();
    // Deaf to its signal: it comes back when the thread has long been somebody else's.
    const deaf = tool({
      name: "deaf",
      description: "Does not listen.",
      execute: () => {
        begun.resolve();
        return held.promise;
      },
    });
    const losing = agentOf([{ toolCalls: [{ name: "deaf" }] }, "never"], { tools: [deaf] }, stalled).run(
      "a",
      {
        threadId: "t",
      },
    );
    losing.catch(() => undefined);
    await begun.promise;
    const next = await agentOf(["next"], { onBusy: "queue" }).run("b", { threadId: "t" });
    held.resolve("late");
    await expect(losing).rejects.toBeInstanceOf(LeaseLostError);
    const events = await eventsOf("t");
    expect(events.at(-1)).toMatchObject({ type: "terminate", runId: next.runId, reason: "complete" });
    expect(events.filter(({ type }) => type === "terminate").map((event) => event.type)).toHaveLength(2);
    expect(JSON.stringify(events)).not.toContain("late");
  });
});

/** Remembers what was appended together. */
class Counting extends FileCheckpointer {
  readonly batches: (readonly string[])[] = [];

  override async append(...args: Parameters<FileCheckpointer["append"]>): Promise<void> {
    await super.append(...args);
    this.batches.push(args[2].map(({ type }) => type));
  }
}

describe("durability", () => {
  const seen: (readonly string[])[] = [];
  const look = tool({
    name: "look",
    description: "Looks into the store.",
    execute: async () => {
      seen.push((await eventsOf("t")).map(({ type }) => type));
      return "seen";
    },
  });
  const ask = tool({
    name: "ask",
    description: "Asks.",
    execute: (_args, ctx) => ctx.interrupt({ question: "Which?" }),
  });
  beforeEach(() => seen.splice(0));

  it('"step" stores a call before it is made, and an answer before anything follows from it', async () => {
    const store = new Counting({ directory, fsync: false });
    await agentOf([{ toolCalls: [{ name: "look" }] }, "done"], { tools: [look] }, store).run("a", {
      threadId: "t",
    });
    expect(seen).toEqual([["run_start", "model_complete", "tool_start"]]);
    expect(store.batches).toEqual([
      ["run_start"],
      ["model_complete"],
      ["tool_start"],
      ["tool_complete"],
      ["model_complete"],
      ["terminate"],
    ]);
  });

  it('"exit" stores a run once, when it ends', async () => {
    const store = new Counting({ directory, fsync: false });
    const agent = agentOf(
      [{ toolCalls: [{ name: "look" }] }, "done"],
      { tools: [look], durability: "exit" },
      store,
    );
    const result = await agent.run("a", { threadId: "t" });
    expect(result.text).toBe("done");
    expect(seen).toEqual([[]]);
    expect(store.batches).toHaveLength(1);
    expect((await eventsOf("t")).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('"exit" stores a run that asks a question, and again when it was answered', async () => {
    const store = new Counting({ directory, fsync: false });
    const options = { tools: [ask, look], durability: "exit" as const };
    const asked = await agentOf([{ toolCalls: [{ name: "ask" }] }], options, store).run("a", {
      threadId: "t",
    });
    expect(store.batches).toHaveLength(1);
    expect((await eventsOf("t")).at(-1)?.type).toBe("terminate");
    const answer = { [asked.interrupts[0]?.interruptId ?? ""]: "this" };
    const done = await agentOf([{ toolCalls: [{ name: "look" }] }, "done"], options, store).resume(
      "t",
      answer,
    );
    expect(done).toMatchObject({ text: "done", runId: asked.runId });
    expect(store.batches).toHaveLength(2);
    expect(seen.at(-1)?.at(-1), "nothing of the second half yet").toBe("terminate");
  });
});

describe("a long thread", () => {
  it("is loaded from its last snapshot, whichever process goes on with it", async () => {
    const every = 10;
    const runs = 25;
    for (let run = 1; run <= runs; run += 1) {
      const model = new ScriptedModel([`answer ${run}`]);
      const agent = agentOf([], { model }, storeWith({ snapshotEvery: every }));
      await agent.run(`question ${run}`, { threadId: "t", metadata: { run } });
      expect(model.requests[0]?.messages).toHaveLength(2 * run - 1);
      const stored = await storeWith().read("t");
      expect(stored?.events.length).toBeLessThan(every);
      expect(stored?.version).toBe(3 * run);
      expect(stored?.snapshot?.version ?? 0).toBe(Math.floor((3 * run) / every) * every);
    }
    const stored = await storeWith().read("t");
    const state = fold(stored?.snapshot?.state ?? emptyState("t"), stored?.events ?? []);
    expect(state).toEqual(fold(emptyState("t"), await eventsOf("t")));
  });
});
