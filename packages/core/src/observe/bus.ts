/** The event bus: what happens in any number of agents, for anyone who wants to watch, at no cost to the runs. */
import { Listeners, type ListenerType } from "../agent/listeners.ts";
import { ConfigurationError, LocusError } from "../errors/errors.ts";
import { type AgentEvent, type EventOf, isDurable } from "../events/types.ts";
import { type Hook, HookPriority } from "../hooks/types.ts";
import { defaultLogger, type Logger } from "../log/logger.ts";
import { redactError } from "../text/redact-error.ts";
import { EventHistory } from "./history.ts";
import {
  checkBusOptions,
  checkSubscribeOptions,
  type EventBusOptions,
  type SubscribeOptions,
  unknownRun,
} from "./options.ts";
import { EventSubscription } from "./subscription.ts";

/** What an agent offers to those who watch. */
export interface Watchable {
  on(type: "event", listener: (event: AgentEvent) => unknown): unknown;
  off(type: "event", listener: (event: AgentEvent) => unknown): unknown;
}

export interface EventBusStats {
  /** Subscriptions that are open. */
  readonly subscribers: number;
  /** Events that wait for subscribers. */
  readonly queued: number;
  /** Runs of which something is kept. */
  readonly runs: number;
  /** Durable events that are kept. */
  readonly history: number;
  /** Events published since the bus was made. */
  readonly published: number;
  /** Events that subscribers lost since then. */
  readonly dropped: { readonly transient: number; readonly durable: number };
}

const QUEUE = 1024;
const HISTORY = 500;
const RUNS = 200;
const SUBSCRIBERS = 50;

/**
 * Takes the events of agents and hands them to listeners and subscribers. A run never waits for the bus, and nothing that a
 * subscriber does reaches a run or another subscriber. All that it keeps is bounded.
 *
 * @example
 * ```ts
 * import { Agent, EventBus } from "locus-sdk";
 *
 * const bus = new EventBus();
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [bus.hook] });
 * bus.on("terminate", ({ runId, reason }) => console.log(runId, reason));
 * await agent.run("Hello.");
 * ```
 */
export class EventBus implements Disposable {
  /** For an agent's `hooks`: publishes the events of its runs. */
  readonly hook: Hook;
  readonly #logger: Logger;
  readonly #listeners: Listeners;
  readonly #history: EventHistory;
  readonly #queue: number;
  readonly #maxSubscribers: number;
  readonly #subscriptions = new Set<EventSubscription>();
  /** An agent may be connected twice, by the hook and by `watch`. */
  readonly #seen = new WeakSet<AgentEvent>();
  readonly #dropped = { transient: 0, durable: 0 };
  #published = 0;
  #isClosed = false;

  /** @throws ConfigurationError for an unknown option or a value out of range. */
  constructor(options: EventBusOptions = {}) {
    checkBusOptions(options);
    this.#logger = options.logger ?? defaultLogger;
    this.#listeners = new Listeners(this.#logger);
    this.#history = new EventHistory(options.runs ?? RUNS, options.history ?? HISTORY);
    this.#queue = options.queue ?? QUEUE;
    this.#maxSubscribers = options.subscribers ?? SUBSCRIBERS;
    this.hook = Object.freeze({
      name: "event bus",
      priority: HookPriority.observability,
      onEvent: (event: AgentEvent) => this.publish(event),
    });
  }

  /** Publishes the events of an agent that exists already. Returns what undoes it. */
  watch(agent: Watchable): () => void {
    const listener = (event: AgentEvent): void => this.publish(event);
    agent.on("event", listener);
    return () => void agent.off("event", listener);
  }

