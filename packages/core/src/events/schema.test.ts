import { describe, expect, it } from "vitest";
import { durableEventSchema } from "./schema.ts";
import type { DurableEvent, EventEnvelope, EventOf } from "./types.ts";

const envelope: EventEnvelope = {
  runId: "r1",
  threadId: "t",
  sequence: 1,
  timestamp: "2026-01-01T00:00:00.000Z",
};
const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15, cachedInputTokens: 2, costUsd: 0.001 };

/** One of each type, with every member there is. */
const EVENTS: { readonly [Type in DurableEvent["type"]]: Required<EventOf<Type>> } = {
  run_start: {
    ...envelope,
    type: "run_start",
    schemaVersion: 1,
    agent: "a",
    input: [{ role: "user", content: "hi" }],
    metadata: { user: "ada" },
  },
  model_complete: {
    ...envelope,
    type: "model_complete",
    message: { role: "assistant", content: [{ type: "text", text: "ho" }] },
    usage,
    stopReason: "stop",
    modelId: "m",
    provider: "oci",
    serviceTier: "flex",
    cached: true,
    requestId: "q",
    providerState: { provider: "oci", modelId: "m", data: { responseId: "x" } },
    warnings: ["w"],
    rawOutput: [{ type: "message", id: "msg_1" }],
  },
  tool_start: {
    ...envelope,
    type: "tool_start",
    callId: "c",
    name: "look",
    arguments: { at: 1 },
    idempotencyKey: "k",
    idempotent: { scope: "thread", ttlMs: 1_000 },
  },
  tool_complete: {
    ...envelope,
    type: "tool_complete",
    callId: "c",
    name: "look",
    arguments: { a: 1 },
    result: [1],
    content: "one",
    error: { message: "m", code: "c" },
    isError: true,
    durationMs: 1.5,
    cached: false,
    source: "unknown_outcome",
    metadata: { plan: [] },
  },
  reflect: {
    ...envelope,
    type: "reflect",
    assessment: "good",
    confidenceDelta: -0.1,
    confidence: 0.4,
    guidance: "look again",
    reason: "the same call twice",
    trigger: "loop",
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  },
  grounding: {
    ...envelope,
    type: "grounding",
    score: 0.5,
    claims: ["a", "b"],
    ungroundedClaims: ["b"],
    decision: "retry",
    verdicts: [
      { verdict: "grounded", evidence: [{ source: "tool:c", quote: "a" }] },
      { verdict: "ungrounded", evidence: [], rejected: [{ source: "tool:c", quote: "b" }] },
    ],
    evidence: { sources: 1, chars: 1, shownChars: 1, unread: 2 },
  },
  gsar: {
    ...envelope,
    type: "gsar",
    score: 0.5,
    decision: "replan",
    partition: {
      grounded: [{ text: "a", type: "tool_match", evidence: [{ source: "tool:c", quote: "a" }] }],
      ungrounded: [{ text: "b", type: "unknown", evidence: [], rejected: [{ source: "x", quote: "b" }] }],
      contradicted: [],
      complementary: [],
    },
    degraded: true,
    evidence: { sources: 1, chars: 1, shownChars: 1, unread: 2 },
  },
  verification: {
    ...envelope,
    type: "verification",
    verifier: "output",
    decision: "fail",
    reason: "output_invalid",
    detail: "a: expected text",
    output: { a: 1 },
    usage,
  },
  interrupt: {
    ...envelope,
    type: "interrupt",
    interruptId: "i",
    callId: "c",
    kind: "approval",
    question: "really?",
    options: ["yes", "no"],
    name: "drop",
    arguments: {},
    digest: "d",
    reason: "unknown_outcome",
  },
  resume: { ...envelope, type: "resume", interruptId: "i", answer: { approved: true } },
  context_compacted: {
    ...envelope,
    type: "context_compacted",
    from: 0,
    count: 3,
    replacement: [{ role: "user", content: "in short" }],
    origin: "compactor",
    usage,
    tokensBefore: 9000,
    tokensAfter: 5000,
  },
  message_added: {
    ...envelope,
    type: "message_added",
    message: { role: "system", content: "remember" },
    origin: "reminder",
  },
  retry: { ...envelope, type: "retry", what: "model", attempt: 1, delayMs: 250, usage },
  guardrail: {
    ...envelope,
    type: "guardrail",
    detector: "pii",
    action: "redact",
    where: "input",
    detail: "email",
    usage,
  },
  hosted_tool: {
    ...envelope,
    type: "hosted_tool",
    name: "search",
    status: "completed",
    input: "q",
    output: null,
  },
  terminate: {
    ...envelope,
    type: "terminate",
    reason: "max_iterations",
    stopDetail: "maxIterations(3)",
    text: "so far",
    iterations: 3,
    usage,
    lost: { ...usage, estimated: true },
    error: { message: "m", code: "c", hint: "h" },
    metadata: { answer: "so far" },
  },
};

describe("durableEventSchema", () => {
  it("takes an event of every type with all its members, and freezes it", () => {
    for (const event of Object.values(EVENTS)) {
      const parsed = durableEventSchema.parse(JSON.parse(JSON.stringify(event)));
      expect(parsed).toEqual(event);
      expect(Object.isFrozen(parsed)).toBe(true);
    }
    const parsed = durableEventSchema.parse(structuredClone(EVENTS.model_complete));
    expect(parsed.type === "model_complete" && Object.isFrozen(parsed.usage)).toBe(true);
    expect(parsed.type === "model_complete" && Object.isFrozen(parsed.providerState?.data)).toBe(true);
  });

  it("keeps members that a later version added", () => {
    const later = { ...EVENTS.retry, spanId: "s", usage: { ...usage, audioTokens: 3 } };
    expect(durableEventSchema.parse(later)).toEqual(later);
  });

  it("takes a compaction as it was stored before it told who made it", () => {
    const {
      origin: _by,
      usage: _cost,
      tokensBefore: _before,
      tokensAfter: _after,
      ...stored
    } = EVENTS.context_compacted;
    expect(durableEventSchema.parse(stored)).toEqual(stored);
  });

  it("refuses a type it does not know, and says which", () => {
    const parsed = durableEventSchema.safeParse({ ...envelope, type: "teleport" });
    expect(parsed.error?.issues[0]?.message).toBe('unknown event type "teleport"');
    expect(durableEventSchema.safeParse({ ...envelope, type: "model_chunk" }).success).toBe(false);
    expect(durableEventSchema.safeParse({ ...envelope }).error?.issues[0]?.message).toBe(
      "unknown event type (none)",
    );
    expect(durableEventSchema.safeParse("event").success).toBe(false);
  });

  it("refuses an event whose place in the thread is not one", () => {
    const changes: readonly Partial<Record<keyof EventEnvelope, unknown>>[] = [
      { sequence: 0 },
      { sequence: 1.5 },
      { sequence: "1" },
      { timestamp: "yesterday" },
      { threadId: undefined },
    ];
    for (const change of changes) {
      expect(durableEventSchema.safeParse({ ...EVENTS.resume, ...change }).success).toBe(false);
    }
  });

  it("refuses members of the wrong kind", () => {
    const wrong: readonly unknown[] = [
      { ...EVENTS.terminate, reason: "bored" },
      { ...EVENTS.tool_complete, source: "guessed" },
      { ...EVENTS.model_complete, usage: { inputTokens: 1 } },
      { ...EVENTS.model_complete, message: { role: "user", content: "hi" } },
      { ...EVENTS.run_start, input: "hi" },
    ];
    for (const event of wrong) expect(durableEventSchema.safeParse(event).success).toBe(false);
  });
});
