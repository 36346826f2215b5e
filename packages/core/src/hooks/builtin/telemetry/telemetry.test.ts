/** What OpenTelemetry is told of runs: the tree of spans, their attributes, the metrics. Against the real SDK. */
import { context, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import * as registry from "@opentelemetry/semantic-conventions/incubating";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../../agent/agent.ts";
import type { AgentOptions } from "../../../agent/options.ts";
import { MemoryCheckpointer } from "../../../checkpoint/memory.ts";
import { ServerError } from "../../../errors/errors.ts";
import { ScriptedModel, type ScriptedStep } from "../../../testing/scripted-model.ts";
import { tool } from "../../../tool/tool.ts";
import { type TelemetryOptions, telemetryHook } from "./hook.ts";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

function watched(options: TelemetryOptions = {}) {
  const spans = new InMemorySpanExporter();
  const order: string[] = [];
  const provider = new TracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor({ exporter: spans }),
      {
        onStart: (span) => void order.push(span.spanContext().spanId),
        onEnd: () => undefined,
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  const inOrder = () => {
    const at = (span: ReadableSpan): number => order.indexOf(span.spanContext().spanId);
    const ended = spans.getFinishedSpans();
    expect(ended).toHaveLength(order.length);
    return ended.toSorted((a, b) => at(a) - at(b));
  };
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const hook = telemetryHook({ tracerProvider: provider, meterProvider, ...options });
  return {
    hook,
    tracer: provider.getTracer("test"),
    spans: inOrder,
    tree: () => tree(inOrder()),
    metrics: async () => {
      await meterProvider.forceFlush();
      const found = metrics.getMetrics().flatMap((one) => one.scopeMetrics.flatMap((scope) => scope.metrics));
      await meterProvider.shutdown();
      return found;
    },
  };
}

/** A line a span, children below their parents. */
function tree(spans: readonly ReadableSpan[], parent?: string, depth = 0): readonly string[] {
  return spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)
    .flatMap((span) => [
      `${"  ".repeat(depth)}${span.name}${span.attributes["error.type"] === undefined ? "" : ` !${String(span.attributes["error.type"])}`}`,
      ...tree(spans, span.spanContext().spanId, depth + 1),
    ]);
}

const weather = tool({
  name: "get_weather",
  description: "The weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => {
    if (city === "Atlantis") throw new Error("no such city: Atlantis");
    return `rain in ${city}`;
  },
});
const ask = (...cities: readonly string[]): ScriptedStep => ({
  toolCalls: cities.map((city) => ({ name: "get_weather", arguments: { city } })),
});
const agentOf = (
  script: readonly ScriptedStep[],
  { hook }: { readonly hook: ReturnType<typeof telemetryHook> },
  options: Partial<AgentOptions> = {},
): Agent =>
  new Agent({ name: "clerk", model: new ScriptedModel(script), tools: [weather], hooks: [hook], ...options });

