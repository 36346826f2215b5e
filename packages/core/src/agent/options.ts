/** An agent's options: what they are, their limits and defaults, and the definition they make. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { ConfigurationError } from "../errors/errors.ts";
import { HookRunner } from "../hooks/runner.ts";
import type { Hook, Plugin } from "../hooks/types.ts";
import type { JsonObject } from "../json/json.ts";
import { defaultLogger, type Logger } from "../log/logger.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import type { Message } from "../messages/types.ts";
import type { ModelOptions } from "../model/registry.ts";
import type { ChatModel, HostedToolDefinition, ModelSettings } from "../model/types.ts";
import { checkKeys, checkTime } from "../options/check.ts";
import type { TerminationCondition } from "../termination/types.ts";
import { didYouMean } from "../text/nearest.ts";
import { isHostedTool } from "../tool/hosted.ts";
import { type ResultStore, readResultTool } from "../tool/result-store.ts";
import type { Awaitable, Tool } from "../tool/types.ts";
import { explicitTools, TASK_COMPLETE } from "./explicit-tools.ts";

/** Writes the system prompt of one run. */
export type SystemPromptFunction = (context: {
  readonly input: readonly Message[];
  readonly metadata: JsonObject;
  readonly threadId: string;
}) => Awaitable<string>;

/** How an agent is defined. Only `model` is required. */
export interface AgentOptions {
  /** `"<provider>:<model id>"`, such as `"oci:openai.gpt-oss-120b"`, or a model of your own making. */
  readonly model: string | ChatModel;
  /** Passed to the provider, where `model` is a string. */
  readonly modelOptions?: ModelOptions;
  /** For work beside the conversation, such as the summary at the iteration limit. Default: `model`. */
  readonly auxiliaryModel?: string | ChatModel;
  /** Shown in events and logs. Default `"agent"`. */
  readonly name?: string;
  /** Not part of the thread: an old thread gets the current one. Default: none. */
  readonly systemPrompt?: string | SystemPromptFunction;
  /** Tools made with `tool()` or `agent.asTool()`, and the provider's own, declared with `hostedTool`. */
  readonly tools?: readonly (Tool | HostedToolDefinition)[];
  /** Model calls in one run, 1 to 500. Default 20. */
  readonly maxIterations?: number;
  /** Ask for one last answer without tools when the iterations are used up. Default `true`. */
  readonly summaryOnLimit?: boolean;
  /** Tokens in one run; asked before each model call. Default: no limit. */
  readonly tokenBudget?: number;
  /** Milliseconds for one run, after which it ends with what it has. Default: no limit. */
  readonly timeBudgetMs?: number;
  /** Default `"concurrent"`. */
  readonly toolExecution?: "concurrent" | "sequential";
  /** Tools at work at the same time. Default 10. */
  readonly maxConcurrency?: number;
  /** `tool_complete` events in the order of the calls (default) or as they finish. */
  readonly toolEventOrder?: "call" | "completion";
  /** Characters of one tool result that the model is shown; 0 for no limit. Default 32,000. */
  readonly maxToolResultChars?: number;
  /** Keeps what is longer whole, and gives the model a tool to read it. */
  readonly resultStore?: ResultStore;
  /** Tools whose success ends the run with `terminal_tool`. */
  readonly terminalTools?: readonly string[];
  /**
   * `"auto"` (default): an answer without tool calls ends the run. `"explicit"`: only `task_complete` or another
   * terminal tool does; `task_complete` and `ask_user` are added.
   */
  readonly completionMode?: "auto" | "explicit";
  /** The same set of calls so many times in a row ends the run with `tool_loop`; from 2. Default 3. */
  readonly toolLoopThreshold?: number;
  /** Ends the run earlier than its limits; asked before each model call. */
  readonly termination?: TerminationCondition;
  readonly hooks?: readonly Hook[];
  readonly plugins?: readonly Plugin[];
  /** Where threads are kept. Default: in memory, the last 1,000 threads. */
  readonly checkpointer?: Checkpointer;
  /** A run on a thread that has one under way is refused (`"reject"`, default) or waits for it (`"queue"`). */
  readonly onBusy?: "reject" | "queue";
  /** The final text is put into the thread's metadata under this key. */
  readonly outputKey?: string;
  /** Sampling and limits of the model. What is not set is not sent. */
  readonly settings?: ModelSettings;
  /** Under the metadata of each run. */
  readonly metadata?: JsonObject;
  /** Anything shaped like pino. Default: pino to stderr, level from `LOCUS_LOG_LEVEL`, else `warn`. */
  readonly logger?: Logger;
}

