/** Small things the runner folds with: a hook's name and place, and ends that say whose they are. */
import { canonicalJson, type JsonValue } from "../json/json.ts";
import type { Question } from "../tool/interrupt.ts";
import type { ToolCall } from "../tool/types.ts";
import {
  type AfterToolCallDecision,
  type BeforeRunDecision,
  type EndRun,
  type Hook,
  HookPriority,
} from "./types.ts";

/** A method of a hook. */
export type Point = Exclude<keyof Hook, "name" | "priority" | "guard">;

export function priorityOf(hook: Hook): number {
  return hook.priority ?? HookPriority.default;
}

export function nameOf(hook: Hook): string {
  return hook.name ?? "(unnamed hook)";
}

/** A hook that gives no detail is named. */
export function endBy(hook: Hook, end: EndRun): EndRun {
  return end.detail === undefined && hook.name !== undefined ? { ...end, detail: hook.name } : end;
}

export function named<Decision extends { readonly end?: EndRun }>(hook: Hook, made: Decision): Decision {
  return made.end === undefined ? made : { ...made, end: endBy(hook, made.end) };
}

/** The same call where nothing changes. */
export function withArguments(call: ToolCall, value: JsonValue): ToolCall {
  return canonicalJson(value) === canonicalJson(call.arguments) ? call : { ...call, arguments: value };
}

/** What stays of an earlier decision where a later one has another result. */
export function kept({ end, metadata }: AfterToolCallDecision): AfterToolCallDecision {
  return { ...(end === undefined ? {} : { end }), ...(metadata === undefined ? {} : { metadata }) };
}

export function guardEnd(hook: Hook, point: Point): EndRun {
  return { reason: "guardrail", detail: `${nameOf(hook)} failed in ${point}` };
}

/** What a run is begun with, of a context or a decision. */
export function givenOf({ input, answers }: BeforeRunDecision): Pick<BeforeRunDecision, "input" | "answers"> {
  return { ...(input === undefined ? {} : { input }), ...(answers === undefined ? {} : { answers }) };
}

/** A question alone, of whatever carries it. */
export function questionOf({ question, options }: Question): Question {
  return { question, ...(options === undefined ? {} : { options }) };
}
