import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import type { AgentOptions } from "../agent/options.ts";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { ToolError } from "../errors/errors.ts";
import type { AgentEvent, EventOf } from "../events/types.ts";
import { type ScriptedCall, ScriptedModel, type ScriptedStep } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import type { Tool } from "../tool/types.ts";

interface Outcome {
  readonly completes: readonly EventOf<"tool_complete">[];
  readonly events: readonly AgentEvent[];
  readonly model: ScriptedModel;
  readonly result: Awaited<ReturnType<Agent["run"]>>;
}

/** One turn of calls, then an answer. */
async function callTools(
  tools: readonly Tool[],
  calls: readonly ScriptedCall[],
  options: Partial<AgentOptions> = {},
  more: readonly ScriptedStep[] = [],
): Promise<Outcome> {
  const model = new ScriptedModel([{ toolCalls: calls }, ...more, "done"]);
  const events: AgentEvent[] = [];
  const agent = new Agent({ model, tools, ...options }).on("event", (event) => events.push(event));
  const result = await agent.run("go");
  return { completes: events.filter((event) => event.type === "tool_complete"), events, model, result };
}

const add = tool({
  name: "add_numbers",
  description: "Adds.",
  parameters: z.object({ a: z.number(), b: z.number().default(1) }),
  execute: ({ a, b }) => a + b,
});

describe("what goes wrong with a call goes back to the model", () => {
  it("an unknown name, with the nearest one", async () => {
    const { completes, model } = await callTools([add], [{ name: "add_number" }]);
    const said = 'there is no tool named "add_number"; did you mean "add_numbers"? Tools: add_numbers.';
    expect(completes).toMatchObject([
      { isError: true, arguments: "{}", error: { code: "unknown_tool", message: said } },
    ]);
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({ role: "tool", content: said, isError: true });
  });

  it("arguments that do not fit, in the schema's words", async () => {
    const { completes } = await callTools([add], [{ name: "add_numbers", arguments: { a: "five" } }]);
    expect(completes[0]?.error).toMatchObject({ code: "invalid_arguments" });
    expect(completes[0]?.error?.message).toMatch(/^invalid arguments for add_numbers: a: .*expected number/);
  });

  it("text that is not JSON, and JSON that is not an object; never taken for no arguments", async () => {
    const { completes } = await callTools(
      [add],
      [
        { name: "add_numbers", arguments: '{"a": 1' },
        { name: "add_numbers", arguments: "[1]" },
      ],
    );
    expect(completes.map((event) => event.error?.code)).toEqual(["invalid_json", "invalid_json"]);
    expect(completes[0]?.error?.message).toContain('received: {"a": 1');
  });

  it("a thrown error, without the secrets in its text", async () => {
    const failing = tool({
      name: "failing",
      description: "Fails.",
      execute: () => {
        throw new Error("cannot reach postgres://app:hunter2@db/x with Bearer abcdefghijklmnop");
      },
    });
    const { completes, result } = await callTools([failing], [{ name: "failing" }]);
    expect(completes[0]?.error?.message).toBe(
      "failing failed: cannot reach postgres://app:[redacted]@db/x with [redacted credentials]",
    );
    expect(result.stopReason).toBe("complete");
  });

  it("a time-out, at which the body's signal aborts", async () => {
    let aborted = false;
    const slow = tool({
      name: "slow",
      description: "Slow.",
      timeoutMs: 10,
      execute: (_args, { signal }) =>
        new Promise(() => signal.addEventListener("abort", () => (aborted = true))),
    });
    const { completes } = await callTools([slow], [{ name: "slow" }]);
    expect(completes[0]?.error).toEqual({ code: "timeout", message: "slow failed: timed out after 10 ms" });
    expect(aborted).toBe(true);
  });

  it("unless the tool says onError: throw, which ends the run", async () => {
    const fatal = tool({
      name: "fatal",
      description: "Fatal.",
      onError: "throw",
      execute: () => Promise.reject(new Error("no disk")),
    });
    await expect(callTools([fatal], [{ name: "fatal" }])).rejects.toThrow(ToolError);
    await expect(callTools([fatal], [{ name: "fatal" }])).rejects.toMatchObject({
      message: 'the tool "fatal" failed: no disk',
      result: { stopReason: "error", toolExecutions: [{ name: "fatal", isError: true, source: "executed" }] },
    });
  });
});

