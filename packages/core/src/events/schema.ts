/** Durable events read back from disk or wire: checked against the types, unknown members kept, frozen. */
import { z } from "zod";
import type { Compaction, CompactionEdit } from "../conversation/types.ts";
import { messageOf } from "../errors/errors.ts";
import { deepFreeze, isRecord, toJson } from "../json/json.ts";
import {
  assistantMessageSchema,
  contentSchema,
  describeIssues,
  type EnumOf,
  jsonObjectSchema,
  jsonValueSchema,
  messageSchema,
  type ShapeOf,
} from "../messages/schema.ts";
import type {
  HostedToolRun,
  ModelResponse,
  ModelStopReason,
  ProviderState,
  RetryNotice,
  Usage,
} from "../model/types.ts";
import type {
  DurableEvent,
  ErrorSummary,
  EventEnvelope,
  EventOf,
  Interrupt,
  StopReason,
  ToolResultSource,
} from "./types.ts";

const count = z.number().min(0);
const texts = z.array(z.string());

const envelope = {
  runId: z.string(),
  threadId: z.string(),
  sequence: z.int().min(1),
  timestamp: z.iso.datetime({ offset: true }),
} satisfies ShapeOf<EventEnvelope>;

const usage = z.looseObject({
  inputTokens: count,
  outputTokens: count,
  totalTokens: count,
  cachedInputTokens: count.exactOptional(),
  cacheWriteTokens: count.exactOptional(),
  reasoningTokens: count.exactOptional(),
  costUsd: count.exactOptional(),
} satisfies ShapeOf<Usage>);
const providerState = z.looseObject({
  provider: z.string(),
  modelId: z.string(),
  data: jsonValueSchema,
} satisfies ShapeOf<ProviderState>);
const callError = z.looseObject({ message: z.string(), code: z.string() });
const errorSummary = z.looseObject({
  message: z.string(),
  code: z.string(),
  hint: z.string().exactOptional(),
} satisfies ShapeOf<ErrorSummary>);

/** Why a run ended. */
export const stopReasonSchema: z.ZodType<StopReason> = z.enum({
  complete: "complete",
  terminal_tool: "terminal_tool",
  confidence_met: "confidence_met",
  max_iterations: "max_iterations",
  tool_loop: "tool_loop",
  token_budget: "token_budget",
  time_budget: "time_budget",
  cancelled: "cancelled",
  interrupted: "interrupted",
  grounding_failed: "grounding_failed",
  output_invalid: "output_invalid",
  guardrail: "guardrail",
  error: "error",
} satisfies EnumOf<StopReason>);
const modelStopReason = z.enum({
  stop: "stop",
  tool_calls: "tool_calls",
  length: "length",
  content_filter: "content_filter",
} satisfies EnumOf<ModelStopReason>);
const source = z.enum({
  executed: "executed",
  cached: "cached",
  denied: "denied",
  cancelled: "cancelled",
  unknown_outcome: "unknown_outcome",
} satisfies EnumOf<ToolResultSource>);

