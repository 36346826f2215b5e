/** Reads an answer as the object that was asked for, and says in words why it is none. */
import { messageOf, StructuredOutputError } from "../errors/errors.ts";
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, parseJson } from "../json/json.ts";
import { WRAPPED } from "../schema/strict.ts";
import { redactSecrets } from "../text/redact.ts";
import type { Validated } from "../tool/types.ts";
import { findJsonObjects } from "./find-json.ts";
import type { OutputPlan, ReadAnswer } from "./plan.ts";

/** What the model wrote, as text; or what it called the answer's tool with, once for each call. */
export type WrittenAnswer =
  | { readonly text: string; readonly isCutOff: boolean }
  | { readonly calls: readonly JsonValue[] };

/** @throws StructuredOutputError where the schema itself throws. */
export async function readAnswer<Output>(
  plan: OutputPlan<Output>,
  answer: WrittenAnswer,
): Promise<Validated<ReadAnswer<Output>>> {
  const given = "calls" in answer ? { objects: answer.calls.filter(isJsonObject) } : objectsIn(answer);
  if ("wrong" in given) return { ok: false, message: given.wrong };
  const fitting = new Map<string, ReadAnswer<Output>>();
  let misfit = "expected a JSON object";
  for (const object of given.objects) {
    if (plan.isWrapped && !Object.hasOwn(object, WRAPPED)) {
      misfit = `the answer has no member "${WRAPPED}"`;
      continue;
    }
    const written = plan.restore(object);
    const checked = await check(plan, written);
    if (checked.ok) fitting.set(canonicalJson(written), { written, value: checked.value });
    else misfit = checked.message;
  }
  const [value, ...others] = fitting.values();
  if (value === undefined) return { ok: false, message: misfit };
  if (others.length === 0) return { ok: true, value };
  return { ok: false, message: `${others.length + 1} different objects fit the schema; expected one` };
}

/** @throws StructuredOutputError where the schema throws instead of saying what is wrong. */
export async function check<Output>(
  plan: OutputPlan<Output>,
  written: JsonValue,
): Promise<Validated<Output>> {
  try {
    return await plan.validate(written);
  } catch (cause) {
    throw new StructuredOutputError(`the outputSchema failed: ${redactSecrets(messageOf(cause))}`, {
      hint: "A transform or refinement of the schema threw; let it report an issue instead.",
      cause,
    });
  }
}

function objectsIn({
  text,
  isCutOff,
}: Extract<WrittenAnswer, { readonly text: string }>):
  | { readonly objects: readonly JsonObject[] }
  | { readonly wrong: string } {
  const whole = parseJson(text);
  if (isJsonObject(whole)) return { objects: [whole] };
  const { objects, cutOff, malformedAt } = findJsonObjects(text);
  // What is cut off is not known, whatever else is there.
  if (cutOff || (objects.length === 0 && malformedAt === undefined && isCutOff)) {
    const why = isCutOff ? ": the limit of output tokens was reached before its end" : "";
    return { wrong: `the JSON object is cut off${why}` };
  }
  if (objects.length > 0) return { objects };
  if (malformedAt !== undefined)
    return { wrong: `the JSON object is malformed: ${syntaxError(text, malformedAt)}` };
  return {
    wrong:
      text.trim() === "" ? "the answer is empty; expected a JSON object" : "the answer holds no JSON object",
  };
}

/** What the parser says, which names the place. */
function syntaxError(text: string, at: number): string {
  try {
    JSON.parse(text.slice(at));
    return "it cannot be parsed";
  } catch (error) {
    return messageOf(error);
  }
}
