/** An answer as a model hands it out, made fit for the record: checked, plain JSON, and nobody's to change. */
import { ModelError, messageOf } from "../errors/errors.ts";
import { modelResponseSchema } from "../events/parts.ts";
import { deepFreeze, isDeeplyFrozen, isRecord, toJson } from "../json/json.ts";
import { describeIssues, jsonValueSchema } from "../messages/schema.ts";
import { NO_USAGE } from "../state/usage.ts";
import type { ModelResponse } from "./types.ts";

/** Messages and outputs that came out of here, which hooks hand on. */
const known = new WeakSet<object>();

/**
 * A message that nobody can change keeps its identity: models remember by it what they have worked out about it.
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
    members.set("message", withIds(fixed(message)));
    if (members.has("rawOutput")) members.set("rawOutput", fixed(rawOutput));
  } catch (error) {
    throw wrong(messageOf(error), error);
  }
  const parsed = modelResponseSchema.safeParse(Object.fromEntries(members));
  if (!parsed.success) throw wrong(describeIssues(parsed.error));
  const response: ModelResponse = {
    ...parsed.data,
    ...(members.get("message") === message ? { message } : {}),
    ...(members.has("rawOutput") && members.get("rawOutput") === rawOutput ? { rawOutput } : {}),
  };
  for (const made of [response.message, response.rawOutput])
    if (made !== undefined) known.add(deepFreeze(made));
  return response;
}

/** `value` itself where it is plain JSON that nobody can change any more, else a copy that is. */
function fixed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const isFixed = known.has(value) || (isDeeplyFrozen(value) && jsonValueSchema.safeParse(value).success);
  return isFixed ? value : toJson(value);
}

/** A model that does not count is taken to have used nothing; a count that is no number is refused by the schema. */
function readUsage(given: unknown): unknown {
  if (given === undefined) return NO_USAGE;
  if (typeof given !== "object" || given === null) return given;
  const told = Object.fromEntries(
    Object.entries(given).filter(([, count]) => count !== undefined && count !== null),
  );
  const { inputTokens = 0, outputTokens = 0 } = told;
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...told };
}

/** A call without an id is given one by the run. */
function withIds(message: unknown): unknown {
  if (!isRecord(message) || !Array.isArray(message.content)) return message;
  const nameless = (part: unknown): boolean =>
    isRecord(part) && part.type === "tool_call" && (part.id === undefined || part.id === null);
  if (!message.content.some(nameless)) return message;
  const content = message.content.map((part: unknown) =>
    isRecord(part) && nameless(part) ? { ...part, id: "" } : part,
  );
  return { ...message, content };
}
