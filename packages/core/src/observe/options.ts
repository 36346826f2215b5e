/** What the bus and its subscribers may be told, checked. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { ConfigurationError, LocusError } from "../errors/errors.ts";
import type { AgentEvent } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import { boolean, type Checks, checkOptions, having, listOf, must, oneOf, whole } from "../options/check.ts";
import { EVENT_TYPES } from "./event-types.ts";

export interface EventBusOptions {
  /** Events that wait for one subscriber at most. Default 1024. */
  readonly queue?: number | undefined;
  /** Durable events of one run that are kept for those who come later. Default 500; 0 keeps none. */
  readonly history?: number | undefined;
  /** Runs of which something is kept, those of late. Default 200. */
  readonly runs?: number | undefined;
  /** Subscriptions at the same time. Default 50. */
  readonly subscribers?: number | undefined;
  /** Told what listeners throw. Default: warnings and errors to stderr. */
  readonly logger?: Logger | undefined;
}

/** Which events. Conditions are joined by "and". */
export interface SubscribeOptions {
  /** Of this run; the subscription ends with it, or with a question as long as that is the last that is known of the run. */
  readonly runId?: string | undefined;
  /** Of this thread, whatever run. */
  readonly threadId?: string | undefined;
  /** Of these types. */
  readonly types?: readonly AgentEvent["type"][] | undefined;
  /** First the durable events after this sequence; 0 for all. Default: only what happens from now on. */
  readonly after?: number | undefined;
  /** Where events are read that the bus does not have any more: the checkpointer of the agents. */
  readonly store?: Checkpointer | undefined;
  /**
   * With a `runId`: wait for a run that nobody has heard of yet, and past a question for what comes after its answer. It holds a
   * subscription for as long as that takes. Default `false`.
   */
  readonly wait?: boolean | undefined;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

const BUS_CHECKS: Checks<EventBusOptions> = {
  queue: whole(1),
  history: whole(0),
  runs: whole(1),
  subscribers: whole(1),
  logger: having("a logger", ["debug", "info", "warn", "error"]),
};
/** Whatever a client says: that there is no such run is for the bus to say. */
const id = must("text", (value) => typeof value === "string");
const SUBSCRIBE_CHECKS: Checks<SubscribeOptions> = {
  runId: id,
  threadId: id,
  types: listOf(oneOf(...EVENT_TYPES)),
  after: whole(0),
  store: having("a checkpointer", ["events"]),
  wait: boolean,
  signal: having("an AbortSignal", ["addEventListener"]),
};

export function checkBusOptions(options: EventBusOptions): void {
  checkOptions("EventBus", options, BUS_CHECKS);
}

export function checkSubscribeOptions(options: SubscribeOptions): void {
  checkOptions("subscribe", options, SUBSCRIBE_CHECKS);
  const { runId, threadId, after, store, wait } = options;
  if (after !== undefined && runId === undefined && threadId === undefined) {
    throw new ConfigurationError("subscribe: after counts the events of one thread", {
      hint: "Give the threadId or the runId as well.",
    });
  }
  if (wait === true && runId === undefined) {
    throw new ConfigurationError("subscribe: only a run can be waited for", {
      hint: "Give the runId as well; other subscriptions do not end by themselves.",
    });
  }
  if (store !== undefined && after === undefined) {
    throw new ConfigurationError("subscribe: a store is read for events after a sequence", {
      hint: "Give after as well; 0 for all events.",
    });
  }
}

/** Says nothing of what there is instead: whoever asks may not be one to know. */
export function unknownRun(): LocusError {
  return new LocusError("there is no such run, as far as the bus and its store know", {
    code: "unknown_run",
    status: 404,
    hint: "Give the bus a store to look in, the run's own thread, or `wait: true` for a run that is yet to begin.",
  });
}