const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name}`);
  return found;
};

describe("the spans of a run", () => {
  it("are one tree: model calls and tools that work side by side, below the run", async () => {
    const seen = watched();
    await agentOf([ask("Oslo", "Lima"), "Rain."], seen).run("How is it?");
    expect(seen.tree()).toEqual([
      "invoke_agent clerk",
      "  chat scripted",
      "  execute_tool get_weather",
      "  execute_tool get_weather",
      "  chat scripted",
    ]);
  });

  it("are the same where the answer is streamed, which also tells when it began", async () => {
    const plain = watched();
    const streamed = watched();
    const script = [ask("Oslo", "Atlantis"), "Rain."];
    await agentOf(script, plain).run("How is it?");
    for await (const _event of agentOf(script, streamed).stream("How is it?"));
    expect(streamed.tree()).toEqual(plain.tree());
    const timeOf = ({ spans }: typeof plain) =>
      named(spans(), "chat scripted").attributes["gen_ai.response.time_to_first_chunk"];
    expect(timeOf(plain)).toBeUndefined();
    expect(timeOf(streamed)).toEqual(expect.any(Number));
  });

  it("say what was asked of whom, what it used, and how it ended", async () => {
    const seen = watched();
    const usage = {
      inputTokens: 90,
      outputTokens: 10,
      totalTokens: 100,
      cachedInputTokens: 60,
      reasoningTokens: 4,
    };
    const model = new ScriptedModel([{ text: "Rain.", usage, requestId: "req-1" }], {
      provider: "oci",
      modelId: "openai.gpt-oss-120b",
    });
    const settings = { temperature: 0.2, maxOutputTokens: 100, stop: ["END"] };
    await agentOf([], seen, { model, settings }).run("How is it?", { threadId: "t-1" });
    const chat = named(seen.spans(), "chat openai.gpt-oss-120b");
    expect(chat.kind).toBe(SpanKind.CLIENT);
    expect(chat.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.agent.name": "clerk",
      "gen_ai.conversation.id": "t-1",
      "gen_ai.provider.name": "oci.generative_ai",
      "gen_ai.request.model": "openai.gpt-oss-120b",
      "gen_ai.request.temperature": 0.2,
      "gen_ai.request.max_tokens": 100,
      "gen_ai.request.stop_sequences": ["END"],
      "gen_ai.response.model": "openai.gpt-oss-120b",
      "gen_ai.response.id": "req-1",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 90,
      "gen_ai.usage.output_tokens": 10,
      "gen_ai.usage.cache_read.input_tokens": 60,
      "gen_ai.usage.reasoning.output_tokens": 4,
    });
    const run = named(seen.spans(), "invoke_agent clerk");
    expect(run.kind).toBe(SpanKind.INTERNAL);
    expect(run.attributes).toMatchObject({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.response.finish_reasons": ["complete"],
      "gen_ai.usage.input_tokens": 90,
    });
  });

  it("tell of a tool that failed, and of a call that could not be made", async () => {
    const seen = watched();
    await agentOf([ask("Atlantis"), { toolCalls: [{ name: "get_wether" }] }, "No."], seen).run("How is it?");
    expect(seen.tree()).toEqual([
      "invoke_agent clerk",
      "  chat scripted",
      "  execute_tool get_weather !tool_error",
      "  chat scripted",
      // By no name that the model thought of: there is no end of them, and they may be anything.
      "  execute_tool unknown !unknown_tool",
      "  chat scripted",
    ]);
    const failed = named(seen.spans(), "execute_tool get_weather");
    expect(failed.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(failed.attributes).toMatchObject({
      "gen_ai.tool.type": "function",
      "gen_ai.tool.call.id": "call_1",
    });
    expect(JSON.stringify([seen.spans().map(({ name, attributes }) => [name, attributes])])).not.toContain(
      "get_wether",
    );
  });

  it.each([false, true])(
    "have each try of a model as its own, and its failure; in words only with content: %s",
    async (captureContent) => {
      const seen = watched({ captureContent });
      const busy = new ServerError("busy: Bearer sk-abcdefghijklmnopqrstuvwx0123", { status: 503 });
      const retrying = {
        onModelError: ({ attempt }: { readonly attempt: number }) =>
          attempt < 2 ? { retry: true as const } : undefined,
      };
      const agent = agentOf([{ error: busy }, { error: busy }], seen, { hooks: [seen.hook, retrying] });
      await expect(agent.run("How is it?")).rejects.toThrow("busy");
      expect(seen.tree()).toEqual([
        "invoke_agent clerk !server_error",
        "  chat scripted !server_error",
        "  chat scripted !server_error",
      ]);
      const statuses = seen.spans().map(({ status }) => status);
      if (captureContent) expect(JSON.stringify(statuses)).toMatch(/busy: .*redacted/);
      else expect(statuses).toEqual(statuses.map(() => ({ code: SpanStatusCode.ERROR })));
      expect(JSON.stringify(seen.spans().map(({ status }) => status))).not.toContain("sk-abc");
    },
  );

  it("end where a run is cancelled in the middle", async () => {
    const seen = watched();
    const controller = new AbortController();
    const waiting = tool({
      name: "wait",
      description: "Waits.",
      parameters: z.object({}),
      execute: () => {
        controller.abort();
        return new Promise(() => undefined);
      },
    });
    const agent = agentOf([{ toolCalls: [{ name: "wait" }] }], seen, { tools: [waiting] });
    await expect(agent.run("Go.", { signal: controller.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(seen.tree()).toEqual([
      "invoke_agent clerk !cancelled",
      "  chat scripted",
      "  execute_tool wait !cancelled",
    ]);
  });

  it("have what goes on after a person's answer in a span of its own, linked to the one before", async () => {
    const seen = watched();
    const refund = tool({
      name: "refund",
      description: "Refunds.",
      parameters: z.object({}),
      needsApproval: true,
      execute: () => "refunded",
    });
    const agent = agentOf([{ toolCalls: [{ name: "refund" }] }, "Done."], seen, { tools: [refund] });
    const { threadId, interrupts } = await agent.run("Refund it.");
    await agent.resume(threadId, { [interrupts[0]?.interruptId ?? ""]: { approved: true } });
    expect(seen.tree()).toEqual([
      "invoke_agent clerk",
      "  chat scripted",
      "invoke_agent clerk",
      "  execute_tool refund",
      "  chat scripted",
    ]);
    const [asked, resumed] = seen.spans().filter(({ name }) => name === "invoke_agent clerk");
    expect(asked?.attributes["gen_ai.response.finish_reasons"]).toEqual(["interrupted"]);
    expect(resumed?.links.map((link) => link.context.spanId)).toEqual([asked?.spanContext().spanId]);
  });

  it("name their agent where another process goes on with the run, also one that had died", async () => {
    const checkpointer = new MemoryCheckpointer();
    const asking = tool({
      name: "ask",
      description: "Asks.",
      parameters: z.object({}),
      execute: (_args, ctx) => ctx.interrupt("Which?"),
    });
    const options = { tools: [asking], checkpointer };
    const { threadId, interrupts } = await agentOf(
      [{ toolCalls: [{ name: "ask" }] }],
      watched(),
      options,
    ).run("Go.");
    const seen = watched();
    const agent = agentOf(["Done.", "Done."], seen, options);
    await agent.resume(threadId, { [interrupts[0]?.interruptId ?? ""]: "this" });
    // As it was before its last answer: a run that nobody has ended.
    const version = (await agent.state(threadId))?.version ?? 0;
    await agent.resume(await agent.fork(threadId, { at: version - 2 }));
    expect(seen.tree()).toEqual([
      "invoke_agent clerk",
      "  execute_tool ask",
      "  chat scripted",
      "invoke_agent clerk",
      "  chat scripted",
    ]);
  });

  it("hold a tool's own spans, and those of an agent that is a tool, below the call", async () => {
    const seen = watched();
    const inner = agentOf([ask("Oslo"), "Rain."], seen, { name: "forecaster" });
    const query = tool({
      name: "query",
      description: "Queries.",
      parameters: z.object({}),
      execute: async () => {
        await Promise.resolve();
        return seen.tracer.startActiveSpan("SELECT", async (span: Span) => {
          await Promise.resolve();
          span.end();
          return "rows";
        });
      },
    });
    const script = [
      { toolCalls: [{ name: "query" }, { name: "forecaster", arguments: { prompt: "Oslo?" } }] },
      "Rain.",
    ];
    const outer = agentOf(script, seen, { tools: [query, inner.asTool()] });
    await seen.tracer.startActiveSpan("POST /ask", async (span: Span) => {
      await outer.run("How is it?");
      span.end();
    });
    expect(seen.tree()).toEqual([
      "POST /ask",
      "  invoke_agent clerk",
      "    chat scripted",
      "    execute_tool query",
      "      SELECT",
      "    execute_tool forecaster",
      "      invoke_agent forecaster",
      "        chat scripted",
      "        execute_tool get_weather",
      "        chat scripted",
      "    chat scripted",
    ]);
  });

  it("of fifty runs of one agent at once never mix", async () => {
    const seen = watched();
    const model = new ScriptedModel(
      Array.from(
        { length: 100 },
        (): ScriptedStep =>
          ({ messages }) => {
            const isAnswered = messages.at(-1)?.role === "tool";
            return isAnswered
              ? "Rain."
              : { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" }, id: "same" }] };
          },
      ),
    );
    const agent = agentOf([], seen, { model });
    const threads = Array.from({ length: 50 }, (_, index) => `thread-${index}`);
    await Promise.all(threads.map((threadId) => agent.run("How is it?", { threadId })));
    const roots = seen.spans().filter(({ parentSpanContext }) => parentSpanContext === undefined);
    expect(roots.map((root) => root.attributes["gen_ai.conversation.id"]).sort()).toEqual(threads.toSorted());
    for (const root of roots) {
      const own = seen.spans().filter((span) => span.spanContext().traceId === root.spanContext().traceId);
      expect(tree(own)).toEqual([
        "invoke_agent clerk",
        "  chat scripted",
        "  execute_tool get_weather",
        "  chat scripted",
      ]);
      const thread = root.attributes["gen_ai.conversation.id"];
      expect(own.every((span) => span.attributes["gen_ai.conversation.id"] === thread)).toBe(true);
    }
  });
});

describe("content", () => {
  const script = [ask("Oslo"), "Rain in Oslo."];
  const said = async (options: TelemetryOptions, more: Partial<AgentOptions> = {}) => {
    const seen = watched(options);
    await agentOf(script, seen, { systemPrompt: "You know the weather.", ...more }).run(
      "How is Oslo? password=hunter2x",
    );
    return seen.spans();
  };

  it("is not told unless asked for", async () => {
    expect(JSON.stringify((await said({})).map(({ attributes }) => attributes))).not.toContain("Oslo");
  });

  it("is told in the conventions' form, without secrets", async () => {
    const spans = await said({ captureContent: true });
    const parsed = (name: string, attribute: string): unknown =>
      JSON.parse(String(named(spans, name).attributes[attribute]));
    expect(parsed("chat scripted", "gen_ai.system_instructions")).toEqual([
      { type: "text", content: "You know the weather." },
    ]);
    expect(parsed("chat scripted", "gen_ai.input.messages")).toEqual([
      {
        role: "user",
        parts: [{ type: "text", content: expect.stringMatching(/^How is Oslo\? password=(?!hunter2x)/) }],
      },
    ]);
    expect(parsed("chat scripted", "gen_ai.output.messages")).toEqual([
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "call_1", name: "get_weather", arguments: { city: "Oslo" } }],
        finish_reason: "tool_calls",
      },
    ]);
    expect(named(spans, "execute_tool get_weather").attributes).toMatchObject({
      "gen_ai.tool.call.arguments": '{"city":"Oslo"}',
      "gen_ai.tool.call.result": "rain in Oslo",
    });
  });

  it("is what is on record, without what a guard took out of answers and results", async () => {
    const telemetry = watched({ captureContent: true });
    const agent = agentOf(script, telemetry, {
      hooks: [
        telemetry.hook,
        { priority: 1, afterToolCall: () => ({ result: "weather" }) },
        {
          priority: 1,
          afterModelCall: ({ response }) =>
            response.stopReason === "stop"
              ? {
                  response: {
                    ...response,
                    message: { role: "assistant", content: [{ type: "text", text: "Some." }] },
                  },
                }
              : undefined,
        },
      ],
    });
    await agent.run("How is it?");
    const told = JSON.stringify(telemetry.spans().map(({ attributes }) => attributes));
    expect(told).not.toMatch(/rain in Oslo/i);
    expect(told).toContain("Some.");
  });
});

describe("the conventions", () => {
  it("know every attribute and metric by its name", async () => {
    const seen = watched({ captureContent: true });
    const settings = {
      temperature: 1,
      topP: 1,
      topK: 1,
      maxOutputTokens: 9,
      stop: ["x"],
      seed: 1,
      frequencyPenalty: 1,
      presencePenalty: 1,
    };
    const usage = { cachedInputTokens: 1, cacheWriteTokens: 1, reasoningTokens: 1 };
    const agent = agentOf([ask("Oslo", "Atlantis"), { text: '{"a":1}', usage, requestId: "r" }], seen, {
      settings,
      systemPrompt: "You know the weather.",
      outputSchema: z.object({ a: z.number() }),
    });
    for await (const _event of agent.stream("How is it?"));
    const known: readonly unknown[] = Object.values(registry);
    const names = new Set(seen.spans().flatMap(({ attributes }) => Object.keys(attributes)));
    expect(names.size).toBeGreaterThan(30);
    expect([...names].filter((name) => !known.includes(name))).toEqual([]);
    const metrics = await seen.metrics();
    const units = Object.fromEntries(metrics.map(({ descriptor }) => [descriptor.name, descriptor.unit]));
    expect(units).toEqual({
      "gen_ai.client.token.usage": "{token}",
      "gen_ai.client.operation.duration": "s",
      "gen_ai.client.operation.time_to_first_chunk": "s",
      "gen_ai.invoke_agent.duration": "s",
      "gen_ai.execute_tool.duration": "s",
    });
    const told = metrics.flatMap(({ dataPoints }) =>
      dataPoints.flatMap(({ attributes }) => Object.keys(attributes)),
    );
    const more = metrics.map(({ descriptor }) => descriptor.name);
    // In the conventions (docs/gen-ai/gen-ai-metrics.md), and not yet in the package that lists their names.
    const newer = ["gen_ai.invoke_agent.duration", "gen_ai.execute_tool.duration"];
    expect([...told, ...more].filter((name) => ![...known, ...newer].includes(name))).toEqual([]);
  });

  it("have their buckets, and tokens, durations and failures by model and tool", async () => {
    const seen = watched();
    const usage = { inputTokens: 90, outputTokens: 10, totalTokens: 100 };
    const calls = [{ name: "get_weather", arguments: { city: "Atlantis" } }];
    const told = { toolCalls: calls, usage: { inputTokens: 1, outputTokens: 1 } };
    const model = new ScriptedModel([told, { text: "No.", usage }], {
      provider: "xai",
      modelId: "grok",
    });
    await agentOf([], seen, { model }).run("How is it?");
    const metrics = await seen.metrics();
    const points = (metric: string) =>
      metrics
        .find(({ descriptor }) => descriptor.name === metric)
        ?.dataPoints.map(({ attributes, value }) => ({ ...attributes, value }));
    expect(points("gen_ai.client.token.usage")).toMatchObject([
      {
        "gen_ai.token.type": "input",
        "gen_ai.provider.name": "x_ai",
        "gen_ai.request.model": "grok",
        "gen_ai.response.model": "grok",
        value: { max: 90, buckets: { boundaries: expect.arrayContaining([1, 4, 67_108_864]) } },
      },
      { "gen_ai.token.type": "output", value: { max: 10 } },
    ]);
    expect(points("gen_ai.client.operation.duration")).toMatchObject([
      {
        "gen_ai.operation.name": "chat",
        value: { count: 2, buckets: { boundaries: expect.arrayContaining([0.01, 81.92]) } },
      },
    ]);
    expect(points("gen_ai.execute_tool.duration")).toMatchObject([
      {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "error.type": "tool_error",
      },
    ]);
    expect(points("gen_ai.invoke_agent.duration")).toMatchObject([
      { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "clerk", value: { count: 1 } },
    ]);
  });
});

it("finds an SDK that is registered after the hook was made, and tells nobody without one", async () => {
  const agent = agentOf(["One.", "Two."], { hook: telemetryHook() });
  await agent.run("Hello?");
  const spans = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
  );
  try {
    await agent.run("Hello?");
    expect(tree(spans.getFinishedSpans())).toEqual(["invoke_agent clerk", "  chat scripted"]);
  } finally {
    trace.disable();
  }
});

it("an option that nobody knows is refused", () => {
  // @ts-expect-error: a slip
  expect(() => telemetryHook({ captureContents: true })).toThrow('did you mean "captureContent"');
});
