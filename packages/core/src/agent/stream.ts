/** What `agent.stream()` returns: the events, the text alone, and the result, of one run. */
import { CancelledError, ConfigurationError } from "../errors/errors.ts";
import type { AgentEvent } from "../events/types.ts";
import type { RunControl } from "../loop/run-control.ts";
import type { DeepPartial } from "../output/partial-output.ts";
import type { OutputPlan } from "../output/plan.ts";
import { EventChannel } from "./channel.ts";
import type { AgentResult } from "./result.ts";
import type { EventSink } from "./run.ts";

/** Starts the run; settles as `agent.run()` would. */
export type StartRun<Output> = (sink: EventSink) => Promise<AgentResult<Output>>;

/**
 * A run, watched. It begins when it is first iterated or its `result` is asked for, and goes at the watcher's pace:
 * no tool starts before its `tool_start` was taken. Leaving the loop (`break`, `return`, a throw) cancels the run. An
 * iterator that was taken by hand is left by its `return()`: one that is merely dropped looks like a slow watcher, and its run
 * holds its thread until its signal or its `timeoutMs` ends it.
 * A failure is thrown after the last event, by the iteration and by `result` alike.
 */
export class AgentStream<Output = unknown> implements AsyncIterable<AgentEvent> {
  readonly #channel = new EventChannel();
  readonly #start: StartRun<Output>;
  readonly #plan: OutputPlan<Output> | undefined;
  readonly #control: RunControl;
  #result: Promise<AgentResult<Output>> | undefined;
  #iterated = false;

  constructor(start: StartRun<Output>, control: RunControl, plan: OutputPlan<Output> | undefined) {
    this.#start = start;
    this.#control = control;
    this.#plan = plan;
  }

  /** The run's result. Asking for it lets the run go on by itself, at its own pace; its events can still be read. */
  get result(): Promise<AgentResult<Output>> {
    this.#channel.flow({ keep: true });
    return this.#begin();
  }

  /** The answer's text as it is written, without reasoning or tool calls. */
  get textStream(): AsyncIterable<string> {
    return { [Symbol.asyncIterator]: () => this.#texts() };
  }

  /**
   * The answer's object as it is written: not checked yet, texts as far as they have come, numbers once they are whole. An
   * answer that is sent back is followed by the next one, from its beginning; `result` has the one that fits.
   *
   * @throws ConfigurationError for an agent without an `outputSchema`.
   */
  get partialOutputStream(): AsyncIterable<DeepPartial<Output>> {
    const plan = this.#plan;
    if (plan === undefined) {
      throw new ConfigurationError("there is no output to stream: the agent has no outputSchema", {
        hint: "Give the agent an outputSchema, or read the answer's textStream.",
      });
    }
    return { [Symbol.asyncIterator]: () => this.#partials(plan) };
  }

  async *#partials(plan: OutputPlan<Output>): AsyncGenerator<DeepPartial<Output>, undefined> {
    const { partialOutput } = await import("../output/partial-output.ts");
    return yield* partialOutput(this, plan);
  }

  async *#texts(): AsyncGenerator<string, undefined> {
    for await (const event of this) {
      if (event.type === "model_chunk" && event.kind === "text") yield event.text;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<AgentEvent, undefined> {
    if (this.#iterated) {
      throw new ConfigurationError("a run's events can be read once; this stream was already being read", {
        hint: "Iterate one of the stream, its textStream and its partialOutputStream; `result` has the outcome besides.",
      });
    }
    this.#iterated = true;
    const result = this.#begin();
    const done = { done: true as const, value: undefined };
    let over = false;
    return {
      next: async () => {
        if (over) return done;
        const event = await this.#channel.next();
        if (event !== undefined) return { done: false as const, value: event };
        over = true;
        await result;
        return done;
      },
      return: async () => {
        if (over) return done;
        over = true;
        this.#control.end({
          reason: "cancelled",
          error: new CancelledError("the stream was left before its end"),
        });
        this.#channel.flow({ keep: false });
        await result.catch(() => undefined);
        return done;
      },
    };
  }

  #begin(): Promise<AgentResult<Output>> {
    if (this.#result === undefined) {
      this.#result = this.#start(this.#channel).finally(() => this.#channel.end());
      // A result nobody asked for must not become an unhandled rejection.
      this.#result.catch(() => undefined);
    }
    return this.#result;
  }
}
