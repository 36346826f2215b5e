/** The agent: a definition that any number of runs share. It holds nothing of a run. */
import { randomUUID } from "node:crypto";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { ConfigurationError } from "../errors/errors.ts";
import type { AgentEvent, EventOf } from "../events/types.ts";
import type { Plugin } from "../hooks/types.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import { RunControl } from "../loop/run-control.ts";
import type { AgentInput } from "../messages/input.ts";
import type { ModelOptions } from "../model/registry.ts";
import type { ChatModel } from "../model/types.ts";
import { checkKeys, checkTime, readMetadata } from "../options/check.ts";
import type { AgentState } from "../state/types.ts";
import type { Tool } from "../tool/types.ts";
import { type AsToolOptions, agentTool } from "./as-tool.ts";
import type { Answers, Asked } from "./beginning.ts";
import type { RunOptions, RunRequest, RunSetting } from "./execute-run.ts";
import { type HistoryRange, historyOf, type ThreadHistory } from "./history.ts";
import { readInput } from "./input.ts";
import { Listeners, type ListenerType } from "./listeners.ts";
import { OpenedModels } from "./opened-models.ts";
import { type AgentOptions, defineAgent, type PlannedAgent, planOf } from "./options.ts";
import type { AgentResult } from "./result.ts";
import type { EventSink } from "./run.ts";
import { AgentStream } from "./stream.ts";
import type { ForkOptions, ReplayOptions } from "./time-travel.ts";

/** Options of `resume()`. */
export type ResumeOptions = Pick<RunOptions, "signal" | "timeoutMs">;

const RUN_OPTIONS: readonly (keyof RunOptions)[] = ["threadId", "signal", "timeoutMs", "metadata"];

/** Threads that an agent without a checkpointer remembers. */
const REMEMBERED_THREADS = 1000;

/**
 * A model with tools and a conversation. One agent serves any number of threads at the same time.
 *
 * @example
 * ```ts
 * import { Agent } from "locus-sdk";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b" });
 * const result = await agent.run("Should I take an umbrella in Chicago?");
 * console.log(result.text);
 * ```
 */
export class Agent<Output = unknown> implements AsyncDisposable {
  readonly #planned: PlannedAgent;
  #definition: AgentDefinition | undefined;
  readonly #setting: Omit<RunSetting<Output>, "definition">;
  readonly #models = new OpenedModels();
  readonly #modelOptions: ModelOptions;
  readonly #listeners: Listeners;
  readonly #plugins: readonly Plugin[];

