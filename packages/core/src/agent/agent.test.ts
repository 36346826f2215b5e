import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import {
  CancelledError,
  ConfigurationError,
  ModelError,
  ServerError,
  TimeoutError,
} from "../errors/errors.ts";
import type { AgentEvent } from "../events/types.ts";
import { isDurable } from "../events/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const weather = tool({
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, tempC: 21 }),
});

const umbrella = () =>
  new ScriptedModel([
    {
      toolCalls: [{ name: "get_weather", arguments: { city: "Chicago" } }],
      usage: { inputTokens: 10, outputTokens: 5 },
    },
    { text: "No umbrella needed.", usage: { inputTokens: 20, outputTokens: 7, cachedInputTokens: 4 } },
  ]);

async function collect(stream: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** What differs from run to run by nature. */
function comparable(events: readonly AgentEvent[]): unknown[] {
  return events.filter(isDurable).map(({ runId: _run, timestamp: _at, threadId: _thread, ...event }) => ({
    ...event,
    ...("durationMs" in event ? { durationMs: 0 } : {}),
    ...("idempotencyKey" in event ? { idempotencyKey: "" } : {}),
  }));
}

describe("a run", () => {
  it("calls the model, runs its tools and answers from their results", async () => {
    const model = umbrella();
    const agent = new Agent({ model, tools: [weather], systemPrompt: "Be brief." });
    const result = await agent.run("Should I take an umbrella in Chicago?");

    expect(result.text).toBe("No umbrella needed.");
    expect(result.stopReason).toBe("complete");
    expect(result.success).toBe(true);
    expect(result.iterations).toBe(2);
    expect(result.usage).toEqual({
      inputTokens: 30,
      outputTokens: 12,
      totalTokens: 42,
      cachedInputTokens: 4,
      unpriced: ["scripted:scripted"],
    });
    expect(result.toolExecutions).toMatchObject([
      { name: "get_weather", result: { city: "Chicago", tempC: 21 } },
    ]);
    expect(result.messages.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
    expect(model.requests[1]?.messages.at(-1)).toEqual({
      role: "tool",
      callId: "call_1",
      name: "get_weather",
      content: '{"city":"Chicago","tempC":21}',
    });
    expect(model.requests[0]?.messages[0]).toEqual({ role: "system", content: "Be brief." });
    expect(model.requests[0]?.settings).toEqual({});
  });

  it("folds to the same durable events plain and streamed", async () => {
    const seen: AgentEvent[] = [];
    const plain = new Agent({ model: umbrella(), tools: [weather] }).on("event", (event) => seen.push(event));
    await plain.run("Umbrella?");
    const streamed = await collect(new Agent({ model: umbrella(), tools: [weather] }).stream("Umbrella?"));

    expect(comparable(streamed)).toEqual(comparable(seen));
    expect(streamed.some((event) => event.type === "model_chunk")).toBe(true);
    expect(seen.some((event) => event.type === "model_chunk")).toBe(false);
  });

  it("numbers durable events from 1 without gaps, and transient ones with the last durable one", async () => {
    const events = await collect(new Agent({ model: umbrella(), tools: [weather] }).stream("Umbrella?"));
    const durable = events.filter(isDurable);
    expect(durable.map((event) => event.sequence)).toEqual(durable.map((_, index) => index + 1));
    let last = 0;
    for (const event of events) {
      if (isDurable(event)) last = event.sequence;
      else expect(event.sequence).toBe(last);
    }
    expect(events.every((event) => Object.isFrozen(event))).toBe(true);
  });

  it("remembers a thread without a checkpointer, and starts each run afresh", async () => {
    const model = new ScriptedModel(["Hello Ada.", "Your name is Ada."]);
    const agent = new Agent({ model, maxIterations: 1 });
    await agent.run("I am Ada.", { threadId: "t" });
    const second = await agent.run("Who am I?", { threadId: "t" });
    expect(second.stopReason).toBe("complete");
    expect(second.iterations).toBe(1);
    expect(model.requests[1]?.messages.map((message) => message.content)).toEqual([
      "I am Ada.",
      [{ type: "text", text: "Hello Ada." }],
      "Who am I?",
    ]);
  });

  it("serves many threads at once from one agent", async () => {
    const model = new ScriptedModel([(request) => `you said ${String(request.messages.at(-1)?.content)}`], {
      repeat: true,
    });
    const agent = new Agent({ model });
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => agent.run(`number ${index}`, { threadId: `${index}` })),
    );
    expect(results.map((result) => result.text)).toEqual(
      results.map((_, index) => `you said number ${index}`),
    );
  });

  it("refuses a second run on a busy thread, and queues it on demand", async () => {
    const model = new ScriptedModel([{ text: "slow", delayMs: 20 }, "next"]);
    const rejecting = new Agent({ model });
    const first = rejecting.run("a", { threadId: "t" });
    await expect(rejecting.run("b", { threadId: "t" })).rejects.toMatchObject({ code: "thread_busy" });
    await first;
    const queueing = new Agent({
      model: new ScriptedModel([{ text: "1", delayMs: 20 }, "2"]),
      onBusy: "queue",
    });
    const both = await Promise.all([
      queueing.run("a", { threadId: "t" }),
      queueing.run("b", { threadId: "t" }),
    ]);
    expect(both.map((result) => result.text)).toEqual(["1", "2"]);
    expect(both[1]?.messages).toHaveLength(4);
  });
});