const KEYS: readonly (keyof AgentOptions)[] = [
  "model",
  "modelOptions",
  "auxiliaryModel",
  "name",
  "systemPrompt",
  "tools",
  "maxIterations",
  "summaryOnLimit",
  "tokenBudget",
  "timeBudgetMs",
  "toolExecution",
  "maxConcurrency",
  "toolEventOrder",
  "maxToolResultChars",
  "resultStore",
  "terminalTools",
  "completionMode",
  "toolLoopThreshold",
  "termination",
  "hooks",
  "plugins",
  "checkpointer",
  "onBusy",
  "outputKey",
  "settings",
  "metadata",
  "logger",
];

const SETTINGS: readonly (keyof ModelSettings)[] = [
  "temperature",
  "topP",
  "topK",
  "maxOutputTokens",
  "stop",
  "seed",
  "frequencyPenalty",
  "presencePenalty",
  "parallelToolCalls",
  "reasoning",
  "verbosity",
  "serviceTier",
  "extraBody",
];

/** The definition those options make. @throws ConfigurationError naming the option, its value and what fits. */
export function defineAgent(options: AgentOptions): AgentDefinition {
  checkKeys("Agent", options, KEYS);
  checkKeys("Agent settings", options.settings ?? {}, SETTINGS);
  const plugins = options.plugins ?? [];
  const logger = options.logger ?? defaultLogger;
  const maxToolResultChars = integer("maxToolResultChars", options.maxToolResultChars, 32_000, 0);
  const completionMode = oneOf("completionMode", options.completionMode, ["auto", "explicit"]);
  const given = options.tools ?? [];
  const tools = byName([
    ...given.filter((tool): tool is Tool => !isHostedTool(tool)),
    ...plugins.flatMap((plugin) => plugin.tools ?? []),
    ...(completionMode === "explicit" ? explicitTools() : []),
    ...(options.resultStore === undefined ? [] : [readResultTool(options.resultStore, maxToolResultChars)]),
  ]);
  oneOf("onBusy", options.onBusy, ["reject", "queue"]);
  checkTime("Agent: timeBudgetMs", options.timeBudgetMs);
  const { resultStore, termination, outputKey, tokenBudget } = options;
  return Object.freeze({
    name: options.name ?? "agent",
    tools,
    toolDefinitions: [...tools.values()].map(({ name, description, parameters }) => ({
      name,
      description,
      parameters,
    })),
    hostedTools: given.filter(isHostedTool),
    hooks: new HookRunner(
      [...(options.hooks ?? []), ...plugins.flatMap((plugin) => plugin.hooks ?? [])],
      logger,
    ),
    settings: options.settings ?? {},
    maxIterations: integer("maxIterations", options.maxIterations, 20, 1, 500),
    summaryOnLimit: options.summaryOnLimit ?? true,
    toolExecution: oneOf("toolExecution", options.toolExecution, ["concurrent", "sequential"]),
    maxConcurrency: integer("maxConcurrency", options.maxConcurrency, 10, 1),
    toolEventOrder: oneOf("toolEventOrder", options.toolEventOrder, ["call", "completion"]),
    maxToolResultChars,
    terminalTools: new Set([
      ...(options.terminalTools ?? []).map((name) => known(name, tools)),
      ...(completionMode === "explicit" ? [TASK_COMPLETE] : []),
    ]),
    completionMode,
    toolLoopThreshold: integer("toolLoopThreshold", options.toolLoopThreshold, 3, 2),
    logger,
    ...(tokenBudget === undefined ? {} : { tokenBudget: integer("tokenBudget", tokenBudget, 0, 1) }),
    ...(resultStore === undefined ? {} : { resultStore }),
    ...(termination === undefined ? {} : { termination }),
    ...(outputKey === undefined ? {} : { outputKey }),
  });
}

function byName(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const map = new Map<string, Tool>();
  for (const tool of tools) {
    if (typeof tool?.name !== "string" || typeof tool.validate !== "function") {
      throw new ConfigurationError("Agent: tools must be made with tool() or agent.asTool()");
    }
    if (map.has(tool.name)) {
      throw new ConfigurationError(
        `Agent: two tools are named "${tool.name}"; a model could not tell them apart`,
      );
    }
    map.set(tool.name, tool);
  }
  return map;
}

function known(name: string, tools: ReadonlyMap<string, Tool>): string {
  if (tools.has(name)) return name;
  const names = [...tools.keys()];
  throw new ConfigurationError(
    `Agent: terminalTools names "${name}", which no tool is${didYouMean(name, names)}`,
    {
      hint: `Tools: ${names.join(", ") || "none"}.`,
    },
  );
}

function integer(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw new ConfigurationError(`Agent: ${name} must be a whole number ${range}, not ${String(value)}`);
}

/** The first choice is the default. */
function oneOf<const Choice extends string>(
  name: string,
  value: Choice | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  if (value === undefined) return choices[0];
  if (choices.includes(value)) return value;
  throw new ConfigurationError(
    `Agent: ${name} must be ${choices.map((choice) => `"${choice}"`).join(" or ")}, not "${String(value)}"`,
  );
}
