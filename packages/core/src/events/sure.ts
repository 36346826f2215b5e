/** What a run puts on record at every turn, where it is surely what the schemas take; see `Sure`. */
import {
  amount,
  flag,
  json,
  jsonObject,
  listOf,
  objectOf,
  oneOf,
  type Sure,
  text,
  yes,
} from "../json/sure.ts";
import { assistantMessage, content, message } from "../messages/sure.ts";
import type { ModelResponse, ModelStopReason, ProviderState, Usage } from "../model/types.ts";
import type {
  DurableEvent,
  ErrorSummary,
  EventEnvelope,
  EventOf,
  StopReason,
  ToolResultSource,
} from "./types.ts";

const texts = listOf(text);

export const usage: Sure<Usage> = objectOf<Usage>(
  { inputTokens: amount, outputTokens: amount, totalTokens: amount },
  {
    cachedInputTokens: amount,
    cacheWriteTokens: amount,
    cacheWrite1hTokens: amount,
    reasoningTokens: amount,
    costUsd: amount,
    partialCostUsd: amount,
    unpriced: texts,
    estimated: yes,
  },
);

/** As `timestamp` of a run writes it; a leap day is left to the schema. */
const WRITTEN =
  /^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

const envelope = {
  runId: text,
  threadId: text,
  sequence: (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1,
  timestamp: (value: unknown): value is string => typeof value === "string" && WRITTEN.test(value),
} satisfies { readonly [K in keyof EventEnvelope]: Sure<EventEnvelope[K]> };

const answer = {
  needed: {
    message: assistantMessage,
    usage,
    stopReason: oneOf<ModelStopReason>({
      stop: "stop",
      tool_calls: "tool_calls",
      length: "length",
      content_filter: "content_filter",
    }),
    modelId: text,
  },
  optional: {
    provider: text,
    serviceTier: text,
    cached: yes,
    requestId: text,
    providerState: objectOf<ProviderState>({ provider: text, modelId: text, data: json }, {}),
    warnings: texts,
    rawOutput: listOf(json),
  },
};

const hostedTool = { needed: { name: text, status: text }, optional: { input: json, output: json } };

export const modelResponse: Sure<ModelResponse> = objectOf<ModelResponse>(answer.needed, {
  ...answer.optional,
  hostedTools: listOf(objectOf(hostedTool.needed, hostedTool.optional)),
});

const stopReason = oneOf<StopReason>({
  complete: "complete",
  terminal_tool: "terminal_tool",
  confidence_met: "confidence_met",
  max_iterations: "max_iterations",
  tool_loop: "tool_loop",
  token_budget: "token_budget",
  cost_budget: "cost_budget",
  time_budget: "time_budget",
  cancelled: "cancelled",
  interrupted: "interrupted",
  grounding_failed: "grounding_failed",
  output_invalid: "output_invalid",
  guardrail: "guardrail",
  error: "error",
});

const toolResultSource = oneOf<ToolResultSource>({
  executed: "executed",
  cached: "cached",
  denied: "denied",
  cancelled: "cancelled",
  unknown_outcome: "unknown_outcome",
});

/** Of the types that every run has at every turn; the others are the schema's. */
const EVENTS: { readonly [Type in DurableEvent["type"]]?: Sure<EventOf<Type>> } = {
  run_start: objectOf<EventOf<"run_start">>(
    {
      ...envelope,
      type: oneOf({ run_start: "run_start" }),
      schemaVersion: (value): value is number => Number.isSafeInteger(value) && amount(value),
      agent: text,
      input: listOf(message),
    },
    { metadata: jsonObject },
  ),
  model_complete: objectOf<EventOf<"model_complete">>(
    { ...envelope, type: oneOf({ model_complete: "model_complete" }), ...answer.needed },
    answer.optional,
  ),
  tool_start: objectOf<EventOf<"tool_start">>(
    {
      ...envelope,
      type: oneOf({ tool_start: "tool_start" }),
      callId: text,
      name: text,
      arguments: json,
      idempotencyKey: text,
    },
    { idempotent: objectOf({ scope: oneOf({ run: "run", thread: "thread" }) }, { ttlMs: amount }) },
  ),
  tool_complete: objectOf<EventOf<"tool_complete">>(
    {
      ...envelope,
      type: oneOf({ tool_complete: "tool_complete" }),
      callId: text,
      name: text,
      isError: flag,
      durationMs: amount,
      cached: flag,
      source: toolResultSource,
    },
    {
      arguments: json,
      result: json,
      content,
      error: objectOf({ message: text, code: text }, {}),
      metadata: jsonObject,
    },
  ),
  verification: objectOf<EventOf<"verification">>(
    {
      ...envelope,
      type: oneOf({ verification: "verification" }),
      verifier: text,
      decision: oneOf({ accept: "accept", retry: "retry", fail: "fail" }),
    },
    { reason: stopReason, detail: text, output: json, usage },
  ),
  message_added: objectOf<EventOf<"message_added">>(
    { ...envelope, type: oneOf({ message_added: "message_added" }), message, origin: text },
    {},
  ),
  guardrail: objectOf<EventOf<"guardrail">>(
    {
      ...envelope,
      type: oneOf({ guardrail: "guardrail" }),
      detector: text,
      action: text,
      where: text,
    },
    { detail: text, usage },
  ),
  hosted_tool: objectOf<EventOf<"hosted_tool">>(
    { ...envelope, type: oneOf({ hosted_tool: "hosted_tool" }), ...hostedTool.needed },
    hostedTool.optional,
  ),
  terminate: objectOf<EventOf<"terminate">>(
    {
      ...envelope,
      type: oneOf({ terminate: "terminate" }),
      reason: stopReason,
      iterations: amount,
      usage,
    },
    {
      stopDetail: text,
      text,
      lost: usage,
      error: objectOf<ErrorSummary>({ message: text, code: text }, { hint: text }),
      metadata: jsonObject,
    },
  ),
};

const byType = new Map<unknown, Sure<unknown>>(Object.entries(EVENTS));

/** Whether an event can be stored and read back as it is. */
export const isSurelyStorable = (event: DurableEvent): boolean => byType.get(event.type)?.(event) === true;
