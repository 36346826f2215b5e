/** What the hook says of what it found, and where it says it was. */
import type { EndRun, GuardrailReport } from "../hooks/types.ts";
import type { GuardrailAction } from "./types.ts";

/** Actions on a text that is not on its way into a call. */
export const ON_TEXT: readonly GuardrailAction[] = ["block", "redact", "flag"];

/** The place with the tool's name, for reports. Only of a tool that there is: what else a model calls may be anything. */
export function labelOf(place: "arguments" | "result", name: string | undefined): string {
  return name !== undefined && /^[\w.:-]{1,128}$/.test(name) ? `${place} of ${name}` : place;
}

/** Tools that a model speaks to people with: what it says there is its answer. */
const SPOKEN = new Set(["ask_user", "task_complete", "final_answer"]);

export function placeOf(tool: string): "output" | "arguments" {
  return SPOKEN.has(tool) ? "output" : "arguments";
}

export function withheld(what: string, kinds: readonly string[]): string {
  return `the ${what} is withheld by a guardrail: ${list(kinds)}`;
}

export function ending(what: string, kinds: readonly string[]): EndRun {
  return { reason: "guardrail", detail: `guardrails: ${what} held ${list(kinds)}` };
}

export function list(kinds: readonly string[]): string {
  return [...new Set(kinds)].join(", ");
}

export function reporting(guardrails: readonly GuardrailReport[]): {
  readonly guardrails?: readonly GuardrailReport[];
} {
  return guardrails.length === 0 ? {} : { guardrails };
}