describe("a failing model", () => {
  it("rejects with its typed error, which carries the run so far", async () => {
    const model = new ScriptedModel([
      { toolCalls: [{ name: "get_weather", arguments: { city: "Rome" } }] },
      { error: new ServerError("the service is down", { status: 503 }) },
    ]);
    const agent = new Agent({ model, tools: [weather] });
    const error = await agent.run("Rome?").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ result: { stopReason: "error", success: false, iterations: 1 } });
  });

  it("streams a terminate with reason error, then throws", async () => {
    const agent = new Agent({ model: new ScriptedModel([{ error: new Error("boom") }]) });
    const stream = agent.stream("hi");
    const events: AgentEvent[] = [];
    await expect(async () => {
      for await (const event of stream) events.push(event);
    }).rejects.toThrow(ModelError);
    expect(events.at(-1)).toMatchObject({
      type: "terminate",
      reason: "error",
      error: { code: "model_error" },
    });
    await expect(stream.result).rejects.toThrow("boom");
  });

  it("takes a stream that ends without its finish for an error, never for an answer", async () => {
    const agent = new Agent({ model: new ScriptedModel([{ text: "half an ans", truncated: true }]) });
    await expect(collect(agent.stream("hi"))).rejects.toMatchObject({ code: "incomplete_stream" });
  });
});

describe("cancelling", () => {
  it("says what the caller said", async () => {
    const agent = new Agent({ model: new ScriptedModel(["never"]) });
    const signal = AbortSignal.abort(new Error("the user pressed stop"));
    await expect(agent.run("hi", { signal })).rejects.toThrow(
      "cancelled by its signal: the user pressed stop",
    );
  });

  it("rejects with CancelledError and leaves every call answered, so that the thread goes on", async () => {
    const controller = new AbortController();
    let sawAbort = false;
    const slow = tool({
      name: "slow",
      description: "Never ends.",
      parameters: z.object({}),
      execute: (_args, { signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => {
            sawAbort = true;
          });
          queueMicrotask(() => controller.abort());
        }),
    });
    const model = new ScriptedModel([{ toolCalls: [{ name: "slow" }, { name: "slow" }] }, "back again"]);
    const agent = new Agent({ model, tools: [slow] });
    const error = await agent
      .run("go", { threadId: "t", signal: controller.signal })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CancelledError);
    expect(sawAbort).toBe(true);
    expect(error).toMatchObject({
      result: { stopReason: "cancelled", toolExecutions: [{ source: "cancelled" }, { source: "cancelled" }] },
    });
    const next = await agent.run("and now?", { threadId: "t" });
    expect(next.text).toBe("back again");
    expect(next.messages.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "tool",
      "user",
      "assistant",
    ]);
  });

  it("yields terminate with cancelled to a stream, then throws", async () => {
    const controller = new AbortController();
    const agent = new Agent({
      model: new ScriptedModel([{ text: "long answer, cut short" }], { chunkSize: 2 }),
    });
    const events: AgentEvent[] = [];
    await expect(async () => {
      for await (const event of agent.stream("hi", { signal: controller.signal })) {
        events.push(event);
        if (event.type === "model_chunk") controller.abort();
      }
    }).rejects.toThrow(CancelledError);
    expect(events.at(-1)).toMatchObject({ type: "terminate", reason: "cancelled" });
  });

  it("is what breaking out of a stream does", async () => {
    const model = new ScriptedModel(["a rather long answer"], { chunkSize: 1 });
    const stream = new Agent({ model }).stream("hi");
    for await (const event of stream) if (event.type === "model_chunk") break;
    await expect(stream.result).rejects.toThrow(CancelledError);
    expect(model.openStreams).toBe(0);
  });

  it("by timeoutMs rejects with TimeoutError, by timeBudgetMs gives a result", async () => {
    const never = () => new ScriptedModel([{ text: "late", delayMs: 60_000 }]);
    await expect(new Agent({ model: never() }).run("hi", { timeoutMs: 10 })).rejects.toThrow(TimeoutError);
    const result = await new Agent({ model: never(), timeBudgetMs: 10 }).run("hi");
    expect(result).toMatchObject({ stopReason: "time_budget", success: false });
  });

  it("does not start a tool whose tool_start the watcher left at", async () => {
    let ran = false;
    const effect = tool({ name: "effect", description: "Has an effect.", execute: () => (ran = true) });
    const agent = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "effect" }] }]),
      tools: [effect],
    });
    for await (const event of agent.stream("go")) if (event.type === "tool_start") break;
    expect(ran).toBe(false);
  });
});

