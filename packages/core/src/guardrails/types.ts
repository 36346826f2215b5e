/** What guardrails are made of: detectors, what they find, and what is done about it. */
import type { Awaitable } from "../tool/types.ts";

/** Something in a text: `text.slice(start, end)`. */
export interface Finding {
  /** Who found it. */
  readonly detector: string;
  /** Index of its first UTF-16 code unit. */
  readonly start: number;
  /** Index behind its last. */
  readonly end: number;
  /** What it is, in a word or two: `payment card`. It goes into events and to the model, and never quotes the text. */
  readonly kind: string;
  /** 0 to 1, where the detector has doubts. */
  readonly confidence?: number;
}

/**
 * Whose words are looked at: the run's `input`, the model's `output`, the `arguments` of its calls, the `result` (or
 * the error) of a tool, the `question` that a person is asked, or the person's `answer`. Arguments that a person changed
 * are `arguments`; those of the tools that a model speaks to people with, `ask_user`, `task_complete` and
 * `final_answer`, are `output`.
 */
export type GuardrailPlace = "input" | "output" | "arguments" | "result" | "question" | "answer";

/**
 * What is done about a finding. `block` ends the run (input, output, answer), denies the call (arguments) or withholds the
 * result or the question;
 * `redact` puts a note in its place; `ask` has a person decide about the call, for arguments only; `flag` puts it on
 * record and lets it pass; `allow` does not look.
 */
export type GuardrailAction = "block" | "redact" | "ask" | "flag" | "allow";

/** One action for all places, or one for each; a place that is not named keeps its default. */
export type GuardrailActions = GuardrailAction | Partial<Readonly<Record<GuardrailPlace, GuardrailAction>>>;

export interface DetectContext {
  readonly where: GuardrailPlace;
  /** Aborts when the detector's time is over, or the run, where it has a signal. */
  readonly signal: AbortSignal;
}

/**
 * Looks for one sort of thing in a text. It may be asked about several texts at once, and about the same one twice. A
 * detector that throws lets nothing through: the hook is a guard.
 *
 * @example
 * ```ts
 * import type { Detector } from "@locus-sdk/core";
 *
 * export const codenames: Detector = {
 *   name: "codenames",
 *   detect: (text) =>
 *     Array.from(text.matchAll(/\bproject-(?:otter|heron)\b/gi), ({ 0: match, index }) => ({
 *       detector: "codenames",
 *       start: index,
 *       end: index + match.length,
 *       kind: "codename",
 *     })),
 * };
 * ```
 */
export interface Detector {
  readonly name: string;
  detect(text: string, context: DetectContext): Awaitable<readonly Finding[]>;
}