describe("arguments", () => {
  it("reach the body validated, with defaults, and are recorded so", async () => {
    const { completes, events } = await callTools([add], [{ name: "add_numbers", arguments: { a: 1 } }]);
    expect(completes[0]?.result).toBe(2);
    expect(events.find((event) => event.type === "tool_start")).toMatchObject({ arguments: { a: 1, b: 1 } });
  });

  it("are {} where the text is empty", async () => {
    const { completes } = await callTools(
      [tool({ name: "ping", description: "Pings.", execute: (args) => args })],
      [{ name: "ping", arguments: "" }],
    );
    expect(completes[0]?.result).toEqual({});
  });

  it("are checked against raw JSON Schema as well, defaults filled", async () => {
    const raw = tool({
      name: "raw",
      description: "Raw.",
      parameters: {
        type: "object",
        properties: { city: { type: "string" }, days: { type: "integer", default: 3 } },
        required: ["city"],
      },
      execute: (args) => args,
    });
    const { completes } = await callTools(
      [raw],
      [
        { name: "raw", arguments: { city: "Oslo" } },
        { name: "raw", arguments: { city: 5 } },
      ],
    );
    expect(completes[0]?.result).toEqual({ city: "Oslo", days: 3 });
    expect(completes[1]?.error?.message).toMatch(/^invalid arguments for raw: city: /);
  });
});

describe("results", () => {
  it.each([
    ["text", () => "plain", "plain"],
    ["JSON", () => ({ a: [1, null] }), '{"a":[1,null]}'],
    ["nothing", () => undefined, "(no output)"],
    ["a date", () => ({ at: new Date(0) }), '{"at":"1970-01-01T00:00:00.000Z"}'],
  ])("%s is shown to the model as it should read", async (_kind, execute, shown) => {
    const { model } = await callTools([tool({ name: "t", description: "T.", execute })], [{ name: "t" }]);
    expect(model.requests[1]?.messages.at(-1)?.content).toBe(shown);
  });

  it("content parts stay parts", async () => {
    const parts = [
      { type: "text", text: "see:" },
      { type: "image", data: "AAAA", mediaType: "image/png" },
    ];
    const { model } = await callTools(
      [tool({ name: "t", description: "T.", execute: () => parts })],
      [{ name: "t" }],
    );
    expect(model.requests[1]?.messages.at(-1)?.content).toEqual(parts);
  });

  it("that cannot be JSON are an error the model reads", async () => {
    const { completes } = await callTools(
      [tool({ name: "t", description: "T.", execute: () => ({ n: 1n }) })],
      [{ name: "t" }],
    );
    expect(completes[0]?.error?.message).toMatch(/^t failed: .*BigInt/);
  });

  it("longer than the limit are cut, and say so", async () => {
    const long = tool({ name: "long", description: "Long.", execute: () => "x".repeat(500) });
    const { model } = await callTools([long], [{ name: "long" }], { maxToolResultChars: 100 });
    const shown = String(model.requests[1]?.messages.at(-1)?.content);
    expect(shown).toHaveLength(100);
    expect(shown).toContain("[cut: 500 characters in all]");
  });

  it("longer than the limit are kept whole in a store, which the model can read", async () => {
    const { MemoryResultStore } = await import("../tool/result-store.ts");
    const long = tool({ name: "long", description: "Long.", execute: () => `${"x".repeat(150)}THE END` });
    const read = { toolCalls: [{ name: "read_tool_result", arguments: { callId: "call_1", offset: 150 } }] };
    const { completes } = await callTools(
      [long],
      [{ name: "long" }],
      { maxToolResultChars: 100, resultStore: new MemoryResultStore() },
      [read],
    );
    expect(completes[1]?.result).toBe("THE END");
  });
});

describe("a result store that fails", () => {
  it("neither ends the run nor has the tool run again: the model reads what there is room for, and why", async () => {
    let ran = 0;
    const long = tool({
      name: "long",
      description: "Long.",
      retry: 3,
      execute: () => {
        ran++;
        return "x".repeat(500);
      },
    });
    const resultStore = {
      put: () => Promise.reject(new Error("disk full")),
      get: () => Promise.resolve(undefined),
    };
    const { model, result } = await callTools([long], [{ name: "long" }], {
      maxToolResultChars: 120,
      resultStore,
    });
    const shown = String(model.requests[1]?.messages.at(-1)?.content);
    expect([ran, result.stopReason, shown.length]).toEqual([1, "complete", 120]);
    expect(shown).toContain("the rest could not be kept: disk full]");
  });
});

