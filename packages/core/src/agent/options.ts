/** An agent's options: what they are, their limits and defaults, and the definition they make. */
import type { Checkpointer } from "../checkpoint/types.ts";
import type { ConversationManager } from "../conversation/types.ts";
import { ConfigurationError } from "../errors/errors.ts";
import type { Hook, Plugin } from "../hooks/types.ts";
import { deepFreeze, type JsonObject } from "../json/json.ts";
import { defaultLogger, type Logger } from "../log/logger.ts";
import type { Verifier } from "../loop/checks.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import type { Message } from "../messages/types.ts";
import { budget, priceTable } from "../model/prices/check.ts";
import type { PriceTable } from "../model/prices/types.ts";
import type { ModelOptions } from "../model/registry.ts";
import type { ChatModel, HostedToolDefinition, ModelSettings } from "../model/types.ts";
import {
  anObject,
  boolean,
  type Checks,
  checkOptions,
  either,
  func,
  hasMethods,
  having,
  isObject,
  json,
  listOf,
  must,
  number,
  oneOf,
  readJsonObject,
  shape,
  text,
  time,
  whole,
} from "../options/check.ts";
import { FINAL_ANSWER, OUTPUT } from "../output/final-answer.ts";
import {
  finalAnswerTool,
  type OutputPlan,
  type OutputStrategy,
  planOutput,
  type SchemaOf,
} from "../output/plan.ts";
import { GROUNDING, type GroundingOptions, groundingCheck, judgeOf } from "../reasoning/grounding/options.ts";
import { GSAR, type GsarOptions, gsarCheck } from "../reasoning/gsar/options.ts";
import { type ReflexionOptions, reflexionCheck } from "../reasoning/reflexion/options.ts";
import { reflectorOf } from "../reasoning/reflexion/reflector.ts";
import { isStandardSchema } from "../schema/read.ts";
import type { TerminationCondition } from "../termination/types.ts";
import { didYouMean } from "../text/nearest.ts";
import { isHostedTool } from "../tool/hosted.ts";
import { type ResultStore, readResultTool } from "../tool/result-store.ts";
import type { Awaitable, Tool } from "../tool/types.ts";
import { explicitTools, TASK_COMPLETE } from "./explicit-tools.ts";
import { gateVerifier, type VerificationGate } from "./gates.ts";
import type { OpenModel } from "./opened-models.ts";
import type { Durability } from "./record.ts";

/** Writes the system prompt of one run. */
export type SystemPromptFunction = (context: {
  readonly input: readonly Message[];
  readonly metadata: JsonObject;
  readonly threadId: string;
}) => Awaitable<string>;

