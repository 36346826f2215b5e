/** What a run comes to. */
import type { ErrorSummary, StopReason } from "../events/types.ts";
import type { AssistantMessage, Message } from "../messages/types.ts";
import type { Usage } from "../model/types.ts";
import type { GroundingReport } from "../reasoning/grounding/types.ts";
import type { GsarReport } from "../reasoning/gsar/types.ts";
import type { RunCost } from "../state/cost.ts";
import type { PendingInterrupt, ToolExecution } from "../state/types.ts";

/** The outcome of `agent.run()`: what was said, why it ended, and what it cost. */
export interface AgentResult<Output = unknown> {
  /** The final answer; empty where there is none. */
  readonly text: string;
  /** The answer as the agent's `outputSchema` makes it; there wherever a run with one is a success. */
  readonly output?: Output;
  /** The last message of the model in this run. */
  readonly message?: AssistantMessage;
  /** The whole conversation of the thread, without the system prompt. */
  readonly messages: readonly Message[];
  readonly stopReason: StopReason;
  /** The leaf condition that ended the run, or what a hook said about it. */
  readonly stopDetail?: string;
  /** Whether the run ended as hoped: `complete`, `terminal_tool` or `confidence_met`. */
  readonly success: boolean;
  readonly usage: Usage;
  /** What `usage` costs, as far as prices are known. */
  readonly cost: RunCost;
  /** Model calls made. */
  readonly iterations: number;
  readonly toolExecutions: readonly ToolExecution[];
  readonly confidence: number;
  /** Claim by claim, what the answer rests on; of an agent with `grounding`. */
  readonly grounding?: GroundingReport;
  /** The same with its trajectory, of an agent with `gsar`. */
  readonly gsar?: GsarReport;
  readonly runId: string;
  readonly threadId: string;
  /** Open questions; empty unless `stopReason` is `interrupted`. */
  readonly interrupts: readonly PendingInterrupt[];
  /** The first of `interrupts`. */
  readonly interrupt?: PendingInterrupt;
  readonly error?: ErrorSummary;
  readonly durationMs: number;
}