  /** Hands an event to all who want it. Never throws, never waits; the same event twice is published once. */
  publish(event: AgentEvent): void {
    if (this.#isClosed) return;
    try {
      if (this.#seen.has(event)) return;
      this.#seen.add(event);
      this.#published++;
      if (isDurable(event)) this.#history.keep(event);
      for (const subscription of this.#subscriptions) subscription.offer(event);
      this.#listeners.announce(event);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Calls `listener` for every event of that type (`"event"`: of any). What it throws is logged. */
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
   * Events as they are published, to be read with `for await`; with `after`, first those since then. It begins at once, not with
   * the first event that is read. One of a run ends with the run's `terminate`; one of reason `interrupted` ends it where
   * nothing that came later is known, unless it is to `wait`. Any ends by `break`, `close()`, its signal, or with the bus.
   *
   * @throws ConfigurationError for options that do not go together; LocusError with the code `too_many_subscribers`, or
   *   `unknown_run` (status 404) for a run that the bus does not know; with a `store` the iteration throws that, where the
   *   store has nothing of it either.
   * @example
   * ```ts
   * import { Agent, EventBus } from "locus-sdk";
   *
   * const bus = new EventBus();
   * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [bus.hook] });
   * const { runId } = await agent.run("Hello.");
   * for await (const event of bus.subscribe({ runId, after: 0 })) console.log(event.sequence, event.type);
   * ```
   */
  subscribe(options: SubscribeOptions = {}): EventSubscription {
    checkSubscribeOptions(options);
    const { runId, after, store, wait = false, signal } = options;
    const known = runId === undefined ? undefined : this.#history.threadOf(runId);
    const threadId = options.threadId ?? known;
    // Who may see a thread must not see another one by naming a run of it, nor learn that there is one.
    const isForeign = known !== undefined && known !== threadId;
    const isUnheard = runId !== undefined && known === undefined && store === undefined && !wait;
    if (runId === "" || threadId === "" || isForeign || (isUnheard && !this.#isClosed)) throw unknownRun();
    if (store !== undefined && threadId === undefined) {
      throw new ConfigurationError(
        `subscribe: the store cannot be asked for run ${runId}, which the bus does not know`,
        {
          hint: "Give the threadId of the run as well.",
        },
      );
    }
    if (this.#subscriptions.size >= this.#maxSubscribers) {
      throw new LocusError(`the event bus has ${this.#maxSubscribers} subscribers already`, {
        code: "too_many_subscribers",
        retryable: true,
        hint: "Close subscriptions that nobody reads, or give the bus a higher limit: new EventBus({ subscribers }).",
      });
    }
    const past = this.#pastFor({ ...options, threadId });
    const end = this.#isClosed || (past?.end === "asked" && wait) ? "open" : (past?.end ?? "open");
    const subscription: EventSubscription = new EventSubscription({
      runId,
      threadId: options.threadId,
      types: options.types === undefined ? undefined : new Set(options.types),
      queue: this.#queue,
      after: after ?? 0,
      past: after === undefined ? undefined : past,
      store,
      signal,
      wait,
      end,
      isClosed: this.#isClosed,
      onDrop: (kind, count) => {
        this.#dropped[kind] += count;
      },
      onClose: () => void this.#subscriptions.delete(subscription),
    });
    if (!this.#isClosed && end !== "over") this.#subscriptions.add(subscription);
    if (signal?.aborted === true) subscription.close();
    return subscription;
  }

  /** What the bus holds, and what it has done. */
  stats(): EventBusStats {
    let queued = 0;
    for (const subscription of this.#subscriptions) queued += subscription.queued;
    return {
      subscribers: this.#subscriptions.size,
      queued,
      runs: this.#history.runs,
      history: this.#history.size,
      published: this.#published,
      dropped: { ...this.#dropped },
    };
  }

  /** Publishes nothing any more, forgets what it keeps, and ends all subscriptions; what waits for them can still be read. */
  close(): void {
    this.#isClosed = true;
    this.#history.clear();
    for (const subscription of this.#subscriptions) subscription.end();
    this.#subscriptions.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #pastFor({ runId, threadId, after = 0, store }: SubscribeOptions) {
    if (runId !== undefined) return this.#history.pastOfRun(runId, after);
    return threadId === undefined
      ? undefined
      : this.#history.pastOfThread(threadId, after, store === undefined);
  }

  #complain(error: unknown): void {
    try {
      this.#logger.error({ err: redactError(error) }, "an event could not be published");
    } catch {
      // A logger that fails must not fail a run.
    }
  }
}
