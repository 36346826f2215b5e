/** What a subscription is told when it is made, and what it knows of a gap. */
import type { Checkpointer } from "../checkpoint/types.ts";
import type { AgentEvent } from "../events/types.ts";
import type { Gap, Past, RunEnd } from "./history.ts";
import type { Dropped } from "./queue.ts";

/** What a subscription is made of. */
export interface SubscriptionParts {
  readonly runId: string | undefined;
  readonly threadId: string | undefined;
  readonly types: ReadonlySet<AgentEvent["type"]> | undefined;
  readonly queue: number;
  /** The sequence that the subscriber has seen; 0 for none. */
  readonly after: number;
  /** Absent where nothing of the past is asked for. */
  readonly past: Past | undefined;
  readonly store: Checkpointer | undefined;
  readonly signal: AbortSignal | undefined;
  /** Goes on past questions, and waits for a run that nobody knows. */
  readonly wait: boolean;
  /** Of the run, as far as is known. */
  readonly end: RunEnd;
  /** The bus is: nothing more will come. */
  readonly isClosed: boolean;
  readonly onDrop: (kind: keyof Dropped, count: number) => void;
  readonly onClose: () => void;
}

/** Events of the thread that the store is asked for. */
export interface StoreGap extends Gap {
  /** How many of them are missing. */
  readonly lost: number;
  /** How many of them it had. */
  found: number;
  /** What the last of them is for the run. */
  end?: RunEnd;
}