const runStart = z.looseObject({
  ...envelope,
  type: z.literal("run_start"),
  schemaVersion: z.int().min(0),
  agent: z.string(),
  input: z.array(messageSchema),
  metadata: jsonObjectSchema.exactOptional(),
} satisfies ShapeOf<EventOf<"run_start">>);
const modelComplete = z.looseObject({
  ...envelope,
  type: z.literal("model_complete"),
  message: assistantMessageSchema,
  usage,
  stopReason: modelStopReason,
  modelId: z.string(),
  requestId: z.string().exactOptional(),
  providerState: providerState.exactOptional(),
  warnings: texts.exactOptional(),
  rawOutput: z.array(jsonValueSchema).exactOptional(),
} satisfies ShapeOf<EventOf<"model_complete">>);
const hostedToolRun = z.object({
  name: z.string(),
  status: z.string(),
  input: jsonValueSchema.exactOptional(),
  output: jsonValueSchema.exactOptional(),
} satisfies ShapeOf<HostedToolRun>);
const toolStart = z.looseObject({
  ...envelope,
  type: z.literal("tool_start"),
  callId: z.string(),
  name: z.string(),
  arguments: jsonValueSchema,
  idempotencyKey: z.string(),
  idempotent: z
    .looseObject({ scope: z.enum(["run", "thread"]), ttlMs: count.exactOptional() })
    .exactOptional(),
} satisfies ShapeOf<EventOf<"tool_start">>);
const toolComplete = z.looseObject({
  ...envelope,
  type: z.literal("tool_complete"),
  callId: z.string(),
  name: z.string(),
  arguments: jsonValueSchema.exactOptional(),
  result: jsonValueSchema.exactOptional(),
  content: contentSchema.exactOptional(),
  error: callError.exactOptional(),
  isError: z.boolean(),
  durationMs: count,
  cached: z.boolean(),
  source,
} satisfies ShapeOf<EventOf<"tool_complete">>);
const reflect = z.looseObject({
  ...envelope,
  type: z.literal("reflect"),
  assessment: z.string(),
  confidenceDelta: z.number(),
  confidence: z.number(),
  guidance: z.string().exactOptional(),
} satisfies ShapeOf<EventOf<"reflect">>);
const grounding = z.looseObject({
  ...envelope,
  type: z.literal("grounding"),
  score: z.number(),
  claims: texts,
  ungroundedClaims: texts,
  decision: z.string(),
} satisfies ShapeOf<EventOf<"grounding">>);
const interrupt = z.looseObject({
  ...envelope,
  type: z.literal("interrupt"),
  interruptId: z.string(),
  callId: z.string().exactOptional(),
  kind: z.enum({ question: "question", approval: "approval" } satisfies EnumOf<Interrupt["kind"]>),
  question: z.string(),
  options: texts.exactOptional(),
  name: z.string().exactOptional(),
  arguments: jsonValueSchema.exactOptional(),
  digest: z.string().exactOptional(),
  reason: z.literal("unknown_outcome").exactOptional(),
} satisfies ShapeOf<EventOf<"interrupt">>);
const resume = z.looseObject({
  ...envelope,
  type: z.literal("resume"),
  interruptId: z.string(),
  answer: jsonValueSchema,
} satisfies ShapeOf<EventOf<"resume">>);
const compaction = {
  origin: z.string(),
  usage: usage.exactOptional(),
  tokensBefore: count.exactOptional(),
  tokensAfter: count.exactOptional(),
};
/** What a conversation manager decided, before it is put on record. */
export const compactionSchema: z.ZodType<Compaction> = z.object({
  edits: z.array(
    z.object({
      from: z.number(),
      count: z.number(),
      replacement: z.array(messageSchema),
    } satisfies ShapeOf<CompactionEdit>),
  ),
  ...compaction,
} satisfies ShapeOf<Compaction>);
const contextCompacted = z.looseObject({
  ...envelope,
  type: z.literal("context_compacted"),
  from: count,
  count,
  replacement: z.array(messageSchema),
  ...compaction,
  origin: compaction.origin.exactOptional(),
} satisfies ShapeOf<EventOf<"context_compacted">>);
const messageAdded = z.looseObject({
  ...envelope,
  type: z.literal("message_added"),
  message: messageSchema,
  origin: z.string(),
} satisfies ShapeOf<EventOf<"message_added">>);
const retryNotice = { what: z.string(), attempt: count, delayMs: count } satisfies ShapeOf<RetryNotice>;
/** A try that failed, as a model tells of it. */
export const retryNoticeSchema: z.ZodType<RetryNotice> = z.object(retryNotice);
const retry = z.looseObject({
  ...envelope,
  type: z.literal("retry"),
  ...retryNotice,
  usage: usage.exactOptional(),
} satisfies ShapeOf<EventOf<"retry">>);
const guardrail = z.looseObject({
  ...envelope,
  type: z.literal("guardrail"),
  detector: z.string(),
  action: z.string(),
  where: z.string(),
  detail: z.string().exactOptional(),
} satisfies ShapeOf<EventOf<"guardrail">>);
const hostedTool = z.looseObject({
  ...envelope,
  type: z.literal("hosted_tool"),
  ...hostedToolRun.shape,
} satisfies ShapeOf<EventOf<"hosted_tool">>);
const terminate = z.looseObject({
  ...envelope,
  type: z.literal("terminate"),
  reason: stopReasonSchema,
  stopDetail: z.string().exactOptional(),
  text: z.string().exactOptional(),
  iterations: count,
  usage,
  error: errorSummary.exactOptional(),
  metadata: jsonObjectSchema.exactOptional(),
} satisfies ShapeOf<EventOf<"terminate">>);

/** What a model answered, before it is put on record. */
export const modelResponseSchema: z.ZodType<ModelResponse> = z.looseObject({
  message: assistantMessageSchema,
  usage,
  stopReason: modelStopReason,
  modelId: z.string(),
  requestId: z.string().exactOptional(),
  providerState: providerState.exactOptional(),
  hostedTools: z.array(hostedToolRun).exactOptional(),
  warnings: texts.exactOptional(),
  rawOutput: z.array(jsonValueSchema).exactOptional(),
} satisfies ShapeOf<ModelResponse>);

/** A durable event. Members it does not know are kept, a type it does not know is refused. */
export const durableEventSchema: z.ZodType<DurableEvent> = z
  .discriminatedUnion(
    "type",
    [
      runStart,
      modelComplete,
      toolStart,
      toolComplete,
      reflect,
      grounding,
      interrupt,
      resume,
      contextCompacted,
      messageAdded,
      retry,
      guardrail,
      hostedTool,
      terminate,
    ],
    {
      error: ({ code, input }) =>
        code === "invalid_union" && isRecord(input)
          ? `unknown event type ${JSON.stringify(input.type) ?? "(none)"}`
          : undefined,
    },
  )
  .transform(deepFreeze);

/** A value that a schema takes, or why it does not. */
export type Checked<T> = { readonly value: T } | { readonly wrong: string };

/** `value` where it can be stored and read back as it is; else what JSON makes of it, if that fits. Never throws. */
export function checkStorable<T>(schema: z.ZodType<T>, value: T): Checked<T> {
  try {
    if (schema.safeParse(value).success) return { value };
    const parsed = schema.safeParse(toJson(value));
    return parsed.success ? { value: parsed.data } : { wrong: describeIssues(parsed.error) };
  } catch (error) {
    return { wrong: messageOf(error) };
  }
}
