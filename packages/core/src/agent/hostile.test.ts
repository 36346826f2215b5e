import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { CancelledError, CheckpointError, ModelError, ServerError, TimeoutError } from "../errors/errors.ts";
import type { AgentEvent } from "../events/types.ts";
import type { Hook } from "../hooks/types.ts";
import { registerProvider } from "../model/registry.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const callT = { toolCalls: [{ name: "t" }] };

describe("what is thrown may be anything", () => {
  it.each([Object.create(null), Object.assign(new Error("x"), { message: 42 }), Symbol("s"), undefined])(
    "a tool that throws %s fails once, and the run goes on",
    async (thrown) => {
      let ran = 0;
      const t = tool({
        name: "t",
        description: "T.",
        execute: () => {
          ran++;
          throw thrown;
        },
      });
      const result = await new Agent({ model: new ScriptedModel([callT, "done"]), tools: [t] }).run("go");
      expect([ran, result.text, result.toolExecutions[0]?.error?.code]).toEqual([1, "done", "tool_error"]);
    },
  );

  it("a model that throws what cannot be shown is asked once", async () => {
    let asked = 0;
    const model = new ScriptedModel([
      () => {
        asked++;
        throw Object.create(null);
      },
    ]);
    await expect(new Agent({ model }).run("go")).rejects.toThrow(ModelError);
    expect(asked).toBe(1);
  });
});

describe("once a run is over, nothing is begun", () => {
  it("not even another try of a tool that was waiting for it", async () => {
    let bodies = 0;
    const controller = new AbortController();
    const t = tool({
      name: "t",
      description: "T.",
      retry: { attempts: 5, delayMs: 60_000 },
      execute: () => {
        bodies++;
        setTimeout(() => controller.abort(), 5);
        throw new Error("no");
      },
    });
    const agent = new Agent({ model: new ScriptedModel([callT]), tools: [t] });
    await expect(agent.run("go", { signal: controller.signal })).rejects.toThrow(CancelledError);
    expect(bodies).toBe(1);
  });

  it("and nothing is shown after terminate", async () => {
    let late: (() => void) | undefined;
    const t = tool({
      name: "t",
      description: "T.",
      timeoutMs: 5,
      execute: (_args, { progress }) => {
        late = () => progress("late");
        return never();
      },
    });
    const events: AgentEvent[] = [];
    const agent = new Agent({ model: new ScriptedModel([callT, "done"]), tools: [t] }).on("event", (event) =>
      events.push(event),
    );
    await agent.run("go");
    late?.();
    expect(events.at(-1)?.type).toBe("terminate");
  });

  it("a stop that comes too late changes nothing", async () => {
    const stream = new Agent({ model: new ScriptedModel(["done"]) }).stream("go");
    for await (const event of stream) if (event.type === "terminate") break;
    expect((await stream.result).stopReason).toBe("complete");
    const controller = new AbortController();
    const agent = new Agent({ model: new ScriptedModel(["done"]) }).on("terminate", () => controller.abort());
    expect((await agent.run("go", { signal: controller.signal })).stopReason).toBe("complete");
  });
});

describe("nothing that a run waits for can keep it from ending", () => {
  const t = tool({ name: "t", description: "T.", execute: () => "ok" });
  const points = [
    "beforeRun",
    "beforeModelCall",
    "afterModelCall",
    "beforeToolCall",
    "afterToolCall",
  ] as const;

  it.each(points)("a hook that hangs in %s obeys timeoutMs, and the thread is free again", async (point) => {
    const hook: Hook = { [point]: never };
    const model = new ScriptedModel([callT, "done"]);
    const checkpointer = new MemoryCheckpointer();
    const agent = new Agent({ model, tools: [t], hooks: [hook], checkpointer });
    await expect(agent.run("go", { threadId: "t", timeoutMs: 20 })).rejects.toThrow(TimeoutError);
    const next = new Agent({ model: new ScriptedModel(["free"]), checkpointer });
    expect((await next.run("and now?", { threadId: "t" })).text).toBe("free");
  });

  it("nor can a prompt, an approval rule, a validator, a store or a provider that hangs", async () => {
    registerProvider("hanging", () => never());
    const slow = tool({ name: "t", description: "T.", needsApproval: never, execute: () => "ok" });
    const checked = tool({
      name: "t",
      description: "T.",
      parameters: z.object({}).refine(never),
      execute: () => "ok",
    });
    const store = new MemoryCheckpointer();
    store.read = never;
    const model = () => new ScriptedModel([callT, "done"]);
    const agents = [
      new Agent({ model: model(), systemPrompt: never }),
      new Agent({ model: model(), tools: [slow] }),
      new Agent({ model: model(), tools: [checked] }),
      new Agent({ model: model(), checkpointer: store }),
      new Agent({ model: "hanging:x" }),
    ];
    for (const agent of agents)
      await expect(agent.run("go", { timeoutMs: 20 })).rejects.toThrow(TimeoutError);
  });
});

