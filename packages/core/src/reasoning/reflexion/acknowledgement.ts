/**
 * Results that only say that something was done: they tell nothing, so that they repeat is no sign of anything. And those that
 * only say that nothing was found.
 */
import { isJsonObject, type JsonValue } from "../../json/json.ts";

/** Longer texts say more than "done". */
const MAX_CHARS = 120;
const DONE =
  /\b(?:ok|okay|done|success|successful|successfully|succeeded|acknowledged|accepted|saved|stored|written|wrote|created|updated|deleted|removed|added|sent|posted|inserted|applied|queued|scheduled|completed|moved|copied|renamed|set|closed|opened|committed|published|uploaded|installed)\b/i;
const NOT_DONE =
  /\b(?:no|not|none|nothing|never|0|zero|empty|failed|failure|fails|error|errors|unable|cannot|can't|couldn't|unknown|missing|denied|invalid|already|skipped|unchanged)\b/i;

/** Whether a call that came to this has done something and told nothing: no output, `ok`, `{ "success": true }`, `3 rows updated`. */
export function isAcknowledgement(result: JsonValue | undefined): boolean {
  return result === undefined || result === null || result === "" || saysDone(result);
}

function saysDone(result: JsonValue): boolean {
  if (typeof result === "boolean") return result;
  if (typeof result === "string")
    return result.length <= MAX_CHARS && DONE.test(result) && !NOT_DONE.test(result);
  if (!isJsonObject(result)) return false;
  const members = Object.values(result);
  const neutral = (value: JsonValue): boolean => value === null || typeof value === "number";
  return (
    members.length <= 8 &&
    members.some((value) => !neutral(value) && saysDone(value)) &&
    members.every((value) => neutral(value) || saysDone(value))
  );
}

/** Whether a result says that there is nothing: `No results for "fares"`, `{ "query": "fares", "hits": [] }`. */
export function isNothing(result: JsonValue): boolean {
  if (typeof result === "string") return result.length <= MAX_CHARS && NOT_DONE.test(result);
  if (Array.isArray(result)) return result.length === 0;
  return isJsonObject(result) && Object.values(result).some(isNothing);
}
