/** What a model is told that gets nowhere. It names its own calls, and nothing that a tool has said: that is not ours to say. */
import { canonicalJson } from "../../json/json.ts";
import { redactSecrets } from "../../text/redact.ts";
import type { CallDigest } from "./digest.ts";
import { callsOf, type Loop, type Standstill } from "./findings.ts";
import { MAX_GUIDANCE } from "./numbers.ts";

/** Calls that are named, and characters of their arguments. */
const NAMED = 4;
const ARGUMENT_CHARS = 120;

/** Firmer each time. */
const ADVICE: readonly string[] = [
  "The same will not come to anything else: use what you have, try other arguments or another tool, or answer.",
  "You have been told before. Do not do that again: take another way now, or answer with what you have and say what is missing.",
  "This is the last reminder. Stop what you are doing: your next step must be something you have not tried, or your answer.",
];

/**
 * @param told How often in a row it has been told before. `undefined` once that was often enough.
 * @param own Whether `what` says by itself what to do: then it needs no advice the first time.
 */
export function guidanceFor(what: string, told: number, own = false): string | undefined {
  if (told >= MAX_GUIDANCE) return undefined;
  const advice = own && told === 0 ? "" : (ADVICE[told] ?? "");
  return redactSecrets(`${what} ${advice}`.trimEnd());
}

export function describeLoop({ cycle, times }: Loop): string {
  const calls = named(callsOf(cycle));
  const outcome = cycle.every((turn) => turn.calls.every(({ call }) => call.isError))
    ? "failed"
    : "came to the same";
  return cycle.length === 1
    ? `You have called ${calls} ${times} times in a row, and it ${outcome} each time.`
    : `You go round in a circle of ${cycle.length} steps, ${times} times so far: ${calls}. It ${outcome} each time.`;
}

export function describeStandstill({ kind, turns, last }: Standstill): string {
  const tools = [...new Set(last.calls.map(({ call }) => call.name))].slice(0, NAMED).join(", ");
  switch (kind) {
    case "same_error":
      return `Your last ${turns} tries with ${tools} failed with the same error, whatever the arguments were.`;
    case "same_result":
      return `Your last ${turns} tries with ${tools} came to the same result, whatever the arguments were.`;
    case "only_errors":
      return `All your tool calls of the last ${turns} steps failed; the last one was ${named(last.calls)}.`;
    case "nothing_new":
      return `Your last ${turns} steps brought nothing that you did not know; the last one was ${named(last.calls)}.`;
  }
}

function named(calls: readonly CallDigest[]): string {
  const some = calls
    .slice(0, NAMED)
    .map(({ call }) => `${call.name}(${short(canonicalJson(call.arguments))})`);
  return `${some.join(", ")}${calls.length > NAMED ? `, and ${calls.length - NAMED} more` : ""}`;
}

function short(text: string): string {
  return text.length <= ARGUMENT_CHARS ? text : `${text.slice(0, ARGUMENT_CHARS).toWellFormed()}…`;
}
