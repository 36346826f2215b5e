/** Messages and events on the wire, read leniently: what a server adds is let through, what it leaves out is tolerated. */
import { isRecord, type JsonObject } from "@locus-sdk/core";
import { z } from "zod";

export interface WireUsage {
  readonly input_tokens?: number | undefined;
  readonly output_tokens?: number | undefined;
  readonly cache_read_input_tokens?: number | undefined;
  readonly cache_creation_input_tokens?: number | undefined;
  /** What was written to the cache, by how long it stays there. */
  readonly cache_creation?: { readonly ephemeral_1h_input_tokens?: number | undefined } | undefined;
  readonly service_tier?: string | undefined;
  readonly speed?: string | undefined;
  readonly inference_geo?: string | undefined;
  readonly output_tokens_details?: { readonly thinking_tokens?: number | undefined } | undefined;
}

/** Why a message ended, as far as that is read. */
export interface WireEnd {
  readonly stop_reason?: string | undefined;
  readonly stop_details?:
    | { readonly category?: string | undefined; readonly explanation?: string | undefined }
    | undefined;
}

export interface WireMessage extends WireEnd {
  readonly model?: string | undefined;
  readonly content: readonly JsonObject[];
  readonly usage?: WireUsage | undefined;
}

/** The events that are read; others are let pass. */
export type WireEvent =
  | { readonly type: "message_start"; readonly message: WireMessage }
  | { readonly type: "content_block_start"; readonly index: number; readonly content_block: JsonObject }
  | { readonly type: "content_block_delta"; readonly index: number; readonly delta: JsonObject }
  | { readonly type: "content_block_stop"; readonly index: number }
  | { readonly type: "message_delta"; readonly delta: WireEnd; readonly usage?: WireUsage | undefined }
  | { readonly type: "message_stop" }
  | { readonly type: "error"; readonly error?: unknown };

/** Absent, `null` and of another type are one. */
function lenient<T>(schema: z.ZodType<T>): z.ZodType<T | undefined> {
  return schema
    .nullish()
    .catch(undefined)
    .transform((value) => value ?? undefined);
}

const text: z.ZodType<string | undefined> = lenient(z.string());
const tokens: z.ZodType<number | undefined> = lenient(z.number().nonnegative());
/** Parsed JSON, so a record is all that has to be asked. */
const object = z.custom<JsonObject>(isRecord, "expected an object");
const index = z.number().int().nonnegative();

const usage = lenient(
  z.object({
    input_tokens: tokens,
    output_tokens: tokens,
    cache_read_input_tokens: tokens,
    cache_creation_input_tokens: tokens,
    cache_creation: lenient(z.object({ ephemeral_1h_input_tokens: tokens })),
    service_tier: text,
    speed: text,
    inference_geo: text,
    output_tokens_details: lenient(z.object({ thinking_tokens: tokens })),
  }),
);
const end = z.object({
  stop_reason: text,
  stop_details: lenient(z.object({ category: text, explanation: text })),
});
const message = z.object({ ...end.shape, model: text, content: z.array(object), usage });

const event: z.ZodType<WireEvent> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message_start"), message }),
  z.object({ type: z.literal("content_block_start"), index, content_block: object }),
  z.object({ type: z.literal("content_block_delta"), index, delta: object }),
  z.object({ type: z.literal("content_block_stop"), index }),
  z.object({ type: z.literal("message_delta"), delta: end, usage }),
  z.object({ type: z.literal("message_stop") }),
  z.object({ type: z.literal("error"), error: z.unknown().optional() }),
]);
const EVENTS: readonly string[] = [
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
  "error",
];

/** The message in `body`, or what keeps it from being one. */
export function parseMessage(body: unknown): z.ZodSafeParseResult<WireMessage> {
  return message.safeParse(body);
}

/** The event in `data`; `undefined` for one that need not be understood (`ping`, and what may come). */
export function parseEvent(data: unknown): z.ZodSafeParseResult<WireEvent> | undefined {
  if (isRecord(data) && typeof data.type === "string" && !EVENTS.includes(data.type)) return undefined;
  return event.safeParse(data);
}
