/** Reads an answer as the object that was asked for, and says in words why it is none. */
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, parseJson } from "../json/json.ts";
import { WRAPPED } from "../schema/strict.ts";
import type { Validated } from "../tool/types.ts";
import { findJsonObjects } from "./find-json.ts";
import type { OutputPlan } from "./plan.ts";

/** What the model wrote, as text; or what it called the answer's tool with, once for each call. */
export type WrittenAnswer =
  | { readonly text: string; readonly isCutOff: boolean }
  | { readonly calls: readonly JsonValue[] };

/** `value` is what was written for it, not what the schema makes of it. */
export async function readAnswer(plan: OutputPlan, answer: WrittenAnswer): Promise<Validated<JsonValue>> {
  const given = "calls" in answer ? { objects: answer.calls.filter(isJsonObject) } : objectsIn(answer);
  if ("wrong" in given) return { ok: false, message: given.wrong };
  const fitting = new Map<string, JsonValue>();
  let misfit = "expected a JSON object";
  for (const object of given.objects) {
    if (plan.isWrapped && !Object.hasOwn(object, WRAPPED)) {
      misfit = `the answer has no member "${WRAPPED}"`;
      continue;
    }
    const written = plan.restore(object);
    const checked = await plan.validate(written);
    if (checked.ok) fitting.set(canonicalJson(written), written);
    else misfit = checked.message;
  }
  const [value, ...others] = fitting.values();
  if (value === undefined) return { ok: false, message: misfit };
  if (others.length === 0) return { ok: true, value };
  return { ok: false, message: `${others.length + 1} different objects fit the schema; expected one` };
}

function objectsIn({
  text,
  isCutOff,
}: Extract<WrittenAnswer, { readonly text: string }>):
  | { readonly objects: readonly JsonObject[] }
  | { readonly wrong: string } {
  const whole = parseJson(text);
  if (isJsonObject(whole)) return { objects: [whole] };
  const { objects, cutOff } = findJsonObjects(text);
  // What is cut off is not known, whatever else is there.
  if (cutOff || (objects.length === 0 && isCutOff)) {
    const why = isCutOff ? ": the limit of output tokens was reached before its end" : "";
    return { wrong: `the JSON object is cut off${why}` };
  }
  if (objects.length > 0) return { objects };
  return {
    wrong:
      text.trim() === "" ? "the answer is empty; expected a JSON object" : "the answer holds no JSON object",
  };
}