  /** @throws ConfigurationError for an unknown option, a value out of range, two tools of one name, an unknown provider. */
  constructor(options: AgentOptions<Output>) {
    const output = planOf(options);
    const {
      timeBudgetMs,
      systemPrompt = "",
      onBusy = "reject",
      durability = "step",
      modelOptions = {},
    } = options;
    const open = (wanted: string | ChatModel): (() => Promise<ChatModel>) =>
      this.#models.lazily(wanted, modelOptions);
    this.#planned = defineAgent(options, output, open);
    const model = open(options.model);
    const auxiliary = options.auxiliaryModel === undefined ? model : open(options.auxiliaryModel);
    this.#modelOptions = modelOptions;
    this.#plugins = [...(options.plugins ?? [])];
    this.#listeners = new Listeners(this.#planned.logger);
    this.#setting = {
      output,
      store:
        options.checkpointer ?? new MemoryCheckpointer({ maxThreads: REMEMBERED_THREADS, keepRunning: true }),
      onBusy,
      durability,
      metadata: readMetadata("Agent", options.metadata),
      timeBudgetMs,
      systemPrompt,
      models: async () => ({ model: await model(), auxiliaryModel: await auxiliary() }),
    };
  }

  get name(): string {
    return this.#planned.name;
  }

  get tools(): readonly Tool[] {
    return [...this.#planned.tools.values()];
  }

  /**
   * Runs to the end and resolves to the result; a budget that runs out is a result, too.
   *
   * @param input A prompt, its content parts (texts, images, files and sounds; strings among them), or messages. Paths
   *   are read before the run begins, and only here.
   * @throws LocusError where the model failed (`ModelError` and its kinds), the run was cancelled (`CancelledError`)
   *   or timed out (`TimeoutError`); `error.result` is the run so far.
   */
  run(input: AgentInput, options: RunOptions = {}): Promise<AgentResult<Output>> {
    return this.#run(() => ({ kind: "input", load: readInput(input) }), options);
  }

  /** The same, watched: events as they happen, text as it is written. The run begins when it is first read. */
  stream(input: AgentInput, options: RunOptions = {}): AgentStream<Output> {
    return this.#stream({ kind: "input", load: readInput(input) }, options);
  }

  /**
   * Goes on with a thread's run: with answers to its open questions, by interrupt id, or after its process died.
   * Questions that stay open end it `interrupted` again. A run that is over, or that waits for answers and is given none, is
   * told again as it ended: no hook runs, no model is opened, nothing is stored.
   *
   * @throws InterruptError for an answer to no open question, or a thread that is not there.
   */
  resume(threadId: string, answers: Answers = {}, options: ResumeOptions = {}): Promise<AgentResult<Output>> {
    return this.#run(() => ({ kind: "resume", answers }), { ...options, threadId });
  }

  /** `resume()`, watched. */
  resumeStream(threadId: string, answers: Answers = {}, options: ResumeOptions = {}): AgentStream<Output> {
    return this.#stream({ kind: "resume", answers }, { ...options, threadId });
  }

  /**
   * What happened on a thread, version by version: awaited, a list; read with `for await`, one by one.
   *
   * @example
   * ```ts
   * import { Agent } from "locus-sdk";
   *
   * const agent = new Agent({ model: "oci:openai.gpt-oss-120b" });
   * await agent.run("Hello.", { threadId: "trip" });
   * for (const { version, node, summary } of await agent.history("trip")) console.log(version, node, summary);
   * ```
   */
  history(threadId: string, range: HistoryRange = {}): ThreadHistory {
    checkKeys("history options", range, ["after", "upTo"]);
    return historyOf(this.#setting.store, threadId, range);
  }

  /**
   * The state of a thread as it is, or as it was at a version; `undefined` where there is no such thread.
   *
   * @throws CheckpointError for a version that the thread does not have.
   */
  state(
    threadId: string,
    options: { readonly at?: number | undefined } = {},
  ): Promise<AgentState | undefined> {
    checkKeys("state options", options, ["at"]);
    return running().then(({ stateAt }) => stateAt(this.#setting.store, threadId, options.at));
  }

  /**
   * Copies a thread up to a version (default: all of it) and resolves to the copy's id. The two are independent.
   *
   * @throws CheckpointError for a thread or version that is not there, `CheckpointConflictError` for an id in use.
   */
  fork(threadId: string, options: ForkOptions = {}): Promise<string> {
    return running().then(({ forkThread }) => forkThread(this.#setting.store, threadId, options));
  }

  /**
   * Runs again from a version of a thread, on a copy of it, with something changed. Default: from the beginning of its last
   * run. The thread itself stays as it is; the copy's id is on the result. Tools run anew, with keys of their own.
   *
   * @throws InterruptError where no run was under way at that version, so that there is nothing to go on with.
   * @example
   * ```ts
   * import { Agent } from "locus-sdk";
   *
   * const agent = new Agent({ model: "oci:openai.gpt-oss-120b" });
   * await agent.run("Summarise the minutes.", { threadId: "minutes" });
   * const other = await agent.replay("minutes", { model: "oci:xai.grok-4" });
   * console.log(other.threadId, other.text);
   * ```
   */
  async replay(threadId: string, options: ReplayOptions = {}): Promise<AgentResult<Output>> {
    const { forkForReplay, REPLAY_OPTIONS } = await running();
    checkKeys("replay options", options, REPLAY_OPTIONS);
    const { model, modelOptions = this.#modelOptions, systemPrompt, signal, timeoutMs } = options;
    const { models, store } = this.#setting;
    const other = model === undefined ? undefined : this.#models.lazily(model, modelOptions);
    const setting = {
      ...this.#setting,
      ...(systemPrompt === undefined ? {} : { systemPrompt }),
      ...(other === undefined ? {} : { models: async () => ({ ...(await models()), model: await other() }) }),
    };
    const copy = await forkForReplay(store, threadId, options);
    const goOn: Asked = { kind: "resume", answers: {} };
    const request = this.#request(goOn, { threadId: copy, signal, timeoutMs }, false);
    return this.#execute(request, new RunControl(), UNWATCHED, setting);
  }

  /** This agent as a tool of another: `{ prompt }` in, its answer out. It runs under the caller's signal. */
  asTool(options: AsToolOptions = {}): Tool<{ readonly prompt: string }> {
    return agentTool(this, options);
  }

  /** Calls `listener` for every event of that type (`"event"`: of any) of every run. What it throws is logged. */
  on<Type extends AgentEvent["type"]>(type: Type, listener: (event: EventOf<Type>) => unknown): this;
  on(type: "event", listener: (event: AgentEvent) => unknown): this;
  on(type: ListenerType, listener: (event: never) => unknown): this {
    this.#listeners.on(type, listener as (event: AgentEvent) => void);
    return this;
  }

  /** Takes a listener back. */
  off(type: ListenerType, listener: (event: never) => unknown): this {
    this.#listeners.off(type, listener as (event: AgentEvent) => void);
    return this;
  }

  /**
   * Waits for what its plugins have under way, and closes the models that the agent itself opened. Models and checkpointers
   * handed to it are their owner's.
   */
  async close(): Promise<void> {
    try {
      await Promise.all(this.#plugins.map(async (plugin) => plugin.flush?.()));
    } finally {
      await this.#models.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(begin: () => Asked, options: RunOptions): Promise<AgentResult<Output>> {
    return this.#execute(this.#request(begin(), options, false), new RunControl(), UNWATCHED);
  }

  #stream(beginning: Asked, options: RunOptions): AgentStream<Output> {
    const request = this.#request(beginning, options, true);
    const control = new RunControl();
    return new AgentStream((sink) => this.#execute(request, control, sink), control, this.#setting.output);
  }

  #execute(
    request: RunRequest,
    control: RunControl,
    sink: EventSink,
    setting = this.#setting,
  ): Promise<AgentResult<Output>> {
    const told = this.#listeners.before(sink);
    const execute = ({ executeRun, definitionOf }: Running): Promise<AgentResult<Output>> => {
      this.#definition ??= definitionOf(this.#planned);
      return executeRun({ ...setting, definition: this.#definition }, request, control, told);
    };
    return loaded === undefined ? running().then(execute) : execute(loaded);
  }

  #request(beginning: Asked, options: RunOptions, streaming: boolean): RunRequest {
    checkKeys("run options", options, RUN_OPTIONS);
    checkTime("timeoutMs", options.timeoutMs);
    const metadata = readMetadata("run options", options.metadata);
    if (options.signal !== undefined && typeof options.signal?.addEventListener !== "function") {
      throw new ConfigurationError("signal must be an AbortSignal");
    }
    return {
      ...options,
      metadata,
      threadId: options.threadId ?? `thread_${randomUUID()}`,
      beginning,
      streaming,
    };
  }
}

type Running = typeof import("./running.ts");
let loaded: Running | undefined;

/** What runs are made of is loaded by the first of them: an agent that was imported, or only made, has no use for it. */
async function running(): Promise<Running> {
  loaded ??= await import("./running.ts");
  return loaded;
}

const UNWATCHED: EventSink = {
  publish: () => undefined,
  note: () => undefined,
  taken: () => undefined,
  backpressure: () => undefined,
};
