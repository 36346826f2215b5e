/** Durable events read back from disk or wire: checked against the types, unknown members kept, frozen. */
import { z } from "zod";
import { deepFreeze, isRecord } from "../json/json.ts";
import {
  contentSchema,
  type EnumOf,
  jsonObjectSchema,
  jsonValueSchema,
  messageSchema,
  type ShapeOf,
} from "../messages/schema.ts";
import { claimVerdict, evidenceExtent, gsarDecision, gsarPartition } from "../reasoning/schema.ts";
import {
  answer,
  compaction,
  count,
  hostedToolRun,
  retryNotice,
  stopReasonSchema,
  texts,
  usage,
} from "./parts.ts";
import type {
  DurableEvent,
  ErrorSummary,
  EventEnvelope,
  EventOf,
  Interrupt,
  ToolResultSource,
  Verification,
} from "./types.ts";

/** A durable event. Members it does not know are kept, a type it does not know is refused. */
export const durableEventSchema: z.ZodType<DurableEvent> = z.lazy(makeEvent);

function makeEvent(): z.ZodType<DurableEvent> {
  const envelope = {
    runId: z.string(),
    threadId: z.string(),
    sequence: z.int().min(1),
    timestamp: z.iso.datetime({ offset: true }),
  } satisfies ShapeOf<EventEnvelope>;

  const callError = z.looseObject({ message: z.string(), code: z.string() });
  const errorSummary = z.looseObject({
    message: z.string(),
    code: z.string(),
    hint: z.string().exactOptional(),
  } satisfies ShapeOf<ErrorSummary>);

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
    ...answer(),
  } satisfies ShapeOf<EventOf<"model_complete">>);
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
    metadata: jsonObjectSchema.exactOptional(),
  } satisfies ShapeOf<EventOf<"tool_complete">>);
  const reflect = z.looseObject({
    ...envelope,
    type: z.literal("reflect"),
    assessment: z.string(),
    confidenceDelta: z.number(),
    confidence: z.number(),
    guidance: z.string().exactOptional(),
    reason: z.string().exactOptional(),
    trigger: z
      .enum({ cadence: "cadence", error: "error", loop: "loop" } satisfies EnumOf<
        NonNullable<EventOf<"reflect">["trigger"]>
      >)
      .exactOptional(),
    usage: usage.exactOptional(),
  } satisfies ShapeOf<EventOf<"reflect">>);
  const grounding = z.looseObject({
    ...envelope,
    type: z.literal("grounding"),
    score: z.number(),
    claims: texts,
    ungroundedClaims: texts,
    decision: z.string(),
    verdicts: z.array(claimVerdict).exactOptional(),
    evidence: evidenceExtent.exactOptional(),
  } satisfies ShapeOf<EventOf<"grounding">>);
  const gsar = z.looseObject({
    ...envelope,
    type: z.literal("gsar"),
    score: z.number(),
    decision: gsarDecision,
    partition: gsarPartition,
    degraded: z.boolean(),
    evidence: evidenceExtent.exactOptional(),
  } satisfies ShapeOf<EventOf<"gsar">>);
  const verification = z.looseObject({
    ...envelope,
    type: z.literal("verification"),
    verifier: z.string(),
    decision: z.enum({ accept: "accept", retry: "retry", fail: "fail" } satisfies EnumOf<
      Verification["decision"]
    >),
    reason: stopReasonSchema.exactOptional(),
    detail: z.string().exactOptional(),
    output: jsonValueSchema.exactOptional(),
    usage: usage.exactOptional(),
  } satisfies ShapeOf<EventOf<"verification">>);
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
  const contextCompacted = z.looseObject({
    ...envelope,
    type: z.literal("context_compacted"),
    from: count,
    count,
    replacement: z.array(messageSchema),
    ...compaction(),
    origin: compaction().origin.exactOptional(),
  } satisfies ShapeOf<EventOf<"context_compacted">>);
  const messageAdded = z.looseObject({
    ...envelope,
    type: z.literal("message_added"),
    message: messageSchema,
    origin: z.string(),
  } satisfies ShapeOf<EventOf<"message_added">>);
  const retry = z.looseObject({
    ...envelope,
    type: z.literal("retry"),
    ...retryNotice(),
    usage: usage.exactOptional(),
  } satisfies ShapeOf<EventOf<"retry">>);
  const guardrail = z.looseObject({
    ...envelope,
    type: z.literal("guardrail"),
    detector: z.string(),
    action: z.string(),
    where: z.string(),
    detail: z.string().exactOptional(),
    usage: usage.exactOptional(),
  } satisfies ShapeOf<EventOf<"guardrail">>);
  const hostedTool = z.looseObject({
    ...envelope,
    type: z.literal("hosted_tool"),
    ...hostedToolRun(),
  } satisfies ShapeOf<EventOf<"hosted_tool">>);
  const terminate = z.looseObject({
    ...envelope,
    type: z.literal("terminate"),
    reason: stopReasonSchema,
    stopDetail: z.string().exactOptional(),
    text: z.string().exactOptional(),
    iterations: count,
    usage,
    lost: usage.exactOptional(),
    error: errorSummary.exactOptional(),
    metadata: jsonObjectSchema.exactOptional(),
  } satisfies ShapeOf<EventOf<"terminate">>);

  return z
    .discriminatedUnion(
      "type",
      [
        runStart,
        modelComplete,
        toolStart,
        toolComplete,
        reflect,
        grounding,
        gsar,
        verification,
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
}
