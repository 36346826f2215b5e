/** What an agent is, apart from what checks its work. */
import type { ConversationManager } from "../conversation/types.ts";
import type { HookRunner } from "../hooks/runner.ts";
import type { Logger } from "../log/logger.ts";
import type { PriceTable } from "../model/prices/types.ts";
import type { HostedToolDefinition, ModelSettings, ToolDefinition } from "../model/types.ts";
import type { OutputPlan } from "../output/plan.ts";
import type { TerminationCondition } from "../termination/types.ts";
import type { ResultStore } from "../tool/result-store.ts";
import type { Tool } from "../tool/types.ts";

export interface AgentTraits {
  readonly name: string;
  readonly tools: ReadonlyMap<string, Tool>;
  /** The same tools as the model sees them. */
  readonly toolDefinitions: readonly ToolDefinition[];
  /** The provider's own tools that the model may use. */
  readonly hostedTools: readonly HostedToolDefinition[];
  readonly hooks: HookRunner;
  readonly settings: ModelSettings;
  readonly maxIterations: number;
  readonly summaryOnLimit: boolean;
  readonly tokenBudget?: number;
  readonly costBudgetUsd?: number;
  /** Asked before the built-in ones. */
  readonly prices: PriceTable;
  readonly toolExecution: "concurrent" | "sequential";
  readonly maxConcurrency: number;
  readonly toolEventOrder: "call" | "completion";
  /** 0 means no limit. */
  readonly maxToolResultChars: number;
  readonly resultStore?: ResultStore;
  readonly terminalTools: ReadonlySet<string>;
  readonly completionMode: "auto" | "explicit";
  readonly toolLoopThreshold: number;
  readonly termination?: TerminationCondition;
  readonly conversation?: ConversationManager;
  readonly outputKey?: string;
  /** What the answer is to be. */
  readonly output?: OutputPlan;
  readonly logger: Logger;
}