describe("threads", () => {
  it("many more than are remembered can run at the same time", async () => {
    const model = new ScriptedModel([{ text: "ok", delayMs: 5 }], { repeat: true });
    const agent = new Agent({ model });
    const results = await Promise.all(Array.from({ length: 1100 }, (_, n) => agent.run(`x${n}`)));
    expect(results.every((result) => result.success)).toBe(true);
  });

  it("survive arguments nested as deep as a model likes", async () => {
    const deep = `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    const model = new ScriptedModel([{ toolCalls: [{ name: "t", arguments: deep }] }, "sorry", "still here"]);
    const t = tool({ name: "t", description: "T.", execute: () => "ok" });
    const agent = new Agent({ model, tools: [t] });
    const first = await agent.run("go", { threadId: "t" });
    expect(first.toolExecutions[0]?.error).toMatchObject({
      code: "invalid_json",
      message: expect.stringContaining("nested"),
    });
    expect((await agent.run("again", { threadId: "t" })).text).toBe("still here");
  });

  it("keep their own metadata over the agent's, through a resume as well", async () => {
    const seen: unknown[] = [];
    const t = tool({
      name: "t",
      description: "T.",
      needsApproval: true,
      execute: (_args, { metadata }) => seen.push(metadata.tenant),
    });
    const agent = new Agent({
      model: new ScriptedModel([callT, "done", callT]),
      tools: [t],
      metadata: { tenant: "default" },
    });
    const { interrupt } = await agent.run("go", { threadId: "t", metadata: { tenant: "acme" } });
    await agent.resume("t", { [interrupt?.interruptId ?? ""]: { approved: true } });
    expect(seen).toEqual(["acme"]);
  });

  it("do not take an old answer in their input for this run's", async () => {
    const agent = new Agent({ model: new ScriptedModel([{ error: new ServerError("down") }]) });
    const failing = agent.run([
      { role: "user", content: "q" },
      { role: "assistant", content: [{ type: "text", text: "OLD" }] },
      { role: "user", content: "again" },
    ]);
    await expect(failing).rejects.toMatchObject({ result: { text: "", iterations: 0 } });
    const error: { result?: { message?: unknown } } = await failing.catch((thrown) => thrown);
    expect(error.result?.message).toBeUndefined();
  });
});

describe("errors and their results", () => {
  it("an error that two runs share tells each of its own", async () => {
    const shared = new ServerError("down");
    const model = new ScriptedModel([
      { error: shared, delayMs: 2 },
      { error: shared, delayMs: 2 },
    ]);
    const agent = new Agent({ model });
    const errors = await Promise.all(
      ["a", "b"].map((threadId) => agent.run("x", { threadId }).catch((error: unknown) => error)),
    );
    expect(errors.map((error) => (error as ServerError).result?.threadId)).toEqual(["a", "b"]);
    expect(errors.every((error) => error instanceof ServerError && error.message === "down")).toBe(true);
  });

  it("a run that never began has a result, and a terminate for its watcher", async () => {
    const store = new MemoryCheckpointer();
    store.read = () => Promise.reject(new Error("disk gone"));
    const agent = new Agent({ model: new ScriptedModel([]), checkpointer: store });
    await expect(agent.run("x")).rejects.toThrow(CheckpointError);
    const events: AgentEvent[] = [];
    await expect(async () => {
      for await (const event of agent.stream("x")) events.push(event);
    }).rejects.toMatchObject({
      message: expect.stringContaining("disk gone"),
      result: { stopReason: "error" },
    });
    expect(events).toMatchObject([{ type: "terminate", reason: "error" }]);
  });
});

describe("idempotent tools", () => {
  it("tell arguments apart that only look alike once written down", async () => {
    const paid: unknown[] = [];
    const pay = tool({
      name: "pay",
      description: "Pays.",
      idempotent: true,
      parameters: z.object({ to: z.array(z.string()).transform((names) => new Set(names)) }),
      execute: ({ to }) => paid.push(...to),
    });
    const call = (name: string) => ({ name: "pay", arguments: { to: [name] } });
    const model = new ScriptedModel([{ toolCalls: [call("alice"), call("bob")] }, "done"]);
    const result = await new Agent({ model, tools: [pay] }).run("go");
    expect(paid).toEqual(["alice", "bob"]);
    expect(result.toolExecutions.map((execution) => execution.arguments)).toEqual([
      { to: ["alice"] },
      { to: ["bob"] },
    ]);
  });

  it("have their effect once, also where a guard withholds what came of it", async () => {
    let paid = 0;
    const pay = tool({ name: "t", description: "Pays.", idempotent: true, execute: () => ++paid });
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const guard: Hook = { guard: true, afterToolCall: () => Promise.reject(new Error("guard bug")) };
    const agent = new Agent({
      model: new ScriptedModel([callT, callT, "done"]),
      tools: [pay],
      hooks: [guard],
      logger: quiet,
    });
    await agent.run("go");
    expect(paid).toBe(1);
  });
});

describe("hooks", () => {
  it("cannot change what is recorded of a call", async () => {
    const sent: unknown[] = [];
    const send = tool({
      name: "send",
      description: "Sends.",
      parameters: z.object({ to: z.string() }),
      execute: ({ to }) => sent.push(to),
    });
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const hook: Hook = {
      beforeToolCall: ({ call }) => void Object.assign(call.arguments as object, { to: "alice" }),
    };
    const model = new ScriptedModel([
      { toolCalls: [{ name: "send", arguments: { to: "mallory" } }] },
      "done",
    ]);
    const result = await new Agent({ model, tools: [send], hooks: [hook], logger: quiet }).run("go");
    expect(sent).toEqual(["mallory"]);
    expect(result.toolExecutions[0]?.arguments).toEqual({ to: "mallory" });
  });

  it("and tools that fail loudly keep within maxToolResultChars", async () => {
    const t = tool({
      name: "t",
      description: "T.",
      execute: () => Promise.reject(new Error("x".repeat(10_000))),
    });
    const model = new ScriptedModel([callT, callT, "done"]);
    const agent = new Agent({ model, tools: [t], maxToolResultChars: 100 });
    const result = await agent.run("go");
    expect(result.toolExecutions[0]?.error?.message).toHaveLength(100);
    const talkative: Hook = { afterToolCall: () => ({ result: "z".repeat(5000) }) };
    const hooked = await new Agent({
      model: new ScriptedModel([callT, "done"]),
      tools: [t],
      hooks: [talkative],
      maxToolResultChars: 100,
    }).run("go");
    expect(String(hooked.toolExecutions[0]?.result)).toHaveLength(100);
  });
});

describe("streams and closing", () => {
  it("serves several next() at once", async () => {
    const iterator = new Agent({ model: new ScriptedModel(["hi"], { chunkSize: 1 }) })
      .stream("go")
      [Symbol.asyncIterator]();
    const taken = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    expect(taken.map(({ value }) => value?.type)).toEqual(["run_start", "model_chunk", "model_chunk"]);
    await iterator.return?.();
  });

  it("closes a model that was still being opened", async () => {
    const model = new ScriptedModel(["hi"]);
    const { promise, resolve } = Promise.withResolvers<() => ScriptedModel>();
    registerProvider("slow-to-open", () => promise);
    const agent = new Agent({ model: "slow-to-open:x" });
    const running = agent.run("hi");
    await new Promise((settled) => setImmediate(settled));
    const closing = agent.close();
    resolve(() => model);
    await closing;
    expect(model.closed).toBe(true);
    await running;
  });
});
