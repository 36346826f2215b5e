/** A call's arguments: read from the model's text, checked by the tool, or as they are on record. */
import { messageOf } from "../errors/errors.ts";
import {
  deepFreeze,
  isJsonObject,
  isPlainJson,
  type JsonValue,
  MAX_DEPTH,
  nestingOf,
  toJson,
} from "../json/json.ts";
import type { Awaitable, Tool, Validated } from "../tool/types.ts";

/** What the body gets, and the same as it is recorded and shown. */
export interface CallArguments {
  readonly args: unknown;
  readonly json: JsonValue;
}

/** No text is no arguments; any other text must be a JSON object. */
export function parseArguments(text: string): Validated<JsonValue> {
  if (text.trim() === "") return { ok: true, value: {} };
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  if (nestingOf(text) > MAX_DEPTH) {
    return { ok: false, message: `the arguments are nested more than ${MAX_DEPTH} levels deep` };
  }
  try {
    const value = JSON.parse(text) as JsonValue;
    if (isJsonObject(value)) return { ok: true, value };
    return { ok: false, message: `the arguments must be a JSON object; received: ${shown}` };
  } catch (error) {
    return {
      ok: false,
      message: `the arguments are not valid JSON (${messageOf(error)}); received: ${shown}`,
    };
  }
}

/** What the tool makes of `asked`. */
export function validated(tool: Tool, asked: JsonValue): Awaitable<Validated<CallArguments>> {
  const taken = (checked: Validated<unknown>): Validated<CallArguments> =>
    checked.ok ? { ok: true, value: { args: checked.value, json: onRecord(checked.value, asked) } } : checked;
  const checked = check(tool, asked);
  // Most schemas answer at once.
  return "ok" in checked ? taken(checked) : checked.then(taken);
}

/**
 * The arguments as they were put on record, validated, for a call that a person has approved or that had begun: they are
 * not validated once more, as a schema may make another thing of them each time. `asked` tells whether the tool still
 * takes what the model asked for.
 */
export async function recorded(
  tool: Tool,
  record: JsonValue,
  asked: JsonValue,
): Promise<Validated<CallArguments>> {
  const again = await check(tool, record);
  // Of what JSON cannot hold, the arguments as asked for are on record: see `onRecord`.
  if (again.ok && !isPlainJson(again.value)) return { ok: true, value: { args: again.value, json: record } };
  const fits = again.ok ? again : await check(tool, asked);
  return fits.ok ? { ok: true, value: { args: structuredClone(record), json: record } } : fits;
}

/**
 * The arguments as they are recorded and told apart: as validated where JSON can hold that, else as they were asked for
 * (a schema may make a `Set` or a `Date` of them, and two sets would look alike).
 */
function onRecord(value: unknown, asked: JsonValue): JsonValue {
  return deepFreeze(toJson(isPlainJson(value) ? value : asked));
}

function check(tool: Tool, value: JsonValue): Awaitable<Validated<unknown>> {
  const failed = (error: unknown): Validated<unknown> => ({ ok: false, message: messageOf(error) });
  try {
    const checked = tool.validate(value);
    return "ok" in checked ? checked : Promise.resolve(checked).catch(failed);
  } catch (error) {
    return failed(error);
  }
}
