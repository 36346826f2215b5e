/** `planning()`: a plan that the model writes and keeps, that outlives compaction, and that it can be held to. */
import type { VerificationGate } from "../../../agent/gates.ts";
import { type Checks, checkOptions, whole } from "../../../options/check.ts";
import type { AgentState } from "../../../state/types.ts";
import { tool } from "../../../tool/tool.ts";
import {
  type AfterToolCallContext,
  type AfterToolCallDecision,
  type Hook,
  HookPriority,
  type Plugin,
} from "../../types.ts";
import {
  type Changed,
  openItems,
  PLAN_KEY,
  type Plan,
  readPlan,
  showPlan,
  update,
  updateSchema,
  write,
  writtenSchema,
} from "./plan.ts";

export interface PlanningOptions {
  /** Steps of one plan, 1 to 200. Default 50. */
  readonly maxItems?: number | undefined;
  /** The model is reminded once so many messages have gone by since it last saw its plan. Default 10. */
  readonly remindAfter?: number | undefined;
}

const OPTIONS: Checks<PlanningOptions> = { maxItems: whole(1, 200), remindAfter: whole(1) };

const WRITE = "write_plan";
const UPDATE = "update_plan";
const EMPTY: Plan = { items: [] };
/** Of a plan as the model is shown it. */
const MAX_SHOWN = 4000;

/**
 * Gives the model `write_plan` and `update_plan`. The plan is kept in the thread's metadata: it is there after compaction, after a
 * crash, and in later runs. Once the model has not seen it for a while it is shown it again, in its next request alone.
 *
 * @throws ConfigurationError for an option that is unknown or does not fit.
 * @example
 * ```ts
 * import { Agent, planGate, planning } from "@locus-sdk/core";
 *
 * const agent = new Agent({
 *   model: "oci:openai.gpt-oss-120b",
 *   completionMode: "explicit",
 *   plugins: [planning()],
 *   verify: [planGate],
 * });
 * ```
 */
export function planning(options: PlanningOptions = {}): Plugin {
  checkOptions("planning", options, OPTIONS);
  const { maxItems = 50, remindAfter = 10 } = options;
  /** By run: changes of one batch of calls, which the state does not hold yet. */
  const ahead = new Map<string, Plan>();

  const keep = ({ call, error, source, state }: AfterToolCallContext): AfterToolCallDecision | undefined => {
    if (error !== undefined || source !== "executed" || (call.name !== WRITE && call.name !== UPDATE))
      return undefined;
    const { runId } = state.run;
    const now = ahead.get(runId) ?? planIn(state) ?? EMPTY;
    const changed: Changed =
      call.name === WRITE
        ? write(writtenSchema().parse(call.arguments), maxItems)
        : update(now, updateSchema().parse(call.arguments), maxItems);
    if ("wrong" in changed) return { error: changed.wrong };
    const { plan } = changed;
    ahead.set(runId, plan);
    return {
      result: showPlan(plan, MAX_SHOWN),
      metadata: { [PLAN_KEY]: { items: plan.items.map((item) => ({ ...item })) } },
    };
  };

  const hook: Hook = {
    name: "planning",
    priority: HookPriority.business,
    afterToolCall: keep,
    beforeModelCall: ({ request, state }) => {
      // All that was changed before is in the state by now.
      ahead.delete(state.run.runId);
      const plan = planIn(state);
      if (plan === undefined || openItems(plan).length === 0 || hasSeen(state, remindAfter)) return undefined;
      const content = `Your plan so far:\n${showPlan(plan, MAX_SHOWN)}\nGo on with it, and keep it current with ${UPDATE}.`;
      return { request: { ...request, messages: [...request.messages, { role: "user", content }] } };
    },
    afterRun: ({ result }) => void ahead.delete(result.runId),
  };

  return { name: "planning", hooks: [hook], tools: planTools() };
}

/** For an agent's `verify`: steps of its plan that are open keep a run from ending with success. */
export const planGate: VerificationGate = {
  name: "plan",
  verify: ({ state }) => {
    const left = openItems(planIn(state) ?? EMPTY);
    if (left.length === 0) return true;
    const steps = showPlan({ items: left }, MAX_SHOWN);
    return `Your plan has open steps:\n${steps}\nDo them, or mark with ${UPDATE} what is done or dropped, before you finish.`;
  },
};

function planIn({ metadata }: AgentState): Plan | undefined {
  return readPlan(metadata);
}

/** The last messages hold the plan as one of its tools showed it. */
function hasSeen({ messages }: AgentState, within: number): boolean {
  return messages
    .slice(-within)
    .some((message) => message.role === "tool" && (message.name === WRITE || message.name === UPDATE));
}

/** Their bodies only take what they are given: the hook knows the thread, and makes the change. */
function planTools(): NonNullable<Plugin["tools"]> {
  return [
    tool({
      name: WRITE,
      description: "Writes the plan for a task of several steps, or a new plan in the place of the old one.",
      parameters: writtenSchema(),
      evidence: false,
      execute: () => "written",
    }),
    tool({
      name: UPDATE,
      description: "Changes steps of the plan: what is in progress, done or dropped, other words, new steps.",
      parameters: updateSchema(),
      evidence: false,
      execute: () => "updated",
    }),
  ];
}
