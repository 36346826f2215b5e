/** `steeringHook`: a judge model looks at tool calls, and at answers, before they happen. */
import { TASK_COMPLETE } from "../../../agent/explicit-tools.ts";
import { messageText, toolCallsOf } from "../../../messages/messages.ts";
import { getModel } from "../../../model/registry.ts";
import type { ChatModel, Usage } from "../../../model/types.ts";
import {
  boolean,
  type Checks,
  checkOptions,
  either,
  having,
  listOf,
  oneOf,
  text,
  time,
} from "../../../options/check.ts";
import { FINAL_ANSWER } from "../../../output/final-answer.ts";
import type { AgentState } from "../../../state/types.ts";
import {
  type AfterModelCallContext,
  type AfterModelCallDecision,
  type BeforeToolCallContext,
  type BeforeToolCallDecision,
  type GuardrailReport,
  type Hook,
  HookPriority,
} from "../../types.ts";
import type { Exhibits, Judgement } from "./judge.ts";

export interface SteeringOptions {
  /** The model that judges, or its name. */
  readonly judge: string | ChatModel;
  /** What the agent may do and what not, in your words. */
  readonly policy: string;
  /** Tools whose calls are judged, by name. Default: all. */
  readonly tools?: readonly string[] | undefined;
  /** Judge the answers as well: those without tool calls, and those given with `task_complete` or `final_answer`. Default `false`. */
  readonly responses?: boolean | undefined;
  /** What happens where the judge gives no verdict: `"deny"` (default), or `"proceed"`. */
  readonly onFailure?: "deny" | "proceed" | undefined;
  /** Milliseconds for one verdict. Default 30,000. */
  readonly timeoutMs?: number | undefined;
}

const OPTIONS: Checks<SteeringOptions> = {
  judge: either((value) => typeof value === "string", text, having("a model or its name", ["complete"])),
  policy: text,
  tools: listOf(text),
  responses: boolean,
  onFailure: oneOf("deny", "proceed"),
  timeoutMs: time,
};

const CALL_VERDICTS = [
  "Verdicts:",
  "- proceed: the policy allows it.",
  "- guide: not like this; the reason tells the agent what to do instead. The call is not made.",
  "- interrupt: a person has to decide; the reason is what they are asked.",
  "- block: the policy forbids it.",
].join("\n");
const ANSWER_VERDICTS = [
  "Verdicts:",
  "- proceed: the policy allows it.",
  "- guide: not like this; the reason tells the agent what to change. It answers again.",
  "- block: the policy forbids it; the user gets no answer.",
].join("\n");

/**
 * An answer reaches hooks from the highest number to the lowest: the guardrails, at 50, have taken out of it what the judge
 * must not see. Calls come the other way, and hold what is on record: the guardrails have seen them in the answer as well.
 */
const BEFORE_GUARDRAILS = HookPriority.security - 10;
/** Tools whose arguments are the answer. */
const ANSWERS: readonly string[] = [TASK_COMPLETE, FINAL_ANSWER];
/** Answers of one turn that are sent back; the next one passes or ends the run. */
const MAX_GUIDED = 2;
/** Of what the user asked: enough to know what a call is for. */
const MAX_TASK = 4000;

/**
 * Has a judge look at each tool call before it is made, by your policy: it proceeds, is denied with a reason that the model
 * reads, or a person is asked first. The judge is shown the call and what the user asked in this run, as data and nothing of any
 * other run. Each verdict is a `guardrail` event, with what it cost. A judge that fails lets nothing pass, unless told to.
 *
 * @throws ConfigurationError for an option that is unknown, missing or does not fit.
 * @example
 * ```ts
 * import { Agent, steeringHook } from "@locus-sdk/core";
 *
 * const steering = steeringHook({
 *   judge: "oci:openai.gpt-oss-20b",
 *   policy: "Refunds up to 100 euros go through. Above that a person decides. Accounts are never deleted.",
 *   tools: ["refund", "delete_account"],
 * });
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [steering] });
 * ```
 */
