/** The output of a run, as long as it is that of its last answer. */
import type { JsonValue } from "../json/json.ts";
import { OUTPUT } from "../output/final-answer.ts";
import type { RunState } from "./types.ts";

/** What the last answer was read as; `undefined` where that answer did not fit, or another check has sent it back. */
export function acceptedOutput({ iteration, verification, output }: RunState): JsonValue | undefined {
  if (verification?.iteration !== iteration || verification.rejected !== undefined) return undefined;
  return verification.passed.includes(OUTPUT) ? output?.value : undefined;
}
