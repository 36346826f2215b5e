/** An answer as a model hands it out, made fit for the record: checked, plain JSON, and nobody's to change. */
import { estimateTokens } from "../conversation/estimate.ts";
import { ModelError, messageOf } from "../errors/errors.ts";
import { modelResponseSchema, usage as usageSchema } from "../events/parts.ts";
import { deepFreeze, isDeeplyFrozen, isRecord, toJson } from "../json/json.ts";
import { describeIssues, jsonValueSchema } from "../messages/schema.ts";
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
  const members = new Map(
    Object.entries(given).filter(([, member]) => member !== undefined && member !== null),
  );
  const { message, rawOutput, usage } = Object.fromEntries(members);
  const told = readUsage(usage);
  try {
    members.set("usage", told.usage);
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
    usage: counted(told, request, parsed.data),
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

/** Counts, and sums of money. */
const AMOUNTS: readonly string[] = [
  "inputTokens",
  "outputTokens",
  "totalTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "cacheWrite1hTokens",
  "reasoningTokens",
  "costUsd",
  "partialCostUsd",
] satisfies readonly (keyof Usage)[];

/** A usage as far as it was told, zero where it was not. */
interface ToldUsage {
  readonly usage: Usage;
  readonly hasInput: boolean;
  readonly hasOutput: boolean;
}

/** What is no amount, such as a text or less than nothing, is as good as not told: it costs nobody the answer. */
function readUsage(given: unknown): ToldUsage {
  const members = isRecord(given) ? Object.entries(given) : [];
  const told = Object.fromEntries(
    members.filter(([name, value]) =>
      AMOUNTS.includes(name) ? isAmount(value) : value !== undefined && value !== null,
    ),
  );
  const { inputTokens: input, outputTokens: output } = told;
  const [inputTokens, outputTokens] = [isAmount(input) ? input : 0, isAmount(output) ? output : 0];
  const whole = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...told };
  const read = usageSchema.safeParse(whole);
  // Nothing at all was not counted: a request is never nothing.
  const isSome = read.success && inputTokens + outputTokens > 0;
  return {
    usage: read.success ? read.data : NO_USAGE,
    hasInput: isSome && input !== undefined,
    hasOutput: isSome && output !== undefined,
  };
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
