/*
 * 16. Observability: what a run tells the outside
 *
 * One hook writes a line an event to a logger, another tells OpenTelemetry of runs, model calls and tools as spans and
 * metrics. Here both are printed; in a service the first goes to pino and the second to your collector.
 *
 *   pnpm tutorial 16
 *
 * Expect: the log of a run, without a word of what was said; the spans of a run as a tree, those of the tool's own and of an
 * agent that is a tool below their calls; ten runs at once, each with a tree of its own; tokens and durations as metrics; and
 * what is added where content is asked for; and a run that a page watches over HTTP, from its beginning, though it is over.
 */
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  DataPointType,
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
import { Agent, EventBus, type Logger, loggingHook, tool } from "locus-sdk";
import { lastEventId, readSse, sseAnswer } from "locus-sdk/sse";
import { telemetryHook } from "locus-sdk/telemetry";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";

// ── The log ──────────────────────────────────────────────────────────────────────────────────────────────────────

// A logger is anything shaped like pino: `loggingHook({ logger: pino() })`. This one prints the fields that matter here.
const shown = ["tool", "source", "errorCode", "toolCalls", "stopReason", "reason", "iterations"];
const line =
  (level: string) =>
  (fields: object | string, message?: string): void => {
    const told = Object.entries(Object(fields))
      .filter(([name]) => shown.includes(name))
      .map(([name, value]) => `${name}=${String(value)}`);
    console.log(`  ${level.padEnd(5)} ${(message ?? "").padEnd(15)} ${told.join(" ")}`.trimEnd());
  };
const logger: Logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };

const getWeather = tool({
  name: "get_weather",
  description: "Current weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) =>
    // What a database client or `fetch` would do with its instrumentation: a span of its own, below the call's.
    trace.getTracer("weather-service").startActiveSpan("SELECT weather", (span) => {
      span.end();
      return { city, condition: "light rain" };
    }),
});

console.log("── the log");
await using logged = new Agent({
  name: "logged",
  model,
  tools: [getWeather],
  hooks: [loggingHook({ logger })],
});
await logged.run("What is the weather in Oslo?");

// ── Spans ────────────────────────────────────────────────────────────────────────────────────────────────────────

// The SDK is yours: which exporter, how spans are sampled and batched. The context manager is what lets a span know
// what it stands in.
const spans = new InMemorySpanExporter();
const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const meterProvider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 60_000 })],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
);
const telemetry = telemetryHook({ meterProvider });

function printTree(all: readonly ReadableSpan[], parent?: string, indent = "  "): void {
  for (const span of all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)) {
    const tokens = span.attributes["gen_ai.usage.input_tokens"] === undefined ? "" : " (tokens counted)";
    const failed =
      span.status.code === SpanStatusCode.ERROR ? ` failed: ${String(span.attributes["error.type"])}` : "";
    console.log(`${indent}${span.name}${tokens}${failed}`);
    printTree(all, span.spanContext().spanId, `${indent}  `);
  }
}

console.log("── the spans of a run");
await using clerk = new Agent({ name: "clerk", model, tools: [getWeather], hooks: [telemetry] });
await clerk.run("What is the weather in Oslo?");
printTree(spans.getFinishedSpans());
spans.reset();

// An agent that is a tool works within the span of its call, so the whole of it is one trace.
console.log("── an agent within a tool, within a request");
const desk = tool({
  name: "find_customer",
  description: "Looks up a customer's record by name.",
  parameters: z.object({ name: z.string() }),
  execute: async ({ name }) => ({ name, weather: (await clerk.run("What is the weather in Lima?")).success }),
});
await using front = new Agent({ name: "front", model, tools: [desk], hooks: [telemetry] });
await trace.getTracer("my-service").startActiveSpan("POST /ask", async (span) => {
  await front.run("Find the customer record of Ada.");
  span.end();
});
printTree(spans.getFinishedSpans());
spans.reset();

console.log("── ten runs at once");
const threads = Array.from({ length: 10 }, (_, index) => `visitor-${index}`);
await Promise.all(threads.map((threadId) => clerk.run("What is the weather in Oslo?", { threadId })));
const finished = spans.getFinishedSpans();
const traces = Map.groupBy(finished, (span) => span.spanContext().traceId);
const threadsOf = (own: readonly ReadableSpan[]): Set<unknown> =>
  new Set(own.flatMap(({ attributes }) => attributes["gen_ai.conversation.id"] ?? []));
console.log(
  "  traces:",
  traces.size,
  " each of one thread:",
  [...traces.values()].every((own) => threadsOf(own).size === 1),
);
spans.reset();

// ── Metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────

console.log("── metrics");
await meterProvider.forceFlush();
for (const { descriptor, dataPointType, dataPoints } of metrics
  .getMetrics()
  .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))) {
  if (dataPointType !== DataPointType.HISTOGRAM) continue;
  const byOperation = Map.groupBy(dataPoints, ({ attributes }) =>
    String(attributes["gen_ai.operation.name"]),
  );
  const counts = [...byOperation].map(
    ([operation, points]) => `${operation} ${points.reduce((sum, { value }) => sum + value.count, 0)}`,
  );
  console.log(`  ${descriptor.name} [${descriptor.unit}]: ${counts.join(", ")}`);
}
await meterProvider.shutdown();

// ── Content ──────────────────────────────────────────────────────────────────────────────────────────────────────

// What users say is on no span and in no line unless you ask for it; secrets are taken out even then.
console.log("── content, where it is asked for");
for (const captureContent of [false, true]) {
  await using agent = new Agent({ model, hooks: [telemetryHook({ captureContent })] });
  await agent.run("Hello! My password=hunter2x");
  const told = JSON.stringify(spans.getFinishedSpans().map(({ attributes }) => attributes));
  console.log(
    `  captureContent ${captureContent}: the prompt is told: ${told.includes("Hello!")}, its password: ${told.includes("hunter2x")}`,
  );
  spans.reset();
}

// ── Events, for those who watch ──────────────────────────────────────────────────────────────────────────────────

// A bus keeps what has happened of late. A client that comes back says what it has seen, and is told the rest.
console.log("── a run, watched over HTTP");
const bus = new EventBus();
await using watched = new Agent({ model, hooks: [bus.hook] });
const { runId } = await watched.run("Hello!");
// Whatever a client sends gets an answer: 400 for what is no number, 404 for a run that nobody knows, 204 at the end.
const answerTo = (request: Request): Promise<Response> =>
  sseAnswer(() => bus.subscribe({ runId, after: lastEventId(request) ?? 0 }));
for (const seen of [undefined, "1"]) {
  const headers: Record<string, string> = seen === undefined ? {} : { "last-event-id": seen };
  const types: string[] = [];
  for await (const { type } of readSse(await answerTo(new Request("http://localhost/events", { headers }))))
    types.push(type);
  console.log(`  after ${seen ?? "nothing"}: ${types.join(", ")}`);
}
bus.close();