/** How an agent is defined. Only `model` is required. */
export interface AgentOptions<Output = unknown> {
  /** `"<provider>:<model id>"`, such as `"oci:openai.gpt-oss-120b"`, or a model of your own making. */
  readonly model: string | ChatModel;
  /** Passed to the provider, where `model` is a string. */
  readonly modelOptions?: ModelOptions | undefined;
  /** For work beside the conversation, such as the summary at the iteration limit. Default: `model`. */
  readonly auxiliaryModel?: string | ChatModel | undefined;
  /** Shown in events and logs. Default `"agent"`. */
  readonly name?: string | undefined;
  /** Not part of the thread: an old thread gets the current one. Default: none. */
  readonly systemPrompt?: string | SystemPromptFunction | undefined;
  /** Tools made with `tool()` or `agent.asTool()`, and the provider's own, declared with `hostedTool`. */
  readonly tools?: readonly (Tool | HostedToolDefinition)[] | undefined;
  /** Model calls in one run, 1 to 500. Default 20. */
  readonly maxIterations?: number | undefined;
  /** Ask for one last answer without tools when the iterations are used up. Default `true`. */
  readonly summaryOnLimit?: boolean | undefined;
  /** Tokens in one run; asked before each model call. Default: no limit. */
  readonly tokenBudget?: number | undefined;
  /**
   * US dollars for one run; asked before each model call. Where a price is not known the run ends too, before its next
   * call: a budget that nobody can count is not kept. Default: no limit.
   */
  readonly costBudgetUsd?: number | undefined;
  /** What models cost, asked before the built-in `PRICES`. Default: those alone. */
  readonly prices?: PriceTable | undefined;
  /** Milliseconds for one run, after which it ends with what it has. Default: no limit. */
  readonly timeBudgetMs?: number | undefined;
  /** Default `"concurrent"`. */
  readonly toolExecution?: "concurrent" | "sequential" | undefined;
  /** Tools at work at the same time. Default 10. */
  readonly maxConcurrency?: number | undefined;
  /** `tool_complete` events in the order of the calls (default) or as they finish. */
  readonly toolEventOrder?: "call" | "completion" | undefined;
  /** Characters of one tool result that the model is shown; 0 for no limit. Default 32,000. */
  readonly maxToolResultChars?: number | undefined;
  /** Keeps what is longer whole, and gives the model a tool to read it. */
  readonly resultStore?: ResultStore | undefined;
  /** Tools whose success ends the run with `terminal_tool`. */
  readonly terminalTools?: readonly string[] | undefined;
  /**
   * `"auto"` (default): an answer without tool calls ends the run. `"explicit"`: only `task_complete` or another
   * terminal tool does; `task_complete` and `ask_user` are added.
   */
  readonly completionMode?: "auto" | "explicit" | undefined;
  /** The same set of calls so many times in a row ends the run with `tool_loop`; from 2. Default 3. */
  readonly toolLoopThreshold?: number | undefined;
  /** Ends the run earlier than its limits; asked before each model call. */
  readonly termination?: TerminationCondition | undefined;
  /**
   * Checks what an answer claims against what tools returned and the user said; what is not borne out goes back to the model,
   * and in the end is no success. Default: nothing is checked.
   */
  readonly grounding?: true | GroundingOptions | undefined;
  /** The same, scored and recovered from by GSAR; instead of `grounding`. Default: nothing is checked. */
  readonly gsar?: true | GsarOptions | undefined;
  /**
   * Gates that an answer has to pass before the run ends with it, in this order; also where a terminal tool or a condition
   * ends it. Default: none.
   */
  readonly verify?: readonly VerificationGate[] | undefined;
  /**
   * Look back on the run between model calls: is it in a loop, stuck, on its way? Its confidence is moved by that, and its
   * model told where it gets nowhere. `true`: by rules, which are free. Default: nobody looks.
   */
  readonly reflexion?: true | ReflexionOptions | undefined;
  /** What gives way when the conversation grows too long. Default: nothing does. */
  readonly conversation?: ConversationManager | undefined;
  readonly hooks?: readonly Hook[] | undefined;
  readonly plugins?: readonly Plugin[] | undefined;
  /** Where threads are kept. Default: in memory, the last 1,000 threads. */
  readonly checkpointer?: Checkpointer | undefined;
  /**
   * A run on a thread that has one under way, here or in another process, is refused (`"reject"`, default), waits for it
   * (`"queue"`), or goes on with a copy of the thread as it is now (`"fork"`; its id is on the result).
   */
  readonly onBusy?: "reject" | "queue" | "fork" | undefined;
  /**
   * `"step"` (default): what happened is stored before anything follows from it. `"exit"`: when the run ends or asks a
   * question; a process that dies in between takes the run with it.
   */
  readonly durability?: Durability | undefined;
  /** The final text is put into the thread's metadata under this key. */
  readonly outputKey?: string | undefined;
  /**
   * What the answer is to be: a schema library's schema, or JSON Schema. It is then on `result.output`, typed; an answer that does
   * not fit is no success. Default: text.
   */
  readonly outputSchema?: SchemaOf<Output> | undefined;
  /** How often an answer that does not fit goes back to the model with what is wrong, 0 to 10. Default 2. */
  readonly outputRetries?: number | undefined;
  /** How the answer is bound to the schema. Default `"auto"`: by what the model can do. */
  readonly outputStrategy?: OutputStrategy | undefined;
  /** Sampling and limits of the model. What is not set is not sent. */
  readonly settings?: ModelSettings | undefined;
  /** Under the metadata of each run. */
  readonly metadata?: JsonObject | undefined;
  /** Anything shaped like pino. Default: pino to stderr, level from `LOCUS_LOG_LEVEL`, else `warn`. */
  readonly logger?: Logger | undefined;
}

const MODEL = either(
  (value) => typeof value === "string",
  text,
  having('"<provider>:<model id>" or a model', ["complete", "stream"]),
);

const TOOL = must(
  "made with tool(), agent.asTool() or hostedTool",
  (value) =>
    isObject(value) &&
    "name" in value &&
    typeof value.name === "string" &&
    (isHostedTool(value) || hasMethods(value, ["validate", "execute"])),
);

const SETTINGS: Checks<ModelSettings> = {
  temperature: number,
  topP: number,
  topK: number,
  maxOutputTokens: whole(1),
  stop: listOf(text),
  seed: number,
  frequencyPenalty: number,
  presencePenalty: number,
  parallelToolCalls: boolean,
  reasoning: shape<NonNullable<ModelSettings["reasoning"]>>({
    effort: oneOf("none", "minimal", "low", "medium", "high", "xhigh"),
    summary: oneOf("auto", "concise", "detailed"),
  }),
  verbosity: oneOf("low", "medium", "high"),
  serviceTier: text,
  extraBody: json,
};

