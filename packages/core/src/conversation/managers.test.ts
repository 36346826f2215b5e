/** What holds for every manager on every transcript. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply, contextOf, decide, threads } from "../../test/conversation.ts";
import { toolCallsOf } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import type { AgentState } from "../state/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { checkCompaction } from "./check.ts";
import { compactor } from "./compactor.ts";
import { noConversationManager } from "./none.ts";
import { slidingWindow } from "./sliding-window.ts";
import { summarizing } from "./summarizing.ts";
import { summaryOf } from "./summary-message.ts";
import type { CompactionContext } from "./types.ts";
import { unitsInTail, unitsOf } from "./units.ts";

const unable = new ScriptedModel([{ error: new Error("down") }], { repeat: true });

const MANAGERS = [
  ["slidingWindow", () => slidingWindow({ maxMessages: 6, keepFirst: 1 }), {}],
  ["summarizing", () => summarizing({ maxMessages: 6, keepRecent: 3 }), {}],
  ["summarizing by tokens", () => summarizing({ triggerTokens: 500, keepRecent: 3 }), {}],
  ["compactor", () => compactor({ maxTokens: 1500, keepTail: 3, toolResultChars: 300 }), {}],
  [
    "compactor without a summary",
    () => compactor({ maxTokens: 700, keepTail: 1, keepHead: 0 }),
    { auxiliaryModel: unable },
  ],
] as const;

const bare = (message: Message): Message => (message.role === "tool" ? { ...message, content: "" } : message);

/** What is left of `before` in `after`, in its order; every other message must be a summary. */
function leftOf(before: readonly Message[], after: readonly Message[]): readonly Message[] {
  const left: Message[] = [];
  let at = 0;
  for (const message of after) {
    if (summaryOf(message) !== undefined && !before.includes(message)) continue;
    const found = before.findIndex((one, index) => {
      if (index < at) return false;
      // A tool result may be shorter, and is the same result.
      return (
        one === message ||
        (one.role === "tool" && JSON.stringify(bare(one)) === JSON.stringify(bare(message)))
      );
    });
    expect(found, "order is kept and nothing is made up").toBeGreaterThanOrEqual(0);
    left.push(before[found] ?? message);
    at = found + 1;
  }
  return left;
}

const inputOf = ({ messages, run }: AgentState): readonly Message[] =>
  messages.slice(run.firstMessage - run.inputMessages, run.firstMessage);

describe.each(MANAGERS)(
  "%s, whatever the conversation",
  (_name, make, changes: Partial<CompactionContext>) => {
    const holdsFor = (cause: CompactionContext["cause"]): Promise<void> =>
      fc.assert(
        fc.asyncProperty(threads, async (state) => {
          const context = contextOf(state, { ...changes, cause });
          const decision = await make().compact(context);
          if (decision === undefined) return;
          // Pairs, bounds, the run's input and open calls.
          checkCompaction(decision, state.messages, context.units);
          const next = apply(state, decision);
          expect(inputOf(next)).toEqual(inputOf(state));
          for (const [index, message] of inputOf(next).entries()) expect(message).toBe(inputOf(state)[index]);
          leftOf(state.messages, next.messages);
          const last = unitsOf(state).at(-1);
          if (last !== undefined) {
            const tail = state.messages.slice(last.from).map(bare);
            expect(next.messages.slice(-last.count).map(bare)).toEqual(tail);
          }
          const summaries = next.messages.filter((message) => summaryOf(message) !== undefined);
          expect(summaries.length).toBeLessThanOrEqual(2);
          const { countTokens } = contextOf(next, changes);
          if (decision.tokensAfter !== undefined) {
            expect(decision.tokensAfter).toBeLessThan(decision.tokensBefore ?? 0);
            expect(decision.tokensAfter).toBe(await countTokens(next.messages));
          }
          // Once is enough.
          if (cause === "limit") expect(await decide(make(), next, changes)).toBeUndefined();
        }),
        { numRuns: 150 },
      );

    it("parts no call from its result, keeps order, input, open calls and the end, and finds nothing more to do", async () => {
      await holdsFor("limit");
    });

    it("does so as well when the provider said that it does not fit", async () => {
      await holdsFor("overflow");
    });
  },
);

it.each([
  ["slidingWindow", slidingWindow({ maxMessages: 1_000 })],
  ["summarizing", summarizing({ maxMessages: 1_000, triggerTokens: 1e9 })],
  ["compactor", compactor({ maxTokens: 1e9 })],
])(
  "%s does not part a conversation into its units in every turn that needs no room",
  async (_name, manager) => {
    await fc.assert(
      fc.asyncProperty(threads, async (state) => {
        const asked = Object.defineProperty({ ...contextOf(state) }, "units", {
          get: () => expect.unreachable("no message has to give way"),
        });
        expect(await manager.compact(asked)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  },
);

describe("the compactor", () => {
  it("comes to its target wherever head, tail and input leave room for it", async () => {
    await fc.assert(
      fc.asyncProperty(threads, async (state) => {
        const manager = compactor({ maxTokens: 3000, keepTail: 2, keepHead: 1, toolResultChars: 200 });
        const context = contextOf(state);
        const decision = await manager.compact(context);
        const before = await context.countTokens(state.messages);
        if (before <= 3000 * 0.85) {
          expect(decision).toBeUndefined();
          return;
        }
        const { units } = context;
        const kept = units.filter(
          (unit, index) => unit.fixed || index === 0 || index >= units.length - unitsInTail(units, 2),
        );
        const least = await context.countTokens(
          kept.flatMap(({ from, count, fixed }) =>
            state.messages
              .slice(from, from + count)
              .map((message) =>
                message.role === "tool" && !fixed ? { ...message, content: "x".repeat(250) } : message,
              ),
          ),
        );
        // Two summaries of their greatest length.
        if (least + 400 > 3000 * 0.6) return;
        expect(decision?.tokensAfter).toBeLessThanOrEqual(3000 * 0.6);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps reasoning that its provider sealed with the calls that came of it", async () => {
    await fc.assert(
      fc.asyncProperty(threads, async (state) => {
        const decision = await decide(compactor({ maxTokens: 900, keepTail: 2 }), state);
        if (decision === undefined) return;
        for (const message of apply(state, decision).messages) {
          if (message.role === "assistant" && toolCallsOf(message).length > 0) {
            expect(state.messages).toContain(message);
          }
        }
      }),
    );
  });
});

it("noConversationManager leaves every conversation as it is", async () => {
  await fc.assert(
    fc.asyncProperty(threads, async (state) => {
      expect(await decide(noConversationManager(), state, { cause: "overflow" })).toBeUndefined();
    }),
  );
});
