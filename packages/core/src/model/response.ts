/** An answer as a model hands it out, made fit for the record: checked, plain JSON, and nobody's to change. */
import { estimateTokens } from "../conversation/estimate.ts";
import { ModelError, messageOf } from "../errors/errors.ts";
import { modelResponseSchema, usage as usageSchema } from "../events/parts.ts";
import { modelResponse as isSurelyAnswer, usage as isSurelyUsage } from "../events/sure.ts";
import { deepFreeze, isDeeplyFrozen, isRecord, type JsonValue, toJson } from "../json/json.ts";
import { json as isSurelyJson } from "../json/sure.ts";
import { describeIssues, jsonValueSchema } from "../messages/schema.ts";
import type { AssistantMessage } from "../messages/types.ts";
import { NO_USAGE } from "../state/usage.ts";
import type { ModelResponse, TokenCountRequest, Usage } from "./types.ts";

/** Messages and outputs that came out of here, which hooks hand on. */
const known = new WeakSet<object>();

/**
 * A message that nobody can change keeps its identity: models remember by it what they have worked out about it.
 * What is missing and does no harm is made up for: members that are `undefined` or `null`, counts of tokens, ids of calls.
 *
 * @param request What was answered: an answer that was not counted is estimated by it. Without it, it has used nothing.
 * @throws ModelError naming the member that does not fit.
 */
export function readResponse(given: unknown, whose: string, request?: TokenCountRequest): ModelResponse {
  const wrong = (what: string, cause?: unknown): ModelError =>
    new ModelError(`${whose} returned what is no answer: ${what}`, {
      hint: "An answer is a ModelResponse: a message, its usage, a stopReason and a modelId, as plain JSON.",
      cause,
    });
  if (typeof given !== "object" || given === null)
    throw wrong(`expected an object, received ${typeof given}`);
  const members = toldMembers(given);
  const { message, rawOutput } = members;
  const told = readUsage(members.usage);
  try {
    members.usage = told.usage;
    for (const name of COPIED) {
      if (members[name] !== undefined) members[name] = toJson(members[name]);
    }
    members.message = withIds(fixed(message));
    if (rawOutput !== undefined) members.rawOutput = fixed(rawOutput);
  } catch (error) {
    throw wrong(messageOf(error), error);
  }
  const read = isSurelyAnswer(members) ? members : parsed(members, { message, rawOutput }, wrong);
  for (const made of [read.message, read.rawOutput]) if (made !== undefined) known.add(deepFreeze(made));
  const used = counted(told, request, read);
  return used === read.usage ? read : { ...read, usage: used };
}

/** What is copied as JSON, whoever can change it. */
const COPIED = [
  "providerState",
  "hostedTools",
  "warnings",
] as const satisfies readonly (keyof ModelResponse)[];

/** The members of `given` that say something, in an object of ours. */
function toldMembers(given: object): Record<string, unknown> {
  const all: Readonly<Record<string, unknown>> = { ...given };
  const members: Record<string, unknown> = {};
  for (const name in all) {
    const member = all[name];
    if (member !== undefined && member !== null && name !== "__proto__") members[name] = member;
  }
  return members;
}

/** What the schema reads; a message or an output that was left as it was given is that very one. */
function parsed(
  members: Readonly<Record<string, unknown>>,
  given: { readonly message: unknown; readonly rawOutput: unknown },
  wrong: (what: string) => ModelError,
): ModelResponse {
  const { success, data, error } = modelResponseSchema.safeParse(members);
  if (!success) throw wrong(describeIssues(error));
  const { message, rawOutput } = members;
  return {
    ...data,
    ...(isKept<AssistantMessage>(message, given.message) ? { message } : {}),
    ...(rawOutput !== undefined && isKept<readonly JsonValue[]>(rawOutput, given.rawOutput)
      ? { rawOutput }
      : {}),
  };
}

const isKept = <T>(member: unknown, given: unknown): member is T => member === given;

/** `value` itself where it is plain JSON that nobody can change any more, else a copy that is. */
function fixed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return known.has(value) || (isDeeplyFrozen(value) && isJson(value)) ? value : toJson(value);
}

const isJson = (value: unknown): boolean => isSurelyJson(value) || jsonValueSchema.safeParse(value).success;

/** Counts, and sums of money. */
const AMOUNTS: ReadonlySet<string> = new Set([
  "inputTokens",
  "outputTokens",
  "totalTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "cacheWrite1hTokens",
  "reasoningTokens",
  "costUsd",
  "partialCostUsd",
] satisfies readonly (keyof Usage)[]);

/** A usage as far as it was told, zero where it was not. */
interface ToldUsage {
  readonly usage: Usage;
  readonly hasInput: boolean;
  readonly hasOutput: boolean;
}

/** What is no amount, such as a text or less than nothing, is as good as not told: it costs nobody the answer. */
function readUsage(given: unknown): ToldUsage {
  const told: Record<string, unknown> = {};
  if (isRecord(given)) {
    for (const name of Object.keys(given)) {
      const value = given[name];
      const isTold = AMOUNTS.has(name) ? isAmount(value) : value !== undefined && value !== null;
      if (isTold && name !== "__proto__") told[name] = value;
    }
  }
  const { inputTokens: input, outputTokens: output } = told;
  const [inputTokens, outputTokens] = [isAmount(input) ? input : 0, isAmount(output) ? output : 0];
  const whole: Readonly<Record<string, unknown>> = {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...told,
  };
  const usage = parsedUsage(whole);
  // Nothing at all was not counted: a request is never nothing.
  const isSome = usage !== undefined && inputTokens + outputTokens > 0;
  return {
    usage: usage ?? NO_USAGE,
    hasInput: isSome && input !== undefined,
    hasOutput: isSome && output !== undefined,
  };
}

function parsedUsage(whole: Readonly<Record<string, unknown>>): Usage | undefined {
  // A list in it is not ours: the schema makes it a copy.
  return whole.unpriced === undefined && isSurelyUsage(whole) ? whole : usageSchema.safeParse(whole).data;
}

const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

/** With an estimate in the place of what was not told: a budget of tokens holds for a server that counts none, too. */
function counted(
  { usage, hasInput, hasOutput }: ToldUsage,
  request: TokenCountRequest | undefined,
  { message, cached }: ModelResponse,
): Usage {
  if (request === undefined || cached === true || (hasInput && hasOutput)) return usage;
  const inputTokens = hasInput ? usage.inputTokens : estimateTokens(request);
  const outputTokens = hasOutput ? usage.outputTokens : estimateTokens({ messages: [message] });
  return { ...usage, inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true };
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