const HOOK = shape<Hook>({
  name: text,
  priority: number,
  guard: boolean,
  beforeRun: func,
  beforeModelCall: func,
  afterModelCall: func,
  onModelError: func,
  beforeToolCall: func,
  afterToolCall: func,
  aroundModelCall: func,
  aroundToolCall: func,
  beforeInterrupt: func,
  afterRun: func,
  onEvent: func,
});

const OPTIONS: Checks<AgentOptions> = {
  model: MODEL,
  modelOptions: anObject,
  auxiliaryModel: MODEL,
  name: text,
  systemPrompt: must(
    "text or a function",
    (value) => typeof value === "string" || typeof value === "function",
  ),
  tools: listOf(TOOL),
  maxIterations: whole(1, 500),
  summaryOnLimit: boolean,
  tokenBudget: whole(1),
  costBudgetUsd: budget,
  prices: priceTable,
  timeBudgetMs: time,
  toolExecution: oneOf("concurrent", "sequential"),
  maxConcurrency: whole(1),
  toolEventOrder: oneOf("call", "completion"),
  maxToolResultChars: whole(0),
  resultStore: having("a result store", ["put", "get"]),
  terminalTools: listOf(text),
  completionMode: oneOf("auto", "explicit"),
  toolLoopThreshold: whole(2),
  termination: having("a termination condition", ["check"]),
  grounding: groundingCheck,
  gsar: gsarCheck,
  verify: listOf(
    shape<VerificationGate>({ name: text, maxRejections: whole(0), verify: func }, ["name", "verify"]),
  ),
  reflexion: reflexionCheck,
  conversation: having("a conversation manager", ["compact"]),
  hooks: listOf(HOOK),
  plugins: listOf(
    shape<Plugin>({ name: text, hooks: listOf(HOOK), tools: listOf(TOOL), flush: func }, ["name"]),
  ),
  checkpointer: having("a checkpointer", ["append", "read"]),
  onBusy: oneOf("reject", "queue", "fork"),
  durability: oneOf("step", "exit"),
  outputKey: text,
  outputSchema: must("a schema or JSON Schema", (value) => isStandardSchema(value) || isObject(value)),
  outputRetries: whole(0, 10),
  outputStrategy: oneOf("auto", "native", "tool", "prompt"),
  settings: shape(SETTINGS),
  metadata: json,
  logger: having("a logger", ["debug", "info", "warn", "error"]),
};

/** An agent that has not run yet: what asks its hooks is loaded with the first run. */
export interface PlannedAgent extends Omit<AgentDefinition, "hooks"> {
  readonly hooks: readonly Hook[];
}

