import { describe, expect, it } from "vitest";
import { ENVELOPE, EVENTS, USAGE } from "../../test/one-of-each.ts";
import { durableEventSchema } from "./schema.ts";
import type { EventEnvelope } from "./types.ts";

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
    const later = { ...EVENTS.retry, spanId: "s", usage: { ...USAGE, audioTokens: 3 } };
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
    const parsed = durableEventSchema.safeParse({ ...ENVELOPE, type: "teleport" });
    expect(parsed.error?.issues[0]?.message).toBe('unknown event type "teleport"');
    expect(durableEventSchema.safeParse({ ...ENVELOPE, type: "model_chunk" }).success).toBe(false);
    expect(durableEventSchema.safeParse({ ...ENVELOPE }).error?.issues[0]?.message).toBe(
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
