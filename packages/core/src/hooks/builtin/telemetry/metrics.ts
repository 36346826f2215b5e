/** The conventions' histograms, with their buckets. */
import {
  type Attributes,
  metrics as globalMetrics,
  type Histogram,
  type Meter,
  type MeterProvider,
} from "@opentelemetry/api";
import type { Usage } from "../../../model/types.ts";
import { ATTRIBUTE, METRIC, type Operation } from "./names.ts";

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
];

interface Histograms {
  readonly tokens: Histogram;
  readonly durations: Readonly<Record<Operation, Histogram>>;
  readonly firstChunk: Histogram;
}

export class GenAiMetrics {
  readonly #scope: string;
  readonly #provider: MeterProvider | undefined;
  /** Of the provider that was there when they were made: an SDK may be registered later than the hook is made. */
  #made: { readonly of: MeterProvider; readonly histograms: Histograms } | undefined;

  constructor(scope: string, provider: MeterProvider | undefined) {
    this.#scope = scope;
    this.#provider = provider;
  }

  /** `ms` are milliseconds; what is recorded is seconds. */
  duration(operation: Operation, ms: number, attributes: Attributes): void {
    this.#histograms().durations[operation].record(ms / 1000, attributes);
  }

  firstChunk(ms: number, attributes: Attributes): void {
    this.#histograms().firstChunk.record(ms / 1000, attributes);
  }

  tokens({ inputTokens, outputTokens }: Usage, attributes: Attributes): void {
    const { tokens } = this.#histograms();
    tokens.record(inputTokens, { ...attributes, [ATTRIBUTE.tokenType]: "input" });
    tokens.record(outputTokens, { ...attributes, [ATTRIBUTE.tokenType]: "output" });
  }

  #histograms(): Histograms {
    const provider = this.#provider ?? globalMetrics.getMeterProvider();
    if (this.#made?.of !== provider) {
      this.#made = { of: provider, histograms: make(provider.getMeter(this.#scope)) };
    }
    return this.#made.histograms;
  }
}

function make(meter: Meter): Histograms {
  const seconds = (name: string, description: string): Histogram =>
    meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries: SECONDS } });
  return {
    tokens: meter.createHistogram(METRIC.tokens, {
      description: "Number of input and output tokens used.",
      unit: "{token}",
      advice: { explicitBucketBoundaries: TOKENS },
    }),
    durations: {
      chat: seconds(METRIC.chat, "GenAI operation duration."),
      invoke_agent: seconds(METRIC.agent, "GenAI agent invocation duration."),
      execute_tool: seconds(METRIC.tool, "GenAI tool execution duration."),
    },
    firstChunk: seconds(METRIC.firstChunk, "Time to receive the first chunk of a streamed answer."),
  };
}