/** The agent that those options make. @throws ConfigurationError naming the option, its value and what fits. */
export function defineAgent(
  options: AgentOptions,
  output: OutputPlan | undefined,
  open: OpenModel,
): PlannedAgent {
  if (options.model === undefined) {
    throw new ConfigurationError('Agent: model is missing; for example model: "oci:openai.gpt-oss-120b"');
  }
  const { resultStore, termination, conversation, outputKey, tokenBudget, costBudgetUsd } = options;
  const { plugins = [], logger = defaultLogger, reflexion } = options;
  const { completionMode = "auto", maxToolResultChars = 32_000, tools: given = [] } = options;
  const tools = byName([
    ...given.filter((tool): tool is Tool => !isHostedTool(tool)),
    ...plugins.flatMap((plugin) => plugin.tools ?? []),
    ...(completionMode === "explicit" ? explicitTools() : []).filter(
      // The answer itself says that the task is complete.
      ({ name }) => output === undefined || name !== TASK_COMPLETE,
    ),
    ...(output === undefined ? [] : [finalAnswerTool(output)]),
    ...(resultStore === undefined ? [] : [readResultTool(resultStore, maxToolResultChars)]),
  ]);
  return Object.freeze({
    name: options.name ?? "agent",
    tools,
    // Hooks are shown these: what one writes to must not reach the next run.
    toolDefinitions: deepFreeze(
      [...tools.values()]
        .filter(({ name }) => output === undefined || name !== FINAL_ANSWER)
        .map(({ name, description, parameters }) => ({
          name,
          description,
          parameters: readJsonObject(`Agent: tool "${name}": parameters`, parameters),
        })),
    ),
    hostedTools: deepFreeze(
      given.filter(isHostedTool).map(({ hosted, name, options: own }) => ({
        hosted,
        name,
        options: readJsonObject(`Agent: tool "${name}": options`, own),
      })),
    ),
    settings: readJsonObject("Agent: settings", options.settings ?? {}),
    hooks: [...(options.hooks ?? []), ...plugins.flatMap((plugin) => plugin.hooks ?? [])],
    maxIterations: options.maxIterations ?? 20,
    summaryOnLimit: options.summaryOnLimit ?? true,
    toolExecution: options.toolExecution ?? "concurrent",
    maxConcurrency: options.maxConcurrency ?? 10,
    toolEventOrder: options.toolEventOrder ?? "call",
    maxToolResultChars,
    terminalTools: new Set([
      ...(options.terminalTools ?? []).map((name) => known(name, tools)),
      ...(output === undefined ? (completionMode === "explicit" ? [TASK_COMPLETE] : []) : [FINAL_ANSWER]),
    ]),
    completionMode,
    toolLoopThreshold: options.toolLoopThreshold ?? 3,
    verifiers: verifiersOf(options, output, open),
    ...(reflexion === undefined ? {} : { reflector: reflectorOf(reflexion, open) }),
    ...(output === undefined ? {} : { output }),
    logger,
    prices: options.prices ?? [],
    ...(costBudgetUsd === undefined ? {} : { costBudgetUsd }),
    ...(tokenBudget === undefined ? {} : { tokenBudget }),
    ...(resultStore === undefined ? {} : { resultStore }),
    ...(termination === undefined ? {} : { termination }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(outputKey === undefined ? {} : { outputKey }),
  });
}

/** The plan of an agent's `outputSchema`, where it has one. */
export function planOf<Output>(options: AgentOptions<Output>): OutputPlan<Output> | undefined {
  checkOptions("Agent", options, OPTIONS);
  const { outputSchema, outputRetries: retries, outputStrategy, completionMode } = options;
  if (outputSchema === undefined) return undefined;
  const isExplicit = completionMode === "explicit";
  if (isExplicit && (outputStrategy === "native" || outputStrategy === "prompt")) {
    throw new ConfigurationError(
      `Agent: outputStrategy "${outputStrategy}" does not go with completionMode "explicit": there a run ends by a tool`,
      { hint: "Leave outputStrategy out: the answer is then given by calling a tool." },
    );
  }
  const strategy = isExplicit ? "tool" : outputStrategy;
  return planOutput(outputSchema, { owner: "Agent: outputSchema", strategy, retries });
}

function verifiersOf(
  { verify = [], grounding, gsar }: AgentOptions,
  output: OutputPlan | undefined,
  open: OpenModel,
): readonly Verifier[] {
  if (grounding !== undefined && gsar !== undefined) {
    throw new ConfigurationError("Agent: grounding and gsar both judge the same answer; choose one of them", {
      hint: "gsar does what grounding does, and weighs the claims by their evidence.",
    });
  }
  const verifiers = [
    ...(output === undefined
      ? []
      : [
          checkedBy(OUTPUT, async () => {
            const { outputVerifier } = await import("../output/verifier.ts");
            return outputVerifier(output);
          }),
        ]),
    ...(grounding === undefined ? [] : [groundingCheckOf(grounding === true ? {} : grounding, open)]),
    ...(gsar === undefined ? [] : [gsarCheckOf(gsar === true ? {} : gsar, open)]),
    ...verify.map(gateVerifier),
  ];
  const names = verifiers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return verifiers;
  throw new ConfigurationError(
    `Agent: two checks of the answer are named "${twice}"; the record could not tell them apart`,
  );
}

function groundingCheckOf(options: GroundingOptions, open: OpenModel): Verifier {
  const judge = judgeOf(options.judge, open);
  return checkedBy(GROUNDING, async () => {
    const { groundingVerifier } = await import("../reasoning/grounding/verifier.ts");
    return groundingVerifier(options, judge);
  });
}

function gsarCheckOf(options: GsarOptions, open: OpenModel): Verifier {
  const judge = judgeOf(options.judge, open);
  return checkedBy(GSAR, async () => {
    const { gsarVerifier } = await import("../reasoning/gsar/verifier.ts");
    return gsarVerifier(options, judge);
  });
}

/** A check that is loaded with the first answer that it looks at. */
function checkedBy(name: string, load: () => Promise<Verifier>): Verifier {
  let made: Verifier | undefined;
  return {
    name,
    verify: (candidate, run) =>
      made?.verify(candidate, run) ??
      load().then((loaded) => {
        made ??= loaded;
        return made.verify(candidate, run);
      }),
  };
}

function byName(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const map = new Map<string, Tool>();
  for (const tool of tools) {
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