describe("several calls", () => {
  const gate = (name: string, ms: number, log: string[]): Tool =>
    tool({
      name,
      description: name,
      execute: async () => {
        log.push(`+${name}`);
        await wait(ms);
        log.push(`-${name}`);
        return name;
      },
    });

  it("run at the same time, their results in the order of the calls", async () => {
    const log: string[] = [];
    const { completes, result } = await callTools(
      [gate("a", 30, log), gate("b", 1, log)],
      [{ name: "a" }, { name: "b" }],
    );
    expect(log).toEqual(["+a", "+b", "-b", "-a"]);
    expect(completes.map((event) => event.name)).toEqual(["a", "b"]);
    expect(result.messages.map((message) => ("name" in message ? message.name : message.role))).toEqual([
      "user",
      "assistant",
      "a",
      "b",
      "assistant",
    ]);
  });

  it("are on record before another body has its effect, and soon, though an earlier one takes long", async () => {
    const log: string[] = [];
    const { promise: never, resolve: end } = Promise.withResolvers<void>();
    const slow = tool({ name: "slow", description: "Slow.", execute: () => never });
    const tools = [slow, gate("b", 1, log), gate("c", 1, log)];
    const calls = tools.map(({ name }) => ({ name }));
    const store = new MemoryCheckpointer();
    const stored = async (): Promise<readonly string[]> => {
      const done: string[] = [];
      for await (const event of store.events("t")) if (event.type === "tool_complete") done.push(event.name);
      return done;
    };
    let before: readonly string[] = [];
    const agent = new Agent({
      model: new ScriptedModel([{ toolCalls: calls }, "ok"]),
      tools,
      checkpointer: store,
      maxConcurrency: 2,
    }).on("tool_start", async ({ name }) => {
      if (name === "c") before = await stored();
    });
    const running = agent.run("go", { threadId: "t" });
    // The slow one is still at work when both others are on record.
    await vi.waitFor(async () => expect(await stored()).toEqual(["b", "c"]), { timeout: 5_000 });
    expect(before).toEqual(["b"]);
    end();
    const { messages } = await running;
    expect(messages.flatMap((message) => ("name" in message ? [message.name] : []))).toEqual([
      "slow",
      "b",
      "c",
    ]);
  });

  it("complete as they finish on demand, and the transcript keeps the order of the calls", async () => {
    const log: string[] = [];
    const { completes, result } = await callTools(
      [gate("a", 30, log), gate("b", 1, log)],
      [{ name: "a" }, { name: "b" }],
      { toolEventOrder: "completion" },
    );
    expect(completes.map((event) => event.name)).toEqual(["b", "a"]);
    expect(result.messages.flatMap((message) => ("name" in message ? [message.name] : []))).toEqual([
      "a",
      "b",
    ]);
  });

  it("run one after another on demand, each start on record before its body", async () => {
    const log: string[] = [];
    const { events } = await callTools(
      [gate("a", 5, log), gate("b", 1, log)],
      [{ name: "a" }, { name: "b" }],
      { toolExecution: "sequential" },
    );
    expect(log).toEqual(["+a", "-a", "+b", "-b"]);
    const order = events.flatMap((event) =>
      event.type === "tool_start" || event.type === "tool_complete" ? [`${event.type} ${event.name}`] : [],
    );
    expect(order).toEqual(["tool_start a", "tool_complete a", "tool_start b", "tool_complete b"]);
  });

  it("are never more at work than maxConcurrency", async () => {
    let working = 0;
    let most = 0;
    const busy = tool({
      name: "busy",
      description: "Busy.",
      execute: async () => {
        most = Math.max(most, ++working);
        await wait(2);
        working--;
      },
    });
    await callTools(
      [busy],
      Array.from({ length: 9 }, () => ({ name: "busy" })),
      { maxConcurrency: 3 },
    );
    expect(most).toBe(3);
  });

  it("get ids of their own where the provider left them out or repeated them", async () => {
    const calls = [
      { name: "add_numbers", id: "", arguments: { a: 1 } },
      { name: "add_numbers", id: "x", arguments: { a: 2 } },
      { name: "add_numbers", id: "x", arguments: { a: 3 } },
    ];
    const { result, completes } = await callTools([add], calls, {}, [
      { toolCalls: [{ name: "add_numbers", id: "x", arguments: { a: 4 } }] },
    ]);
    expect(new Set(completes.map((event) => event.callId)).size).toBe(4);
    expect(completes.map((event) => event.result)).toEqual([2, 3, 4, 5]);
    const parts = result.messages.flatMap((message) => (message.role === "assistant" ? message.content : []));
    expect(parts.flatMap((part) => (part.type === "tool_call" ? [part.providerId] : []))).toEqual([
      undefined,
      undefined,
      "x",
      "x",
    ]);
  });
});

describe("a failing body with retry", () => {
  it("is tried again under the same idempotency key until it works", async () => {
    const keys: string[] = [];
    const flaky = tool({
      name: "flaky",
      description: "Flaky.",
      retry: { attempts: 3, delayMs: 1 },
      execute: (_args, { idempotencyKey }) => {
        keys.push(idempotencyKey);
        if (keys.length < 3) throw new Error("not yet");
        return "ok";
      },
    });
    const { completes } = await callTools([flaky], [{ name: "flaky" }]);
    expect(completes[0]?.result).toBe("ok");
    expect(new Set(keys).size).toBe(1);
    expect(keys).toHaveLength(3);
  });
});