export function steeringHook(options: SteeringOptions): Hook {
  checkOptions("steeringHook", options, OPTIONS, ["judge", "policy"]);
  const { policy, tools, responses = false, onFailure = "deny", timeoutMs = 30_000 } = options;
  const open = opener(options.judge);
  const rules = { policy, timeoutMs };
  const failsOpen = onFailure === "proceed";

  async function judgeCall({
    call,
    tool,
    state,
    signal,
  }: BeforeToolCallContext): Promise<BeforeToolCallDecision | undefined> {
    const isAnswer = responses && ANSWERS.includes(call.name);
    if ((tools?.includes(call.name) === false && !isAnswer) || isApproved(state, call.id)) return undefined;
    const said = await (await judging()).judge(open, rules, {
      what: isAnswer
        ? `The agent is about to give the user its answer, with the tool "${call.name}".`
        : `The agent is about to call the tool "${call.name}" (${tool.description}).`,
      verdicts: CALL_VERDICTS,
      exhibits: { task: taskOf(state), arguments: JSON.stringify(call.arguments) },
      signal,
    });
    const told = (action: string, detail?: string) => ({
      guardrails: [report(action, call.name, said.usage, detail)],
    });
    if (!said.ok) {
      if (failsOpen) return told("proceed", said.why);
      return { ...told("deny", said.why), deny: "the call could not be judged, so it was not made" };
    }
    if (said.verdict === "proceed") return told("proceed");
    if (said.verdict === "interrupt") return { ...told("interrupt"), ask: `${call.name}: ${said.reason}` };
    return { ...told(said.verdict), deny: said.reason };
  }

  /** By run: what the model is told where its answer is asked for again. */
  const guidance = new Map<string, string>();
  async function judgeAnswer(context: AfterModelCallContext): Promise<AfterModelCallDecision | undefined> {
    const { request, response, state, attempt } = context;
    const answer = messageText(response.message);
    if (toolCallsOf(response.message).length > 0 || answer === "") return undefined;
    const exhibits: Exhibits = { task: taskOf(state), answer };
    const what = "The agent is about to give the user this answer.";
    const said: Judgement = await (await judging()).judge(open, rules, {
      what,
      verdicts: ANSWER_VERDICTS,
      exhibits,
      signal: request.signal,
    });
    const told = (action: string, detail?: string) => ({
      guardrails: [report(action, "answer", said.usage, detail)],
    });
    if (!said.ok) {
      if (failsOpen) return told("proceed", said.why);
      return {
        ...told("block", said.why),
        end: { reason: "guardrail", detail: "steering: the answer could not be judged" },
      };
    }
    if (said.verdict === "proceed") return told("proceed");
    if (said.verdict === "guide" && attempt <= MAX_GUIDED) {
      guidance.set(state.run.runId, said.reason);
      return { ...told("guide"), retry: true };
    }
    return {
      ...told("block"),
      end: { reason: "guardrail", detail: "steering: the policy forbids the answer" },
    };
  }

  return {
    name: "steering",
    priority: BEFORE_GUARDRAILS,
    guard: !failsOpen,
    beforeToolCall: judgeCall,
    ...(responses
      ? {
          beforeModelCall: ({ request, state, attempt }) => {
            const { runId } = state.run;
            const told = guidance.get(runId);
            guidance.delete(runId);
            if (told === undefined || attempt === 1) return undefined;
            const content = `Your last answer was not given to the user: ${told}\nAnswer again.`;
            return { request: { ...request, messages: [...request.messages, { role: "user", content }] } };
          },
          afterModelCall: judgeAnswer,
          afterRun: ({ result }) => void guidance.delete(result.runId),
        }
      : {}),
  };
}

let loaded: typeof import("./judge.ts") | undefined;

/** What asks the judge is loaded with the first case. */
async function judging(): Promise<typeof import("./judge.ts")> {
  loaded ??= await import("./judge.ts");
  return loaded;
}

function report(action: string, where: string, usage: Usage, detail?: string): GuardrailReport {
  return { detector: "steering", action, where, usage, ...(detail === undefined ? {} : { detail }) };
}

/** A person has said yes to this very call, or to one like it: that is not judged again. */
function isApproved({ run }: AgentState, callId: string): boolean {
  return run.pending.some(({ call, approval }) => call.id === callId && approval !== undefined);
}

function taskOf({ messages, run }: AgentState): string {
  const input = messages.slice(run.firstMessage - run.inputMessages, run.firstMessage);
  const said = input.filter(({ role }) => role === "user").map(messageText);
  return said.join("\n").slice(0, MAX_TASK);
}

function opener(judgeModel: string | ChatModel): () => Promise<ChatModel> {
  if (typeof judgeModel !== "string") return () => Promise.resolve(judgeModel);
  let opened: Promise<ChatModel> | undefined;
  return () => {
    opened ??= getModel(judgeModel).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
