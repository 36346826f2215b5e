/** What models and conversation managers hand over, and events hold: checked where it enters, and again where it is read. */
import { z } from "zod";
import type { Compaction, CompactionEdit } from "../conversation/types.ts";
import { lazily } from "../lazily.ts";
import {
  assistantMessageSchema,
  type EnumOf,
  jsonValueSchema,
  messageSchema,
  type ShapeOf,
} from "../messages/schema.ts";
import type {
  HostedToolRun,
  LostCall,
  ModelResponse,
  ModelStopReason,
  ProviderState,
  RetryNotice,
  Usage,
} from "../model/types.ts";
import type { StopReason } from "./types.ts";

export const count: z.ZodType<number> = z.lazy(() => z.number().min(0));
export const texts: z.ZodType<readonly string[]> = z.lazy(() => z.array(z.string()));

export const usage: z.ZodType<Usage> = z.lazy(() =>
  z.looseObject({
    inputTokens: count,
    outputTokens: count,
    totalTokens: count,
    cachedInputTokens: count.exactOptional(),
    cacheWriteTokens: count.exactOptional(),
    cacheWrite1hTokens: count.exactOptional(),
    reasoningTokens: count.exactOptional(),
    costUsd: count.exactOptional(),
    partialCostUsd: count.exactOptional(),
    unpriced: texts.exactOptional(),
    estimated: z.literal(true).exactOptional(),
  } satisfies ShapeOf<Usage>),
);
const providerState = z.lazy(() =>
  z.looseObject({
    provider: z.string(),
    modelId: z.string(),
    data: jsonValueSchema,
  } satisfies ShapeOf<ProviderState>),
);
const modelStopReason = z.lazy(() =>
  z.enum({
    stop: "stop",
    tool_calls: "tool_calls",
    length: "length",
    content_filter: "content_filter",
  } satisfies EnumOf<ModelStopReason>),
);

/** Why a run ended. */
export const stopReasonSchema: z.ZodType<StopReason> = z.lazy(() =>
  z.enum({
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
  } satisfies EnumOf<StopReason>),
);

/** Of an answer, what is put on record as it is. */
export const answer: () => ShapeOf<Omit<ModelResponse, "hostedTools">> = lazily(() => ({
  message: assistantMessageSchema,
  usage,
  stopReason: modelStopReason,
  modelId: z.string(),
  provider: z.string().exactOptional(),
  serviceTier: z.string().exactOptional(),
  cached: z.literal(true).exactOptional(),
  requestId: z.string().exactOptional(),
  providerState: providerState.exactOptional(),
  warnings: texts.exactOptional(),
  rawOutput: z.array(jsonValueSchema).exactOptional(),
}));
export const hostedToolRun: () => ShapeOf<HostedToolRun> = lazily(() => ({
  name: z.string(),
  status: z.string(),
  input: jsonValueSchema.exactOptional(),
  output: jsonValueSchema.exactOptional(),
}));
/** What a model answered, before it is put on record. */
export const modelResponseSchema: z.ZodType<ModelResponse> = z.lazy(() =>
  z.looseObject({
    ...answer(),
    hostedTools: z.array(z.object(hostedToolRun())).exactOptional(),
  } satisfies ShapeOf<ModelResponse>),
);

export const retryNotice: () => ShapeOf<Omit<RetryNotice, "lost">> = lazily(() => ({
  what: z.string(),
  attempt: count,
  delayMs: count,
}));
/** A try that failed, as a model tells of it. */
export const retryNoticeSchema: z.ZodType<RetryNotice> = z.lazy(() =>
  z.object({
    ...retryNotice(),
    lost: z
      .object({ provider: z.string(), modelId: z.string(), usage } satisfies ShapeOf<LostCall>)
      .exactOptional(),
  } satisfies ShapeOf<RetryNotice>),
);

export const compaction: () => ShapeOf<Omit<Compaction, "edits">> = lazily(() => ({
  origin: z.string(),
  usage: usage.exactOptional(),
  tokensBefore: count.exactOptional(),
  tokensAfter: count.exactOptional(),
}));
/** What a conversation manager decided, before it is put on record. */
export const compactionSchema: z.ZodType<Compaction> = z.lazy(() =>
  z.object({
    edits: z.array(
      z.object({
        from: z.number(),
        count: z.number(),
        replacement: z.array(messageSchema),
      } satisfies ShapeOf<CompactionEdit>),
    ),
    ...compaction(),
  } satisfies ShapeOf<Compaction>),
);
