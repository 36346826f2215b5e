/** The leaves of the termination algebra. Each asks one question of the current run. */
import { ConfigurationError } from "../errors/errors.ts";
import type { StopReason } from "../events/types.ts";
import type { JsonObject } from "../json/json.ts";
import { messageText, toolCallsOf } from "../messages/messages.ts";
import type { AssistantMessage, Message } from "../messages/types.ts";
import { budgetSpent } from "../state/cost.ts";
import type { AgentState } from "../state/types.ts";
import { condition } from "./combine.ts";
import type { TerminationCondition } from "./types.ts";

/**
 * Fires once the run has made `n` model calls. Reason `max_iterations`.
 *
 * @throws ConfigurationError unless `n` is a whole number from 1.
 * @example
 * ```ts
 * import { maxIterations, noToolCalls } from "@locus-sdk/core";
 *
 * const termination = noToolCalls().or(maxIterations(10));
 * ```
 */
export function maxIterations(n: number): TerminationCondition {
  requireWhole("maxIterations", n);
  return leaf({ type: "maxIterations", n }, `maxIterations(${n})`, "max_iterations", (state) => {
    return state.run.iteration >= n;
  });
}

/**
 * Fires once the run has used `n` tokens, input and output together. Reason `token_budget`.
 *
 * @throws ConfigurationError unless `n` is a whole number from 1.
 * @example
 * ```ts
 * import { tokenLimit } from "@locus-sdk/core";
 *
 * const termination = tokenLimit(50_000);
 * ```
 */
export function tokenLimit(n: number): TerminationCondition {
  requireWhole("tokenLimit", n);
  return leaf({ type: "tokenLimit", n }, `tokenLimit(${n})`, "token_budget", (state) => {
    return state.run.usage.totalTokens >= n;
  });
}

/**
 * Fires once the run has cost `usd` US dollars, or has used tokens of which the price is not known: nobody could say then
 * when the limit is reached. Reason `cost_budget`; the detail says which of the two it was.
 *
 * @throws ConfigurationError unless `usd` is a finite number above 0.
 * @example
 * ```ts
 * import { costLimit, maxIterations } from "@locus-sdk/core";
 *
 * const termination = costLimit(0.25).or(maxIterations(30));
 * ```
 */
export function costLimit(usd: number): TerminationCondition {
  requireNumber("costLimit", usd, "a finite number of US dollars above 0", usd > 0 && Number.isFinite(usd));
  const text = `costLimit(${usd})`;
  const json = Object.freeze({ type: "costLimit", usd });
  return condition({
    check: ({ run }) => {
      const spent = budgetSpent(run.usage, usd);
      if (spent === undefined) return undefined;
      return Object.freeze({ reason: "cost_budget", detail: `${text}: ${spent}` });
    },
    toJSON: () => json,
    text,
  });
}

/**
 * Fires once the run is `ms` milliseconds old, counted from its first event. Reason `time_budget`.
 *
 * @throws ConfigurationError unless `ms` is a finite number above 0.
 * @example
 * ```ts
 * import { timeLimit } from "@locus-sdk/core";
 *
 * const termination = timeLimit(30_000);
 * ```
 */
export function timeLimit(ms: number): TerminationCondition {
  requireNumber("timeLimit", ms, "a finite number of milliseconds above 0", ms > 0 && Number.isFinite(ms));
  return leaf({ type: "timeLimit", ms }, `timeLimit(${ms})`, "time_budget", (state, now) => {
    return now - Date.parse(state.run.startedAt) >= ms;
  });
}

/**
 * Fires once the model has answered without calling a tool. Reason `complete`.
 *
 * @example
 * ```ts
 * import { noToolCalls, toolCalled } from "@locus-sdk/core";
 *
 * const termination = toolCalled("search").and(noToolCalls());
 * ```
 */
export function noToolCalls(): TerminationCondition {
  return leaf({ type: "noToolCalls" }, "noToolCalls()", "complete", (state) => {
    return candidateAnswer(state) !== undefined;
  });
}

/**
 * Fires once the tool `name` has succeeded in this run; a call that failed, was denied or cancelled does not
 * count, one answered from the ledger does. Reason `terminal_tool`.
 *
 * @throws ConfigurationError for an empty name.
 * @example
 * ```ts
 * import { toolCalled } from "@locus-sdk/core";
 *
 * const termination = toolCalled("submit");
 * ```
 */
export function toolCalled(name: string): TerminationCondition {
  requireText("toolCalled", name);
  return leaf({ type: "toolCalled", name }, `toolCalled(${quote(name)})`, "terminal_tool", (state) => {
    return state.run.toolExecutions.some(
      (execution) =>
        execution.name === name &&
        !execution.isError &&
        (execution.source === "executed" || execution.source === "cached"),
    );
  });
}

