/** An answer as a model hands it out, made fit for the record: checked, plain JSON, and nobody's to change. */
import { ModelError, messageOf } from "../errors/errors.ts";
import { modelResponseSchema } from "../events/parts.ts";
import { deepFreeze, isJsonObject, type JsonValue, toJson } from "../json/json.ts";
import { describeIssues } from "../messages/schema.ts";
import { NO_USAGE } from "../state/usage.ts";
import type { ModelResponse } from "./types.ts";

/** Messages and outputs that came out of here: hooks hand them on, and they keep their identity. */
const checked = new WeakSet<object>();

/**
 * What is missing and does no harm is made up for: members that are `undefined` or `null`, counts of tokens, ids of calls.
 *
 * @throws ModelError naming the member that does not fit.
 */
export function readResponse(given: unknown, whose: string): ModelResponse {
  const wrong = (what: string, cause?: unknown): ModelError =>
    new ModelError(`${whose} returned what is no answer: ${what}`, {
      hint: "An answer is a ModelResponse: a message, its usage, a stopReason and a modelId, as plain JSON.",
      cause,
    });
  if (typeof given !== "object" || given === null)
    throw wrong(`expected an object, received ${typeof given}`);
  const members = new Map(
    Object.entries(given).filter(([, member]) => member !== undefined && member !== null),
  );
  const { message, rawOutput } = Object.fromEntries(members);
  try {
    members.set("usage", readUsage(members.get("usage")));
    for (const name of ["providerState", "hostedTools", "warnings"]) {
      if (members.has(name)) members.set(name, toJson(members.get(name)));
    }
    if (!isChecked(message)) members.set("message", withIds(toJson(message)));
    if (members.has("rawOutput") && !isChecked(rawOutput)) members.set("rawOutput", toJson(rawOutput));
  } catch (error) {
    throw wrong(messageOf(error), error);
  }
  const parsed = modelResponseSchema.safeParse(Object.fromEntries(members));
  if (!parsed.success) throw wrong(describeIssues(parsed.error));
  const response: ModelResponse = {
    ...parsed.data,
    ...(isChecked(message) ? { message } : {}),
    ...(isChecked(rawOutput) ? { rawOutput } : {}),
  };
  checked.add(response.message);
  if (response.rawOutput !== undefined) checked.add(deepFreeze(response.rawOutput));
  return response;
}

function isChecked(value: unknown): boolean {
  return typeof value === "object" && value !== null && checked.has(value);
}

/** A model that does not count is taken to have used nothing; a count that is no number is refused by the schema. */
function readUsage(given: unknown): unknown {
  if (given === undefined) return NO_USAGE;
  if (typeof given !== "object" || given === null) return given;
  const known = Object.fromEntries(
    Object.entries(given).filter(([, count]) => count !== undefined && count !== null),
  );
  const { inputTokens = 0, outputTokens = 0 } = known;
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...known };
}

/** A call without an id is given one by the run. */
function withIds(message: JsonValue): JsonValue {
  if (!isJsonObject(message) || !Array.isArray(message.content)) return message;
  const content = message.content.map((part: JsonValue) =>
    isJsonObject(part) && part.type === "tool_call" ? { ...part, id: part.id ?? "" } : part,
  );
  return { ...message, content };
}
