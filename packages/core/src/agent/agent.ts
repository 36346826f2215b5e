/** The agent: a definition that any number of runs share. It holds nothing of a run. */
import { randomUUID } from "node:crypto";
import { EventEmitter } from "eventemitter3";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { ConfigurationError } from "../errors/errors.ts";
import type { AgentEvent, EventOf } from "../events/types.ts";
import { RunControl } from "../loop/context.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import type { AgentInput } from "../messages/input.ts";
import { getModel, parseModelName } from "../model/registry.ts";
import type { ChatModel } from "../model/types.ts";
import { checkKeys, checkTime, readMetadata } from "../options/check.ts";
import type { Tool } from "../tool/types.ts";
import { type AsToolOptions, agentTool } from "./as-tool.ts";
import type { Answers, Asked } from "./beginning.ts";
import { executeRun, type RunOptions, type RunRequest, type RunSetting } from "./execute-run.ts";
import { readInput } from "./input.ts";
import { type AgentOptions, defineAgent } from "./options.ts";
import type { AgentResult } from "./result.ts";
import type { EventSink } from "./run.ts";
import { AgentStream } from "./stream.ts";

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
export class Agent implements AsyncDisposable {
  readonly #definition: AgentDefinition;
  readonly #setting: RunSetting;
  readonly #emitter = new EventEmitter<Record<AgentEvent["type"] | "event", [AgentEvent]>>();
  readonly #opened = new Set<Promise<ChatModel>>();

  /** @throws ConfigurationError for an unknown option, a value out of range, two tools of one name, an unknown provider. */
  constructor(options: AgentOptions) {
    this.#definition = defineAgent(options);
    const { timeBudgetMs, systemPrompt = "", onBusy = "reject", modelOptions = {} } = options;
    const model = this.#lazily(options.model, modelOptions);
    const auxiliary =
      options.auxiliaryModel === undefined ? model : this.#lazily(options.auxiliaryModel, modelOptions);
    this.#setting = {
      definition: this.#definition,
      store:
        options.checkpointer ?? new MemoryCheckpointer({ maxThreads: REMEMBERED_THREADS, keepRunning: true }),
      onBusy,
      metadata: readMetadata("Agent", options.metadata),
      timeBudgetMs,
      systemPrompt,
      models: async () => ({ model: await model(), auxiliaryModel: await auxiliary() }),
    };
  }

  get name(): string {
    return this.#definition.name;
  }

  get tools(): readonly Tool[] {
    return [...this.#definition.tools.values()];
  }

  /**
   * Runs to the end and resolves to the result; a budget that runs out is a result, too.
   *
   * @param input A prompt, its content parts (texts, images, files and sounds; strings among them), or messages. Paths
   *   are read before the run begins, and only here.
   * @throws LocusError where the model failed (`ModelError` and its kinds), the run was cancelled (`CancelledError`)
   *   or timed out (`TimeoutError`); `error.result` is the run so far.
   */
  run(input: AgentInput, options: RunOptions = {}): Promise<AgentResult> {
    return this.#run(() => ({ kind: "input", load: readInput(input) }), options);
  }

  /** The same, watched: events as they happen, text as it is written. The run begins when it is first read. */
  stream(input: AgentInput, options: RunOptions = {}): AgentStream {
    return this.#stream({ kind: "input", load: readInput(input) }, options);
  }

  /**
   * Goes on with a thread's run: with answers to its open questions, by interrupt id, or after its process died.
   * Questions that stay open end it `interrupted` again; a run that is over is told again as it ended.
   *
   * @throws InterruptError for an answer to no open question, or a thread that is not there.
   */
  resume(threadId: string, answers: Answers = {}, options: ResumeOptions = {}): Promise<AgentResult> {
    return this.#run(() => ({ kind: "resume", answers }), { ...options, threadId });
  }

  /** `resume()`, watched. */
  resumeStream(threadId: string, answers: Answers = {}, options: ResumeOptions = {}): AgentStream {
    return this.#stream({ kind: "resume", answers }, { ...options, threadId });
  }

  /** This agent as a tool of another: `{ prompt }` in, its answer out. It runs under the caller's signal. */
  asTool(options: AsToolOptions = {}): Tool<{ readonly prompt: string }> {
    return agentTool(this, options);
  }

  /** Calls `listener` for every event of that type (`"event"`: of any) of every run. What it throws is logged. */
  on<Type extends AgentEvent["type"]>(type: Type, listener: (event: EventOf<Type>) => unknown): this;
  on(type: "event", listener: (event: AgentEvent) => unknown): this;
  on(type: AgentEvent["type"] | "event", listener: (event: never) => unknown): this {
    this.#emitter.on(type, listener as (event: AgentEvent) => void);
    return this;
  }

  /** Takes a listener back. */
  off(type: AgentEvent["type"] | "event", listener: (event: never) => unknown): this {
    this.#emitter.off(type, listener as (event: AgentEvent) => void);
    return this;
  }

  /** Closes the models that the agent itself opened. Models and checkpointers handed to it are their owner's. */
  async close(): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    // One that is still being opened is waited for; one that could not be has nothing to close.
    await Promise.all(
      opened.map((opening) =>
        opening.then(
          (model) => model.close?.(),
          () => undefined,
        ),
      ),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(begin: () => Asked, options: RunOptions): Promise<AgentResult> {
    const request = this.#request(begin(), options, false);
    return executeRun(this.#setting, request, new RunControl(), this.#announcing(UNWATCHED));
  }

  #stream(beginning: Asked, options: RunOptions): AgentStream {
    const request = this.#request(beginning, options, true);
    const control = new RunControl();
    return new AgentStream(
      (sink) => executeRun(this.#setting, request, control, this.#announcing(sink)),
      control,
    );
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

  /** The sink, after this agent's listeners, if there are any. */
  #announcing(sink: EventSink): EventSink {
    return {
      publish: (event) => {
        this.#announce(event);
        sink.publish(event);
      },
      note: (event) => this.#announce(event),
      taken: () => sink.taken(),
      backpressure: () => sink.backpressure(),
    };
  }

  #announce(event: AgentEvent): void {
    for (const name of [event.type, "event"] as const) {
      if (this.#emitter.listenerCount(name) === 0) continue;
      for (const listener of this.#emitter.listeners(name)) {
        try {
          const outcome: unknown = listener(event);
          if (outcome instanceof Promise)
            outcome.catch((error: unknown) => this.#listenerFailed(name, error));
        } catch (error) {
          this.#listenerFailed(name, error);
        }
      }
    }
  }

  #listenerFailed(type: string, error: unknown): void {
    this.#definition.logger.error({ err: error, type }, "an event listener failed");
  }

  /** A model by name is checked now, opened when first used, and closed with the agent. */
  #lazily(model: string | ChatModel, options: Parameters<typeof getModel>[1]): () => Promise<ChatModel> {
    if (typeof model !== "string") return () => Promise.resolve(model);
    parseModelName(model);
    let opening: Promise<ChatModel> | undefined;
    return () => {
      if (opening === undefined) {
        const begun = getModel(model, options);
        opening = begun;
        this.#opened.add(begun);
        begun.catch(() => {
          opening = undefined;
          this.#opened.delete(begun);
        });
      }
      return opening;
    };
  }
}

const UNWATCHED: EventSink = {
  publish: () => undefined,
  note: () => undefined,
  taken: () => undefined,
  backpressure: () => undefined,
};