/**
 * Fires once the model's last message of this run says `text`; what users or tools say does not count. Reason
 * `complete`.
 *
 * @param options.caseSensitive Default `false`.
 * @throws ConfigurationError for an empty text.
 * @example
 * ```ts
 * import { maxIterations, textMention } from "@locus-sdk/core";
 *
 * const termination = textMention("TASK COMPLETE", { caseSensitive: true }).or(maxIterations(12));
 * ```
 */
export function textMention(
  text: string,
  options: { readonly caseSensitive?: boolean } = {},
): TerminationCondition {
  requireText("textMention", text);
  const caseSensitive = options.caseSensitive === true;
  const fold = (value: string): string => (caseSensitive ? value : value.toLowerCase());
  const wanted = fold(text);
  const json = { type: "textMention", text, ...(caseSensitive ? { caseSensitive } : {}) };
  return leaf(json, `textMention(${quote(text)})`, "complete", (state) => {
    const last = runMessages(state).findLast((message) => message.role === "assistant");
    return last !== undefined && fold(messageText(last)).includes(wanted);
  });
}

/**
 * Fires once the run's confidence is at least `threshold` *and* the model has given an answer: confidence alone
 * never cuts a run off before there is something to hand out. Reason `confidence_met`.
 *
 * @throws ConfigurationError unless `threshold` is from 0 to 1.
 * @example
 * ```ts
 * import { confidenceMet } from "@locus-sdk/core";
 *
 * const termination = confidenceMet(0.85);
 * ```
 */
export function confidenceMet(threshold: number): TerminationCondition {
  requireNumber("confidenceMet", threshold, "a number from 0 to 1", threshold >= 0 && threshold <= 1);
  const json = { type: "confidenceMet", threshold };
  return leaf(json, `confidenceMet(${threshold})`, "confidence_met", (state) => {
    return candidateAnswer(state) !== undefined && state.run.confidence >= threshold;
  });
}

/** A question of your own; `now` is epoch milliseconds. It must not keep state: conditions are shared by runs. */
export type TerminationPredicate = (state: AgentState, now: number) => boolean;

/**
 * Fires where `predicate` says so. Reason `complete`, detail `custom("<name>")`. Not serialisable.
 *
 * @example
 * ```ts
 * import { custom } from "@locus-sdk/core";
 *
 * const enough = custom("three findings", (state) => state.run.toolExecutions.length >= 3);
 * ```
 */
export function custom(predicate: TerminationPredicate): TerminationCondition;
export function custom(name: string, predicate: TerminationPredicate): TerminationCondition;
export function custom(
  ...given: [TerminationPredicate] | [string, TerminationPredicate]
): TerminationCondition {
  const [name, predicate] = given.length === 1 ? [undefined, given[0]] : given;
  const text = name === undefined ? "custom()" : `custom(${quote(name)})`;
  const verdict = Object.freeze({ reason: "complete", detail: text } as const);
  return condition({
    check: (state, now) => (predicate(state, now) ? verdict : undefined),
    toJSON: () => {
      throw new ConfigurationError(`${text} holds a function and cannot be written as JSON`, {
        hint: "Write the serialisable part alone and add the custom condition again after terminationFromJSON().",
      });
    },
    text,
  });
}

function leaf(
  json: JsonObject,
  text: string,
  reason: StopReason,
  holds: TerminationPredicate,
): TerminationCondition {
  const verdict = Object.freeze({ reason, detail: text });
  Object.freeze(json);
  return condition({
    check: (state, now) => (holds(state, now) ? verdict : undefined),
    toJSON: () => json,
    text,
  });
}

function runMessages(state: AgentState): readonly Message[] {
  return state.messages.slice(state.run.firstMessage);
}

/** The model's last word, where nothing came after it and it asks for no tool. */
function candidateAnswer(state: AgentState): AssistantMessage | undefined {
  const last = runMessages(state).at(-1);
  return last?.role === "assistant" && toolCallsOf(last).length === 0 ? last : undefined;
}

const quote = (text: string): string => JSON.stringify(text);

function requireNumber(name: string, value: number, expected: string, valid: boolean): void {
  if (typeof value === "number" && valid) return;
  throw new ConfigurationError(`${name}(${String(value)}) is out of range: expected ${expected}`);
}

function requireWhole(name: string, n: number): void {
  requireNumber(
    name,
    n,
    `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
    Number.isSafeInteger(n) && n >= 1,
  );
}

function requireText(name: string, text: string): void {
  if (typeof text === "string" && text.length > 0) return;
  throw new ConfigurationError(`${name}(${JSON.stringify(text)}) needs a text that is not empty`);
}
