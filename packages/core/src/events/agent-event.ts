/** Events of both kinds, read back from the wire. */
import { z } from "zod";
import { deepFreeze, isRecord } from "../json/json.ts";
import { jsonValueSchema, type ShapeOf } from "../messages/schema.ts";
import { count } from "./parts.ts";
import { durableEventSchema } from "./schema.ts";
import type { AgentEvent, EventEnvelope, EventOf, TransientEvent } from "./types.ts";

const transientEventSchema: z.ZodType<TransientEvent> = z.lazy(() => {
  /** Before a thread's first durable event is on record, what happens has the number 0. */
  const envelope = {
    runId: z.string(),
    threadId: z.string(),
    sequence: z.int().min(0),
    timestamp: z.iso.datetime({ offset: true }),
  } satisfies ShapeOf<EventEnvelope>;

  const modelChunk = z.looseObject({
    ...envelope,
    type: z.literal("model_chunk"),
    kind: z.enum(["text", "reasoning", "tool_call"]),
    text: z.string(),
    callIndex: count.exactOptional(),
    name: z.string().exactOptional(),
  } satisfies ShapeOf<EventOf<"model_chunk">>);
  const toolProgress = z.looseObject({
    ...envelope,
    type: z.literal("tool_progress"),
    callId: z.string(),
    name: z.string(),
    progress: jsonValueSchema,
  } satisfies ShapeOf<EventOf<"tool_progress">>);

  return z.discriminatedUnion("type", [modelChunk, toolProgress]).transform(deepFreeze);
});

/** What a failing store could not number is shown with 0, and never stored: only the wire has it. */
const unnumberedEventSchema: z.ZodType<AgentEvent> = z.lazy(() =>
  z
    .unknown()
    .transform((value) => (isRecord(value) ? { ...value, sequence: 1 } : value))
    .pipe(durableEventSchema)
    .transform((event) => deepFreeze({ ...event, sequence: 0 })),
);

/**
 * An event as `agent.stream()` yields it, durable or transient. Members it does not know are kept, a type it does not know is
 * refused.
 */
export const agentEventSchema: z.ZodType<AgentEvent> = z.lazy(() =>
  z.unknown().transform((value, context): AgentEvent => {
    const read = schemaFor(value).safeParse(value);
    if (read.success) return read.data;
    for (const { code: _code, ...issue } of read.error.issues) {
      context.issues.push({ ...issue, code: "custom", input: value });
    }
    return z.NEVER;
  }),
);

function schemaFor(value: unknown): z.ZodType<AgentEvent> {
  if (!isRecord(value)) return durableEventSchema;
  if (value.type === "model_chunk" || value.type === "tool_progress") return transientEventSchema;
  return value.sequence === 0 ? unnumberedEventSchema : durableEventSchema;
}