describe("an idempotent tool", () => {
  const counting = (
    execute = vi.fn((args: unknown) => args),
    options: { scope?: "thread"; ttlMs?: number } = {},
  ) => ({
    execute,
    tool: tool({
      name: "pay",
      description: "Pays.",
      parameters: z.object({
        to: z.union([z.string(), z.number(), z.boolean()]),
        amount: z.number().default(1),
      }),
      idempotent:
        options.scope === undefined
          ? true
          : { scope: options.scope, ...(options.ttlMs === undefined ? {} : { ttlMs: options.ttlMs }) },
      execute: (args) => execute(args),
    }),
  });

  it("runs once for the same arguments, defaults filled and members in any order", async () => {
    const { tool: pay, execute } = counting();
    const { completes } = await callTools([pay], [{ name: "pay", arguments: { to: "x" } }], {}, [
      { toolCalls: [{ name: "pay", arguments: '{"amount":1,"to":"x"}' }] },
    ]);
    expect(execute).toHaveBeenCalledTimes(1);
    expect(completes.map((event) => [event.cached, event.source])).toEqual([
      [false, "executed"],
      [true, "cached"],
    ]);
    expect(completes[1]?.result).toEqual({ to: "x", amount: 1 });
  });

  it('tells 1, true and "1" apart', async () => {
    const { tool: pay, execute } = counting();
    await callTools(
      [pay],
      [1, true, "1"].map((to) => ({ name: "pay", arguments: { to } })),
    );
    expect(execute).toHaveBeenCalledTimes(3);
  });

  it("shares the first's result with a duplicate in the same batch", async () => {
    const { tool: pay, execute } = counting();
    const { completes, events } = await callTools(
      [pay],
      [
        { name: "pay", arguments: { to: "x" } },
        { name: "pay", arguments: { to: "x", amount: 1 } },
      ],
    );
    expect(execute).toHaveBeenCalledTimes(1);
    expect(completes.map((event) => event.cached)).toEqual([false, true]);
    const keys = events.flatMap((event) => (event.type === "tool_start" ? [event.idempotencyKey] : []));
    expect(new Set(keys).size).toBe(1);
  });

  it("is run again after a failure: only successes stand in for repeats", async () => {
    const execute = vi.fn((): unknown => {
      if (execute.mock.calls.length === 1) throw new Error("try again");
      return "paid";
    });
    const { completes } = await callTools(
      [counting(execute).tool],
      [
        { name: "pay", arguments: { to: "x" } },
        { name: "pay", arguments: { to: "x" } },
      ],
    );
    expect(completes.map((event) => event.error?.code ?? event.result)).toEqual(["tool_error", "paid"]);
  });

  it("forgets with the run, or keeps across the thread until its TTL", async () => {
    const turns = (n: number): ScriptedStep[] =>
      Array.from({ length: n }, () => [
        { toolCalls: [{ name: "pay", arguments: { to: "x" } }] },
        "ok",
      ]).flat();
    const perRun = counting();
    const agent = new Agent({ model: new ScriptedModel(turns(2)), tools: [perRun.tool] });
    for (let run = 0; run < 2; run++) await agent.run("pay", { threadId: "t" });
    expect(perRun.execute).toHaveBeenCalledTimes(2);

    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const perThread = counting(undefined, { scope: "thread", ttlMs: 1000 });
      const threaded = new Agent({ model: new ScriptedModel(turns(4)), tools: [perThread.tool] });
      for (let run = 0; run < 2; run++) await threaded.run("pay", { threadId: "t" });
      expect(perThread.execute).toHaveBeenCalledTimes(1);
      await threaded.run("pay", { threadId: "other" });
      expect(perThread.execute).toHaveBeenCalledTimes(2);
      vi.setSystemTime(Date.now() + 1001);
      await threaded.run("pay", { threadId: "t" });
      expect(perThread.execute).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the context of a tool", () => {
  it("tells who calls, and lets the body report progress", async () => {
    let seen: unknown;
    const curious = tool({
      name: "curious",
      description: "Looks around.",
      execute: (_args, { callId, threadId, metadata, idempotencyKey, progress }) => {
        seen = { callId, threadId, metadata, hasKey: idempotencyKey.length > 0 };
        progress({ done: 0.5 });
      },
    });
    const events: AgentEvent[] = [];
    const agent = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "curious" }] }, "done"]),
      tools: [curious],
      metadata: { tenant: "a", plan: "x" },
    });
    agent.on("tool_progress", (event) => events.push(event));
    await agent.run("go", { threadId: "t", metadata: { plan: "y" } });
    expect(seen).toEqual({
      callId: "call_1",
      threadId: "t",
      metadata: { tenant: "a", plan: "y" },
      hasKey: true,
    });
    expect(events).toMatchObject([{ type: "tool_progress", callId: "call_1", progress: { done: 0.5 } }]);
  });
});
