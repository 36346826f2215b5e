/** What preparing a call comes to. */
import type { JsonValue } from "../json/json.ts";
import type { Question } from "../tool/interrupt.ts";
import type { ToolFailure, ToolOutcome } from "../tool/types.ts";
import type { ReadyCall } from "./tool-context.ts";

export type Prepared =
  | { readonly kind: "ready"; readonly ready: ReadyCall }
  | { readonly kind: "settled"; readonly outcome: ToolOutcome; readonly json: JsonValue }
  | {
      readonly kind: "approval";
      readonly question: Question;
      readonly json: JsonValue;
      readonly reason?: "unknown_outcome";
    }
  | { readonly kind: "stopped" };

const YES_NO = { options: ["yes", "no"] };

/** Asked with the words of a rule or a hook, where they have any. */
export function approvalQuestion(name: string, asks: string | Question | boolean = true): Question {
  if (typeof asks === "object") return { ...YES_NO, ...asks };
  return { question: typeof asks === "string" ? asks : `May ${name} be called?`, ...YES_NO };
}

export function againQuestion(name: string): Question {
  return {
    question: `${name} was begun, and no outcome of it is on record; it may have had its effect. May it be run again?`,
    ...YES_NO,
  };
}

/** A call that comes to something without being run. */
type SettledCall = Extract<Prepared, { kind: "settled" }>;

export function failed(error: ToolFailure, json: JsonValue): SettledCall {
  return { kind: "settled", json, outcome: { error, source: "executed", durationMs: 0 } };
}

export function denied(reason: string | undefined, json: JsonValue): SettledCall {
  const message = reason === undefined || reason === "" ? "the call was denied" : reason;
  return {
    kind: "settled",
    json,
    outcome: { error: { code: "denied", message }, source: "denied", durationMs: 0 },
  };
}