describe("a stream", () => {
  it("gives its text alone, and its result", async () => {
    const stream = new Agent({ model: umbrella(), tools: [weather] }).stream("Umbrella?");
    let text = "";
    for await (const delta of stream.textStream) text += delta;
    expect(text).toBe("No umbrella needed.");
    expect((await stream.result).text).toBe(text);
  });

  it("runs by itself when only its result is asked for, and can be read afterwards", async () => {
    const stream = new Agent({ model: umbrella(), tools: [weather] }).stream("Umbrella?");
    expect((await stream.result).text).toBe("No umbrella needed.");
    expect((await collect(stream)).at(-1)).toMatchObject({ type: "terminate", reason: "complete" });
    expect(() => stream[Symbol.asyncIterator]()).toThrow(ConfigurationError);
  });
});

describe("what fails around a run", () => {
  it("a system prompt that throws ends the run in order, as a typed error, with afterRun", async () => {
    const after: string[] = [];
    const agent = new Agent({
      model: new ScriptedModel([]),
      systemPrompt: () => Promise.reject(new Error("no prompt")),
      hooks: [{ afterRun: ({ result }) => after.push(result.stopReason) }],
    });
    await expect(agent.run("hi")).rejects.toMatchObject({
      message: "the system prompt could not be written: no prompt",
      code: "internal",
      result: { stopReason: "error" },
    });
    expect(after).toEqual(["error"]);
  });

  it("a run that waits for its thread can be cancelled, and its time budget waits with it", async () => {
    const agent = new Agent({
      model: new ScriptedModel([{ text: "1", delayMs: 60 }, "2"]),
      onBusy: "queue",
      timeBudgetMs: 5000,
    });
    const first = agent.run("a", { threadId: "t" });
    await expect(agent.run("b", { threadId: "t", timeoutMs: 10 })).rejects.toThrow(TimeoutError);
    expect((await first).text).toBe("1");
    expect((await agent.run("c", { threadId: "t" })).text).toBe("2");
  });

  it("a store that fails ends the run with its error, and what it does not hold takes no number", async () => {
    const store = new MemoryCheckpointer();
    let appends = 0;
    const failing: Checkpointer = {
      append: (threadId, version, batch, options) =>
        ++appends === 2
          ? Promise.reject(new Error("disk full"))
          : store.append(threadId, version, batch, options),
      read: (...args) => store.read(...args),
      events: (...args) => store.events(...args),
      list: (...args) => store.list(...args),
      fork: (...args) => store.fork(...args),
      delete: (...args) => store.delete(...args),
    };
    const events: AgentEvent[] = [];
    const agent = new Agent({ model: new ScriptedModel(["lost", "kept"]), checkpointer: failing }).on(
      "event",
      (event) => events.push(event),
    );
    await expect(agent.run("hi", { threadId: "t" })).rejects.toThrow("the run failed: disk full");
    expect(events.map((event) => [event.type, event.sequence])).toEqual([
      ["run_start", 1],
      ["terminate", 1],
    ]);
    expect((await agent.resume("t")).text).toBe("kept");
  });
});

describe("construction", () => {
  it("refuses an unknown option and names the nearest", () => {
    const options = { model: new ScriptedModel([]), maxIteration: 3 };
    expect(() => new Agent(options)).toThrow('unknown option "maxIteration"; did you mean "maxIterations"?');
  });

  it("refuses unknown options of a run, and a timeoutMs that is no time", async () => {
    const agent = new Agent({ model: new ScriptedModel([]) });
    const options = { threadId: "t", timeoutMS: 5 };
    await expect(agent.run("hi", options)).rejects.toThrow(
      'unknown option "timeoutMS"; did you mean "timeoutMs"?',
    );
    await expect(agent.run("hi", { timeoutMs: -1 })).rejects.toThrow(
      "timeoutMs must be a number of milliseconds above 0",
    );
  });

  it("takes metadata as plain JSON only, and keeps a copy", async () => {
    const metadata = { tenant: { id: "a" } };
    const agent = new Agent({ model: new ScriptedModel(["hi"]), metadata });
    await agent.run("hi", { metadata });
    expect(Object.isFrozen(metadata.tenant)).toBe(false);
    const dated = JSON.parse("{}");
    dated.at = new Date();
    await expect(agent.run("hi", { metadata: dated })).rejects.toThrow("metadata.at must be plain JSON");
  });

  it("refuses values out of range, two tools of one name, and models of no provider", () => {
    const model = new ScriptedModel([]);
    expect(() => new Agent({ model, maxIterations: 0 })).toThrow(
      "maxIterations must be a whole number from 1 to 500, not 0",
    );
    expect(() => new Agent({ model, tools: [weather, weather] })).toThrow(
      'two tools are named "get_weather"',
    );
    expect(() => new Agent({ model, timeBudgetMs: 30 * 24 * 3600 * 1000 })).toThrow("24.8 days");
    expect(() => new Agent({ model, tools: [weather], terminalTools: ["get_wether"] })).toThrow(
      'did you mean "get_weather"?',
    );
    expect(() => new Agent({ model: "gpt-4o" })).toThrow('"gpt-4o" is not a model name');
    expect(() => new Agent({ model: "nowhere:gpt-4o" })).toThrow('no provider is registered for "nowhere:"');
  });
});
