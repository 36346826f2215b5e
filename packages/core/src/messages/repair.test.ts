import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assistantMessage, toolCallsOf, toolMessage, userMessage } from "./messages.ts";
import { CANCELLED_CALL_TEXT, repairFurther, repairTranscript } from "./repair.ts";
import type { AssistantMessage, Message, ToolCallPart, ToolMessage } from "./types.ts";

const call = (id: string, name = "search"): ToolCallPart => ({
  type: "tool_call",
  id,
  name,
  arguments: "{}",
});
const asks = (...ids: readonly string[]): AssistantMessage => assistantMessage(ids.map((id) => call(id)));
const answers = (id: string, text = `to ${id}`): ToolMessage => toolMessage(call(id), text);
const cancelled = (id: string): ToolMessage => toolMessage(call(id), CANCELLED_CALL_TEXT, { isError: true });
const system = { role: "system", content: "reminder" } as const;

describe("repairTranscript", () => {
  it("returns the very array where nothing was wrong", () => {
    const messages = [userMessage("hi"), asks("a", "b"), answers("a"), answers("b"), assistantMessage("ho")];
    expect(repairTranscript(messages)).toBe(messages);
    expect(repairTranscript([])).toEqual([]);
  });

  it("answers a call that never was, with an error that says so", () => {
    expect(repairTranscript([asks("a", "b"), answers("b"), userMessage("well?")])).toEqual([
      asks("a", "b"),
      cancelled("a"),
      answers("b"),
      userMessage("well?"),
    ]);
    expect(CANCELLED_CALL_TEXT).toMatch(/^cancelled: /);
  });

  it("drops an answer to no call, and a second answer", () => {
    expect(repairTranscript([answers("a"), userMessage("hi"), answers("b")])).toEqual([userMessage("hi")]);
    expect(repairTranscript([asks("a"), answers("a", "first"), answers("a", "second")])).toEqual([
      asks("a"),
      answers("a", "first"),
    ]);
    expect(repairTranscript([answers("a"), asks("a")])).toEqual([asks("a"), cancelled("a")]);
  });

  it("puts answers in the order of the calls, directly after their message", () => {
    expect(repairTranscript([asks("a", "b"), system, answers("b"), answers("a")])).toEqual([
      asks("a", "b"),
      answers("a"),
      answers("b"),
      system,
    ]);
  });

  it("moves an answer that came late to its call instead of losing it", () => {
    expect(repairTranscript([asks("a"), userMessage("hurry"), answers("a")])).toEqual([
      asks("a"),
      answers("a"),
      userMessage("hurry"),
    ]);
  });

  it("pairs ids that were used again by position", () => {
    const again = [asks("a"), answers("a", "one"), userMessage("more"), asks("a"), answers("a", "two")];
    expect(repairTranscript(again)).toBe(again);
    expect(repairTranscript([asks("a"), userMessage("more"), asks("a"), answers("a", "two")])).toEqual([
      asks("a"),
      cancelled("a"),
      userMessage("more"),
      asks("a"),
      answers("a", "two"),
    ]);
    const twice = [asks("a", "a"), answers("a", "one"), answers("a", "two")];
    expect(repairTranscript(twice)).toBe(twice);
  });

  it("leaves the calls still to be run alone, if asked to", () => {
    const pending = [userMessage("hi"), asks("a", "b"), answers("b")];
    expect(repairTranscript(pending, { keepPending: true })).toBe(pending);
    expect(repairTranscript([...pending, answers("x")], { keepPending: true })).toEqual(pending);
    expect(repairTranscript([...pending, userMessage("well?")], { keepPending: true })).toContainEqual(
      cancelled("a"),
    );
    expect(repairTranscript([asks("z"), ...pending], { keepPending: true })[1]).toEqual(cancelled("z"));
  });

  it("freezes what it makes", () => {
    const repaired = repairTranscript([asks("a")]);
    expect(Object.isFrozen(repaired) && Object.isFrozen(repaired[1])).toBe(true);
  });
});

const ids = fc.constantFrom("a", "b", "c");
const transcripts: fc.Arbitrary<readonly Message[]> = fc.array(
  fc.oneof(
    fc.constant(userMessage("hi")),
    fc.constant(system),
    fc.constant(assistantMessage("ho")),
    fc.array(ids, { minLength: 1, maxLength: 3 }).map((each) => asks(...each)),
    fc.tuple(ids, fc.nat(9)).map(([id, n]) => answers(id, `${n}`)),
  ),
  { maxLength: 24 },
);

/** Whether a provider would take it: each call answered once, in order, directly after its message. */
function isPaired(messages: readonly Message[], pendingAllowed = false): boolean {
  const due: ToolCallPart[] = [];
  const lastSpoken = messages.findLastIndex(({ role }) => role !== "tool");
  let open = -1;
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      const mayWait = pendingAllowed && open === lastSpoken;
      while (mayWait && due.length > 0 && due[0]?.id !== message.callId) due.shift();
      if (due.shift()?.id !== message.callId) return false;
      continue;
    }
    if (due.length > 0) return false;
    open = index;
    due.push(...toolCallsOf(message));
  }
  return due.length === 0 || (pendingAllowed && open === lastSpoken);
}

describe("any transcript, repaired,", () => {
  it("has each call answered once, in order, directly after its message", () => {
    fc.assert(
      fc.property(transcripts, (messages) => {
        expect(isPaired(repairTranscript(messages))).toBe(true);
        expect(isPaired(repairTranscript(messages, { keepPending: true }), true)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is left alone by another repair", () => {
    fc.assert(
      fc.property(transcripts, fc.boolean(), (messages, keepPending) => {
        const repaired = repairTranscript(messages, { keepPending });
        expect(repairTranscript(repaired, { keepPending })).toBe(repaired);
        if (!keepPending && isPaired(messages)) expect(repaired).toBe(messages);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps all that was said, and makes up nothing but cancelled answers", () => {
    fc.assert(
      fc.property(transcripts, (messages) => {
        const before = messages.slice();
        const repaired = repairTranscript(messages);
        const spoken = (all: readonly Message[]): readonly Message[] =>
          all.filter(({ role }) => role !== "tool");
        expect(spoken(repaired)).toEqual(spoken(messages));
        for (const message of repaired) {
          const isMadeUp = message.role === "tool" && message.content === CANCELLED_CALL_TEXT;
          expect(isMadeUp || messages.includes(message)).toBe(true);
        }
        expect(messages).toEqual(before);
      }),
    );
  });

  it("is the same where only what came after a whole conversation is looked through", () => {
    fc.assert(
      fc.property(
        transcripts,
        fc.nat(24),
        transcripts,
        fc.boolean(),
        fc.boolean(),
        (first, kept, more, wasPending, keepPending) => {
          const whole = repairTranscript(first, { keepPending: wasPending });
          const now = [...whole.slice(0, kept), ...more];
          const repaired = repairFurther(whole, now, { keepPending });
          const afresh = repairTranscript(now, { keepPending });
          expect(repaired).toEqual(afresh);
          expect(repaired === now).toBe(afresh === now);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
