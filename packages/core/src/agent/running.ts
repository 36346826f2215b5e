/** What an agent loads with its first run: the run itself, and going back to earlier versions of a thread. */
import { HookRunner } from "../hooks/runner.ts";
import type { AgentDefinition } from "../loop/definition.ts";
import type { PlannedAgent } from "./options.ts";

export { executeRun } from "./execute-run.ts";
export { forkForReplay, forkThread, REPLAY_OPTIONS, stateAt } from "./time-travel.ts";

/** The agent with what asks its hooks: one for all of its runs. */
export function definitionOf(planned: PlannedAgent): AgentDefinition {
  return Object.freeze({ ...planned, hooks: new HookRunner(planned.hooks, planned.logger) });
}
