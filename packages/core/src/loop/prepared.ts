/** What preparing a call comes to. */
import type { JsonValue } from "../json/json.ts";
import type { Question } from "../tool/interrupt.ts";
import type { ToolFailure, ToolOutcome } from "../tool/types.ts";
import type { ReadyCall } from "./tool-context.ts";

export type Prepared =
  | { readonly kind: "ready"; readonly ready: ReadyCall }
  | { readonly kind: "settled"; readonly outcome: ToolOutcome; readonly json: JsonValue }
  | { readonly kind: "approval"; readonly question: Question; readonly json: JsonValue }
  | { readonly kind: "stopped" };

export function approvalQuestion(name: string, asks: string | true = true): Question {
  return { question: asks === true ? `May ${name} be called?` : asks, options: ["yes", "no"] };
}

export function failed(error: ToolFailure, json: JsonValue): Prepared {
  return { kind: "settled", json, outcome: { error, source: "executed", durationMs: 0 } };
}

export function denied(reason: string | undefined, json: JsonValue): Prepared {
  const message = reason === undefined || reason === "" ? "the call was denied" : reason;
  return {
    kind: "settled",
    json,
    outcome: { error: { code: "denied", message }, source: "denied", durationMs: 0 },
  };
}
