/** `telemetryHook`: spans and metrics of runs, model calls and tools, by OpenTelemetry's GenAI semantic conventions. */
import { type MeterProvider, type SpanContext, type TracerProvider, trace } from "@opentelemetry/api";
import type { EventOf } from "../../../events/types.ts";
import { boolean, type Checks, checkOptions, having } from "../../../options/check.ts";
import type { AgentState } from "../../../state/types.ts";
import { type Hook, HookPriority } from "../../types.ts";
import type { Doer } from "./attributes.ts";
import { GenAiMetrics } from "./metrics.ts";
import { type Instruments, RunSpans } from "./run-spans.ts";

export interface TelemetryOptions {
  /**
   * Put prompts, answers, arguments and results on the spans, secrets redacted and long texts cut. They hold what users
   * say. Default `false`.
   */
  readonly captureContent?: boolean | undefined;
  /** Default: the one that is registered globally when a span begins. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Default: the one that is registered globally when something is measured. */
  readonly meterProvider?: MeterProvider | undefined;
}

const OPTIONS: Checks<TelemetryOptions> = {
  captureContent: boolean,
  tracerProvider: having("a tracer provider", ["getTracer"]),
  meterProvider: having("a meter provider", ["getMeter"]),
};

/** The instrumentation scope of all spans and metrics. */
const SCOPE = "@locus-sdk/core";

/** Runs that wait for a person or go on, of which something is remembered; the oldest are forgotten. */
const REMEMBERED = 1000;

/** What is known of a run that is not under way. */
interface Known {
  readonly agent: string;
  /** Of the span that it ended with a question in: what goes on with it in this process is linked to that. */
  readonly before?: SpanContext;
}

/**
 * Tells OpenTelemetry of runs: a span `invoke_agent`, in it a span `chat` for each model call and `execute_tool` for each tool,
 * within which the tool's own spans and those of agents it calls come to stand; and the histograms of tokens and durations.
 * Without an SDK registered it tells nobody. One hook serves any number of agents and runs.
 *
 * @throws ConfigurationError for an option that is unknown or does not fit.
 * @example
 * ```ts
 * import { Agent } from "locus-sdk";
 * import { telemetryHook } from "locus-sdk/telemetry";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [telemetryHook()] });
 * ```
 */
export function telemetryHook(options: TelemetryOptions = {}): Hook {
  checkOptions("telemetryHook", options, OPTIONS);
  const { captureContent = false, tracerProvider, meterProvider } = options;
  const instruments: Instruments = {
    tracer: () => (tracerProvider ?? trace).getTracer(SCOPE),
    metrics: new GenAiMetrics(SCOPE, meterProvider),
    captureContent,
  };
  const open = new Map<string, RunSpans>();
  const known = new Map<string, Known>();

  const begin = (runId: string, doer: Doer): RunSpans => {
    const before = known.get(runId)?.before;
    known.delete(runId);
    const spans = new RunSpans(instruments, doer, before === undefined ? [] : [{ context: before }]);
    open.set(runId, spans);
    return spans;
  };
  const remember = (runId: string, what: Known): void => {
    known.delete(runId);
    known.set(runId, what);
    const [oldest] = known.keys();
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
  };
  /** A run that goes on after its process died begins with no event of its own. */
  const spansOf = ({ threadId, run }: AgentState): RunSpans =>
    open.get(run.runId) ?? begin(run.runId, { agent: run.agent, threadId });
  const end = (event: EventOf<"terminate">, spans: RunSpans): void => {
    open.delete(event.runId);
    spans.end(event);
    if (event.reason === "interrupted")
      remember(event.runId, { agent: spans.agent, before: spans.span.spanContext() });
  };

  return {
    name: "telemetry",
    priority: HookPriority.observability,
    beforeRun: ({ input, state: { run } }) => {
      // Nothing is said where a run goes on, and its events do not name its agent.
      if (input.length === 0 && run.runId !== "")
        remember(run.runId, { ...known.get(run.runId), agent: run.agent });
    },
    aroundModelCall: (context, next) => spansOf(context.state).chat(context, next),
    aroundToolCall: (context, next) => spansOf(context.state).tool(context, next),
    onEvent: (event) => {
      const { runId, threadId } = event;
      const spans = open.get(runId);
      switch (event.type) {
        case "run_start":
          return void begin(runId, { agent: event.agent, threadId });
        case "resume":
          // Several answers may come at once.
          return spans === undefined
            ? void begin(runId, { agent: known.get(runId)?.agent ?? "agent", threadId })
            : undefined;
        case "model_chunk":
          return spans?.chunk();
        case "model_complete":
          return spans?.answer(event);
        case "retry":
          return spans?.retry();
        case "tool_complete":
          return spans?.toolEnd(event);
        case "interrupt":
          return spans?.asked(event.callId);
        case "terminate":
          // An earlier run of the thread that is put on record as over was told of when it was under way.
          return spans === undefined ? undefined : end(event, spans);
        default:
          return undefined;
      }
    },
  };
}
