/** Budgets: what keeps the next call of a model from being made. Pure. */
import type { StopReason } from "../events/types.ts";
import { budgetSpent } from "../state/cost.ts";
import type { AgentState } from "../state/types.ts";
import type { Stop } from "./run-control.ts";
import type { AgentTraits } from "./traits.ts";

type Budgets = Pick<AgentTraits, "tokenBudget" | "costBudgetUsd" | "termination">;

export const BUDGETS: readonly StopReason[] = ["token_budget", "cost_budget", "time_budget"];

export function budgetStop({ run }: AgentState, { tokenBudget, costBudgetUsd }: Budgets): Stop | undefined {
  if (tokenBudget !== undefined && run.usage.totalTokens >= tokenBudget) {
    return { reason: "token_budget", detail: `${run.usage.totalTokens} of ${tokenBudget} tokens used` };
  }
  const spent = costBudgetUsd === undefined ? undefined : budgetSpent(run.usage, costBudgetUsd);
  return spent === undefined ? undefined : { reason: "cost_budget", detail: spent };
}

/** What keeps the next call from being made, where something was used since the way led here. */
export function spentIn(state: AgentState, definition: Budgets, now: number): Stop | undefined {
  const budget = budgetStop(state, definition);
  if (budget !== undefined) return budget;
  const verdict = definition.termination?.check(state, now);
  if (verdict === undefined || !BUDGETS.includes(verdict.reason)) return undefined;
  const { reason, detail } = verdict;
  return { reason, ...(detail === undefined ? {} : { detail }) };
}
