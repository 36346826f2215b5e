/** `loggingHook`: one line an event, to a logger of pino's shape. */
import type { AgentEvent } from "../../../events/types.ts";
import { toJson } from "../../../json/json.ts";
import { defaultLogger, type Logger } from "../../../log/logger.ts";
import {
  boolean,
  type Checks,
  checkOptions,
  either,
  having,
  must,
  oneOf,
  shape,
} from "../../../options/check.ts";
import { redactSecrets } from "../../../text/redact.ts";
import { type Hook, HookPriority } from "../../types.ts";
import { type LogLevels, levelOf } from "./levels.ts";
import { lineOf } from "./line.ts";

export interface LoggingOptions {
  /** Anything shaped like pino. Default: that of agents, to stderr; `LOCUS_LOG_LEVEL` says from which level on, else `warn`. */
  readonly logger?: Logger | undefined;
  /** Levels of types of events, over the default ones; `false` for no line. What failed is told as a warning or an error all the same. */
  readonly levels?: Partial<LogLevels> | undefined;
  /**
   * Log what was said as well: prompts, texts, arguments, results, and the words of errors and findings, which may quote them; each
   * cut to 300 characters. Default `false`: codes, names and counts.
   */
  readonly content?: boolean | undefined;
}

const no = (value: unknown): boolean => value === false;
const LEVEL = either(no, must("a level or false", no), oneOf("debug", "info", "warn", "error"));
const OPTIONS: Checks<LoggingOptions> = {
  logger: having("a logger", ["debug", "info", "warn", "error"]),
  levels: shape<LogLevels>({
    run_start: LEVEL,
    model_complete: LEVEL,
    tool_start: LEVEL,
    tool_complete: LEVEL,
    reflect: LEVEL,
    grounding: LEVEL,
    gsar: LEVEL,
    verification: LEVEL,
    interrupt: LEVEL,
    resume: LEVEL,
    context_compacted: LEVEL,
    message_added: LEVEL,
    retry: LEVEL,
    guardrail: LEVEL,
    hosted_tool: LEVEL,
    terminate: LEVEL,
    model_chunk: LEVEL,
    tool_progress: LEVEL,
  }),
  content: boolean,
};

/** Of one text. */
const MAX_CHARS = 300;
/** Runs that are under way; beyond it lines of the oldest do without agent and durations. */
const MAX_RUNS = 10_000;

interface Watched {
  readonly agent: string;
  readonly since: number;
  modelMs?: number;
}

/**
 * Logs every event as one line: `runId`, `threadId`, `sequence`, `agent`, and what there is to know of it, such as durations,
 * tokens and cost. What was said stays out of it unless `content` is set; secrets always do. One hook serves any number of
 * agents and runs.
 *
 * @throws ConfigurationError for an option that is unknown or does not fit.
 * @example
 * ```ts
 * import { Agent, loggingHook } from "@locus-sdk/core";
 *
 * const logging = loggingHook({ levels: { model_complete: "info", message_added: false } });
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [logging] });
 * ```
 */
export function loggingHook(options: LoggingOptions = {}): Hook {
  checkOptions("loggingHook", options, OPTIONS);
  const { logger = defaultLogger, levels = {}, content: withContent = false } = options;
  const watched = new Map<string, Watched>();
  const watch = (runId: string, agent: string): void => {
    watched.set(runId, { agent, since: performance.now() });
    const [oldest] = watched.keys();
    if (watched.size > MAX_RUNS && oldest !== undefined) watched.delete(oldest);
  };

  return {
    name: "logging",
    priority: HookPriority.observability,
    beforeRun: ({ input, state: { run } }) => {
      // Where a run goes on, no event says whose it is.
      if (input.length === 0 && run.runId !== "") watch(run.runId, run.agent);
    },
    aroundModelCall: async ({ state }, next) => {
      const run = watched.get(state.run.runId);
      const started = performance.now();
      await next().finally(() => {
        if (run !== undefined) run.modelMs = performance.now() - started;
      });
    },
    onEvent: (event) => {
      if (event.type === "run_start") watch(event.runId, event.agent);
      const run = watched.get(event.runId);
      if (event.type === "terminate") watched.delete(event.runId);
      const level = levelOf(event, levels);
      if (level === false) return;
      const { message, facts, content = {} } = lineOf(event);
      const { runId, threadId, sequence, type } = event;
      logger[level](
        {
          event: type,
          runId,
          threadId,
          sequence,
          ...(run === undefined ? {} : { agent: run.agent, ...durationOf(event, run) }),
          ...cleaned(facts),
          ...(withContent ? cleaned(content) : {}),
        },
        message,
      );
    },
  };
}

function durationOf({ type }: AgentEvent, run: Watched): { readonly durationMs?: number } {
  if (type === "terminate") return { durationMs: Math.round(performance.now() - run.since) };
  const { modelMs } = run;
  return type === "model_complete" && modelMs !== undefined ? { durationMs: Math.round(modelMs) } : {};
}

function cleaned(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, cleanValue(value)]),
  );
}

function cleanValue(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.map(cut);
  return cut(typeof value === "string" ? value : JSON.stringify(toJson(value)));
}

/** Redacted before it is cut: half a key is not known as one. */
function cut(text: string): string {
  const clean = redactSecrets(text.slice(0, 8 * MAX_CHARS));
  return clean.length <= MAX_CHARS ? clean : `${clean.slice(0, MAX_CHARS)}…`;
}
