/** What the bus and its subscribers may be told, checked. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { ConfigurationError } from "../errors/errors.ts";
import type { AgentEvent } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import { type Checks, checkOptions, having, listOf, oneOf, text, whole } from "../options/check.ts";
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
  /** Of this run; the subscription ends with it. */
  readonly runId?: string | undefined;
  /** Of this thread, whatever run. */
  readonly threadId?: string | undefined;
  /** Of these types. */
  readonly types?: readonly AgentEvent["type"][] | undefined;
  /** First the durable events after this sequence; 0 for all. Default: only what happens from now on. */
  readonly after?: number | undefined;
  /** Where events are read that the bus does not have any more: the checkpointer of the agents. */
  readonly store?: Checkpointer | undefined;
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
const SUBSCRIBE_CHECKS: Checks<SubscribeOptions> = {
  runId: text,
  threadId: text,
  types: listOf(oneOf(...EVENT_TYPES)),
  after: whole(0),
  store: having("a checkpointer", ["events"]),
  signal: having("an AbortSignal", ["addEventListener"]),
};

export function checkBusOptions(options: EventBusOptions): void {
  checkOptions("EventBus", options, BUS_CHECKS);
}

export function checkSubscribeOptions(options: SubscribeOptions): void {
  checkOptions("subscribe", options, SUBSCRIBE_CHECKS);
  const { runId, threadId, after, store } = options;
  if (after !== undefined && runId === undefined && threadId === undefined) {
    throw new ConfigurationError("subscribe: after counts the events of one thread", {
      hint: "Give the threadId or the runId as well.",
    });
  }
  if (store !== undefined && after === undefined) {
    throw new ConfigurationError("subscribe: a store is read for events after a sequence", {
      hint: "Give after as well; 0 for all events.",
    });
  }
}
